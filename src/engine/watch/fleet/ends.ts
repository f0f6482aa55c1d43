/** What tasks came to: the failures, and how many were completed within the last minute. */
import { msOf } from "../../../domain/time.ts";
import type { FleetFailure } from "./types.ts";

/** Failures that are kept. */
const FAILURES = 50;

/** Milliseconds in which completed tasks, and conflicts that began, are counted. */
export const MINUTE_MS = 60_000;

/** Something at an instant, milliseconds since 1970. */
interface Dated<T> {
  readonly value: T;
  readonly at: number;
}

/** The tasks that failed; the last ones are at hand. */
export class FleetFailures {
  readonly #all = new Map<string, Dated<FleetFailure>>();
  /** The last ones in their order; `undefined` once one of them has gone. */
  #last: readonly Dated<FleetFailure>[] | undefined = [];
  #listed: readonly FleetFailure[] | undefined;

  /** Takes in a task that was not among them. */
  put(failure: FleetFailure): void {
    const dated = { value: failure, at: msOf(failure.ended_at) };
    this.#all.set(failure.task_id, dated);
    if (this.#last === undefined) return;
    const place = this.#last.findIndex((other) => byEnd(dated, other) < 0);
    if (place < 0 && this.#last.length === FAILURES) return;
    this.#keep(this.#last.toSpliced(place < 0 ? this.#last.length : place, 0, dated));
  }

  drop(id: string): void {
    const dated = this.#all.get(id);
    if (!this.#all.delete(id) || dated === undefined) return;
    if (this.#last?.includes(dated) === true) this.#last = this.#listed = undefined;
  }

  /** The newest first; the same list until there is another one. */
  last(): readonly FleetFailure[] {
    const last = this.#last ?? this.#keep([...this.#all.values()].sort(byEnd));
    return this.#listed ??= last.map(({ value }) => value);
  }

  #keep(sorted: readonly Dated<FleetFailure>[]) {
    this.#listed = undefined;
    return this.#last = sorted.slice(0, FAILURES);
  }
}

/** The newest first; of one instant by id. */
function byEnd(a: Dated<FleetFailure>, b: Dated<FleetFailure>): number {
  return b.at - a.at || (a.value.task_id < b.value.task_id ? -1 : 1);
}

/** When tasks were completed, by queue. */
export class FleetCompletions {
  /** The queues, the oldest completion first. */
  readonly #all: Dated<string>[] = [];
  /** How many there are of each queue. */
  readonly #counts = new Map<string, number>();

  put(queue: string, at: number): void {
    const before = this.#all.findLastIndex((other) => other.at <= at);
    this.#all.splice(before + 1, 0, { value: queue, at });
    this.#count(this.#counts, queue, 1);
  }

  /** How many were completed within the minute before `now`; what lies ahead does not count yet. */
  lastMinute(now: number): ReadonlyMap<string, number> {
    const first = this.#all.findIndex(({ at }) => at > now - MINUTE_MS);
    for (const { value } of this.#all.splice(0, first < 0 ? this.#all.length : first)) {
      this.#count(this.#counts, value, -1);
    }
    const counts = new Map(this.#counts);
    for (let at = this.#all.length - 1; (this.#all[at]?.at ?? 0) > now; at--) {
      this.#count(counts, this.#all[at]?.value ?? "", -1);
    }
    return counts;
  }

  #count(counts: Map<string, number>, queue: string, by: number): void {
    const count = (counts.get(queue) ?? 0) + by;
    if (count === 0) counts.delete(queue);
    else counts.set(queue, count);
  }
}
