/**
 * The state of all lanes as a fold over the journal, entry by entry. It needs nothing but the entries,
 * so every reader of one journal comes to the same state, and it is the fold that grants: an entry
 * that was decided on an older state than the one it meets has no effect if what came between is in
 * its way.
 *
 * Every entry gets a number: its own `seq`, or one more than the last entry's where that is higher, so
 * numbers grow with the lines even if two writers gave the same `seq`. An absurd `seq` counts as none. Entries without what coord adds
 * (`base_seq`, `fence`) were written by `dos` and stand as they are.
 */
import { isObject, type JsonObject } from "../json.ts";
import {
  instant,
  laneKey,
  lastBeat,
  type Lease,
  type LeaseIdentity,
  leaseRecords,
  mindsExclusive,
  readFolded,
  readLease,
  withLife,
} from "../lane/lease.ts";
import { aliveWith, beatStamp, reachedWith, withRefusal } from "../lane/lease_clock.ts";
import { LeaseIndex } from "../lane/lease_index.ts";
import { APPLIED_KEPT, LANE_STEPS } from "../limits.ts";
import { leaseTree } from "../glob/tree.ts";
import {
  checkpointField,
  type CorruptLine,
  countField,
  identityOf,
  type JournalEntry,
  legibleSeq,
  seqField,
} from "./line.ts";

/** What an entry did. */
export type Effect =
  /** It granted a lease. */
  | "granted"
  /** It would have granted one, and something is in its way. */
  | "void"
  | "released"
  | "scavenged"
  | "renewed"
  | "adopted"
  /** It put a snapshot in the place of all leases. */
  | "reset"
  /** Nothing: it only informs, or its lease is not, or no longer, as it says. */
  | "none";

/** An entry's number and effect. */
export interface Applied {
  readonly entry: JournalEntry;
  /** The entry's number; of one that granted or adopted, also the fence. */
  readonly seq: number;
  readonly effect: Effect;
  /** The lease as it is now or, when it ended, as it was; of a void entry, what it asked for. */
  readonly lease?: Lease;
  /** Of a void entry, the lease in its way. */
  readonly against?: Lease;
  /** Why there was no effect, for people. */
  readonly reason?: string;
}

type Outcome = Omit<Applied, "entry" | "seq">;

/** The fields of a lease that an entry may carry itself. */
const INLINE = [
  "lane_kind",
  "tree",
  "host_id",
  "pid",
  "acquired_at",
  "heartbeat_at",
  "ttl_minutes",
  "ttl_seconds",
  "exclusive",
  "holder",
  "run_id",
];

/** A state for those who only look at it. */
export type LaneView = Pick<
  LaneState,
  "seq" | "lastSeq" | "reached" | "leases" | "live" | "appliedOf"
>;

/** Live leases and the number of the last entry. */
export class LaneState {
  /** The live leases. Only {@link apply} changes them. */
  readonly leases: LeaseIndex = new LeaseIndex();
  #seq = 0;
  #lost = 0;
  #lastRenewed = 0;
  #reached: number | undefined;
  /** The last entries that carry a nonce, by it. */
  readonly #applied = new Map<string, Applied>();

  /** The number of the last entry, those included that were lost. */
  get seq(): number {
    return Math.max(this.#seq, this.#lost);
  }

  /** The same without those that were lost. */
  get lastSeq(): number {
    return this.#seq;
  }

  /** The instant that the log has reached by the clocks of its writers, milliseconds since 1970. */
  get reached(): number | undefined {
    return this.#reached;
  }

  /**
   * Takes note of a line that cannot be read, so that its number is not given again. Entries that
   * follow keep the numbers that they had.
   */
  lose(line: CorruptLine): void {
    if (line.isKept) return;
    this.#lost = Math.max(this.seq + 1, legibleSeq(line.raw) ?? 0);
  }

  /** The live leases, the first granted first. */
  live(): Lease[] {
    return [...this.leases.all()];
  }

  /** What the entry with this nonce did, if it is one of the last {@link APPLIED_KEPT}. */
  appliedOf(nonce: string): Applied | undefined {
    return this.#applied.get(nonce);
  }

  /** Takes the next entry of the journal. */
  apply(entry: JournalEntry): Applied {
    if (entry.op === "CHECKPOINT") return this.#reset(entry);
    const before = this.seq;
    this.#seq = Math.max(seqField(entry["seq"], before + 1) ?? 0, this.#seq + 1);
    const applied = { entry, seq: this.#seq, ...this.#outcome(entry, before) };
    this.#reached = reachedWith(instant(entry["ts"]), this.#reached);
    this.#keep(applied);
    return applied;
  }

  #keep(applied: Applied): void {
    const { nonce } = applied.entry;
    if (typeof nonce !== "string") return;
    this.#applied.set(nonce, applied);
    if (this.#applied.size <= APPLIED_KEPT) return;
    const [oldest] = this.#applied.keys();
    if (oldest !== undefined) this.#applied.delete(oldest);
  }

  #outcome(entry: JournalEntry, before: number): Outcome {
    if (entry.op === "REFUSE") this.#noteRefusal(entry, before);
    const identity = identityOf(entry);
    if (identity === undefined || identity.lane === "" && identity.loop_ts === "") {
      return { effect: "none" };
    }
    switch (entry.op) {
      case "RECONCILE":
        if ("fence" in entry) return { effect: "none" };
        return this.#grant(entry, identity, before);
      case "ACQUIRE":
        return this.#grant(entry, identity, before);
      case "RELEASE":
        return this.#end("released", entry, identity);
      case "SCAVENGE":
        return this.#unlessRenewed(entry, identity, before) ??
          this.#end("scavenged", entry, identity);
      case "ADOPT":
        return this.#unlessRenewed(entry, identity, before) ?? this.#adopt(entry, identity);
      case "HEARTBEAT":
        return this.#renew(entry, identity);
    }
    return { effect: "none" };
  }

  #grant(entry: JournalEntry, identity: LeaseIdentity, before: number): Outcome {
    const record = recordOf(entry);
    const known = this.leases.get(identity);
    const events = known === undefined ? 0 : known.events + 1;
    const numbers = { fence: this.#seq, renewed_seq: this.#seq, events };
    const asked = readLease(record, identity, numbers);
    // Who acquires is alive; a RECONCILE only says what was.
    const start = entry.op === "ACQUIRE" ? lastBeat(asked) : undefined;
    const lease = start === undefined ? asked : withLife(asked, reachedWith(start, this.#reached));
    const since = sinceOf(entry, before);
    const against = since === undefined ? undefined : this.#inTheWay(entry, lease, since);
    if (against !== undefined) {
      const reason = `lane ${JSON.stringify(against.lane)} came first, with fence ${against.fence}`;
      return { effect: "void", lease, against, reason };
    }
    this.#put(lease);
    return { effect: "granted", lease };
  }

  /** What voids a grant that was decided when `since` was the last entry. */
  #inTheWay(entry: JournalEntry, lease: Lease, since: number): Lease | undefined {
    const [holder] = this.leases.ofLane(laneKey(lease.lane, lease.name_only));
    if (holder !== undefined) return holder;
    const most = seqField(entry["max_concurrent"]);
    if (most !== undefined && this.leases.countOfKind(lease.lane_kind) >= most) {
      return this.leases.ofKind(lease.lane_kind).at(-1);
    }
    if (this.#lastRenewed <= since) return undefined;
    if (!mindsExclusive(lease)) return undefined;
    for (const other of lease.exclusive ? this.leases.all() : this.leases.exclusive()) {
      if (other.renewed_seq > since && mindsExclusive(other)) return other;
    }
    const [met] = this.leases.meeting(leaseTree(lease), { left: LANE_STEPS }, since);
    return met?.lease;
  }

  #end(effect: "released" | "scavenged", entry: JournalEntry, identity: LeaseIdentity): Outcome {
    const lease = this.#named(entry, identity);
    if (typeof lease === "string") return { effect: "none", reason: lease };
    this.leases.remove(identity);
    return { effect, lease };
  }

  #renew(entry: JournalEntry, identity: LeaseIdentity): Outcome {
    const lease = this.#named(entry, identity);
    if (typeof lease === "string") return { effect: "none", reason: lease };
    const stamp = beatStamp(entry);
    const alive = aliveWith(lease, instant(stamp), this.#reached);
    const said = stamp === undefined ? {} : { heartbeat_at: stamp };
    const renewed = withLife({ ...lease, ...said, renewed_seq: this.#seq }, alive);
    this.#put(renewed);
    return { effect: "renewed", lease: renewed };
  }

  #adopt(entry: JournalEntry, identity: LeaseIdentity): Outcome {
    const lease = this.#named(entry, identity);
    if (typeof lease === "string") return { effect: "none", reason: lease };
    const given: Record<string, unknown> = {};
    for (const field of ["holder", "run_id", "pid", "host_id", "process"]) {
      const value = entry[field];
      if (value !== undefined && value !== null) given[field] = value;
    }
    const given_at = typeof entry["ts"] === "string" ? { adopted_at: entry["ts"] } : {};
    const stamp = beatStamp(entry);
    const said = stamp === undefined ? {} : { heartbeat_at: stamp };
    const record = { ...lease, ...given, ...given_at, ...said };
    const alive = aliveWith(lease, instant(stamp), this.#reached);
    const grant = { fence: this.#seq, renewed_seq: this.#seq, events: 0, alive };
    const adopted = readLease(record, lease, grant);
    this.#put(adopted);
    return { effect: "adopted", lease: adopted };
  }

  /** Takes in that leases blocked a request, which bounds how far their stamps are believed. */
  #noteRefusal(entry: JournalEntry, before: number): void {
    const { host_id, conflicts } = entry;
    const [since, at] = [sinceOf(entry, before), instant(entry["ts"])];
    if (since === undefined || at === undefined || !Array.isArray(conflicts)) return;
    if (typeof host_id !== "string" || host_id === "") return;
    for (const conflict of conflicts) {
      const lane = isObject(conflict) ? conflict["lane"] : undefined;
      if (typeof lane !== "string") continue;
      for (const lease of this.leases.named(lane)) {
        if (lease.lane !== lane || lease.renewed_seq > since) continue;
        const refused = withRefusal(lease, host_id, at);
        if (refused !== lease) this.leases.put(refused);
      }
    }
  }

  /** The live lease that an entry means, or why there is none. */
  #named(entry: JournalEntry, identity: LeaseIdentity): Lease | string {
    const lease = this.leases.get(identity);
    if (lease === undefined) return `lane ${JSON.stringify(identity.lane)} has no such lease`;
    if (!("fence" in entry) || entry["fence"] === lease.fence) return lease;
    return `the fence is ${lease.fence}, and this is about ${String(entry["fence"])}`;
  }

  /** Why an entry that takes a lease from its holder comes too late, if it does. */
  #unlessRenewed(
    entry: JournalEntry,
    identity: LeaseIdentity,
    before: number,
  ): Outcome | undefined {
    const since = sinceOf(entry, before);
    const lease = this.leases.get(identity);
    if (since === undefined || lease === undefined || lease.renewed_seq <= since) return undefined;
    return { effect: "none", reason: "its holder has shown life since" };
  }

  #put(lease: Lease): void {
    this.#lastRenewed = Math.max(this.#lastRenewed, lease.renewed_seq);
    this.leases.put(lease);
  }

  /** Takes a snapshot in the place of all that came before; it has no number of its own. */
  #reset(entry: JournalEntry): Applied {
    const watermark = checkpointField(entry["seq_watermark"]) ?? 0;
    const seq = Math.max(this.#seq, checkpointField(entry["seq"]) ?? watermark);
    this.#lost = Math.max(this.#lost, watermark);
    for (const lease of this.live()) this.leases.remove(lease);
    this.#seq = seq;
    this.#reached = instant(entry["reached_at"]) ?? this.#reached;
    for (const record of leaseRecords(entry["leases"])) {
      const identity = identityOf(record);
      if (identity === undefined || identity.lane === "" && identity.loop_ts === "") continue;
      const fence = checkpointField(record["fence"]) ?? seq;
      const renewed_seq = checkpointField(record["renewed_seq"]) ?? fence;
      const events = checkpointField(record["events"]) ?? 0;
      this.#put(readFolded(record, identity, { fence, renewed_seq, events }));
      this.#seq = Math.max(this.#seq, fence, renewed_seq);
    }
    return { entry, seq: this.#seq, effect: "reset" };
  }
}

/** The last entry that a decision saw; `undefined` when it does not say. */
function sinceOf(entry: JournalEntry, before: number): number | undefined {
  if (!("base_seq" in entry)) return undefined;
  const base = countField(entry["base_seq"]);
  // What it saw is not in this journal, so nothing that is in it counts as seen.
  return base === undefined || base > before ? -1 : base;
}

/** The lease in an entry: nested, or in the entry's own fields. */
function recordOf(entry: JournalEntry): JsonObject {
  const { lease, ts } = entry;
  const record: JsonObject = isObject(lease) ? { ...lease } : {};
  for (const field of isObject(lease) ? [] : INLINE) {
    const value = entry[field];
    if (value !== undefined) record[field] = value;
  }
  if (typeof record["acquired_at"] !== "string" && typeof ts === "string") {
    record["acquired_at"] = ts;
  }
  return record;
}
