import type { InputProblem } from "../../domain/errors.ts";
import { MAX_TAG, MAX_TAGS, PRIORITY, TASK_TTL_S } from "../../domain/limits.ts";
import type { TaskRecord } from "../../domain/task/task.ts";
import { TASK_FIELDS, type TaskInput } from "../../engine/task/new_task.ts";
import { type AnswerCommand, Answers } from "../command.ts";
import { OPTIONAL_RUN_ID } from "../flags.ts";
import { readTasks } from "./enqueue_lines.ts";
import { standardInput } from "../stdin_pieces.ts";
import { taskFields } from "./text.ts";

type EnqueueValues = Partial<TaskInput> & { readonly stdin?: boolean; readonly isNul?: boolean };

export const enqueue: AnswerCommand<TaskRecord, EnqueueValues> = {
  status: "enqueued",
  details: "With --stdin every line is a task: a JSON object with title, priority, queue, ttl, " +
    "run_id, payload and tags, or a bare title. Or all of the input is one JSON array of these. " +
    "The flags are the defaults of all. If anything is wrong, nothing is added.\n\n" +
    "A line such as {{slug}}/setup.py or [id].tsx, which looks like JSON and is none, is a title. " +
    "It is an error where another line is an object, or where only JSON begins like it. With -0 " +
    "nothing is JSON.",
  examples: [
    `enqueue "Fix the parser" --priority 5 --run-id agent-7`,
    "enqueue --stdin --queue builds < tasks.ndjson",
    "enqueue --stdin -0 --queue review < titles",
  ],
  operands: [{
    name: "TITLE",
    summary: "what is to be done; cut after 200 characters",
    field: TASK_FIELDS.title,
    as: "title",
  }],
  flags: {
    stdin: { type: "boolean", summary: "read one task a line from standard input" },
    null: {
      type: "boolean",
      short: "0",
      summary: "with --stdin: read titles that end in a zero byte, as from git ls-files -z",
      as: "isNul",
    },
    priority: {
      type: "integer",
      summary: "higher goes first",
      placeholder: "N",
      default: PRIORITY.default,
      field: TASK_FIELDS.priority,
    },
    queue: {
      type: "text",
      summary: "the queue it goes to",
      placeholder: "NAME",
      default: "default",
      field: TASK_FIELDS.queue,
    },
    ttl: {
      type: "duration",
      summary: "how long it may stay pending",
      placeholder: "DURATION",
      default: TASK_TTL_S.default,
      field: TASK_FIELDS.ttl,
    },
    "run-id": OPTIONAL_RUN_ID,
    payload: {
      type: "json",
      summary: "anything for the agent that claims it, a JSON object",
      placeholder: "JSON",
      field: TASK_FIELDS.payload,
    },
    tags: {
      type: "list",
      summary: `at most ${MAX_TAGS}, each at most ${MAX_TAG} characters`,
      placeholder: "A,B",
      field: TASK_FIELDS.tags,
    },
  },
  check({ title, stdin, isNul }): InputProblem[] {
    if (isNul === true && stdin !== true) {
      return [{ field: "isNul", code: "bad_args", message: "goes together with --stdin" }];
    }
    if (stdin === true && title !== undefined) {
      return [{ field: "title", code: "bad_args", message: "cannot go together with --stdin" }];
    }
    return stdin === true || title !== undefined
      ? []
      : [{ field: "title", code: "bad_args", message: "is required, or --stdin" }];
  },
  async run(context, { stdin, isNul = false, title, ...defaults }) {
    if (stdin !== true) {
      const tasks = await context.tasks();
      // check() sees to it that there is a title.
      return tasks.enqueue({ ...defaults, title: title ?? "" });
    }
    const { progress } = context;
    const inputs = await readTasks(standardInput(context.host), defaults, progress, { isNul });
    const tasks = await context.tasks();
    if (inputs.length === 0) {
      context.warn("Nothing to enqueue: no task on standard input");
      return new Answers([]);
    }
    progress(`writing ${inputs.length} tasks`);
    return new Answers(await tasks.enqueueAll(inputs));
  },
  text: (task) => ({ fields: taskFields(task) }),
  line: (task) => task.task_id,
};
