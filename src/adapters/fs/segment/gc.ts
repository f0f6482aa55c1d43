/**
 * Removal of tasks from segments.
 *
 * Of a segment with tasks that have been over for the grace, version v + 1 is created exclusively with
 * the others, and synced; then version v goes. The highest version is never removed, so a process that
 * has slept cannot bring a task back: its version is not the highest. A segment without tasks goes when
 * it is a day old, unless it is the last one.
 */
import { idOfStem } from "../../../domain/ids.ts";
import { recordsOf, segmentBytes, type SegmentLine } from "../../../domain/task/segment.ts";
import { graceOf, leastGrace } from "../../../domain/task/retention.ts";
import type { Swept, TimedSweep } from "../../../ports/upkeep.ts";
import type { HostFs } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import type { Room } from "../disk/gc_room.ts";
import { StagedFile, stageFile } from "../disk/staging.ts";
import { mayBeComing } from "../key/removal.ts";
import type { Layout } from "../layout.ts";
import { logName, newestOf, sealedName, type SegmentNames } from "./names.ts";
import { seal, type TaskFiles } from "./sealing.ts";
import { isSettled, Segments } from "./segments.ts";

/** After this time no process is in the middle of something that it began before, milliseconds. */
const ASLEEP_MS = 86_400_000;

/** What the line of a task with a key has. */
const KEY = '"key":"';

export class SegmentGc {
  readonly #segments: Segments;

  constructor(
    readonly fs: HostFs,
    readonly layout: Layout,
    readonly warn: Warn,
    readonly room: Room,
    readonly files: TaskFiles,
  ) {
    this.#segments = new Segments(fs, layout, warn);
  }

  /**
   * What the grace has passed of, among the tasks without files.
   *
   * @param awaited The stems of tasks that others wait for.
   */
  sweep(sweep: TimedSweep, awaited: ReadonlySet<string> = new Set()): Swept[] {
    return this.#segments.names().flatMap((names, n, all) => {
      const swept = this.room.needed(() => this.#sweepOne(names, sweep, awaited)) ?? [];
      if (sweep.execute) this.#tidy(names, n === all.length - 1);
      return swept;
    });
  }

  #sweepOne(
    names: SegmentNames,
    sweep: TimedSweep,
    awaited: ReadonlySet<string>,
  ): Swept[] {
    const isOver = (line: SegmentLine) =>
      !awaited.has(line.stem) &&
      Math.min(line.endedMs, sweep.now) + graceOf(line.status, sweep) <= sweep.now &&
      !(line.text.includes(KEY) && mayBeComing(recordsOf(line)?.task ?? {}, sweep.now));
    const { n } = names;
    if (!isSettled(names)) {
      const over = [...this.#segments.lines(names)?.values() ?? []].filter(isOver);
      if (over.length === 0 || !sweep.execute) {
        return over.filter((line) => this.files.agrees(line) === undefined).map(sweptOf);
      }
      seal(this.fs, this.layout, n, this.files);
    }
    const now = this.#segments.names().find((each) => each.n === n);
    const sealed = now && isSettled(now) ? this.#segments.sealed(now) : undefined;
    if (sealed === undefined || sealed.head.tasks === 0) return [];
    const [first] = sealed.head.ended;
    if (Math.min(first, sweep.now) + leastGrace(sweep) > sweep.now) return [];
    const lines = this.#segments.linesOf(sealed) ?? [];
    const over = lines.filter(isOver);
    if (!sweep.execute || over.length === 0) return over.map(sweptOf);
    return this.#replace(n, sealed.version, lines.filter((line) => !isOver(line)))
      ? over.map(sweptOf)
      : [];
  }

  /** Puts these lines in the place of a version; `false` when another process was faster. */
  #replace(n: number, version: number, lines: readonly SegmentLine[]): boolean {
    const { fs, layout: { segments, tmp } } = this;
    const bytes = segmentBytes(lines);
    const staged = new StagedFile(fs, segments, () => stageFile(fs, tmp, bytes, true));
    const created = staged.create(sealedName(n, version + 1));
    staged.discard();
    const now = this.#segments.names().find((each) => each.n === n);
    if (!created || now === undefined || newestOf(now) !== version + 1) return false;
    fs.syncDir(segments);
    fs.remove(`${segments}/${sealedName(n, version)}`);
    return true;
  }

  /** Removes what a process has left that died, and segments that have long been empty. */
  #tidy(names: SegmentNames, isLast: boolean): void {
    const { fs, layout: { segments } } = this;
    const newest = newestOf(names);
    if (newest === 0 || names.isSealing) return;
    for (const version of names.versions) {
      if (version < newest) fs.remove(`${segments}/${sealedName(names.n, version)}`);
    }
    if (names.hasLog) fs.remove(`${segments}/${logName(names.n)}`);
    const path = `${segments}/${sealedName(names.n, newest)}`;
    const stat = fs.lstat(path);
    if (isLast || stat === undefined || Date.now() - stat.mtimeMs < ASLEEP_MS) return;
    if (this.#segments.sealed(names)?.head.tasks === 0) fs.remove(path);
  }
}

function sweptOf({ stem, status }: SegmentLine): Swept {
  return { kind: "task", id: idOfStem(stem), reason: status };
}
