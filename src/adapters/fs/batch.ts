/**
 * Durability for many tasks with one sync.
 *
 * 1. Every task of a batch gets its own file, without a sync.
 * 2. One file `tasks/batches/<name>.ndjson` with all of them is written and synced, a line a task.
 * 3. The batch is answered.
 *
 * A power cut after 3 may tear or lose task files, and the batch file brings them back. It has done
 * its duty when each task's own file is on the disk: some minutes later, when the kernel has written
 * them anyway, the next process that adds tasks or checks the index syncs each, writes again what is
 * missing or torn, and removes the batch file. A crash before 3 leaves tasks that nobody was promised,
 * each whole or absent.
 */
import { idOfStem, stemOfId } from "../../domain/ids.ts";
import { canonicalJson, escapeLines, parseJson } from "../../domain/json.ts";
import { parseTask, type TaskRecord } from "../../domain/task.ts";
import type { HostFs } from "../../ports/host.ts";
import type { Warn } from "../../ports/warnings.ts";
import { ensureDir } from "./ensure_dir.ts";
import type { Layout } from "./layout.ts";
import { readRecord, recordBytes } from "./record_file.ts";
import { isUniqueName } from "./staging.ts";

/** A batch this old has been written back by every kernel's defaults (Linux: 35 s), milliseconds. */
const SETTLE_AFTER_MS = 120_000;

/** Makes the tasks of a batch durable at once. */
export function writeBatch(fs: HostFs, layout: Layout, tasks: readonly TaskRecord[]): void {
  const lines = tasks.map((task) => escapeLines(canonicalJson(task)) + "\n");
  const bytes = new TextEncoder().encode(lines.join(""));
  ensureDir(fs, layout.batches);
  fs.createNew(`${layout.batches}/${crypto.randomUUID()}.ndjson`, bytes, true);
  fs.syncDir(layout.batches);
  fs.syncDir(layout.folder("task"));
}

/** Brings the tasks of old batches to the disk one by one and removes the batch files. */
export function settleBatches(fs: HostFs, layout: Layout, warn: Warn): void {
  for (const { name, isFile } of fs.list(layout.batches) ?? []) {
    const path = `${layout.batches}/${name}`;
    if (!isFile || !isBatch(name)) continue;
    const age = Date.now() - (fs.lstat(path)?.mtimeMs ?? Date.now());
    if (age < SETTLE_AFTER_MS) continue;
    const text = new TextDecoder().decode(fs.read(path) ?? new Uint8Array());
    // A line without its end was never answered for.
    for (const line of text.split("\n").slice(0, -1)) settleTask(fs, layout, line, warn);
    fs.syncDir(layout.folder("task"));
    fs.remove(path);
  }
}

/** The stems of the tasks that batch files may still bring back. */
export function pendingBatches(fs: HostFs, layout: Layout): Set<string> {
  const stems = new Set<string>();
  for (const { name, isFile } of fs.list(layout.batches) ?? []) {
    if (!isFile || !isBatch(name)) continue;
    const bytes = fs.read(`${layout.batches}/${name}`) ?? new Uint8Array();
    for (const line of new TextDecoder().decode(bytes).split("\n").slice(0, -1)) {
      const task = taskOfLine(line);
      if (task !== undefined) stems.add(stemOfId(task.task_id));
    }
  }
  return stems;
}

function isBatch(name: string): boolean {
  return name.endsWith(".ndjson") && isUniqueName(name.slice(0, -".ndjson".length));
}

function settleTask(fs: HostFs, layout: Layout, line: string, warn: Warn): void {
  const task = taskOfLine(line);
  if (task === undefined) return warn("A line of a batch in tasks/batches is no task: passed over");
  const path = layout.record("task", stemOfId(task.task_id));
  const found = readRecord(fs, path);
  if (found.kind === "record") return fs.syncFile(path);
  const staged = `${layout.tmp}/${crypto.randomUUID()}`;
  ensureDir(fs, layout.tmp);
  fs.createNew(staged, recordBytes(task), true);
  // A file torn by a power cut has nothing worth keeping: the batch holds the whole of it.
  fs.rename(staged, path);
}

function taskOfLine(line: string): TaskRecord | undefined {
  try {
    const value = parseJson(line);
    const id = (value as { task_id?: unknown } | null)?.task_id;
    if (typeof id !== "string") return undefined;
    const task = parseTask(value, idOfStem(stemOfId(id)));
    return typeof task === "string" ? undefined : task;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
