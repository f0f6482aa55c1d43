/** The folders of the records: which may be looked into, and how many records each has. */
import type { RecordKind } from "../../../../domain/watch/event.ts";
import { type FileStat, HostError, type HostFs } from "../../../../ports/host.ts";
import type { Warn } from "../../../../ports/warnings.ts";
import { listStems } from "../../disk/record_file.ts";
import { ofFolder } from "../../disk/unreadable.ts";
import type { Layout } from "../../layout.ts";
import { Counted } from "../../listing/counted.ts";
import { ReservationFiles } from "../../reservation/files.ts";
import { findComing, findHead } from "../../reservation/order.ts";
import type { SegmentNames } from "../../segment/names.ts";
import { NO_LINES, Segments } from "../../segment/segments.ts";

/** The listing of tasks reports what may not be read of them. */
const UNREPORTED = () => {};

export class RecordFolders {
  readonly reservations: ReservationFiles;
  readonly segments: Segments;
  readonly #refused = new Set<RecordKind>();
  /** Those that were found real in the running turn. */
  readonly #real = new Set<RecordKind>();
  /** The newest place of a reservation that was found so far. */
  #newestPlace = 0;

  constructor(readonly fs: HostFs, readonly layout: Layout, readonly warn: Warn) {
    // What is broken is reported by those that list.
    this.reservations = new ReservationFiles(fs, layout, () => {});
    this.segments = new Segments(fs, layout, () => {});
  }

  count(kind: RecordKind): number {
    if (!this.isFolder(kind)) return 0;
    const isMoving = kind === "task" || kind === "claim";
    const before = isMoving ? ofFolder(UNREPORTED, () => this.segments.known()) : undefined;
    const counted = before && kind === "task" ? this.#counted(before) : undefined;
    if (counted !== undefined) return counted;
    const coming = this.coming(kind);
    const stems = new Set(
      ofFolder(this.warn, () => listStems(this.fs, this.layout.folder(kind))) ?? [],
    );
    if (coming !== undefined) stems.add(coming);
    const moved = before && ofFolder(
      UNREPORTED,
      () => this.segments.count(this.segments.listed(before), stems),
    );
    return stems.size + (moved ?? 0);
  }

  /** How many tasks there are, where that is known without all names. */
  #counted(before: readonly SegmentNames[]): number | undefined {
    return ofFolder(UNREPORTED, () => {
      const counted = Counted.open(this.fs, this.layout);
      if (counted === undefined) return undefined;
      const { segments, ended: tally, tasks } = counted.head;
      const ended = this.segments.listed(before, tally && segments);
      if (ended.loose.mark !== segments || !counted.isSure()) return undefined;
      return tasks +
        (tally === undefined
          ? this.segments.count(ended)
          : tally.tasks + this.segments.count({ ...ended, loose: NO_LINES }));
    });
  }

  /** The reservation that was granted and whose record is to come. */
  coming(kind: RecordKind): string | undefined {
    if (kind !== "reservation") return undefined;
    try {
      this.#newestPlace = findHead(this.reservations, this.#newestPlace);
      return findComing(this.reservations, this.#newestPlace)?.stem;
    } catch (error) {
      if (error instanceof HostError) return undefined;
      throw error;
    }
  }

  /** Whether the records of a kind may be looked at; a folder that is a link is reported. */
  isFolder(kind: RecordKind): boolean {
    if (this.#real.has(kind)) return true;
    const stat = this.stat(this.layout.folder(kind));
    if (stat?.kind === "directory") {
      this.#refused.delete(kind);
      if (this.#real.size === 0) queueMicrotask(() => this.#real.clear());
      this.#real.add(kind);
      return true;
    }
    if (stat !== undefined && !this.#refused.has(kind)) {
      this.#refused.add(kind);
      const what = stat.kind === "symlink" ? "a symbolic link" : "no folder";
      this.warn(`Refused to look into ${JSON.stringify(this.layout.folder(kind))}: it is ${what}`);
    }
    return false;
  }

  /** What is there; `undefined` also where that may not be seen. */
  stat(path: string): FileStat | undefined {
    try {
      return this.fs.lstat(path);
    } catch (error) {
      if (error instanceof HostError) return undefined;
      throw error;
    }
  }
}
