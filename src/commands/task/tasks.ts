import { LIST_LIMIT } from "../../domain/limits.ts";
import { TASK_STATUSES } from "../../domain/task/task.ts";
import { TASK_INPUTS, type TaskList, type TaskListInput } from "../../engine/task/types.ts";
import type { AnswerCommand, Block } from "../command.ts";
import { QUEUE_FILTER, RUN_ID_FILTER } from "../flags.ts";
import { agentText, column, remarksCells, remarksColumn, shortId } from "../text.ts";

/** `7 tasks: 4 pending, 3 completed` */
export function countsLine(counts: Pick<TaskList, "total" | typeof TASK_STATUSES[number]>): string {
  const parts = TASK_STATUSES.filter((status) => counts[status] > 0)
    .map((status) => `${counts[status]} ${status.replace("_", " ")}`);
  const total = `${counts.total} ${counts.total === 1 ? "task" : "tasks"}`;
  return parts.length === 0 ? total : `${total}: ${parts.join(", ")}`;
}

export const tasks: AnswerCommand<TaskList, TaskListInput> = {
  details: "List tasks in the order in which they are handed out. The counts cover all tasks, " +
    "whatever the filter.",
  examples: [
    "tasks --status pending --status timed_out",
    "tasks --run-id agent-7 --json",
    "tasks --tag release --status pending",
    "tasks --status failed --limit 50 --from 3f9a2c",
  ],
  operands: [],
  flags: {
    status: {
      type: "text",
      summary: "only tasks with this status",
      placeholder: "STATUS",
      repeatable: true,
      choices: TASK_STATUSES,
      field: TASK_INPUTS.list.status,
    },
    queue: QUEUE_FILTER,
    "run-id": { ...RUN_ID_FILTER, summary: "only tasks that this agent claimed" },
    tag: {
      type: "text",
      summary: "only tasks with this tag",
      placeholder: "TAG",
      field: TASK_INPUTS.list.tag,
    },
    from: {
      type: "text",
      summary: "begin with this task: the next that the answer before named",
      placeholder: "ID",
      field: TASK_INPUTS.list.from,
    },
    limit: {
      type: "integer",
      summary: "list at most N tasks",
      placeholder: "N",
      default: LIST_LIMIT.default,
      field: TASK_INPUTS.list.limit,
    },
  },
  async run(context, values) {
    const tasks = await context.tasks();
    return tasks.list(values);
  },
  text(value) {
    const said = remarksColumn(value.items);
    const blocks: Block[] = [];
    if (value.items.length > 0) {
      blocks.push({
        columns: [
          column("ID", "id"),
          column("STATUS", "state"),
          "PRIORITY",
          "QUEUE",
          column("CLAIMER", "agent"),
          column("TITLE", "main"),
          ...said,
        ],
        rows: value.items.map((item) => [
          shortId(item.task_id),
          item.status,
          item.priority,
          item.queue,
          item.claimer_run_id && agentText(item.claimer_run_id),
          item.title,
          ...remarksCells(said, item),
        ]),
      }, "");
    }
    if (value.truncated) {
      const next = value.next === null ? "" : `, next ${shortId(value.next)}`;
      blocks.push(`${value.items.length} of ${value.matched} matching tasks shown${next}`);
    } else if (value.matched === 0 && value.total > 0) {
      blocks.push("No task matches");
    }
    blocks.push(countsLine(value));
    return blocks;
  },
};
