/**
 * When reservations, tasks, claims and leases of lanes expire.
 *
 * A lease expires when its holder was silent for its TTL and the grace. A claim that is held expires
 * at its `expires_at`; a reservation at the later of its own `expires_at` and the
 * `extended_expires_at` of the heartbeat of the same name, and never once a release of that name was
 * seen; a task when its ttl has passed, and never once a claim of that name was seen. Each lapse is emitted once: a heartbeat that comes after it, or a
 * new grant of the task, gives the record a new instant to expire at. What had expired before
 * `since` is not emitted. A removed heartbeat or release takes nothing back, since it is swept only
 * after it has done its work.
 */
import type { RecordKind } from "../../domain/watch/event.ts";
import type { JsonObject } from "../../domain/json.ts";
import { isGated } from "../../domain/task/after.ts";
import { TASK_TTL_S } from "../../domain/limits.ts";
import { deadAt, readFolded } from "../../domain/lane/lease.ts";
import { isBack } from "../../domain/task/retry.ts";
import { taskExpiry } from "../../domain/task/task.ts";
import { parseTime } from "../../domain/time.ts";

/** The kinds of records that expire. */
export type ExpiringKind = "reservation" | "task" | "claim" | "lane";

/** All of them. */
export const EXPIRING_KINDS: readonly ExpiringKind[] = ["reservation", "task", "claim", "lane"];

/** A record that is due. */
interface Due {
  readonly kind: ExpiringKind;
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

interface State {
  /** Milliseconds since 1970; `undefined` while the record is not there or never expires. */
  own: number | undefined;
  beat: number | undefined;
  /** Whether it was released or claimed: it does not expire any more. */
  ended: boolean;
  /** The instant that was emitted. */
  emitted: number | undefined;
}

/** Which records bear on whether one of these expires. */
export const EXPIRY_SOURCES: Readonly<Record<ExpiringKind, readonly RecordKind[]>> = {
  reservation: ["reservation", "heartbeat", "release"],
  task: ["task", "claim"],
  claim: ["claim"],
  lane: ["lane"],
};

/** Whether records of a kind expire. */
export function isExpiring(kind: RecordKind): kind is ExpiringKind {
  return kind in EXPIRY_SOURCES;
}

export class Expiries {
  readonly #states: Readonly<Record<ExpiringKind, Map<string, State>>> = {
    reservation: new Map(),
    task: new Map(),
    claim: new Map(),
    lane: new Map(),
  };
  /** A binary heap by `at`; entries that no longer hold are dropped when they come up. */
  #heap: Due[] = [];

  /** @param since Instants up to this one are not emitted; milliseconds since 1970. */
  constructor(readonly since: number) {}

  /** Takes in what a record says now. */
  seen(kind: RecordKind, id: string, data: JsonObject): void {
    switch (kind) {
      case "reservation":
        return this.#set("reservation", id, (state) => state.own = parseTime(data.expires_at));
      case "heartbeat":
        return this.#set(
          "reservation",
          id,
          (state) => state.beat = parseTime(data.extended_expires_at),
        );
      case "release":
        return this.#set("reservation", id, (state) => state.ended = true);
      case "task":
        return this.#set("task", id, (state) => state.own = endOfTask(data));
      case "claim": {
        this.#set("task", id, (state) => state.ended = true);
        const { status = "claimed", expires_at, retry_at } = data;
        const held = status === "claimed" && !isBack({ status, expires_at, retry_at });
        return this.#set(
          "claim",
          id,
          (state) => state.own = held ? parseTime(data.expires_at) : undefined,
        );
      }
      case "lane":
        return this.#set("lane", id, (state) => state.own = deathAt(data));
    }
  }

  /** Takes in that a record is gone. */
  gone(kind: RecordKind, id: string): void {
    if (isExpiring(kind)) this.#states[kind].delete(id);
    const about = kind === "claim" ? "task" : "reservation";
    // What came without the record that it is about is not kept without end.
    if (this.#states[about].get(id)?.own === undefined) this.#states[about].delete(id);
  }

  /** Takes in that an expiry was emitted, now or by an earlier stream. */
  emitted(kind: ExpiringKind, id: string, at: number): void {
    this.#state(kind, id).emitted = at;
  }

  /** The next instant at which something expires. */
  next(): number | undefined {
    while (this.#heap[0] !== undefined && !this.holds(this.#heap[0])) this.#pop();
    return this.#heap[0]?.at;
  }

  /** Takes out one record that is due at `now`. */
  takeDue(now: number): Due | undefined {
    const next = this.next();
    return next !== undefined && next <= now ? this.#pop() : undefined;
  }

  /** Whether a record expires after `now`. */
  isAhead(kind: ExpiringKind, id: string, now: number): boolean {
    const state = this.#states[kind].get(id);
    return state !== undefined && (instantOf(state) ?? -Infinity) > now;
  }

  /** Whether a record still expires at that instant, and was not emitted. */
  holds(due: Due): boolean {
    const state = this.#states[due.kind].get(due.id);
    return state !== undefined && instantOf(state) === due.at && state.emitted !== due.at;
  }

  #state(kind: ExpiringKind, id: string): State {
    const states = this.#states[kind];
    let state = states.get(id);
    if (state === undefined) {
      state = { own: undefined, beat: undefined, ended: false, emitted: undefined };
      states.set(id, state);
    }
    return state;
  }

  #set(kind: ExpiringKind, id: string, change: (state: State) => void): void {
    const state = this.#state(kind, id);
    const before = instantOf(state);
    change(state);
    const at = instantOf(state);
    if (at !== undefined && at !== before && at > this.since && at !== state.emitted) {
      this.#push({ kind, id, at });
    }
  }

  #push(due: Due): void {
    const { reservation, task, claim, lane } = this.#states;
    const live = reservation.size + task.size + claim.size + lane.size;
    if (this.#heap.length > 2 * live + 64) {
      this.#heap = this.#heap.filter((entry) => this.holds(entry)).sort((a, b) => a.at - b.at);
    }
    const heap = this.#heap;
    let at = heap.push(due) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.at <= due.at) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = due;
  }

  #pop(): Due | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let at = 0;
    while (true) {
      let child = 2 * at + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (left === undefined) break;
      if (right !== undefined && right.at < left.at) child++;
      const below = heap[child];
      if (below === undefined || below.at >= last.at) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

function instantOf(state: State): number | undefined {
  if (state.own === undefined || state.ended) return undefined;
  return state.beat === undefined ? state.own : Math.max(state.own, state.beat);
}

/** When the ttl of a task ends. */
function endOfTask(data: JsonObject): number | undefined {
  const { created_at, not_before, ttl_seconds = TASK_TTL_S.default } = data;
  // While it waits for others it does not expire, and then there is a claim.
  if (isGated(data)) return undefined;
  if (parseTime(created_at) === undefined || typeof ttl_seconds !== "number") return undefined;
  return taskExpiry({ created_at, not_before, ttl_seconds });
}

/** When a lease counts as dead; announcements of runs never do. */
function deathAt(data: JsonObject): number | undefined {
  const { fence } = data;
  if (typeof fence !== "number") return undefined;
  const grant = { fence, renewed_seq: fence, events: 0 };
  return deadAt(readFolded(data, { lane: "", loop_ts: "" }, grant));
}
