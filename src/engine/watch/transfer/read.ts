/** From lines to the tasks that are to be brought in, all of them valid or none. */
import { CoordError } from "../../../domain/errors.ts";
import { type JsonObject, parseObject } from "../../../domain/json.ts";
import {
  blockersOf,
  type Issue,
  isTombstone,
  readIssue,
  taskOfIssue,
} from "../../../domain/watch/beads.ts";
import { type MovedPause, type MovedTask, readDocument } from "../../../domain/watch/transfer.ts";
import { keyText } from "../../../domain/task/key.ts";
import { isTerminal } from "../../../domain/task/claim.ts";
import type { Context } from "../../context.ts";
import { contentId } from "../../content_id.ts";

/** A task, and where it came from, such as `line 3`. */
export interface Incoming extends MovedTask {
  readonly at: string;
}

/** All that was read. */
export interface Read {
  readonly tasks: readonly Incoming[];
  readonly pauses: readonly MovedPause[];
  /** How many reservations, intents and lanes. */
  readonly holds: number;
}

/** A line: its text or the object that it stands for, or what is wrong with it. */
export type Line = string | object | { readonly wrong: string };

/** Problems that are reported one by one; the rest is counted. */
const MAX_REPORTED = 20;

/** Problems by the lines that have them. */
class Problems {
  readonly #found: { field: string; code: "bad_args"; message: string }[] = [];
  #count = 0;

  add(field: string, message: string): void {
    this.#count++;
    if (this.#found.length < MAX_REPORTED) this.#found.push({ field, code: "bad_args", message });
  }

  /** @throws {CoordError} that names them, if there are any. */
  check(): void {
    if (this.#count === 0) return;
    const more = this.#count - this.#found.length;
    const all = this.#found.map(({ field, message }) => `${field} ${message}`);
    if (more > 0) all.push(`and ${more} more`);
    const problems = { problems: this.#found, ...(more > 0 && { more }) };
    throw new CoordError("bad_args", all.join("; "), problems);
  }
}

/** The objects of all lines that are not blank, each with its place. */
async function* objects(
  lines: AsyncIterable<Line> | Iterable<Line>,
  problems: Problems,
): AsyncGenerator<readonly [at: string, value: JsonObject], void> {
  let number = 0;
  for await (const line of lines) {
    const at = `line ${++number}`;
    if (typeof line === "string" && line.trim() === "") continue;
    if (typeof line === "object" && "wrong" in line) {
      problems.add(at, String(line.wrong));
      continue;
    }
    const value = parseObject(typeof line === "string" ? line : JSON.stringify(line));
    if (value === undefined) problems.add(at, "is not a JSON object");
    else yield [at, value];
  }
}

/** Reads an export of coord. */
export async function readExport(lines: AsyncIterable<Line> | Iterable<Line>): Promise<Read> {
  const problems = new Problems();
  const tasks = new IncomingTasks(problems);
  const pauses: MovedPause[] = [];
  let holds = 0;
  let last: string | undefined;
  for await (const [at, value] of objects(lines, problems)) {
    const found = readDocument(value);
    if (typeof found === "string") {
      problems.add(at, found);
      // What comes after another format would be wrong too.
      if (value.kind === "export") problems.check();
      last ??= "export";
      continue;
    }
    const { kind } = found;
    if (last === undefined && kind !== "export") {
      problems.add(at, `is not the first line of an export: its kind must be "export"`);
      problems.check();
    }
    if (last !== undefined && kind === "export") problems.add(at, "begins another export");
    if (last === "end") problems.add(at, "comes after the end of the export");
    last = kind;
    if (kind === "queue") pauses.push(found.pause);
    else if (kind === "hold") holds++;
    else if (kind === "task") tasks.add({ at, ...found.moved });
  }
  if (last !== "end") problems.add("the input", `was cut off: its last line is not of kind "end"`);
  problems.check();
  return { tasks: tasks.all, pauses, holds };
}

/** How issues are brought in. */
export interface IssueInput {
  readonly queue: string;
  readonly runId: string;
}

/** Reads the issues of beads. */
export async function readIssues(
  { store, sha256, warn }: Context,
  lines: AsyncIterable<Line> | Iterable<Line>,
  input: IssueInput,
): Promise<Read> {
  const problems = new Problems();
  const issues = new Map<string, { readonly at: string; readonly issue: Issue }>();
  for await (const [at, value] of objects(lines, problems)) {
    const issue = readIssue(value);
    if (typeof issue === "string") problems.add(at, issue);
    else if (issues.has(issue.id)) problems.add(at, `has the id of ${issues.get(issue.id)?.at}`);
    else issues.set(issue.id, { at, issue });
  }
  problems.check();
  // The same issue is the same task, whatever has changed of it.
  const idOf = (id: string) => contentId({ beads: id }, sha256);
  const tasks = new IncomingTasks(problems);
  for (const { at, issue } of issues.values()) {
    const after: string[] = [];
    for (const blocker of blockersOf(issue)) {
      const there = issues.get(blocker)?.issue;
      const id = await idOf(blocker);
      if (there === undefined && await store.tasks.get(id) === undefined) {
        warn(`${issue.id} waits for ${blocker}, which is not there: left out`);
      } else if (there === undefined || !isTombstone(there)) after.push(id);
    }
    const moved = taskOfIssue(issue, { ...input, taskId: await idOf(issue.id), after });
    if (typeof moved === "string") problems.add(at, moved);
    else tasks.add({ at, ...moved });
  }
  problems.check();
  return { tasks: tasks.all, pauses: [], holds: 0 };
}

/** Tasks of one input, of which no two may be one, or have one key. */
class IncomingTasks {
  readonly all: Incoming[] = [];
  readonly #byId = new Map<string, string>();
  readonly #byKey = new Map<string, string>();

  constructor(readonly problems: Problems) {}

  add(incoming: Incoming): void {
    const { at, task, claim } = incoming;
    const { task_id: id, key, queue } = task;
    const same = this.#byId.get(id);
    if (same !== undefined) return this.problems.add(at, `has the task of ${same}`);
    this.#byId.set(id, at);
    if (key !== undefined && !(claim && isTerminal(claim))) {
      const text = keyText({ queue, key });
      const holder = this.#byKey.get(text);
      if (holder !== undefined) {
        return this.problems.add(at, `has the key of ${holder}, which is unfinished too`);
      }
      this.#byKey.set(text, at);
    }
    this.all.push(incoming);
  }
}
