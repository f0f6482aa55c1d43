import {
  REQUEUE_INPUT,
  type TaskRequeue,
  type TaskRequeueInput,
} from "../../engine/task/requeue.ts";
import type { AnswerCommand } from "../command.ts";
import { FENCE, RUN_ID, TASK_NAMES } from "../flags.ts";
import { column, shortId } from "../text.ts";

export const requeue: AnswerCommand<TaskRequeue, TaskRequeueInput> = {
  details:
    "Give back a claimed task of your own, or put back one that failed, was cancelled or has expired, " +
    "with its history. That one has all its attempts again, and its key. A completed task is refused, " +
    "and so is one whose key another unfinished task has. A key means the unfinished task that has it, " +
    "or else the newest. Where it looks like an id, write key:KEY.",
  examples: [
    "requeue 3f9a2c --run-id agent-7 --delay 10m",
    `requeue 3f9a2c 81d0be --run-id ops --reason "the network is back"`,
    "requeue key:nightly --run-id ops",
  ],
  operands: [TASK_NAMES],
  flags: {
    "run-id": RUN_ID,
    delay: {
      type: "duration",
      summary: "not to be handed out before this time has passed",
      placeholder: "DURATION",
      field: REQUEUE_INPUT.delay,
    },
    reason: {
      type: "text",
      summary: "why, at most 4096 characters",
      placeholder: "TEXT",
      field: REQUEUE_INPUT.reason,
    },
    fence: FENCE,
    force: {
      type: "boolean",
      summary: "also when another agent has it",
      field: REQUEUE_INPUT.force,
    },
  },
  async run(context, values) {
    const tasks = await context.tasks();
    return tasks.requeue(values);
  },
  // Which of them were refused, and which were not.
  isReport: ({ tasks }) => tasks.some((each) => "was" in each),
  text: ({ tasks }) => ({
    columns: [column("ID", "id"), "STATUS", "WAS", "ATTEMPT", "FROM"],
    rows: tasks.map((each) => [
      shortId(each.task_id),
      each.status,
      "was" in each ? each.was : undefined,
      each.attempt,
      "was" in each ? each.retry_at ?? undefined : undefined,
    ]),
  }),
};
