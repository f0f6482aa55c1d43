/** Each task by one run of a command: what the command finds, and what its end means. */
import { isObject, jsonLine, type JsonObject, parseInput } from "../../domain/json.ts";
import { MAX_ERROR, MAX_PAYLOAD_BYTES } from "../../domain/limits.ts";
import { payload } from "../../domain/task/fields.ts";
import { GIVE_BACK, type TaskInHand } from "../../engine/task/work_types.ts";
import { type FileStat, type Host, HostError, type HostFs } from "../../ports/host.ts";

/** The exit code that gives a task back: the temporary failure of sysexits.h. */
const TEMPORARY = 75;

/** JSON may be written with this many times the room that it needs. */
const LOOSE = 16;

/** A task for a command. */
interface Run {
  readonly runId: string;
  readonly task: TaskInHand;
  readonly signal: AbortSignal;
  readonly onOutput: (bytes: Uint8Array) => void;
}

/** The runs of a command by one worker. Their files lie in one folder, which goes with the worker. */
export class CommandRuns implements Disposable {
  readonly #host: Host;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #command: readonly [string, ...string[]];
  readonly #folder: string;
  #count = 0;

  /** @param environment What a program needs to work in the workspace. */
  constructor(
    host: Host,
    environment: Readonly<Record<string, string>>,
    command: readonly [string, ...string[]],
  ) {
    this.#host = host;
    this.#environment = environment;
    this.#command = command;
    this.#folder = `${temporary(host)}/coord-work-${crypto.randomUUID()}`;
  }

  /**
   * Runs the command for a task. Resolves to the task's result, and throws why it failed; a `HostError`
   * says that the command could not be run at all.
   */
  async run(
    { runId, task, signal, onOutput }: Run,
  ): Promise<JsonObject | typeof GIVE_BACK | undefined> {
    const { fs } = this.#host;
    const path = `${this.#folder}/${++this.#count}`;
    const [given, made] = [`${path}.payload.json`, `${path}.result.json`];
    let hasResult = true;
    try {
      this.#create(given, new TextEncoder().encode(`${jsonLine(task.payload)}\n`));
      const { code, stderr } = await this.#host.command(this.#command, {
        env: {
          ...this.#environment,
          COORD_RUN_ID: runId,
          COORD_TASK_ID: task.task_id,
          COORD_TASK_FENCE: String(task.fence),
          COORD_ATTEMPT: String(task.attempt),
          // No variable can hold a NUL.
          COORD_TITLE: task.title.replaceAll("\0", "\ufffd"),
          COORD_PAYLOAD_FILE: given,
          COORD_RESULT_FILE: made,
        },
        signal,
        stderrBytes: MAX_ERROR,
        onOutput,
      });
      if (code === TEMPORARY) return GIVE_BACK;
      if (code !== 0) throw new Error(errorOf(code, stderr));
      const stat = fs.lstat(made);
      hasResult = stat !== undefined;
      return stat && resultOf(fs, made, stat);
    } finally {
      removed(() => fs.remove(given));
      if (hasResult) removed(() => fs.remove(made));
    }
  }

  /** In the folder, which is made for the first one, and again when what tidies up has taken it. */
  #create(path: string, bytes: Uint8Array): void {
    const { fs } = this.#host;
    try {
      fs.createNew(path, bytes);
    } catch (error) {
      if (!(error instanceof HostError && error.reason === "not_found")) throw error;
      fs.makeDir(this.#folder);
      fs.createNew(path, bytes);
    }
  }

  [Symbol.dispose](): void {
    removed(() => this.#host.fs.removeDir(this.#folder));
  }
}

/** Where files go that live as long as a command. */
function temporary(host: Host): string {
  const named = host.env("TMPDIR") || host.env("TEMP");
  return named?.replace(/[/\\]+$/, "") || "/tmp";
}

/** Removes what may be no file any more; what a command left there is its own. */
function removed(remove: () => unknown): void {
  try {
    remove();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
  }
}

/** The end of what a command wrote, after its exit code. */
function errorOf(code: number, stderr: Uint8Array): string {
  const head = `exit code ${code}`;
  // The first bytes may be the end of a character.
  const text = new TextDecoder().decode(stderr).replace(/^\ufffd{1,3}/, "").trim();
  if (text === "") return head;
  const room = MAX_ERROR - head.length - 2;
  return `${head}: ${text.slice(-room).toWellFormed()}`;
}

/** The result that a command wrote; none in an empty file. */
function resultOf(fs: HostFs, path: string, stat: FileStat): JsonObject | undefined {
  if (stat.kind === "file" && stat.size === 0) return undefined;
  const bad = (state: string) => new Error(`Cannot take the result of the command: ${state}`);
  if (stat.kind !== "file") throw bad("$COORD_RESULT_FILE is no file");
  if (stat.size > LOOSE * MAX_PAYLOAD_BYTES) {
    throw bad(`it is larger than ${MAX_PAYLOAD_BYTES} bytes (${stat.size})`);
  }
  const text = new TextDecoder().decode(fs.read(path));
  const read = parsed(text);
  if (typeof read === "string") throw bad(`it ${read}`);
  const [problem] = payload.problems(read.value);
  if (problem !== undefined || !isObject(read.value)) throw bad(`it ${problem}`);
  return read.value;
}

function parsed(text: string): { readonly value: unknown } | string {
  try {
    return parseInput(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return "is not valid JSON";
  }
}
