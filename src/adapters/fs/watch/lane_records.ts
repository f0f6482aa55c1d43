/**
 * Lanes as the feed looks at them: records beside those that are files. Leases come from the fold of
 * the journal, announcements from its last entries, archives included; so it makes no difference
 * that the file is replaced, compacted or gone.
 */
import type { RecordKind } from "../../../domain/watch/event.ts";
import type { JsonObject } from "../../../domain/json.ts";
import type { LeaseIdentity } from "../../../domain/lane/lease.ts";
import {
  announcementData,
  announcementId,
  isAnnouncement,
  isLeaseEnd,
  leaseData,
  leaseEnd,
  leaseId,
  leaseOfId,
} from "../../../domain/watch/lane_record.ts";
import { identityOf, type JournalEntry } from "../../../domain/journal/line.ts";
import { HostError } from "../../../ports/host.ts";
import type { JournalView } from "../../../ports/journal.ts";
import { isSettled } from "../disk/folder_mark.ts";
import type { FsLanes } from "../lane/environment.ts";
import type { JournalFile } from "../lane/journal_file.ts";
import type {
  IntervalWatch,
  RecordHint,
  RecordListing,
  RecordLook,
  RecordSource,
} from "./records.ts";

/** Entries that are looked through for announcements and for the end of a lease. */
const RECENT = 1_000;

/** New entries that are hinted one by one; after more of them everything is looked at. */
const MAX_HINTS = 200;

/** The journal as it was when the running turn first asked for it: what is looked at together is read once. */
class TurnJournal {
  #view: JournalView | undefined;

  constructor(readonly file: JournalFile) {}

  read(): JournalView {
    if (this.#view === undefined) {
      this.#view = this.file.read();
      queueMicrotask(() => this.#view = undefined);
    }
    return this.#view;
  }

  last(count: number): readonly JournalEntry[] {
    this.read();
    return this.file.remembered(count) ?? this.file.last(count);
  }
}

/** The records of a workspace together with its lanes. */
export class LaneRecords implements RecordSource {
  /** The entries that were looked through last. */
  #recent = { seq: -1, entries: [] as readonly JournalEntry[] };
  readonly #journal: TurnJournal;

  constructor(readonly files: RecordSource, readonly lanes: FsLanes) {
    this.#journal = new TurnJournal(lanes.file);
  }

  prepare(): Promise<void> {
    return this.files.prepare();
  }

  count(kind: RecordKind): number {
    return kind === "lane" ? this.#leases().length : this.files.count(kind);
  }

  #leases(): string[] {
    return this.#journal.read().fold.live().map(leaseId);
  }

  list(kind: RecordKind): RecordListing {
    if (kind !== "lane") return this.files.list(kind);
    const announced = new Map<string, JournalEntry>();
    for (const entry of this.#last()) {
      if (isAnnouncement(entry)) announced.set(announcementId(entry), entry);
    }
    const look = (id: string, known: string | undefined) => {
      const entry = announced.get(id);
      return entry === undefined ? this.#lease(id, known) : announcement(entry, known);
    };
    return { ids: [...this.#leases(), ...announced.keys()], look };
  }

  moved(kind: RecordKind, since: number): string[] {
    return this.files.moved(kind, since);
  }

  clock(): number {
    return this.files.clock();
  }

  look(kind: RecordKind, id: string, known: string | undefined): RecordLook {
    if (kind !== "lane") return this.files.look(kind, id, known);
    if (leaseOfId(id) !== undefined) return this.#lease(id, known);
    const entry = this.#last().find((each) => isAnnouncement(each) && announcementId(each) === id);
    return entry === undefined ? { kind: "gone" } : announcement(entry, known);
  }

  mark(kind: RecordKind): { readonly mark: string; readonly settled: boolean } {
    if (kind !== "lane") return this.files.mark(kind);
    try {
      const { fold, tail } = this.#journal.read();
      return { mark: `${fold.seq}:${tail}:${fold.leases.size}`, settled: true };
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      return { mark: error.reason, settled: true };
    }
  }

  replaced(kind: RecordKind): boolean {
    return kind === "lane" || this.files.replaced(kind);
  }

  watch(
    kinds: readonly RecordKind[],
    onHint: (hint: RecordHint) => void,
    onError: (error: unknown) => void,
  ): { close(): void } {
    const open: { close(): void }[] = [];
    let isOver = false;
    const close = () => {
      isOver = true;
      for (const watch of open.splice(0)) watch.close();
    };
    const failed = (error: unknown) => {
      if (isOver) return;
      close();
      onError(error);
    };
    const filed = kinds.filter((kind) => kind !== "lane");
    try {
      if (filed.length > 0) open.push(this.files.watch(filed, onHint, failed));
      if (filed.length < kinds.length) {
        const hints = new LaneHints(this.lanes, this.#journal, onHint);
        open.push(this.lanes.watch(() => hints.look(), failed));
      }
    } catch (error) {
      close();
      throw error;
    }
    return { close };
  }

  byNames(
    kinds: readonly RecordKind[],
    onHint: (hint: RecordHint) => void,
    gatherMs: number,
  ): IntervalWatch {
    const filed = kinds.filter((kind) => kind !== "lane");
    return this.#withLanes(this.files.byNames(filed, onHint, gatherMs), kinds, onHint);
  }

  async byNotices(
    kinds: readonly RecordKind[],
    onHint: (hint: RecordHint) => void,
  ): Promise<IntervalWatch | undefined> {
    const filed = kinds.filter((kind) => kind !== "lane");
    const files = await this.files.byNotices(filed, onHint);
    return files && this.#withLanes(files, kinds, onHint);
  }

  #withLanes(
    files: IntervalWatch,
    kinds: readonly RecordKind[],
    onHint: (hint: RecordHint) => void,
  ): IntervalWatch {
    if (!kinds.includes("lane")) return files;
    const lanes = new LaneHints(this.lanes, this.#journal, onHint);
    return {
      kinds: [...files.kinds, "lane"],
      isComplete: files.isComplete,
      look() {
        lanes.lookIfChanged();
        return files.look();
      },
      close: () => files.close(),
    };
  }

  identity(): readonly string[] {
    return this.files.identity();
  }

  #lease(id: string, known: string | undefined): RecordLook {
    const identity = leaseOfId(id);
    if (identity === undefined) return { kind: "gone" };
    const lease = this.#journal.read().fold.leases.get(identity);
    if (lease === undefined) return { kind: "gone", last: this.#endOf(identity) };
    const version = `${lease.fence}.${lease.renewed_seq}`;
    if (version === known) return { kind: "same" };
    const data = leaseData(lease);
    return known?.startsWith(`${lease.fence}.`)
      ? { kind: "same", version, data }
      : { kind: "record", version, data };
  }

  /** How a lease ended, by the journal; what it does not hold any more counts as a release. */
  #endOf({ lane, loop_ts }: LeaseIdentity): JsonObject {
    const end = this.#last().findLast((each) => {
      if (!isLeaseEnd(each)) return false;
      const identity = identityOf(each);
      return identity?.lane === lane && identity.loop_ts === loop_ts;
    });
    return leaseEnd(end);
  }

  #last(): readonly JournalEntry[] {
    const journal = this.#journal;
    const { seq } = journal.read().fold;
    const { seq: before, entries } = this.#recent;
    if (seq !== before) {
      const entriesNow = isNear(before, seq) && following(entries, journal.last(news(before, seq)));
      this.#recent = { seq, entries: (entriesNow || journal.last(RECENT)).slice(-RECENT) };
    }
    return this.#recent.entries;
  }
}

/** Turns "the journal changed" into the records that changed. */
class LaneHints {
  #seq: number | undefined;
  /** The file as it was; `undefined` where a further change might not show in that. */
  #mark: string | undefined;

  constructor(
    readonly lanes: FsLanes,
    readonly journal: TurnJournal,
    readonly onHint: (hint: RecordHint) => void,
  ) {
    this.#seq = this.#read();
  }

  look(): void {
    const before = this.#seq;
    const seq = this.#seq = this.#read();
    if (before === seq && seq !== undefined) return;
    if (before === undefined || seq === undefined || !isNear(before, seq)) {
      return this.onHint({ about: "kind", kind: "lane" });
    }
    const ids = new Set(this.journal.last(news(before, seq)).map(hintOf));
    for (const id of ids) {
      this.onHint(
        id === undefined ? { about: "other", kind: "lane" } : { about: "record", kind: "lane", id },
      );
    }
  }

  /** The same, unless the file is as it was. */
  lookIfChanged(): void {
    const { file, host: { fs } } = this.lanes;
    const { ino = 0, size = 0, mtimeMs = 0 } = fs.stat(file.location) ?? {};
    const mark = `${ino}:${size}:${mtimeMs}`;
    if (mark === this.#mark) return;
    this.#mark = isSettled(mtimeMs, Date.now()) ? mark : undefined;
    this.look();
  }

  /** A journal that cannot be read now is looked at again with the next hint. */
  #read(): number | undefined {
    try {
      return this.journal.read().fold.seq;
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      return undefined;
    }
  }
}

function isNear(before: number, seq: number): boolean {
  return before >= 0 && seq > before && seq <= before + MAX_HINTS;
}

/** How many entries hold all that are new, and the last that is not: checkpoints have no number. */
function news(before: number, seq: number): number {
  return 2 * (seq - before) + 1;
}

/** Entries and what follows their last one; `undefined` when that one is not there. */
function following(
  known: readonly JournalEntry[],
  read: readonly JournalEntry[],
): JournalEntry[] | undefined {
  const last = JSON.stringify(known.at(-1));
  const at = read.findLastIndex((entry) => JSON.stringify(entry) === last);
  return at < 0 ? undefined : [...known, ...read.slice(at + 1)];
}

function hintOf(entry: JournalEntry): string | undefined {
  if (isAnnouncement(entry)) return announcementId(entry);
  const identity = identityOf(entry);
  return identity === undefined ? undefined : leaseId(identity);
}

function announcement(entry: JournalEntry, known: string | undefined): RecordLook {
  if (known !== undefined) return { kind: "same" };
  return { kind: "record", version: "1", data: announcementData(entry) };
}
