/**
 * The growth of a segment and its end.
 *
 * Adding lines to log n, in order: (1) the lines are appended and synced, with the log's name. (2) The
 * folder is listed: only where n is the last number, with its log and no mark, are the lines there for
 * good. Only then may the files of the tasks go.
 *
 * Sealing: (1) `<n>.seal` is made. What is added from here on finds it, and counts for nothing. (2) The
 * log is read, and `<n>.1.ndjson` created exclusively with its lines, and synced. (3) The files go that
 * tasks of it still have. (4) The log goes, then the mark.
 *
 * Any process may go on from any step. Two that seal at once read the same lines that count: what one
 * of them has besides was added too late, and has its files yet. So (3) goes by what was created.
 */
import {
  segmentBytes,
  segmentEntry,
  type SegmentLine,
  segmentLines,
} from "../../../domain/task/segment.ts";
import type { HostFs } from "../../../ports/host.ts";
import { ensureLastingDir, isNotFound } from "../disk/ensure_dir.ts";
import { StagedFile, stageFile } from "../disk/staging.ts";
import type { Layout } from "../layout.ts";
import {
  listSegments,
  logName,
  newestOf,
  sealedName,
  sealName,
  type SegmentNames,
} from "./names.ts";

/** What is to become of the files of tasks that are on lines. */
export interface TaskFiles {
  /** Whether a task has files, and these say what its line says; `undefined` when it has none. */
  agrees(line: SegmentLine): boolean | undefined;
  /** Removes the files of tasks whose lines are on the disk. */
  remove(lines: readonly SegmentLine[]): void;
}

const encoder = new TextEncoder();

/** The log that lines are to be added to; `undefined` while one is being sealed. */
export function openLog(fs: HostFs, { segments }: Layout): SegmentNames | undefined {
  ensureLastingDir(fs, segments);
  const last = listSegments(fs, segments).at(-1);
  if (last?.isSealing) return last;
  if (last !== undefined && newestOf(last) === 0) return last;
  const n = (last?.n ?? 0) + 1;
  fs.createNew(`${segments}/${logName(n)}`, new Uint8Array());
  const made = listSegments(fs, segments).at(-1);
  if (made?.n === n) return made;
  // This process has slept, and the number had been used up.
  fs.remove(`${segments}/${logName(n)}`);
  return undefined;
}

/** Adds lines to a log; `false` when they may be lost, since it is no longer the last one. */
export function addLines(
  fs: HostFs,
  { segments }: Layout,
  n: number,
  lines: readonly SegmentLine[],
): boolean {
  const path = `${segments}/${logName(n)}`;
  // What an append before this one left may lack its end.
  const text = lines.map(({ text }) => `\n${text}\n`).join("");
  if (!fs.appendSynced(path, encoder.encode(text))) return false;
  try {
    fs.syncDir(segments);
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
  const last = listSegments(fs, segments).at(-1);
  return last?.n === n && last.hasLog && !last.isSealing && newestOf(last) === 0;
}

/** Seals a segment, or finishes that. */
export function seal(fs: HostFs, layout: Layout, n: number, files: TaskFiles): void {
  const work = sealing(fs, layout, n, files);
  while (work.next().done !== true);
}

/** The same in small steps. A process that was asleep between two of them must not go on. */
export function* sealing(
  fs: HostFs,
  layout: Layout,
  n: number,
  files: TaskFiles,
): Generator<undefined, void> {
  const { segments, tmp } = layout;
  fs.createNew(`${segments}/${sealName(n)}`, new Uint8Array());
  const log = fs.read(`${segments}/${logName(n)}`);
  const found = listSegments(fs, segments).find((each) => each.n === n);
  // The lines of which this process made the segment, and those without files, as nearly all.
  let own: Iterable<SegmentLine> | undefined;
  const moved = new Set<string>();
  yield;
  if (log !== undefined && found !== undefined && newestOf(found) === 0) {
    const lines = new Map<string, SegmentLine>();
    for (const line of segmentLines(new TextDecoder().decode(log))) {
      if (segmentEntry(line) !== undefined) lines.set(line.stem, line);
      yield;
    }
    for (const line of lines.values()) {
      const agrees = files.agrees(line);
      if (agrees === false) lines.delete(line.stem);
      if (agrees === undefined) moved.add(line.stem);
      yield;
    }
    const bytes = segmentBytes(lines.values());
    yield;
    const staged = new StagedFile(fs, segments, () => stageFile(fs, tmp, bytes, true));
    if (staged.create(sealedName(n, 1))) own = lines.values();
    staged.discard();
    yield;
  }
  fs.syncDir(segments);
  const sealed = listSegments(fs, segments).find((each) => each.n === n);
  const version = sealed === undefined ? 0 : newestOf(sealed);
  if (version === 0) return;
  if (version > 1) own = undefined;
  const bytes = own === undefined ? fs.read(`${segments}/${sealedName(n, version)}`) : undefined;
  if (own === undefined && bytes === undefined) return;
  const left: SegmentLine[] = [];
  for (const line of own ?? segmentLines(new TextDecoder().decode(bytes))) {
    if (!moved.has(line.stem) && files.agrees(line) === true) left.push(line);
    yield;
  }
  files.remove(left);
  fs.remove(`${segments}/${logName(n)}`);
  fs.remove(`${segments}/${sealName(n)}`);
}
