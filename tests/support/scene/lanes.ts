/**
 * Builders for lanes: entries with little to say, and the fold of `dos`, written from its rules.
 */
import { isObject, type JsonObject } from "../../../src/domain/json.ts";
import { LaneState, type LaneView } from "../../../src/domain/journal/fold.ts";
import type { Lease } from "../../../src/domain/lane/lease.ts";
import type { JournalEntry } from "../../../src/domain/journal/line.ts";
import { acquireEntry, type NewLease, type Stamp } from "../../../src/domain/journal/entries.ts";

/** The instant at which stories begin: 2026-06-01T00:00:00Z. */
export const START = Date.UTC(2026, 5, 1);

/** A stamp; the nonce follows from the number. */
export function stamp(seq: number, now = START): Stamp {
  return { seq, now, nonce: `nonce-${seq}` };
}

/** A lease to grant: lane `api` over `src/api/**`, held by `a`. */
export function newLease(given: Partial<NewLease> = {}): NewLease {
  return {
    lane: "api",
    lane_kind: "",
    tree: ["src/api/**"],
    holder: "a",
    loop_ts: `${given.lane ?? "api"}-1`,
    ttl_seconds: 3000,
    exclusive: false,
    host_id: "here",
    pid: 100,
    ...given,
  };
}

/** An ACQUIRE that was decided on all before it, unless it says otherwise. */
export function acquire(
  seq: number,
  given: Partial<NewLease> = {},
  decision: { baseSeq?: number; maxConcurrent?: number | null; now?: number } = {},
): JournalEntry {
  const { baseSeq = seq - 1, maxConcurrent = null, now = START } = decision;
  return acquireEntry(stamp(seq, now), newLease(given), { baseSeq, maxConcurrent, reason: "free" });
}

/** Whatever has to be equal when two states are. */
export function factsOf(state: LaneView): { seq: number; live: Lease[] } {
  return { seq: state.seq, live: state.live() };
}

/** `lane/holder` of each live lease. */
export function holders(state: LaneView): string[] {
  return state.live().map(({ lane, holder }) => `${lane}/${holder}`);
}

/** The live set as `dos` folds it: by lane and loop_ts, without fences and without doubts. */
export function dosReplay(entries: Iterable<JournalEntry>): JsonObject[] {
  let live = new Map<string, JsonObject>();
  const keyOf = (entry: JsonObject) =>
    JSON.stringify([entry["loop_ts"] ?? "", entry["lane"] ?? ""]);
  const nameless = keyOf({});
  for (const entry of entries) {
    const key = keyOf(entry);
    const lease = live.get(key);
    const { op, heartbeat_at, ts } = entry;
    if (op === "CHECKPOINT") {
      const leases = Array.isArray(entry["leases"]) ? entry["leases"].filter(isObject) : [];
      live = new Map(leases.map((record) => [keyOf(record), { ...record }]));
    } else if (key === nameless) continue;
    else if (op === "ACQUIRE" || op === "RECONCILE") {
      const inline = [
        ...["lane", "lane_kind", "tree", "loop_ts", "host_id", "pid", "acquired_at"],
        ...["heartbeat_at", "ttl_minutes", "holder", "run_id"],
      ].filter((field) => field in entry).map((field) => [field, entry[field]]);
      live.set(key, isObject(entry["lease"]) ? { ...entry["lease"] } : Object.fromEntries(inline));
    } else if (op === "RELEASE" || op === "SCAVENGE") live.delete(key);
    else if (lease !== undefined && (op === "HEARTBEAT" || op === "ADOPT")) {
      const beat = heartbeat_at || ts;
      for (const field of op === "ADOPT" ? ["holder", "pid", "host_id"] : []) {
        const value = entry[field];
        if (value !== undefined && value !== null) lease[field] = value;
      }
      if (beat) lease["heartbeat_at"] = beat;
    }
  }
  return [...live.values()];
}

/** The state that entries come to. */
export function replay(entries: Iterable<JournalEntry>): LaneState {
  const state = new LaneState();
  for (const entry of entries) state.apply(entry);
  return state;
}
