/** `enqueue --stdin`: from bytes to tasks, all of them valid or none. */
import { badInput, CoordError, type Problem } from "../../domain/errors.ts";
import { isObject, parseInput } from "../../domain/json.ts";
import { MAX_LINE_BYTES } from "../../domain/limits.ts";
import { inputProblems } from "../../engine/input.ts";
import { type NewTask, TASK_FIELDS } from "../../engine/task_input.ts";

/** Problems that are told one by one; the rest is counted. */
const MAX_TOLD = 20;

/** Lines between two reports of progress. */
const PROGRESS_LINES = 1_000;

/** A field of a line and its name in the library's input. */
const NAMES: Readonly<Record<string, keyof NewTask>> = {
  title: "title",
  priority: "priority",
  queue: "queue",
  ttl: "ttl",
  ttl_seconds: "ttl",
  run_id: "runId",
  runId: "runId",
  payload: "payload",
  tags: "tags",
};
const KNOWN = "title, priority, queue, ttl, run_id, payload, tags";

type Defaults = Omit<Partial<NewTask>, "title">;

/**
 * Reads one task a line; blank lines are passed over.
 *
 * @throws {CoordError} that lists the problems of all lines.
 */
export async function readTasks(
  input: AsyncIterable<Uint8Array>,
  defaults: Defaults,
  progress: (message: string) => void,
): Promise<NewTask[]> {
  const tasks: NewTask[] = [];
  const told: Problem[] = [];
  const codes = new Set<Problem["code"]>();
  let count = 0;
  let number = 0;
  for await (const line of lines(input)) {
    number++;
    if (number % PROGRESS_LINES === 0) progress(`${number} lines read`);
    const read = line === undefined
      ? wrongLine(`is longer than ${MAX_LINE_BYTES} bytes`)
      : parseLine(line, defaults);
    if (read === undefined) continue;
    if (!Array.isArray(read)) {
      if (count === 0) tasks.push(read);
      continue;
    }
    for (const problem of read) {
      count++;
      codes.add(problem.code);
      if (told.length >= MAX_TOLD) continue;
      const at = `line ${number}`;
      told.push({ ...problem, field: problem.field === "" ? at : `${at}: ${problem.field}` });
    }
  }
  if (count === 0) return tasks;
  const { message } = badInput(told);
  const more = count - told.length;
  throw new CoordError(
    codes.size === 1 ? [...codes][0] ?? "bad_args" : "bad_args",
    more === 0 ? message : `${message}; and ${more} more`,
    { problems: told, ...(more > 0 && { more }) },
  );
}

function wrongLine(message: string): Problem[] {
  return [{ field: "", code: "bad_args", message }];
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** A task, what is wrong with it, or `undefined` for a blank line. */
function parseLine(bytes: Uint8Array, defaults: Defaults): NewTask | Problem[] | undefined {
  let text: string;
  try {
    text = decoder.decode(bytes).trim();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return wrongLine("is not UTF-8 text");
  }
  if (text === "") return undefined;
  const given = text.startsWith("{") ? parseObject(text) : { title: text };
  if (Array.isArray(given)) return given;
  const problems: Problem[] = [];
  const task: Record<string, unknown> = { ...defaults };
  const seen = new Set<string>();
  for (const [key, value] of Object.entries(given)) {
    const name = Object.hasOwn(NAMES, key) ? NAMES[key] : undefined;
    if (name === undefined) {
      const message = `is unknown; known are ${KNOWN}`;
      problems.push({ field: JSON.stringify(key), code: "bad_args", message });
    } else if (seen.has(name)) {
      problems.push({ field: key, code: "bad_args", message: "is given under two names" });
    } else {
      seen.add(name);
      task[name] = value;
    }
  }
  for (const problem of inputProblems(task, TASK_FIELDS, ["title"])) {
    const field = problem.field === "runId" ? "run_id" : problem.field;
    problems.push({ ...problem, field });
  }
  // inputProblems() has checked every field.
  return problems.length > 0 ? problems : task as unknown as NewTask;
}

function parseObject(text: string): object | Problem[] {
  let value: unknown;
  try {
    const read = parseInput(text);
    if (typeof read === "string") return wrongLine(read);
    value = read.value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return isObject(value) ? value : wrongLine(`begins with "{" and is not a JSON object`);
}

const NEWLINE = 10;

/** The lines of a byte stream; `undefined` in place of one that is too long to be kept. */
async function* lines(
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array | undefined, void> {
  let parts: Uint8Array[] = [];
  let length = 0;
  const take = () => {
    const line = length > MAX_LINE_BYTES ? undefined : joined(parts, length);
    parts = [];
    length = 0;
    return line;
  };
  const add = (part: Uint8Array) => {
    length += part.length;
    if (length > MAX_LINE_BYTES) parts = [];
    // A copy: the runtime may use the chunk's memory again.
    else parts.push(part.slice());
  };
  for await (const chunk of input) {
    let from = 0;
    for (let end; (end = chunk.indexOf(NEWLINE, from)) !== -1; from = end + 1) {
      if (length === 0 && end - from <= MAX_LINE_BYTES) {
        yield chunk.subarray(from, end);
        continue;
      }
      add(chunk.subarray(from, end));
      yield take();
    }
    if (from < chunk.length) add(chunk.subarray(from));
  }
  if (length > 0) yield take();
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
