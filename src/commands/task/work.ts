import { CoordError, type InputProblem } from "../../domain/errors.ts";
import { CONCURRENCY, WORK_MS, WORK_TTL_S } from "../../domain/limits.ts";
import {
  GIVE_BACK,
  type TaskWorked,
  type TaskWorkInput,
  WORK_INPUT,
} from "../../engine/task/work_types.ts";
import { HostError } from "../../ports/host.ts";
import type { CommandContext, Stream, StreamCommand } from "../command.ts";
import { CMD, HAS, queueProblems, QUEUES, RUN_ID, TAG } from "../flags.ts";
import { clipped, shortId } from "../text.ts";
import { LiveLine } from "./live_line.ts";
import { CommandRuns } from "./run_task.ts";

/** What the library takes, but for what only a program can give it. */
interface WorkValues
  extends Omit<TaskWorkInput, "stop" | "signal" | "onPaused" | "onTask" | "onEnd"> {
  readonly command: readonly [string, ...string[]];
}

export const work: StreamCommand<TaskWorked, WorkValues> = {
  stream: true,
  details:
    "Claim tasks one after the other, and run CMD for each. Keep the claim by heartbeats meanwhile, and " +
    "report how CMD ended. Exit code 0 completes the task, and 75 gives it back to the queue. Any other " +
    "one fails it, with the end of what CMD wrote to standard error: the line says retried where the " +
    "task has attempts left. A line for each ended task goes to " +
    "standard output. All that CMD writes goes to standard error.\n\n" +
    "CMD finds its task in the environment: COORD_TITLE, the JSON of its payload in the file " +
    "COORD_PAYLOAD_FILE, and COORD_TASK_ID, COORD_TASK_FENCE, COORD_ATTEMPT, COORD_RUN_ID and " +
    "COORD_DIR. A JSON object that it writes to the file COORD_RESULT_FILE is the task's result. No " +
    "shell sees title and payload; standard input is empty.\n\n" +
    "CMD has a process group of its own. It gets SIGTERM when the claim is lost or --max-runtime has " +
    `passed, and SIGKILL ${WORK_MS.kill / 1000} s later. What CMD leaves running is killed. One ` +
    "SIGINT or SIGTERM ends the work after the tasks in hand. A second one ends CMD, and gives its " +
    "task back. When CMD fails at once several times in a row, the next claims wait, longer each " +
    "time. While a queue is paused its tasks wait, and --drain waits for them.\n\n" +
    "Exit code 1 means that tasks failed. 64 means also that CMD could not be started.",
  examples: [
    "work --run-id agent-7 -- ./agent.sh",
    "work --run-id ci --queue build --queue test --drain --concurrency 4 -- make check",
    `work --run-id agent-7 --once -- sh -c 'echo "$COORD_TITLE"'`,
  ],
  grows: true,
  operands: [{ ...CMD, summary: "the program to run for each task, with its arguments" }],
  flags: {
    "run-id": { ...RUN_ID, field: WORK_INPUT.runId },
    queue: QUEUES,
    tag: TAG,
    has: HAS,
    "claim-ttl": {
      type: "duration",
      summary: "how long a task stays yours when heartbeats fail",
      placeholder: "DURATION",
      default: WORK_TTL_S.default,
      field: WORK_INPUT.claimTtl,
    },
    concurrency: {
      type: "integer",
      summary: "tasks at the same time",
      placeholder: "N",
      default: CONCURRENCY.default,
      field: WORK_INPUT.concurrency,
    },
    "max-runtime": {
      type: "duration",
      summary: "end CMD after this time, and fail its task",
      placeholder: "DURATION",
      field: WORK_INPUT.maxRuntime,
    },
    drain: { type: "boolean", summary: "end when none of these tasks is pending or claimed" },
    once: { type: "boolean", summary: "end after one task, or at once when there is none" },
    "max-failures": {
      type: "integer",
      summary: "end after N failed tasks; a retried attempt counts as none",
      placeholder: "N",
      field: WORK_INPUT.maxFailures,
    },
  },
  check({ drain, once, queues }): InputProblem[] {
    const problems: InputProblem[] = [];
    if (drain === true && once === true) {
      const message = "cannot go together with --drain";
      problems.push({ field: "once", code: "bad_args", message });
    }
    return [...problems, ...queueProblems(queues)];
  },
  run: async (context, values) => new Work(context, values),
  text({ status, task_id, seconds, title, error }) {
    // Of several lines the last says most; they come with their ends made visible.
    const last = (error ?? "").split(/[\n␊]/).map((each) => each.trim()).filter(Boolean).at(-1);
    const why = last === undefined ? "" : ` - ${clipped(last)}`;
    const time = `${seconds.toFixed(1)}s`.padStart(7);
    return `${status.padEnd(10)} ${shortId(task_id)} ${time} ${title}${why}`;
  },
};

/** The tasks that end, as they do. The work begins with the loop over them, and ends with it. */
class Work implements Stream<TaskWorked> {
  status = "ok";

  constructor(readonly context: CommandContext, readonly values: WorkValues) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<TaskWorked> {
    const { context, values: { command, ...input } } = this;
    const { host, stop, stopAgain } = context;
    const coord = await context.open();
    const line = new LiveLine(context);
    using runs = new CommandRuns(host, coord.environment, command);
    const ended: TaskWorked[] = [];
    let isOver = false;
    let wake = () => {};
    let failure: unknown;
    const broken = new AbortController();
    const kill = new AbortController();
    stopAgain.addEventListener("abort", () => kill.abort(new Error("coord was stopped")));
    const report = coord.tasks.work({
      ...input,
      stop: AbortSignal.any([stop, broken.signal]),
      signal: kill.signal,
      onPaused: (queues) => line.paused(queues),
      onTask: (task) => line.began(task),
      onEnd(task) {
        line.ended(task);
        ended.push(task);
        wake();
      },
    }, async (task, signal) => {
      try {
        const output = { onOutput: (bytes: Uint8Array) => line.clear(bytes) };
        return await runs.run({ ...input, task, signal, ...output });
      } catch (thrown) {
        if (!(thrown instanceof HostError)) throw thrown;
        failure ??= thrown;
        broken.abort();
        return GIVE_BACK;
      }
    }).finally(() => {
      isOver = true;
      wake();
    });
    report.catch(() => {}); // it is awaited below
    try {
      while (!isOver || ended.length > 0) {
        yield* ended.splice(0);
        if (!isOver && ended.length === 0) await new Promise<void>((resolve) => wake = resolve);
      }
      const { failed } = await report;
      if (failure instanceof HostError && failure.operation === "run") {
        throw new CoordError("bad_args", failure.message, failure.details, { cause: failure });
      }
      if (failure !== undefined) throw failure;
      if (failed > 0) this.status = "tasks_failed";
    } finally {
      kill.abort(new Error("the reader of standard output has gone"));
      await report.catch(() => {});
      line.end();
    }
  }
}
