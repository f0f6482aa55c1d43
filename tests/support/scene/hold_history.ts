/** Histories of holds: random ones, as records and as the stream of them. */
import { jsonCopy } from "../../../src/domain/json.ts";
import { deadAt, type Lease, runOf } from "../../../src/domain/lane/lease.ts";
import {
  effectiveExpiry,
  type ReservationEntry,
} from "../../../src/domain/reservation/reservation.ts";
import { leaseData, leaseId } from "../../../src/domain/watch/lane_record.ts";
import type { Change } from "../../../src/ports/feed.ts";
import type { Random } from "../random.ts";

export const START = Date.parse("2026-11-21T09:00:00.000Z");

const RUNS = ["a", "b", "c", "unknown", "claude:1", "claude:1/x", "claude:1/y"];

const ADDRESSES = [
  "src/a.ts",
  "src/A.ts",
  "src/b.ts::f",
  "src/b.ts::g*",
  "src/b.ts",
  "src/*.ts",
  "src/**",
  "**/*.md",
  "docs/x.md",
  "docs",
  "[bad",
  "web/{a,b}/c.css",
  "web/a/**",
];

/** An instant as records have it. */
export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** A reservation or a lease that was ever held, and when it was given back. */
export interface Recorded {
  readonly runId: string;
  readonly since: number;
  entry?: ReservationEntry;
  lease?: Lease;
  ended?: number;
}

/** A history of holds: what was recorded, and the stream of it. */
export class History {
  now = START;
  readonly all: Recorded[] = [];
  readonly stream: (Change | { readonly at: number })[] = [];
  #count = 0;

  constructor(readonly random: Random, readonly has: { lanes: boolean; gc: boolean }) {}

  #say(type: Change["type"], kind: Change["kind"], id: string, data: object): void {
    this.stream.push({ type, kind, id, data: jsonCopy(data) });
  }

  #addresses(): string[] {
    const some = Array.from(
      { length: 1 + this.random.below(3) },
      () => this.random.pick(ADDRESSES),
    );
    return [...new Set(some)];
  }

  reserve(): void {
    const runId = this.random.pick(RUNS);
    const reservation = {
      reservation_id: `r${this.#count++}`,
      run_id: runId,
      branch: "main",
      addresses: this.#addresses(),
      created_at: iso(this.now),
      expires_at: iso(this.now + this.random.pick([30_000, 90_000, 900_000])),
      operation: null,
      exclusive: this.random.chance(0.3),
    };
    const entry = { reservation, heartbeat: undefined, release: undefined };
    this.all.push({ runId, since: this.now, entry });
    this.#say("added", "reservation", reservation.reservation_id, reservation);
  }

  /** One that is held at this moment, and is a reservation. */
  #held(): (Recorded & { entry: ReservationEntry }) | undefined {
    const held = this.all.filter((each) => each.entry !== undefined && endOf(each) > this.now);
    return held.length === 0 ? undefined : this.random.pick(held) as never;
  }

  beat(): void {
    const held = this.#held();
    if (held === undefined) return;
    const { reservation_id, run_id } = held.entry.reservation;
    const heartbeat = {
      reservation_id,
      run_id,
      last_beat_at: iso(this.now),
      extended_expires_at: iso(this.now + 60_000),
    };
    held.entry = { ...held.entry, heartbeat };
    this.#say("added", "heartbeat", reservation_id, heartbeat);
    // Another tool may write the same record again.
    if (this.random.chance(0.3)) {
      this.#say("modified", "reservation", reservation_id, held.entry.reservation);
    }
  }

  release(): void {
    const held = this.#held();
    if (held === undefined) return;
    const { reservation_id, run_id } = held.entry.reservation;
    const release = { reservation_id, run_id, released_at: iso(this.now), reason: "completed" };
    held.entry = { ...held.entry, release };
    this.#say("added", "release", reservation_id, release);
  }

  collect(): void {
    if (!this.has.gc) return;
    for (const each of this.all) {
      const { entry } = each;
      if (entry === undefined || endOf(each) > this.now || this.random.chance(0.5)) continue;
      const { reservation_id: id } = entry.reservation;
      this.#say("removed", "reservation", id, entry.reservation);
      this.#say("removed", "heartbeat", id, entry.heartbeat ?? {});
      this.#say("removed", "release", id, entry.release ?? {});
    }
  }

  lane(): void {
    if (!this.has.lanes) return;
    const live = this.all.filter(({ lease, ended }) => lease !== undefined && ended === undefined);
    if (live.length === 0 || this.random.chance(0.4)) return this.#acquire();
    const one = this.random.pick(live);
    const { lease } = one;
    if (lease === undefined) return;
    const id = leaseId(lease);
    const act = this.random.below(3);
    if (act === 0) {
      one.ended = this.now;
      return this.#say("removed", "lane", id, { ...leaseData(lease), op: "released" });
    }
    // No lease comes back that was silent for too long.
    if (act === 1 && endOf(one) <= this.now) return;
    if (act === 1) {
      one.lease = { ...lease, heartbeat_at: iso(this.now), renewed_seq: lease.renewed_seq + 1 };
      return this.#say("known", "lane", id, leaseData(one.lease));
    }
    const { heartbeat_at: _beat, ...rest } = lease;
    const holder = this.random.pick(RUNS);
    one.ended = this.now;
    const taken = {
      ...rest,
      holder,
      run_id: holder,
      adopted_at: iso(this.now),
      heartbeat_at: iso(this.now),
      fence: ++this.#count,
    };
    // To the same run it is another grant all the same.
    this.all.push({ runId: runOf(taken), since: this.now, lease: taken });
    this.#say("modified", "lane", id, leaseData(taken));
  }

  #acquire(): void {
    const runId = this.random.pick(RUNS);
    const loopTs = `${this.#count++}`;
    const isName = this.random.chance(0.2);
    const lease: Lease = {
      lane: this.random.pick(["api", "web@x"]),
      lane_kind: "",
      tree: isName ? [] : this.random.pick([["src/**"], ["web/a/*", "docs/**"], [], ["[bad"]]),
      ...(isName && { name_only: true }),
      holder: runId,
      loop_ts: loopTs,
      host_id: "vm",
      pid: null,
      run_id: runId,
      acquired_at: iso(this.now),
      ttl_seconds: this.random.pick([20, 600]),
      grace_seconds: 10,
      exclusive: false,
      fence: this.#count,
      renewed_seq: this.#count,
      events: 0,
    };
    this.all.push({ runId, since: this.now, lease });
    this.#say("added", "lane", leaseId(lease), leaseData(lease));
  }

  step(): void {
    const { random } = this;
    const acts = [
      () => this.reserve(),
      () => this.reserve(),
      () => this.beat(),
      () => this.release(),
      () => this.lane(),
      () => this.collect(),
      () => void (this.now += random.pick([1, 500, 5_000, 20_000, 45_000])),
    ];
    random.pick(acts)();
    // What ends within the millisecond in which another begins is not met by records alone.
    this.now += 1 + random.below(3);
  }
}

/** When it ended or ends. */
export function endOf({ entry, lease, ended }: Recorded): number {
  if (lease !== undefined) return Math.min(deadAt(lease) ?? Infinity, ended ?? Infinity);
  if (entry === undefined) return 0;
  const { release } = entry;
  return Math.min(effectiveExpiry(entry), release ? Date.parse(release.released_at) : Infinity);
}
