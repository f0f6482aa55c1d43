import type { ClaimRecord } from "../../domain/task/claim.ts";
import { TASK_INPUTS, type TaskCancelInput } from "../../engine/task/types.ts";
import type { AnswerCommand } from "../command.ts";
import { RUN_ID, TASK_ID } from "../flags.ts";
import { claimBlock } from "./text.ts";

export const cancelTask: AnswerCommand<ClaimRecord, TaskCancelInput> = {
  details: "Cancel a task. Any agent may cancel a pending one, only the holder a claimed one.",
  examples: ["cancel-task 3f9a2c --run-id agent-7"],
  operands: [TASK_ID],
  flags: {
    "run-id": RUN_ID,
    force: {
      type: "boolean",
      summary: "also when another agent holds it",
      field: TASK_INPUTS.cancel.force,
    },
  },
  async run(context, values) {
    const tasks = await context.tasks();
    return tasks.cancel(values);
  },
  text: claimBlock,
};
