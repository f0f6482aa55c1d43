/**
 * Lanes as the stream sees them: records beside those that are files.
 *
 * A lease is one record from its grant to its end; a heartbeat is no news, but moves the instant at
 * which it expires. An announcement of a run (SPAWN) or of the end of one (HALT) is emitted when it
 * comes, and never as a snapshot or as removed. Leases come from the fold of the journal,
 * announcements from its last entries, archives included; so it makes no difference that the file
 * is replaced, compacted or gone.
 */
import type { RecordKind } from "../../domain/watch/event.ts";
import { hash } from "../../domain/journal/hash.ts";
import { jsonCopy, type JsonObject } from "../../domain/json.ts";
import { deathOf, type Lease, type LeaseIdentity, readFolded } from "../../domain/lane/lease.ts";
import { identityOf, type JournalEntry } from "../../domain/journal/line.ts";
import type { CursorFile } from "../../ports/cursor_file.ts";
import { HostError } from "../../ports/host.ts";
import type { LaneStore } from "../../ports/lanes.ts";
import type { Listing, Look, RecordHint, RecordSource } from "../../ports/records.ts";
import type { WatchEventType } from "../../domain/watch/event.ts";

/** Entries that are looked through for announcements and for the end of a lease. */
const RECENT = 1_000;

/** New entries that are hinted one by one; after more of them everything is looked at. */
const MAX_HINTS = 200;

const ANNOUNCEMENTS: Readonly<Record<string, string>> = { SPAWN: "spawned", HALT: "halted" };
const ENDS: Readonly<Record<string, string>> = { RELEASE: "released", SCAVENGE: "expired" };

/** Whether a change of a lane is emitted. */
export function isNewsOfLane(
  type: WatchEventType,
  data: JsonObject,
  now: number,
): boolean {
  if (data["op"] === "spawned" || data["op"] === "halted") return type === "added";
  return type !== "snapshot" || deathOf(leaseOf(data), now, undefined) === undefined;
}

function leaseOf(data: JsonObject): Lease {
  return readFolded(data, { lane: "", loop_ts: "" }, { fence: 0, renewed_seq: 0, events: 0 });
}

/** The records of a workspace together with its lanes. */
export class LaneRecords implements RecordSource {
  /** The entries that were looked through last. */
  #recent = { seq: -1, entries: [] as readonly JournalEntry[] };

  constructor(readonly files: RecordSource, readonly lanes: LaneStore) {}

  prepare(): Promise<void> {
    return this.files.prepare();
  }

  ids(kind: RecordKind): string[] {
    if (kind !== "lane") return this.files.ids(kind);
    return this.lanes.journal.read().fold.live().map(idOf);
  }

  list(kind: RecordKind): Listing {
    if (kind !== "lane") return this.files.list(kind);
    const announced = new Map<string, JournalEntry>();
    for (const entry of this.#last()) {
      if (entry.op in ANNOUNCEMENTS) announced.set(idOfEntry(entry), entry);
    }
    const look = (id: string, known: string | undefined) => {
      const entry = announced.get(id);
      return entry === undefined ? this.#lease(id, known) : announcement(entry, known);
    };
    return { ids: [...this.ids(kind), ...announced.keys()], look };
  }

  look(kind: RecordKind, id: string, known: string | undefined): Look {
    if (kind !== "lane") return this.files.look(kind, id, known);
    if (isLeaseId(id)) return this.#lease(id, known);
    const entry = this.#last().find((each) => each.op in ANNOUNCEMENTS && idOfEntry(each) === id);
    return entry === undefined ? { kind: "gone" } : announcement(entry, known);
  }

  mark(kind: RecordKind): { readonly mark: string; readonly settled: boolean } {
    if (kind !== "lane") return this.files.mark(kind);
    try {
      const { fold, tail } = this.lanes.journal.read();
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
        const hints = new LaneHints(this.lanes, onHint);
        open.push(this.lanes.watch(() => hints.look(), failed));
      }
    } catch (error) {
      close();
      throw error;
    }
    return { close };
  }

  identity(): readonly string[] {
    return this.files.identity();
  }

  cursor(path: string): CursorFile {
    return this.files.cursor(path);
  }

  #lease(id: string, known: string | undefined): Look {
    const identity = identityOfId(id);
    const lease = this.lanes.journal.read().fold.leases.get(identity);
    if (lease === undefined) return { kind: "gone", last: this.#endOf(identity) };
    const version = `${lease.fence}.${lease.renewed_seq}`;
    if (version === known) return { kind: "same" };
    const op = lease.adopted_at === undefined ? "acquired" : "adopted";
    const data = { ...jsonCopy(lease), op };
    return known?.startsWith(`${lease.fence}.`)
      ? { kind: "same", version, data }
      : { kind: "record", version, data };
  }

  /** How a lease ended, by the journal; what it does not hold any more counts as a release. */
  #endOf({ lane, loop_ts }: LeaseIdentity): JsonObject {
    const entry = this.#last().findLast((each) => {
      if (!(each.op in ENDS)) return false;
      const identity = identityOf(each);
      return identity?.lane === lane && identity.loop_ts === loop_ts;
    });
    const op = ENDS[entry?.op ?? "RELEASE"] ?? "released";
    return { op, ...(typeof entry?.["reason"] === "string" ? { reason: entry["reason"] } : {}) };
  }

  #last(): readonly JournalEntry[] {
    const { journal } = this.lanes;
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

  constructor(readonly lanes: LaneStore, readonly onHint: (hint: RecordHint) => void) {
    this.#seq = this.#read();
  }

  look(): void {
    const before = this.#seq;
    const seq = this.#seq = this.#read();
    if (before === seq && seq !== undefined) return;
    if (before === undefined || seq === undefined || !isNear(before, seq)) {
      return this.onHint({ about: "kind", kind: "lane" });
    }
    const ids = new Set(this.lanes.journal.last(news(before, seq)).map(hintOf));
    for (const id of ids) {
      this.onHint(
        id === undefined ? { about: "other", kind: "lane" } : { about: "record", kind: "lane", id },
      );
    }
  }

  /** A journal that cannot be read now is looked at again with the next hint. */
  #read(): number | undefined {
    try {
      return this.lanes.journal.read().fold.seq;
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
  if (entry.op in ANNOUNCEMENTS) return idOfEntry(entry);
  const identity = identityOf(entry);
  return identity === undefined ? undefined : idOf(identity);
}

function announcement(entry: JournalEntry, known: string | undefined): Look {
  if (known !== undefined) return { kind: "same" };
  const data = { ...entry, op: ANNOUNCEMENTS[entry.op] ?? entry.op };
  return { kind: "record", version: "1", data };
}

/** `lane@loop_ts`; what could be taken for the sign between them is escaped in the name. */
function idOf({ lane, loop_ts }: LeaseIdentity): string {
  return `${lane.replace(/[%@]/g, encodeURIComponent)}@${loop_ts}`;
}

function identityOfId(id: string): LeaseIdentity {
  const at = id.indexOf("@");
  const lane = id.slice(0, at).replace(/%25|%40/g, decodeURIComponent);
  return { lane, loop_ts: id.slice(at + 1) };
}

function isLeaseId(id: string): boolean {
  return id.includes("@");
}

function idOfEntry(entry: JournalEntry): string {
  return `${ANNOUNCEMENTS[entry.op]}:${hash(JSON.stringify(entry))}`;
}
