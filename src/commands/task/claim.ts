import { CLAIM_TTL_S, WAIT_S } from "../../domain/limits.ts";
import {
  queueEmpty,
  TASK_INPUTS,
  type TaskClaimed,
  type TaskClaimInput,
  type TaskQueueEmpty,
} from "../../engine/task/types.ts";
import type { AnswerCommand } from "../command.ts";
import { HAS, queueProblems, QUEUES, RUN_ID, TAG } from "../flags.ts";
import { quoted } from "../../domain/text.ts";
import { taskFields } from "./text.ts";

export const claim: AnswerCommand<TaskClaimed | TaskQueueEmpty, TaskClaimInput> = {
  details: "Claim the next task; exactly one agent gets it. Highest priority first, then oldest. " +
    "When the claim expires, other agents may have the task; a heartbeat extends it. SIGINT " +
    "and SIGTERM end a wait early. A task whose answer cannot be delivered, because the reader " +
    "of standard output has gone, goes back to the queue. No task of a paused queue is handed out.",
  examples: [
    "claim --run-id agent-7",
    "claim --run-id agent-7 --queue builds --wait 60 --json",
    "claim --run-id agent-7 --queue builds --queue tests --tag release",
    "claim --run-id agent-7 --has gpu,docker",
  ],
  operands: [],
  flags: {
    "run-id": { ...RUN_ID, field: TASK_INPUTS.claim.runId },
    queue: QUEUES,
    tag: TAG,
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
  check: ({ queues }) => queueProblems(queues),
  async run(context, values) {
    const tasks = await context.tasks();
    const waits = (values.wait ?? WAIT_S.default) > 0;
    const answer = await tasks.claim(waits ? { ...values, signal: context.stop } : values);
    if (answer.status === "claimed") {
      const { task_id: id, claimer_run_id: runId, fence } = answer;
      context.ifUndelivered(async () => {
        await tasks.giveBack({ id, runId, fence });
        return queueEmpty(values);
      });
    }
    return answer;
  },
  text(value) {
    if (value.status === "empty") {
      const { queue, queues, tag } = value;
      const names = queues?.map((name) => `"${name}"`).join(", ");
      const where = queue === null ? names && ` in queues ${names}` : ` in queue "${queue}"`;
      return `No task to claim${where ?? ""}${tag === undefined ? "" : ` with tag ${quoted(tag)}`}`;
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
