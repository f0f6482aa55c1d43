/**
 * Lanes as records of the stream, beside those that a store keeps one by one.
 *
 * A lease is one record from its grant to its end; a heartbeat is no news, but moves the instant at
 * which it expires. An announcement of a run (SPAWN) or of the end of one (HALT) is emitted when it
 * comes, and never as a snapshot or as removed.
 */
import { hash } from "../journal/hash.ts";
import type { JournalEntry } from "../journal/line.ts";
import { jsonCopy, type JsonObject } from "../json.ts";
import { deathOf, type Lease, type LeaseIdentity, readFolded } from "../lane/lease.ts";

const ANNOUNCEMENTS: Readonly<Record<string, string>> = { SPAWN: "spawned", HALT: "halted" };
const ENDS: Readonly<Record<string, string>> = { RELEASE: "released", SCAVENGE: "expired" };

/** Whether an entry announces a run or the end of one. */
export function isAnnouncement({ op }: JournalEntry): boolean {
  return op in ANNOUNCEMENTS;
}

/** What an announcement's record says. */
export function announcementData(entry: JournalEntry): JsonObject {
  return { ...entry, op: ANNOUNCEMENTS[entry.op] ?? entry.op };
}

/** The id of an announcement's record. */
export function announcementId(entry: JournalEntry): string {
  return `${ANNOUNCEMENTS[entry.op]}:${hash(JSON.stringify(entry))}`;
}

/** What a lease's record says. */
export function leaseData(lease: Lease): JsonObject {
  return { ...jsonCopy(lease), op: lease.adopted_at === undefined ? "acquired" : "adopted" };
}

/** `lane@loop_ts`; what could be taken for the sign between them is escaped in the name. */
export function leaseId({ lane, loop_ts }: LeaseIdentity): string {
  return `${lane.replace(/[%@]/g, encodeURIComponent)}@${loop_ts}`;
}

/** The lease that an id names; `undefined` for an announcement's. */
export function leaseOfId(id: string): LeaseIdentity | undefined {
  const at = id.indexOf("@");
  if (at < 0) return undefined;
  const lane = id.slice(0, at).replace(/%25|%40/g, decodeURIComponent);
  return { lane, loop_ts: id.slice(at + 1) };
}

/** Whether an entry ends a lease. */
export function isLeaseEnd({ op }: JournalEntry): boolean {
  return op in ENDS;
}

/** How a lease ended, by the entry that ended it; where that is not known it counts as released. */
export function leaseEnd(entry: JournalEntry | undefined): JsonObject {
  const op = ENDS[entry?.op ?? "RELEASE"] ?? "released";
  return { op, ...(typeof entry?.["reason"] === "string" ? { reason: entry["reason"] } : {}) };
}

/** Whether a change of a lane's record is emitted. */
export function isNewsOfLane(type: string, data: JsonObject, now: number): boolean {
  if (data["op"] === "spawned" || data["op"] === "halted") return type === "added";
  return type !== "snapshot" || deathOf(leaseOf(data), now, undefined) === undefined;
}

function leaseOf(data: JsonObject): Lease {
  return readFolded(data, { lane: "", loop_ts: "" }, { fence: 0, renewed_seq: 0, events: 0 });
}
