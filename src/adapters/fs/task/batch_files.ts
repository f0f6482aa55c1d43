/** The folders of batches on disk, for the protocol of batch_chain.ts. */
import { idOfStem, isStem, stemOfId } from "../../../domain/ids.ts";
import { parseJson } from "../../../domain/json.ts";
import { parseTask, type TaskRecord } from "../../../domain/task/task.ts";
import { HostError, type HostFs } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import type { BatchFiles, BatchLine, Turn } from "./batch_chain.ts";
import { type Batch, formatBatch, parseBatch } from "./batch_name.ts";
import { ensureDir, isNotFound } from "../disk/ensure_dir.ts";
import type { Layout } from "../layout.ts";
import { FirstEntry } from "./index/first_entry.ts";
import { readRecord } from "../disk/record_file.ts";
import { StagedFile } from "../disk/staging.ts";

/** The file with all tasks of a batch, a line each. */
const LINES = "tasks.ndjson";

/** Bytes that are read at once; a longer line is read with the next. */
const CHUNK = 262_144;

const NEWLINE = 10;

/** A line of a batch with what it says. */
export interface TaskLine extends BatchLine {
  /** With its end. */
  readonly bytes: Uint8Array;
  readonly task: TaskRecord | undefined;
}

export class FsBatchFiles implements BatchFiles<TaskLine> {
  readonly #first: FirstEntry;
  /** The batch that was named last, since each of its tasks asks for its folder. */
  #named: Batch | undefined;
  #path = "";

  constructor(readonly fs: HostFs, readonly layout: Layout, readonly warn: Warn) {
    this.#first = new FirstEntry(fs, layout);
  }

  /** All batches at the moment. */
  list(): Batch[] {
    return (this.fs.list(this.layout.batches) ?? [])
      .map(({ name, isDirectory }) => isDirectory ? parseBatch(name) : undefined)
      .filter((batch) => batch !== undefined);
  }

  path(batch: Batch): string {
    if (batch !== this.#named) {
      this.#named = batch;
      this.#path = `${this.layout.batches}/${formatBatch(batch)}`;
    }
    return this.#path;
  }

  /** Writes the file of a batch, durably, into its folder. */
  writeLines(batch: Batch, lines: readonly TaskLine[]): void {
    const bytes = new Uint8Array(lines.at(-1)?.next ?? 0);
    for (const line of lines) bytes.set(line.bytes, line.next - line.bytes.length);
    const path = `${this.path(batch)}/${LINES}`;
    this.fs.createNew(path, bytes);
    this.fs.syncNames(path, [this.path(batch)]);
  }

  /** The size of that file. */
  size(batch: Batch): number {
    return this.fs.lstat(`${this.path(batch)}/${LINES}`)?.size ?? 0;
  }

  /** Makes a folder for a batch that is a file without one. */
  adopt(file: string, batch: Batch): void {
    this.fs.makeDir(this.path(batch));
    this.fs.rename(file, `${this.path(batch)}/${LINES}`);
  }

  move(from: Batch, to: Batch): boolean {
    return this.fs.rename(this.path(from), this.path(to));
  }

  /** @param start Where the first line begins that is wanted; default after those that are settled. */
  *lines(turn: Turn, start = turn.batch.done): Generator<TaskLine> {
    let size = CHUNK;
    for (let at = start;;) {
      const chunk = this.fs.readRange(`${this.path(turn.batch)}/${LINES}`, at, size);
      if (chunk === undefined || chunk.bytes.length === 0) return;
      const { bytes } = chunk;
      const isLast = at + bytes.length >= chunk.size;
      let from = 0;
      while (from < bytes.length) {
        const end = bytes.indexOf(NEWLINE, from);
        if (end === -1 && !isLast) break;
        const to = end === -1 ? bytes.length : end + 1;
        yield lineOf(bytes.slice(from, to), at + to);
        from = to;
      }
      size = from === 0 ? size * 2 : CHUNK;
      at += from;
      if (isLast) return;
    }
  }

  look({ stem, bytes }: TaskLine): "whole" | "missing" | "torn" | "foreign" {
    const file = readRecord(this.fs, this.#taskPath(stem));
    if (file.kind === "record") return "whole";
    if (file.kind === "gone") return "missing";
    return file.stat.kind === "file" && file.stat.size <= bytes.length ? "torn" : "foreign";
  }

  stage(batch: Batch, line: TaskLine, sync: boolean): boolean {
    const path = this.#staged(batch, line);
    try {
      if (this.fs.createNew(path, line.bytes, sync)) return true;
      this.fs.remove(path); // what an earlier attempt left may be torn
      return this.fs.createNew(path, line.bytes, sync);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return false;
    }
  }

  link(batch: Batch, line: TaskLine): boolean {
    return this.#moved(batch, line, (staged, name) => staged.create(name));
  }

  replace(batch: Batch, line: TaskLine): boolean {
    return this.#moved(batch, line, (staged, name) => staged.replace(name));
  }

  enter(batch: Batch, line: TaskLine): void {
    const { task } = line;
    if (task === undefined) return;
    const from = this.#staged(batch, line);
    this.#first.add(task, (entry) => {
      if (this.fs.rename(from, entry)) return true;
      if (this.fs.lstat(from) === undefined) return false;
      throw new HostError("not_found", "rename to", entry);
    });
    this.#first.recorded(task);
  }

  clear(batch: Batch): void {
    for (const { name, isDirectory } of this.fs.list(this.path(batch)) ?? []) {
      if (name !== LINES && !isDirectory) this.fs.remove(`${this.path(batch)}/${name}`);
    }
  }

  sync({ stem }: TaskLine): void {
    try {
      this.fs.syncFile(this.#taskPath(stem));
    } catch (error) {
      // A user has removed the task by hand since it was looked at.
      if (!isNotFound(error)) throw error;
    }
  }

  syncNames(): void {
    this.fs.syncDir(this.layout.folder("task"));
  }

  keep(batch: Batch, { bytes, next, stem }: TaskLine): void {
    const { quarantine } = this.layout;
    const name = `batches-${batch.id}-${next - bytes.length}`;
    ensureDir(this.fs, quarantine);
    this.fs.createNew(`${quarantine}/${name}`, bytes, true);
    this.fs.syncDir(quarantine);
    this.warn(
      stem === undefined
        ? `A line of a batch in tasks/batches is no task: kept as quarantine/${name}`
        : `tasks/${stem}.json is no file of coord's: its task is kept as quarantine/${name}`,
    );
  }

  remove(batch: Batch): void {
    this.fs.remove(`${this.path(batch)}/${LINES}`);
    this.clear(batch);
    this.fs.removeDir(this.path(batch));
  }

  /** Gives a staged task its name; `false` when it is staged no more. */
  #moved(batch: Batch, line: TaskLine, body: (staged: StagedFile, name: string) => void): boolean {
    const path = this.#staged(batch, line);
    try {
      body(new StagedFile(this.fs, this.layout.folder("task"), path), `${line.stem}.json`);
      return true;
    } catch (error) {
      if (isNotFound(error) && this.fs.lstat(path) === undefined) return false;
      throw error;
    }
  }

  #staged(batch: Batch, { stem }: TaskLine): string {
    return `${this.path(batch)}/${stem}`;
  }

  #taskPath(stem: string | undefined): string {
    return this.layout.record("task", stem ?? "");
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true });

function lineOf(bytes: Uint8Array, next: number): TaskLine {
  const task = taskOf(bytes);
  return { bytes, next, task, stem: task && stemOfId(task.task_id) };
}

function taskOf(bytes: Uint8Array): TaskRecord | undefined {
  if (bytes.at(-1) !== NEWLINE) return undefined;
  try {
    const value: unknown = parseJson(decoder.decode(bytes));
    const id = (value as { task_id?: unknown } | null)?.task_id;
    if (typeof id !== "string" || !isStem(stemOfId(id))) return undefined;
    const task = parseTask(value, idOfStem(stemOfId(id)));
    return typeof task === "string" ? undefined : task;
  } catch (error) {
    // Not JSON, or not UTF-8.
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
