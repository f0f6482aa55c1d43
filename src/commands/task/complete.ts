import type { ClaimRecord } from "../../domain/task/claim.ts";
import { TASK_INPUTS, type TaskCompleteInput } from "../../engine/task/types.ts";
import type { AnswerCommand } from "../command.ts";
import { FENCE, RUN_ID, TASK_ID } from "../flags.ts";
import { claimBlock } from "./text.ts";

export const complete: AnswerCommand<ClaimRecord, TaskCompleteInput> = {
  details: "Only the holder may. Repeating it with the same result is fine.",
  examples: [`complete 3f9a2c --run-id agent-7 --result '{"passed": 12}'`],
  grows: true,
  operands: [TASK_ID],
  flags: {
    "run-id": RUN_ID,
    result: {
      type: "json",
      summary: "result, a JSON object",
      placeholder: "JSON",
      field: TASK_INPUTS.complete.result,
    },
    fence: FENCE,
  },
  async run(context, values) {
    const tasks = await context.tasks();
    return tasks.complete(values);
  },
  text: claimBlock,
};
