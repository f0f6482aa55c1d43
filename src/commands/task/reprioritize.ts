import {
  REPRIORITIZE_INPUT,
  type TaskReprioritize,
  type TaskReprioritizeInput,
} from "../../engine/task/requeue.ts";
import type { AnswerCommand } from "../command.ts";
import { RUN_ID, TASK_NAMES } from "../flags.ts";
import { column, shortId } from "../text.ts";

export const reprioritize: AnswerCommand<TaskReprioritize, TaskReprioritizeInput> = {
  details:
    "Change the priority of tasks that are pending, delayed, blocked, or have timed out. The next " +
    "claim goes by it. A task that an agent has claimed keeps its priority, and so does one that has " +
    "ended: those are refused. A key means the unfinished task that has it.",
  examples: [
    "reprioritize 3f9a2c --priority 10 --run-id ops",
    "reprioritize 3f9a2c 81d0be --priority -5 --run-id ops",
  ],
  operands: [TASK_NAMES],
  flags: {
    "run-id": RUN_ID,
    priority: {
      type: "integer",
      summary: "the new priority; higher goes first",
      placeholder: "N",
      required: true,
      field: REPRIORITIZE_INPUT.priority,
    },
  },
  async run(context, values) {
    const tasks = await context.tasks();
    return tasks.reprioritize(values);
  },
  // Which of them were refused, and which were not.
  isReport: ({ tasks }) => tasks.some((each) => "was" in each),
  text: ({ tasks }) => ({
    columns: [column("ID", "id"), "STATUS", "PRIORITY", "WAS"],
    rows: tasks.map((each) => [
      shortId(each.task_id),
      each.status,
      "was" in each ? each.priority : undefined,
      "was" in each ? each.was : undefined,
    ]),
  }),
};
