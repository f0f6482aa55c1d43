/**
 * `enqueue --stdin`: from bytes to tasks, all of them valid or none.
 *
 * A line is a JSON object or a bare title, and file names may look like JSON: `{{slug}}/setup.py`,
 * `[id]/page.tsx`. So a line that begins with `{` and is no JSON is a title, with two exceptions where
 * it must be a slip. One is that what follows the brace is a quote or nothing, as in JSON alone. The
 * other is that some other line of the input is an object. A line that begins with `[` is a title,
 * unless an array of objects or texts begins there.
 */
import { badInput, CoordError, type InputProblem } from "../../domain/errors.ts";
import { isObject, parseInput } from "../../domain/json.ts";
import { MAX_LINE_BYTES } from "../../domain/limits.ts";
import { type TaskInput, taskProblems } from "../../engine/task/new_task.ts";
import { framed, type Piece, wrongInput } from "../files/stdin_pieces.ts";

/** Problems that are reported one by one; the rest is counted. */
const MAX_REPORTED = 20;

/** Lines between two reports of progress. */
const PROGRESS_LINES = 1_000;

/** A field of a line and its name in the library's input. */
const NAMES: Readonly<Record<string, keyof TaskInput>> = {
  title: "title",
  priority: "priority",
  queue: "queue",
  ttl: "ttl",
  ttl_seconds: "ttl",
  run_id: "runId",
  runId: "runId",
  payload: "payload",
  tags: "tags",
  needs: "needs",
  not_before: "notBefore",
  notBefore: "notBefore",
  delay: "delay",
  max_attempts: "maxAttempts",
  maxAttempts: "maxAttempts",
  backoff: "backoff",
  key: "key",
  after: "after",
  on_failure: "onFailure",
  onFailure: "onFailure",
};
/** The names of fields in messages: of each the first. */
const SHOWN = new Map<string, string>();
for (const [name, field] of Object.entries(NAMES)) if (!SHOWN.has(field)) SHOWN.set(field, name);

type Defaults = Omit<Partial<TaskInput>, "title">;

/** How to read. */
interface Reading {
  /** Whether titles end in zero bytes, and nothing is JSON. */
  readonly isNul?: boolean;
}

/**
 * Reads one task a line, or what else {@link framed} knows; blank ones are skipped.
 *
 * @throws {CoordError} that lists the problems of all lines.
 */
export async function readTasks(
  input: AsyncIterable<Uint8Array>,
  defaults: Defaults,
  progress: (message: string) => void,
  { isNul = false }: Reading = {},
): Promise<TaskInput[]> {
  const found = await framed(input, isNul);
  const tasks = new Collected(defaults);
  if (found.kind === "array") {
    for (const [at, item] of arrayItems(found.text).entries()) {
      tasks.add(`item ${at + 1}`, itemFields(item));
    }
    return tasks.all();
  }
  const unit = isNul ? "title" : "line";
  let number = 0;
  for await (const piece of found.pieces) {
    number++;
    if (number % PROGRESS_LINES === 0) progress(`${number} ${unit}s read`);
    const fields = isNul ? titleFields(piece) : lineFields(piece);
    if (fields !== undefined) tasks.add(`${unit} ${number}`, fields);
  }
  return tasks.all();
}

/** What a line holds; `slip` is what is wrong with a title when others are objects. */
type Fields =
  | { readonly given: object; readonly isObject?: true; readonly slip?: string }
  | { readonly wrong: string };

/** The tasks of all lines, or their problems. */
class Collected {
  readonly #tasks: TaskInput[] = [];
  readonly #reported: InputProblem[] = [];
  readonly #codes = new Set<InputProblem["code"]>();
  #count = 0;
  /**
   * Of titles that are slips if there is an object: where they are, and how many problems were
   * reported before.
   */
  readonly #slips: { readonly problem: InputProblem; readonly after: number }[] = [];
  #slipCount = 0;
  #hasObject = false;

  constructor(readonly defaults: Defaults) {}

  add(at: string, fields: Fields): void {
    if ("wrong" in fields) return this.#report([problemAt(at, fields.wrong)]);
    this.#hasObject ||= fields.isObject === true;
    if (fields.slip !== undefined) {
      this.#slipCount++;
      const slip = { problem: problemAt(at, fields.slip), after: this.#reported.length };
      if (this.#slips.length < MAX_REPORTED) this.#slips.push(slip);
    }
    const read = taskOf(fields.given, this.defaults);
    if (!Array.isArray(read)) {
      if (this.#count === 0) this.#tasks.push(read);
      return;
    }
    this.#report(read.map((problem) => ({ ...problem, field: `${at}: ${problem.field}` })));
  }

  #report(problems: readonly InputProblem[]): void {
    for (const problem of problems) {
      this.#count++;
      this.#codes.add(problem.code);
      if (this.#reported.length < MAX_REPORTED) this.#reported.push(problem);
    }
  }

  all(): TaskInput[] {
    if (this.#hasObject) this.#takeSlips();
    if (this.#count === 0) return this.#tasks;
    const { message } = badInput(this.#reported);
    const more = this.#count - this.#reported.length;
    throw new CoordError(
      this.#codes.size === 1 ? [...this.#codes][0] ?? "bad_args" : "bad_args",
      more === 0 ? message : `${message}; and ${more} more`,
      { problems: this.#reported, ...(more > 0 && { more }) },
    );
  }

  #takeSlips(): void {
    for (const { problem, after } of this.#slips.reverse()) {
      this.#reported.splice(after, 0, problem);
    }
    if (this.#slipCount > 0) this.#codes.add("bad_args");
    this.#reported.splice(MAX_REPORTED);
    this.#count += this.#slipCount;
  }
}

function problemAt(field: string, message: string): InputProblem {
  return { field, code: "bad_args", message };
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of a line or title, or what is wrong with it. */
function textOf(piece: Piece): { readonly text: string } | { readonly wrong: string } {
  if (piece === undefined) return { wrong: `is longer than ${MAX_LINE_BYTES} bytes` };
  try {
    return { text: decoder.decode(piece) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { wrong: "is not UTF-8 text" };
  }
}

/** `undefined` for a blank line. */
function lineFields(piece: Piece): Fields | undefined {
  const read = textOf(piece);
  if ("wrong" in read) return read;
  const text = read.text.trim();
  if (text === "") return undefined;
  if (text.startsWith("{")) return objectFields(text);
  if (/^\[\s*[{"]/.test(text)) {
    return { wrong: "begins a JSON array, which must be the whole input" };
  }
  if (text.includes("\r")) {
    return {
      wrong: "holds a carriage return: lines end in a newline, with or without one before it",
    };
  }
  return { given: { title: text } };
}

/** A title as it is, `undefined` for a blank one. */
function titleFields(piece: Piece): Fields | undefined {
  const read = textOf(piece);
  if ("wrong" in read) return read;
  return read.text.trim() === "" ? undefined : { given: { title: read.text } };
}

/** A line that begins with `{`. */
function objectFields(text: string): Fields {
  const read = parsed(text);
  if (read !== undefined && "wrong" in read) return read;
  if (read !== undefined && isObject(read.value)) return { given: read.value, isObject: true };
  const isListed = text.endsWith(",") && parsed(text.slice(0, -1)) !== undefined;
  const slip = isListed
    ? "ends in a comma: a line is one JSON object, and an array has its brackets"
    : `begins with "{" and is not a JSON object`;
  if (/^\{\s*("|$)/.test(text)) return { wrong: slip };
  return { given: { title: text }, slip };
}

/** JSON that keeps its numbers; `undefined` when it is no JSON. */
function parsed(
  text: string,
): { readonly value: unknown } | { readonly wrong: string } | undefined {
  try {
    const read = parseInput(text);
    return typeof read === "string" ? { wrong: read } : read;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

function arrayItems(text: string): readonly unknown[] {
  const read = parsed(text);
  if (read === undefined) {
    const hint = /,\s*\]\s*$/.test(text) ? ": there is a comma before its end" : "";
    throw wrongInput(`begins as a JSON array and is none${hint}`);
  }
  if ("wrong" in read) throw wrongInput(read.wrong);
  return read.value as unknown[];
}

/** An item of an array. */
function itemFields(item: unknown): Fields {
  if (isObject(item)) return { given: item, isObject: true };
  return typeof item === "string"
    ? { given: { title: item } }
    : { wrong: "must be an object with a title, or a title" };
}

/** A task, or what is wrong with its fields. */
function taskOf(given: object, defaults: Defaults): TaskInput | InputProblem[] {
  const problems: InputProblem[] = [];
  const task: Record<string, unknown> = { ...defaults };
  const seen = new Set<string>();
  for (const [key, value] of Object.entries(given)) {
    const name = Object.hasOwn(NAMES, key) ? NAMES[key] : undefined;
    if (name === undefined) {
      const message = `is unknown; known are ${[...SHOWN.values()].join(", ")}`;
      problems.push({ field: JSON.stringify(key), code: "bad_args", message });
    } else if (seen.has(name)) {
      problems.push({ field: key, code: "bad_args", message: "is given under two names" });
    } else {
      seen.add(name);
      task[name] = value;
    }
  }
  // What a line says of its delay stands for what the flags say.
  if (seen.has("delay") && !seen.has("notBefore")) delete task["notBefore"];
  if (seen.has("notBefore") && !seen.has("delay")) delete task["delay"];
  for (const problem of taskProblems(task)) {
    problems.push({ ...problem, field: SHOWN.get(problem.field) ?? problem.field });
  }
  // taskProblems() has checked every field.
  return problems.length > 0 ? problems : task as unknown as TaskInput;
}
