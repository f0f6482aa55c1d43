/**
 * What happens to records: the feed's changes, and what expires while a run of it goes on. All
 * snapshots come first. What is due to expire is looked at once more before it is emitted, since a
 * heartbeat or a release may have come that no notification has named.
 */
import type { Timers } from "../../async/timers.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { RecordKind } from "../../domain/watch/event.ts";
import type { Clock } from "../../domain/time.ts";
import type { Change, FeedBatch, FeedRun, RecordName } from "../../ports/feed.ts";
import { type Expiries, type ExpiringKind, EXPIRY_SOURCES } from "./expiry.ts";
import { expiryLine } from "./position.ts";
import { endingSooner } from "../../domain/watch/soon.ts";

/** The longest sleep while something may expire: the clock may be set meanwhile. */
const CLOCK_MS = 60_000;

/** A record that has expired, or is about to. */
interface Expired extends RecordName {
  readonly type: "expired" | "expiring";
  readonly data: JsonObject;
}

/** What happened to a record. */
export type Happening = Change | Expired;

/** One step of a stream. */
type Step =
  | {
    readonly type: "happening";
    readonly happening: Happening;
    /** The lines of the position that a consumer has reached who has taken it. */
    readonly position: readonly string[];
  }
  /** The position moves though nothing has happened. */
  | { readonly type: "moved"; readonly position: readonly string[] }
  /** All that was there, or had changed, was given. */
  | { readonly type: "synced" }
  | { readonly type: "tick" }
  /** Nothing more has happened, for now. */
  | { readonly type: "idle" };

/** What the steps are made with. */
interface HappeningsSetup {
  readonly expiries: Expiries;
  /** When holds are about to lapse, where that is emitted. */
  readonly soon: Expiries | undefined;
  /** The kinds whose expiries are emitted. */
  readonly expiring: readonly RecordKind[];
  readonly clock: Clock;
  readonly timers: Timers;
  /** Between two ticks. */
  readonly tickMs: number;
}

export class Happenings {
  #isSynced = false;
  #tickAt: number;

  constructor(readonly setup: HappeningsSetup) {
    this.#tickAt = setup.timers.now() + setup.tickMs;
  }

  /** When there is a next step whatever happens, on the clock of the timers. */
  nextAt(): number {
    const { expiries, soon, clock, timers } = this.setup;
    const expiry = Math.min(expiries.next() ?? Infinity, soon?.next() ?? Infinity);
    const ms = expiry === Infinity ? Infinity : Math.min(expiry - clock(), CLOCK_MS);
    return Math.min(this.#tickAt, timers.now() + ms);
  }

  /** Everything that happens; ends with the run. */
  async *of(run: FeedRun): AsyncGenerator<Step> {
    for await (const batch of run) {
      yield* this.#steps(batch);
      if (!this.#isSynced && !batch.caughtUp) continue;
      yield* this.#expired(run, this.setup.expiries, "expired");
      if (this.setup.soon !== undefined) yield* this.#expired(run, this.setup.soon, "expiring");
      if (!this.#isSynced) yield { type: "synced" };
      this.#isSynced = true;
      yield* this.#ticks();
      if (batch.caughtUp) yield { type: "idle" };
    }
  }

  *#steps({ changes, position }: FeedBatch): Generator<Step> {
    const { expiries, soon } = this.setup;
    if (changes.length === 0 && position.length > 0) yield { type: "moved", position };
    for (const [n, change] of changes.entries()) {
      const { type, kind, id, data } = change;
      if (type === "removed") {
        expiries.gone(kind, id);
        soon?.gone(kind, id);
      } else {
        expiries.seen(kind, id, data);
        if (isHold(kind)) soon?.seen(kind, id, endingSooner(kind, data));
      }
      const reached = n === changes.length - 1 ? position : [];
      yield { type: "happening", happening: change, position: reached };
    }
  }

  async *#expired(
    run: FeedRun,
    expiries: Expiries,
    type: "expired" | "expiring",
  ): AsyncGenerator<Step> {
    const { expiring, clock } = this.setup;
    const now = clock();
    for (let due = expiries.takeDue(now); due !== undefined; due = expiries.takeDue(now)) {
      if (!expiring.includes(due.kind)) continue;
      const { kind, id, at } = due;
      yield* this.#steps(await run.look(sourcesOf(kind, id)));
      const data = await run.data({ kind, id });
      if (data === undefined || !expiries.holds(due)) continue;
      expiries.emitted(kind, id, at);
      // What has expired meanwhile was given as that.
      if (type === "expiring" && !this.setup.expiries.isAhead(kind, id, now)) continue;
      const position = type === "expired" ? [expiryLine(due)] : [];
      yield { type: "happening", happening: { type, kind, id, data }, position };
    }
  }

  /** A tick whose consumer was busy is given late, and those in between are not. */
  *#ticks(): Generator<Step> {
    const { timers, tickMs } = this.setup;
    const now = timers.now();
    if (now < this.#tickAt) return;
    const next = this.#tickAt + tickMs;
    this.#tickAt = next > now ? next : now + tickMs;
    yield { type: "tick" };
  }
}

/** Whether records of a kind say how long an agent holds something. */
function isHold(kind: RecordKind): boolean {
  return kind !== "task";
}

function sourcesOf(expiring: ExpiringKind, id: string): RecordName[] {
  return EXPIRY_SOURCES[expiring].map((kind) => ({ kind, id }));
}
