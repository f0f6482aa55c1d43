/** What runs do and did last: the newest attempts of all tasks. */
import { attemptsOf } from "../../../domain/task/attempts.ts";
import { type ClaimRecord, taskStatus } from "../../../domain/task/claim.ts";
import type { TaskRecord } from "../../../domain/task/task.ts";
import { msOf, parseTime } from "../../../domain/time.ts";
import type { FleetAttempt } from "./types.ts";

/** An attempt, and when it began, milliseconds since 1970. */
interface Begun {
  readonly attempt: FleetAttempt;
  readonly at: number;
}

/** A task that was granted at least once. */
interface Granted {
  readonly task: TaskRecord;
  readonly claim: ClaimRecord;
  /** Its attempts as they were asked for last. */
  begun: readonly Begun[];
  /** Whether the last of them had timed out; `undefined` while they are those of an older claim. */
  isTimedOut?: boolean;
}

/** A bounded list: of the tasks that ended longest ago none is kept. */
export class FleetAttempts {
  readonly #limit: number;
  readonly #granted = new Map<string, Granted>();
  /** Those whose attempts may have become others since they were listed. */
  readonly #unsettled = new Set<Granted>();
  /** All attempts in their order, as they were listed last, and those of them that are not kept any more. */
  #sorted: readonly Begun[] = [];
  readonly #gone = new Set<Begun>();
  #listed: readonly FleetAttempt[] = [];

  /** @param limit How many attempts are listed. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes in the newest claim of a task. */
  put(task: TaskRecord, claim: ClaimRecord): void {
    if (claim.attempt === 0) return;
    const before = this.#granted.get(task.task_id);
    const granted = { task, claim, begun: before?.begun ?? [] };
    if (before !== undefined) this.#unsettled.delete(before);
    this.#granted.set(task.task_id, granted);
    this.#unsettled.add(granted);
    // Seldom, so that each claim costs little.
    if (this.#granted.size > 2 * this.#limit + 1) this.#shorten();
  }

  #shorten(): void {
    const oldest = [...this.#granted].sort(([, a], [, b]) => lastSign(b.claim) - lastSign(a.claim))
      .slice(this.#limit);
    for (const [id, granted] of oldest) {
      this.#granted.delete(id);
      this.#unsettled.delete(granted);
      for (const begun of granted.begun) this.#gone.add(begun);
    }
  }

  /**
   * Those that go on first, then the newest. An attempt that stands as it stood is the same object, and
   * so is the list.
   */
  at(now: number): readonly FleetAttempt[] {
    const news: Begun[] = [];
    for (const granted of this.#unsettled) {
      const before = granted.begun;
      const after = begunAt(granted, now);
      news.push(...after.filter((each) => !before.includes(each)));
      for (const each of before) if (!after.includes(each)) this.#gone.add(each);
      if (granted.claim.status !== "claimed") this.#unsettled.delete(granted);
    }
    if (news.length === 0 && this.#gone.size === 0) return this.#listed;
    const kept = this.#sorted.filter((each) => !this.#gone.has(each));
    this.#gone.clear();
    this.#sorted = merged(kept, news.sort(byBegin));
    return this.#listed = this.#sorted.slice(0, this.#limit).map(({ attempt }) => attempt);
  }
}

/** Those that go on first, then the newest. */
function byBegin(a: Begun, b: Begun): number {
  return Number(a.attempt.end !== null) - Number(b.attempt.end !== null) || b.at - a.at;
}

/** Two sorted lists as one. */
function merged(long: readonly Begun[], short: readonly Begun[]): Begun[] {
  const all: Begun[] = [];
  let at = 0;
  for (const each of short) {
    for (let next = long[at]; next !== undefined && byBegin(next, each) <= 0; next = long[++at]) {
      all.push(next);
    }
    all.push(each);
  }
  return all.concat(long.slice(at));
}

function begunAt(granted: Granted, now: number): readonly Begun[] {
  const { task, claim, begun: before } = granted;
  const isTimedOut = claim.status === "claimed" && taskStatus(task, claim, now) === "timed_out";
  if (granted.isTimedOut === isTimedOut) return before;
  const { task_id, title, queue } = task;
  granted.begun = attemptsOf(claim, isTimedOut).map((each, place) => {
    const { attempt, run_id, claimed_at, ended_at, end, error } = each;
    const known = before[place];
    if (
      known?.attempt.attempt === attempt && known.attempt.claimed_at === claimed_at &&
      known.attempt.ended_at === ended_at && known.attempt.end === end &&
      known.attempt.error === error
    ) return known;
    return {
      attempt: { task_id, title, queue, attempt, run_id, claimed_at, ended_at, end, error },
      at: msOf(claimed_at),
    };
  });
  granted.isTimedOut = isTimedOut;
  return granted.begun;
}

/** When something was last said of a task; a claim that goes on comes before all that have ended. */
function lastSign({ status, ended_at, claimed_at }: ClaimRecord): number {
  return status === "claimed" ? Infinity : parseTime(ended_at) ?? msOf(claimed_at);
}
