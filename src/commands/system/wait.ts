import { type InputProblem } from "../../domain/errors.ts";
import { ruled, TEXT } from "../../domain/input/rule.ts";
import { WAIT_TIMEOUT_S } from "../../domain/limits.ts";
import { WAIT_FIELDS, type WaitAnswer, type WaitInput } from "../../engine/wait/types.ts";
import type { AnswerCommand, Block } from "../command.ts";
import { OPTIONAL_RUN_ID } from "../flags.ts";
import { fromHere, PATH_DETAILS, PATH_FLAGS } from "../paths.ts";
import { clipped, column, shortId } from "../text.ts";

/** The rule of a list for each of its items. */
const each = (field: "addresses" | "tasks") =>
  ruled(TEXT, (value) => WAIT_FIELDS[field].problems([value]), WAIT_FIELDS[field].code);

export const wait: AnswerCommand<WaitAnswer, WaitInput> = {
  details:
    "Wait until all that is named is there at one moment, and sleep until then. An address " +
    "or a lane: no other agent has it, or an overlapping one, exclusively. Tasks: all of them have " +
    "completed, with --any one of them. A queue: all of its tasks have ended. Exit code 75: the time " +
    "has run out. 1: a task has ended without completing, so that waiting is in vain. " +
    "Nothing is granted: to take what comes free, use reserve --exclusive or lane acquire. Agents " +
    "that wait for an address or a lane are served in the order in which they came. A wait that has " +
    "ended well keeps its place for your run id for 10 s. " +
    `SIGINT and SIGTERM end the wait early. ${PATH_DETAILS}`,
  examples: [
    "wait --address src/billing.py --run-id agent-7 --timeout 10m",
    "wait --task 4f2a9c --task 81b0de --json",
    "wait --queue-empty default --timeout 2h && coord status",
  ],
  operands: [],
  flags: {
    address: {
      type: "text",
      summary: "until no other agent holds this: path, path::symbol, or a glob in either part",
      placeholder: "ADDRESS",
      repeatable: true,
      field: each("addresses"),
      as: "addresses",
    },
    lane: {
      type: "text",
      summary: "until you could acquire this lane",
      placeholder: "NAME",
      field: WAIT_FIELDS.lane,
    },
    task: {
      type: "text",
      summary: "until this task has completed",
      placeholder: "ID",
      repeatable: true,
      field: each("tasks"),
      as: "tasks",
    },
    any: { type: "boolean", summary: "with --task: until one of the tasks has completed" },
    "queue-empty": {
      type: "text",
      summary: "until all tasks of this queue have ended",
      placeholder: "QUEUE",
      field: WAIT_FIELDS.queueEmpty,
    },
    timeout: {
      type: "duration",
      summary: "wait at most this long",
      placeholder: "DURATION",
      default: WAIT_TIMEOUT_S.default,
      field: WAIT_FIELDS.timeout,
    },
    "run-id": OPTIONAL_RUN_ID,
    ...PATH_FLAGS,
  },
  check({ addresses, lane, tasks, any, queueEmpty }): InputProblem[] {
    const problems: InputProblem[] = [];
    if ([addresses, lane, tasks, queueEmpty].every((given) => given === undefined)) {
      const message = "is required, or --lane, --task or --queue-empty";
      problems.push({ field: "addresses", code: "bad_args", message });
    }
    if (any === true && tasks === undefined) {
      problems.push({ field: "any", code: "bad_args", message: "needs --task" });
    }
    return problems;
  },
  async run(context, values) {
    const coord = await context.open();
    return coord.wait({ ...fromHere(context, values), signal: context.stop });
  },
  text({ status, tasks }) {
    const blocks: Block[] = [status];
    if (tasks.length > 0) {
      const isFailed = tasks.some(({ error }) => error !== null);
      blocks.push("", {
        columns: [column("TASK", "id"), column("STATUS", "state"), ...(isFailed ? ["ERROR"] : [])],
        rows: tasks.map(({ task_id, status, error }) => [
          shortId(task_id),
          status,
          ...(isFailed ? [error && clipped(error)] : []),
        ]),
      });
    }
    return blocks;
  },
};
