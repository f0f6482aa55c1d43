/**
 * What a listing counts by, of the tasks that no process has touched: `index/definitions` has a line
 * for each, so that their files need not be read. A definition does not change, so a line holds as long
 * as there is the file. The file of lines is derived: it may lack any, or be removed at any time. Where
 * the tasks are quiet it is written as counted.ts reads it.
 */
import { idOfStem, stemOfId } from "../../../domain/ids.ts";
import type { TaskEntry, TaskGroup, UnreadTask } from "../../../domain/task/listing.ts";
import { isGated } from "../../../domain/task/after.ts";
import {
  claimableFrom,
  compareTasks,
  orderOf,
  taskExpiry,
  type TaskOrder,
  type TaskRecord,
} from "../../../domain/task/task.ts";
import { HostError, type HostFs } from "../../../ports/host.ts";
import { ensureDir } from "../disk/ensure_dir.ts";
import { readNote } from "../disk/record_file.ts";
import { StagedFile, stageFile } from "../disk/staging.ts";
import type { Layout } from "../layout.ts";

/** The name of the file in `index/`. */
export const DEFINITIONS = "definitions";

/** Lines that are written at once; fewer tasks are read again each time. */
const MIN_ADDED = 64;

/** Lines of tasks that are gone, which are tolerated beside as many that count. */
const SPARE_LINES = 1_000;

const encoder = new TextEncoder();

/** A definition as its line has it. */
export interface Definition {
  readonly stem: string;
  readonly priority: number;
  readonly createdMs: number;
  /** When its ttl has passed, if no process touches it. */
  readonly expiresMs: number;
  readonly queue: string;
  /** Before when it is delayed; 0 when it never was, infinity when it waits for others. */
  readonly fromMs: number;
}

export function definitionOf(stem: string, task: TaskRecord): Definition {
  const { priority, createdMs } = orderOf(task);
  const fromMs = isGated(task) ? Infinity : task.not_before === undefined ? 0 : claimableFrom(task);
  const expiresMs = taskExpiry(task);
  return { stem, priority, createdMs, expiresMs, queue: task.queue, fromMs };
}

/** Without the end of the line. */
export function definitionLine(definition: Definition): string {
  const { stem, priority, createdMs, expiresMs, queue, fromMs } = definition;
  const from = fromMs === 0 ? "" : ` ${fromMs}`;
  return `${stem} ${priority} ${createdMs} ${expiresMs} ${queue}${from} .`;
}

/** `undefined` for what is no line, or no whole one. */
export function parseDefinition(line: string): Definition | undefined {
  // The last part says that the line is whole.
  const [stem = "", priority, created, expires, queue = "", ...rest] = line.split(" ");
  if (rest.pop() !== ".") return undefined;
  return {
    stem,
    priority: Number(priority),
    createdMs: Number(created),
    expiresMs: Number(expires),
    queue,
    fromMs: Number(rest[0] ?? 0),
  };
}

/** Its place in a listing. */
export function placeOf({ stem, priority, createdMs }: Definition): TaskOrder {
  return { priority, createdMs, id: idOfStem(stem) };
}

/** Where it stands at `now` if no process has touched it. */
export function untouchedStatus(
  { expiresMs, fromMs }: Definition,
  now: number,
): "expired" | "pending" | "delayed" | "blocked" {
  if (fromMs === Infinity) return "blocked";
  return fromMs > now ? "delayed" : expiresMs <= now ? "expired" : "pending";
}

export class Definitions {
  readonly #lines = new Map<string, Definition>();
  #count = 0;

  constructor(readonly fs: HostFs, readonly layout: Layout) {
    for (const line of readNote(fs, `${layout.index}/${DEFINITIONS}`)?.split("\n") ?? []) {
      const definition = parseDefinition(line);
      if (definition === undefined) continue;
      this.#count++;
      this.#lines.set(definition.stem, definition);
    }
  }

  get(stem: string): Definition | undefined {
    return this.#lines.get(stem);
  }

  add(stem: string, task: TaskRecord): void {
    this.#lines.set(stem, definitionOf(stem, task));
  }

  /** Those of all these tasks; `undefined` where one is not known, or not claimable yet at `now`. */
  whole(
    stems: readonly string[],
    tasks: readonly TaskRecord[],
    now: number,
  ): Definition[] | undefined {
    const known = stems.flatMap((stem) => this.get(stem) ?? []);
    if (known.length < stems.length) return undefined;
    const all = [...known, ...tasks.map((task) => definitionOf(stemOfId(task.task_id), task))];
    return all.some(({ fromMs }) => fromMs > now) ? undefined : all;
  }

  /** Keeps what was added, for the next listing; it never fails. */
  keep(stems: readonly string[], added: readonly string[]): void {
    const isStale = this.#count > 2 * stems.length + SPARE_LINES;
    if (added.length < MIN_ADDED && !isStale) return;
    const text = (isStale ? stems : added).flatMap((stem) => {
      const line = this.#lines.get(stem);
      return line === undefined ? [] : [`\n${definitionLine(line)}\n`];
    }).join("");
    this.#write(encoder.encode(text), isStale);
  }

  /** Puts all that is to be kept in the place of what was. */
  replace(bytes: Uint8Array): void {
    this.#write(bytes, true);
  }

  #write(bytes: Uint8Array, isWhole: boolean): void {
    const { fs, layout: { index, tmp } } = this;
    try {
      ensureDir(fs, index);
      if (!isWhole) fs.append(`${index}/${DEFINITIONS}`, bytes);
      else new StagedFile(fs, index, () => stageFile(fs, tmp, bytes, false)).replace(DEFINITIONS);
    } catch (error) {
      // It only saves time; a listing works where nothing can be written.
      if (!(error instanceof HostError)) throw error;
    }
  }
}

/** Tasks that no process has touched, as they stand at `now`, and which of them were not known. */
export function untouchedTasks(
  definitions: Definitions,
  stems: readonly string[],
  read: (stem: string) => TaskEntry | undefined,
  now: number,
): { groups: TaskGroup[]; added: string[] } {
  const added: string[] = [];
  const tasks: UnreadTask[] = [];
  for (const stem of stems) {
    if (definitions.get(stem) === undefined) {
      const entry = read(stem);
      if (entry === undefined) continue;
      definitions.add(stem, entry.task);
      added.push(stem);
    }
    const definition = definitions.get(stem);
    if (definition !== undefined) tasks.push(unreadTask(definition, read, now));
  }
  const [one] = tasks;
  if (one === undefined) return { groups: [], added };
  let first = one.order;
  let oldest: UnreadTask | undefined;
  const counts = new Map<string, { queue: string; status: UnreadTask["status"]; count: number }>();
  for (const task of tasks) {
    const { order, status, queue } = task;
    const key = `${status} ${queue}`;
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { queue, status, count: 1 });
    else known.count++;
    if (compareTasks(order, first) < 0) first = order;
    if (status !== "pending") continue;
    if (oldest === undefined || order.createdMs < oldest.order.createdMs) oldest = task;
  }
  const group = { counts: [...counts.values()], first, oldest };
  return { groups: [{ ...group, read: () => tasks }], added };
}

export function unreadTask(
  definition: Definition,
  read: (stem: string) => TaskEntry | undefined,
  now: number,
): UnreadTask {
  const { stem, queue } = definition;
  return {
    order: placeOf(definition),
    status: untouchedStatus(definition, now),
    queue,
    read: () => read(stem),
  };
}
