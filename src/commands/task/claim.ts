import { CLAIM_TTL_S, WAIT_S } from "../../domain/limits.ts";
import {
  TASK_INPUTS,
  type TaskClaimed,
  type TaskClaimInput,
  type TaskQueueEmpty,
} from "../../engine/task/types.ts";
import type { AnswerCommand } from "../command.ts";
import { HAS, QUEUE_FILTER, RUN_ID } from "../flags.ts";
import { taskFields } from "./text.ts";

export const claim: AnswerCommand<TaskClaimed | TaskQueueEmpty, TaskClaimInput> = {
  details: "Claim the next task; exactly one agent gets it. Highest priority first, then oldest. " +
    "When the claim expires, other agents may have the task; a heartbeat extends it. SIGINT " +
    "and SIGTERM end a wait early. A task whose answer cannot be delivered, because the reader " +
    "of standard output has gone, goes back to the queue.",
  examples: [
    "claim --run-id agent-7",
    "claim --run-id agent-7 --queue builds --wait 60 --json",
    "claim --run-id agent-7 --has gpu,docker",
  ],
  operands: [],
  flags: {
    "run-id": { ...RUN_ID, field: TASK_INPUTS.claim.runId },
    queue: QUEUE_FILTER,
    has: HAS,
    "claim-ttl": {
      type: "duration",
      summary: "how long the task is yours without a heartbeat",
      placeholder: "DURATION",
      default: CLAIM_TTL_S.default,
      field: TASK_INPUTS.claim.claimTtl,
    },
    wait: {
      type: "duration",
      summary: "wait for a task, at most this long",
      placeholder: "DURATION",
      default: WAIT_S.default,
      field: TASK_INPUTS.claim.wait,
    },
  },
  async run(context, values) {
    const tasks = await context.tasks();
    const waits = (values.wait ?? WAIT_S.default) > 0;
    const answer = await tasks.claim(waits ? { ...values, signal: context.stop } : values);
    if (answer.status === "claimed") {
      const { task_id: id, claimer_run_id: runId, fence } = answer;
      context.ifUndelivered(async () => {
        await tasks.giveBack({ id, runId, fence });
        return { status: "empty", queue: values.queue ?? null };
      });
    }
    return answer;
  },
  text(value) {
    if (value.status === "empty") {
      return `No task to claim${value.queue === null ? "" : ` in queue "${value.queue}"`}`;
    }
    const { task_id, title, ...rest } = taskFields(value.task);
    return {
      fields: {
        task_id,
        title,
        attempt: value.attempt,
        fence: value.fence,
        expires_at: value.expires_at,
        ...rest,
      },
    };
  },
};
