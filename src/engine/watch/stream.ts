/**
 * One run of the stream: the changes of all records in the order in which they became known.
 *
 * Guarantees. All snapshots come first, in the order of creation. Each change that is still visible when the folders have
 * calmed down is emitted exactly once, with the newest state; states that were replaced before the
 * stream could look are not emitted. A claim's transitions never go back.
 *
 * Steps. (1) The kernel's notification is started. (2) Every record is read, then emitted; hints
 * wait. (3) What
 * hints name is looked at as soon as they come; where hints may be lost, and when a folder's mark
 * says so, the whole kind is compared (schedule.ts). The table of what was emitted (seen.ts)
 * decides what is news, so looking twice is harmless. (4) What is due to expire is looked at once
 * more, and then emitted.
 *
 * May be missed where hints are lost or there are none (polling): a change of a file in place, since
 * every tool that shares these folders replaces files by renaming, which shows in the folder's mark;
 * and a rewritten record of a kind that is written once, since comparing opens only new ones.
 */
import type { Timers } from "../../async/timers.ts";
import { Wakeup } from "../../async/wakeup.ts";
import { RECORD_KINDS, type RecordKind } from "../../domain/watch/event.ts";
import { SAFETY_LOOK_MS } from "../../domain/limits.ts";
import type { Clock } from "../../domain/time.ts";
import { HostError } from "../../ports/host.ts";
import type { Listing, RecordSource } from "../../ports/records.ts";
import type { Warn } from "../../ports/warnings.ts";
import { type ExpiringKind, EXPIRY_SOURCES } from "./expiry.ts";
import { Schedule } from "./schedule.ts";
import { Hints } from "./hints.ts";
import type { Change, Seen } from "./seen.ts";
import { Snapshots } from "./snapshots.ts";

/** Milliseconds until a broken record is looked at again, and reported when it still is. */
const BROKEN_MS = 150;

/** Milliseconds of work after which others have their turn. */
const SLICE_MS = 8;

/** The longest sleep while something may expire: the clock may be set meanwhile. */
const CLOCK_MS = 60_000;

/** What a run works with. */
interface StreamSetup {
  readonly source: RecordSource;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly warn: Warn;
  readonly seen: Seen;
  /** The kinds to examine. */
  readonly kinds: ReadonlySet<RecordKind>;
  /** Those of them whose expiries are emitted. */
  readonly expiring: ReadonlySet<ExpiringKind>;
  /** The kinds of which `seen` holds what an earlier stream emitted. */
  readonly covered: ReadonlySet<RecordKind>;
  readonly snapshot: boolean;
  readonly once: boolean;
  readonly backend: "auto" | "native" | "poll";
  /** Milliseconds. */
  readonly pollInterval: number;
  /** Milliseconds between two ticks. */
  readonly tick: number;
  /** Called before every sleep, when everything that is known was emitted. */
  readonly onIdle: () => void;
}

/** What a stream emits beside changes. */
export interface Pulse {
  readonly type: "synced" | "tick";
}

export class Stream {
  readonly #setup: StreamSetup;
  readonly #schedule: Schedule;
  readonly #hints = new Hints();
  readonly #unlisted = new Set<RecordKind>();
  #watch: { close(): void } | undefined;
  #polling: boolean;
  #round = 0;
  #ended = false;
  #deadline = Infinity;
  #checkAt = Infinity;
  #brokenAt = Infinity;
  #tickAt: number;
  readonly #wakeup: Wakeup;

  constructor(setup: StreamSetup) {
    this.#setup = setup;
    this.#wakeup = new Wakeup(setup.timers);
    const kinds = RECORD_KINDS.filter((kind) => setup.kinds.has(kind));
    this.#schedule = new Schedule(setup.source, kinds);
    this.#polling = setup.backend === "poll";
    this.#tickAt = setup.timers.now() + setup.tick;
  }

  /** Whether the run has ended. */
  get ended(): boolean {
    return this.#ended || this.#setup.timers.now() >= this.#deadline;
  }

  /** Ends the run, at the latest after the change that is being emitted. */
  end(): void {
    this.#ended = true;
    this.#wakeup.wake();
  }

  /** Ends the run after a number of milliseconds. */
  endAfter(ms: number): void {
    this.#deadline = this.#setup.timers.now() + ms;
  }

  /** Frees what the run holds. */
  close(): void {
    this.end();
    this.#watch?.close();
    this.#watch = undefined;
  }

  /**
   * Starts the kernel's notification, or falls back to looking at intervals.
   *
   * @throws What the platform says, where `native` was asked for and cannot be had.
   */
  start(): void {
    const { source, backend, once, timers, pollInterval } = this.#setup;
    if (!once && !this.#polling) {
      try {
        this.#watch = source.watch(
          this.#schedule.kinds,
          (hint) => {
            this.#hints.add(hint, timers.now());
            this.#wakeup.wake();
          },
          (error) => {
            if (this.#ended) return;
            this.#watch = undefined;
            this.#poll(`Notification broke off (${describe(error)})`);
            this.#wakeup.wake();
          },
        );
      } catch (error) {
        if (backend === "native" || !(error instanceof HostError)) throw error;
        this.#poll(`No notification here (${describe(error)})`);
      }
    }
    if (this.#polling) this.#checkAt = timers.now() + pollInterval;
  }

  /** The changes and what stands between them; ends with the run. */
  async *emitted(): AsyncGenerator<Change | Pulse> {
    const { seen, covered, snapshot, once, timers } = this.#setup;
    const snapshots = new Snapshots(seen, snapshot ? "snapshot" : "none");
    for (const kind of this.#schedule.kinds) {
      if (covered.has(kind)) continue;
      for await (const { id, data } of this.#compare(kind, "snapshot")) {
        snapshots.add(kind, id, data);
      }
    }
    yield* snapshots.inOrder();
    for (const kind of this.#schedule.kinds) {
      if (covered.has(kind)) yield* this.#compare(kind);
    }
    yield* this.#expired();
    if (this.ended) return;
    yield { type: "synced" };
    if (once) {
      seen.warnBroken(true);
      return;
    }
    // What the first reading overlooked shows soon, not only at the next round.
    this.#checkAt = Math.min(this.#checkAt, timers.now() + BROKEN_MS);
    while (!this.ended) {
      yield* this.#drain();
      yield* this.#expired();
      yield* this.#checks();
      yield* this.#ticks();
      if (!this.ended && !this.#hints.pending) await this.#sleep();
    }
  }

  /** Sleeps until `isSo`, or until the run ends; whatever makes it so wakes the run. */
  async until(isSo: () => boolean): Promise<void> {
    while (!this.ended && !isSo()) {
      this.#setup.onIdle();
      await this.#wakeup.sleep(this.#deadline);
    }
  }

  /** Something has happened that the run sleeps for. */
  wake(): void {
    this.#wakeup.wake();
  }

  /** A tick whose consumer was busy is emitted late, and those in between are not. */
  *#ticks(): Generator<Pulse> {
    const { timers, tick } = this.#setup;
    const now = timers.now();
    if (this.ended || now < this.#tickAt) return;
    const next = this.#tickAt + tick;
    this.#tickAt = next > now ? next : now + tick;
    yield { type: "tick" };
  }

  /** Looks at everything that hints name. */
  *#drain(): Generator<Change> {
    if (!this.#hints.pending) return;
    const { timers } = this.#setup;
    const { records, named, whole, burst } = this.#hints.drain();
    const marks = this.#schedule.marks(burst ? [] : named);
    if (burst) this.#schedule.burst(named, timers.now());
    this.#schedule.suspect(whole, timers.now());
    for (const { kind, id } of records) {
      if (this.ended) return;
      yield* this.#look(kind, id);
    }
    this.#schedule.explain(marks, timers.now());
  }

  *#look(kind: RecordKind, id: string): Generator<Change> {
    const { source, seen } = this.#setup;
    if (!this.#setup.kinds.has(kind)) return;
    const change = seen.look(kind, id, (known) => source.look(kind, id, known));
    if (change !== undefined) yield change;
    this.#awaitBroken();
  }

  /**
   * Compares all records of a kind with what was emitted, in slices, so that hints, timers and
   * signals have their turn. While snapshots are read nothing else is, so hints wait.
   */
  async *#compare(
    kind: RecordKind,
    type: "added" | "snapshot" = "added",
  ): AsyncGenerator<Change> {
    const { source, seen, timers } = this.#setup;
    const snapshot = type !== "added";
    const round = ++this.#round;
    const work = new Work(timers);
    this.#schedule.begin(kind, timers.now());
    const listing = this.#list(kind);
    if (listing === undefined) return;
    const replaced = source.replaced(kind);
    for (const id of listing.ids) {
      if (work.isLong()) yield* this.#turn(work, !snapshot);
      if (this.ended) return;
      if (replaced || !seen.has(kind, id)) {
        const change = seen.look(kind, id, (known) => listing.look(id, known), type);
        if (change !== undefined) yield* work.pausedFor(change);
      }
      seen.met(kind, id, round);
    }
    // What the listing does not hold is gone, or came after it.
    for (const id of seen.unmet(kind, round)) {
      if (work.isLong()) yield* this.#turn(work, !snapshot);
      if (this.ended) return;
      const change = seen.look(kind, id, (known) => source.look(kind, id, known), type);
      if (change !== undefined) yield* work.pausedFor(change);
    }
    this.#schedule.end(timers.now(), work.cost());
    this.#awaitBroken();
  }

  async *#turn(work: Work, drain: boolean): AsyncGenerator<Change> {
    work.pause();
    await this.#setup.timers.turn();
    if (drain) yield* this.#drain();
    work.resume();
  }

  #list(kind: RecordKind): Listing | undefined {
    const { source, warn, timers } = this.#setup;
    try {
      return source.list(kind);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      if (!this.#unlisted.has(kind)) warn(error.message);
      this.#unlisted.add(kind);
      this.#schedule.retry(kind, timers.now() + SAFETY_LOOK_MS);
      return undefined;
    }
  }

  /**
   * Emits what is due. A heartbeat or a release may have come whose hint has not, so look first.
   */
  *#expired(): Generator<Change> {
    const { seen, clock, expiring } = this.#setup;
    const { expiries } = seen;
    const now = clock();
    for (let due = expiries.takeDue(now); due !== undefined; due = expiries.takeDue(now)) {
      if (!expiring.has(due.kind)) continue;
      for (const kind of EXPIRY_SOURCES[due.kind]) yield* this.#look(kind, due.id);
      const data = seen.data(due.kind, due.id);
      if (this.ended || data === undefined || !expiries.holds(due)) continue;
      expiries.emitted(due.kind, due.id, due.at);
      yield { type: "expired", ...due, data };
    }
  }

  async *#checks(): AsyncGenerator<Change> {
    const { seen, timers, pollInterval } = this.#setup;
    const now = timers.now();
    if (now >= this.#checkAt) {
      this.#checkAt = now + (this.#polling ? pollInterval : SAFETY_LOOK_MS);
      this.#schedule.check(now, this.#polling);
      if (seen.broken().length > 0) this.#brokenAt = now;
    }
    if (now >= this.#brokenAt) {
      this.#brokenAt = Infinity;
      for (const { kind, id } of seen.broken()) yield* this.#look(kind, id);
      seen.warnBroken(false);
      this.#awaitBroken();
    }
    for (const kind of this.#schedule.due(timers.now(), this.#lastHint)) {
      if (this.ended) return;
      yield* this.#compare(kind);
    }
  }

  get #lastHint(): number {
    return this.#polling ? -Infinity : this.#hints.lastAt;
  }

  #awaitBroken(): void {
    const { seen, timers } = this.#setup;
    if (seen.unwarned) this.#brokenAt = Math.min(this.#brokenAt, timers.now() + BROKEN_MS);
  }

  #poll(reason: string): void {
    const { warn, timers, pollInterval } = this.#setup;
    warn(`${reason}: looking every ${pollInterval / 1000} s instead`);
    this.#polling = true;
    this.#checkAt = timers.now() + pollInterval;
    this.#schedule.suspect(this.#schedule.kinds, timers.now());
  }

  async #sleep(): Promise<void> {
    const { seen, timers, clock } = this.#setup;
    this.#setup.onIdle();
    const next = Math.min(
      this.#deadline,
      this.#checkAt,
      this.#brokenAt,
      this.#tickAt,
      this.#schedule.next(this.#lastHint),
    );
    const expiry = seen.expiries.next();
    const ms = Math.min(
      next - timers.now(),
      expiry === undefined ? Infinity : Math.min(expiry - clock(), CLOCK_MS),
    );
    await this.#wakeup.sleep(timers.now() + ms);
  }
}

/** Measures what work costs and says when others should have their turn. */
class Work {
  #cost = 0;
  #since: number;

  constructor(readonly timers: Timers) {
    this.#since = timers.now();
  }

  isLong(): boolean {
    return this.timers.now() - this.#since > SLICE_MS;
  }

  pause(): void {
    this.#cost += this.timers.now() - this.#since;
  }

  resume(): void {
    this.#since = this.timers.now();
  }

  /** Hands a change out; the time until the consumer asks for the next one does not count. */
  *pausedFor(change: Change): Generator<Change> {
    const spent = this.timers.now() - this.#since;
    yield change;
    this.#since = this.timers.now() - spent;
  }

  /** Milliseconds. */
  cost(): number {
    return this.#cost + this.timers.now() - this.#since;
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
