import type { InputProblem } from "../../domain/errors.ts";
import { MAX_TAG, MAX_TAGS, PRIORITY, TASK_TTL_S } from "../../domain/limits.ts";
import { ON_FAILURE } from "../../domain/task/after.ts";
import { jointProblems, TASK_FIELDS, type TaskInput } from "../../engine/task/new_task.ts";
import type { TaskEnqueued } from "../../engine/task/types.ts";
import { type AnswerCommand, Answers } from "../command.ts";
import { OPTIONAL_RUN_ID } from "../flags.ts";
import { readTasks } from "./enqueue_lines.ts";
import { standardInput } from "../files/stdin_pieces.ts";
import { counted } from "../text.ts";
import { taskFields } from "./text.ts";

type EnqueueValues = Partial<TaskInput> & { readonly stdin?: boolean; readonly isNul?: boolean };

export const enqueue: AnswerCommand<TaskEnqueued, EnqueueValues> = {
  status: "enqueued",
  details:
    "With --stdin every line is a task: a bare title or a JSON object. Its fields are title, " +
    "priority, queue, ttl, run_id, payload, tags, needs, not_before, delay, max_attempts, backoff, " +
    "key, after, on_failure. Or all of the input is one JSON array of these. " +
    "The flags are the defaults of all. If anything is wrong, nothing is added.\n\n" +
    "A line such as {{slug}}/setup.py or [id].tsx, which looks like JSON and is none, is a title. " +
    "It is an error where another line is an object, or where only JSON begins like it. With -0 " +
    "nothing is JSON.\n\n" +
    "Of the unfinished tasks of a queue one has a given key. The same key with the same content " +
    "answers that task and adds none (created: false); with other content nothing is added.\n\n" +
    "A task that comes after others is blocked until all of them are completed. If one fails, is " +
    "cancelled or expires, --on-failure decides. With block the task stays blocked, with cancel it " +
    "is cancelled as well, with run it may run once all have ended. " +
    "A key after --after means the unfinished task of the same queue, or else the newest. Where it " +
    "looks like an id, write key:KEY. A line of --stdin may come after the key of an earlier one.",
  examples: [
    `enqueue "Fix the parser" --priority 5 --run-id agent-7`,
    `enqueue "Look at the build" --delay 10m`,
    `enqueue "Nightly build" --key nightly`,
    `enqueue "Deploy" --max-attempts 5 --backoff 30s,x2,max=10m`,
    `enqueue "Deploy" --after 3f9a2c,81d04e --on-failure cancel`,
    "enqueue --stdin --queue builds < tasks.ndjson",
    "enqueue --stdin -0 --queue review < titles",
  ],
  grows: true,
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
    "not-before": {
      type: "text",
      summary: "when it may be claimed first, UTC without an offset (default: at once)",
      placeholder: "TIME",
      field: TASK_FIELDS.notBefore,
    },
    delay: {
      type: "duration",
      summary: "the same, from now on",
      placeholder: "DURATION",
      field: TASK_FIELDS.delay,
    },
    needs: {
      type: "list",
      summary: "what its claimer must have, all of it (claim --has)",
      placeholder: "A,B",
      field: TASK_FIELDS.needs,
    },
    "max-attempts": {
      type: "integer",
      summary: "hand it out again when it failed, until N attempts have",
      placeholder: "N",
      field: TASK_FIELDS.maxAttempts,
    },
    backoff: {
      type: "text",
      summary: "wait after one: 30s, 30s,x2 or 30s,x2,max=10m (default: not at all)",
      placeholder: "D[,xF][,max=D]",
      field: TASK_FIELDS.backoff,
    },
    key: {
      type: "text",
      summary: "what no other unfinished task of its queue has",
      placeholder: "KEY",
      field: TASK_FIELDS.key,
    },
    after: {
      type: "list",
      summary: "hand it out when all these tasks are completed",
      placeholder: "ID,KEY",
      field: TASK_FIELDS.after,
    },
    "on-failure": {
      type: "text",
      summary: "when one of them ends otherwise: block, cancel or run (default: block)",
      placeholder: "WHAT",
      choices: ON_FAILURE,
      field: TASK_FIELDS.onFailure,
    },
  },
  check({ title, stdin, isNul, ...task }): InputProblem[] {
    const joint = jointProblems(task);
    if (joint.length > 0) return [...joint];
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
    progress(`writing ${counted(inputs.length, "task")}`);
    const added = await tasks.enqueueAll(inputs);
    return "status" in added ? added : new Answers(added);
  },
  text: ({ created, ...task }) => ({
    fields: {
      ...taskFields(task),
      created: created === undefined ? undefined : created ? "yes" : "no",
    },
  }),
  line: (task) => task.task_id,
};
