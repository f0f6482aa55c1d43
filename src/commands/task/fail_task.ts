import type { ClaimRecord } from "../../domain/task/claim.ts";
import { TASK_INPUTS, type TaskFailInput, type TaskRetried } from "../../engine/task/types.ts";
import type { AnswerCommand } from "../command.ts";
import { FENCE, RUN_ID, TASK_ID } from "../flags.ts";
import { claimBlock } from "./text.ts";

export const failTask: AnswerCommand<ClaimRecord | TaskRetried, TaskFailInput> = {
  details:
    "Only the holder may. A failed task is not handed out again, unless it was enqueued with " +
    "--max-attempts and has some left: then it is pending from retry_at on.",
  examples: [`fail-task 3f9a2c --run-id agent-7 --error "the tests do not compile"`],
  grows: true,
  operands: [TASK_ID],
  flags: {
    "run-id": RUN_ID,
    error: {
      type: "text",
      summary: "reason, at most 4096 characters",
      placeholder: "TEXT",
      field: TASK_INPUTS.fail.error,
    },
    fence: FENCE,
    final: { type: "boolean", summary: "end the task, though it has attempts left" },
  },
  async run(context, values) {
    const tasks = await context.tasks();
    return tasks.fail(values);
  },
  text: claimBlock,
};
