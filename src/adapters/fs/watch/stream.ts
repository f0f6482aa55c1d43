/**
 * One run of the feed: the changes of all records in the order in which they became known, recovered
 * from a notification that loses hints.
 *
 * Guarantees. Each change that is still visible when the folders have calmed down is given exactly
 * once, with the newest state.
 *
 * Steps. (1) The kernel's notification is started. (2) Every record is read, then given; hints wait.
 * (3) What hints name is looked at as soon as they come; where hints may be lost, and when a folder's
 * mark says so, the whole kind is compared (schedule.ts). The table of what was given (seen.ts)
 * decides what is news, so looking twice is harmless.
 *
 * May be missed where hints are lost or there are none (polling): a change of a file in place, since
 * every tool that shares these folders replaces files by renaming, which shows in the folder's mark;
 * and a rewritten record of a kind that is written once, since comparing opens only new ones.
 */
import type { Timers } from "../../../async/timers.ts";
import type { JsonObject } from "../../../domain/json.ts";
import { RECORD_KINDS, type RecordKind } from "../../../domain/watch/event.ts";
import { SAFETY_LOOK_MS } from "../../../domain/limits.ts";
import type { Change, FeedBatch, FeedRequest, FeedRun, RecordName } from "../../../ports/feed.ts";
import { HostError } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { Hints } from "./hints/hints.ts";
import { foldLines, goneLine, recordLine } from "./record_lines.ts";
import { PacedWatch } from "./hints/paced_watch.ts";
import type { RecordHint, RecordListing, RecordSource } from "./records.ts";
import { Schedule } from "./schedule.ts";
import { type FoundChange, Seen } from "./seen.ts";
import { Snapshots } from "./snapshots.ts";

/** Milliseconds until a broken record is looked at again, and reported when it still is. */
const BROKEN_MS = 150;

/** Stands in a position for what has moved; no record has that id. */
const MOVED = "segments";

/** The kinds of records that move. */
const MOVING: readonly RecordKind[] = ["task", "claim"];

/** By how much the clock of the files may differ, milliseconds. */
const MOVED_SLACK_MS = 2_000;

/** Milliseconds of work after which others have their turn; of snapshots, which nothing waits for. */
const SLICE_MS = 8;
const SNAPSHOT_SLICE_MS = 25;

/** Snapshots that are given at once where no position is kept. */
const SNAPSHOTS = 64;

export class Stream implements FeedRun {
  readonly #seen: Seen;
  readonly #schedule: Schedule;
  readonly #hints = new Hints();
  readonly #unlisted = new Set<RecordKind>();
  /** Of what ended up to this instant and has moved since, all was given. */
  readonly #until = new Map<RecordKind, number>();
  /** What the position says, until it was given. */
  #known: readonly Change[] = [];
  #watch: PacedWatch | undefined;
  #polling: boolean;
  #round = 0;
  #checkAt = Infinity;
  #brokenAt = Infinity;

  constructor(
    readonly source: RecordSource,
    readonly request: FeedRequest,
    readonly warn: Warn,
  ) {
    this.#seen = new Seen(warn);
    const kinds = RECORD_KINDS.filter((kind) => request.kinds.has(kind));
    this.#schedule = new Schedule(
      source,
      kinds,
      this.#isPaced ? () => this.#watch?.isLooking === true : undefined,
    );
    this.#polling = request.backend === "poll";
    if (request.since !== undefined) this.#known = this.#restore(request.since);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<FeedBatch, undefined> {
    try {
      if (this.request.kinds.has("task")) await this.source.prepare();
      if (this.#ended) return;
      this.#start();
      if (this.#known.length > 0) yield { changes: this.#known, position: [], caughtUp: false };
      this.#known = [];
      for await (const found of this.#snapshots()) yield this.#batch(found);
      for await (const found of this.#changes()) {
        yield found === undefined
          ? { changes: [], position: [], caughtUp: true }
          : this.#batch(found);
      }
    } finally {
      this.#watch?.close();
      this.#watch = undefined;
    }
  }

  async look(names: readonly RecordName[]): Promise<FeedBatch> {
    return this.#batch(names.flatMap(({ kind, id }) => [...this.#look(kind, id)]));
  }

  async data({ kind, id }: RecordName): Promise<JsonObject | undefined> {
    return this.#seen.data(kind, id);
  }

  #batch(found: readonly FoundChange[]): FeedBatch {
    const position = this.request.keeps ? found.flatMap((change) => lineOf(change) ?? []) : [];
    return { changes: found.filter(({ id }) => id !== MOVED), position, caughtUp: false };
  }

  /** Takes in what an earlier run gave. */
  #restore(lines: Iterable<string>): Change[] {
    const known: Change[] = [];
    for (const { kind, id, version, data } of foldLines(lines).records()) {
      if (id === MOVED) {
        this.#until.set(kind, Number(version));
        continue;
      }
      this.#seen.restore(kind, id, version, data);
      known.push({ type: "known", kind, id, data });
    }
    return known;
  }

  get #isPaced(): boolean {
    return (this.request.gatherMs ?? 0) > 0;
  }

  get #ended(): boolean {
    return this.request.signal.aborted;
  }

  /**
   * Starts the kernel's notification, or falls back to looking at intervals.
   *
   * @throws What the platform says, where `native` was asked for and cannot be had.
   */
  #start(): void {
    const { backend, once, timers, pollMs, wakeup } = this.request;
    if (!once && !this.#polling) {
      try {
        const onHint = (hint: RecordHint) => {
          this.#hints.add(hint, timers.now());
          wakeup.wake();
        };
        const onError = (error: unknown) => {
          if (this.#ended) return;
          this.#watch = undefined;
          this.#poll(`Notification broke off (${describe(error)})`);
          wakeup.wake();
        };
        const { source, request: pace } = this;
        this.#watch = new PacedWatch(source, this.#schedule.kinds, pace, onHint, onError);
      } catch (error) {
        if (backend === "native" || !(error instanceof HostError)) throw error;
        this.#poll(`No notification here (${describe(error)})`);
      }
    }
    if (this.#polling) this.#checkAt = timers.now() + pollMs;
  }

  /** What is there, after all of it was read. */
  async *#snapshots(): AsyncGenerator<readonly FoundChange[]> {
    const { covered, keeps } = this.request;
    const snapshots = new Snapshots(this.#seen);
    for (const kind of this.#schedule.kinds) {
      if (covered.has(kind)) continue;
      for await (const change of this.#compare(kind, snapshots)) yield [change];
    }
    yield* snapshots.inOrder(keeps ? 1 : SNAPSHOTS);
  }

  /** The changes; `undefined` where there are no more for now. */
  async *#changes(): AsyncGenerator<readonly FoundChange[] | undefined> {
    const { covered, once, timers } = this.request;
    for (const kind of this.#schedule.kinds) {
      if (covered.has(kind)) yield* eachOf(this.#compare(kind));
    }
    if (!this.#ended) yield undefined;
    if (once) {
      this.#seen.warnBroken(true);
      return;
    }
    // What the first reading overlooked shows soon, not only at the next round.
    this.#checkAt = Math.min(this.#checkAt, timers.now() + BROKEN_MS);
    while (!this.#ended) {
      // Given together they cost less: the folders are looked at once for all of them.
      await this.#watch?.turn();
      if (this.#isPaced) yield [...this.#drain()];
      else yield* eachOf(this.#drain());
      yield* eachOf(this.#checks());
      if (this.#ended || this.#hints.pending) continue;
      yield undefined;
      if (!this.#ended && !this.#hints.pending) await this.#sleep();
    }
  }

  /** Looks at everything that hints name. */
  *#drain(): Generator<FoundChange> {
    if (!this.#hints.pending) return;
    const { timers } = this.request;
    const { records, named, whole, burst: isBurst } = this.#hints.drain();
    const burst = isBurst && this.#watch?.isComplete !== true;
    const marks = this.#schedule.marks(burst ? [] : named);
    if (burst) this.#schedule.burst(named, timers.now());
    this.#schedule.suspect(whole, timers.now());
    for (const { kind, id, look } of records) {
      if (this.#ended) return;
      yield* this.#look(kind, id, look);
    }
    this.#schedule.explain(marks, timers.now());
  }

  *#look(
    kind: RecordKind,
    id: string,
    look = (known: string | undefined) => this.source.look(kind, id, known),
  ): Generator<FoundChange> {
    if (!this.request.kinds.has(kind)) return;
    const change = this.#seen.look(kind, id, look);
    if (change !== undefined) yield change;
    this.#awaitBroken();
  }

  /**
   * Compares all records of a kind with what was emitted, in slices, so that hints, timers and
   * signals have their turn. While snapshots are read nothing else is, so hints wait.
   *
   * @param snapshots Gets what was not emitted before.
   */
  async *#compare(kind: RecordKind, snapshots?: Snapshots): AsyncGenerator<FoundChange> {
    const { source, request: { timers } } = this;
    const seen = this.#seen;
    const type = snapshots === undefined ? "added" : "snapshot";
    const round = ++this.#round;
    const work = new Work(timers, snapshots === undefined ? SLICE_MS : SNAPSHOT_SLICE_MS);
    this.#schedule.begin(kind, timers.now());
    const since = this.#until.get(kind);
    const until = source.clock() - MOVED_SLACK_MS;
    const listing = this.#list(kind);
    if (listing === undefined) return;
    const replaced = source.replaced(kind);
    for (const id of listing.ids) {
      if (work.isLong()) yield* this.#turn(work, snapshots === undefined);
      if (this.#ended) return;
      if (replaced || !seen.has(kind, id)) {
        const change = seen.look(kind, id, (known) => listing.look(id, known), type);
        if (change !== undefined && !snapshots?.add(change)) yield* work.pausedFor(change);
      }
      seen.met(kind, id, round);
    }
    for (const id of since === undefined ? [] : source.moved(kind, since)) {
      if (this.#ended) return;
      if (seen.has(kind, id)) continue;
      const change = seen.look(kind, id, () => source.look(kind, id, ""), type);
      if (change !== undefined && !snapshots?.add(change)) yield* work.pausedFor(change);
      seen.met(kind, id, round);
    }
    if (MOVING.includes(kind)) yield* work.pausedFor(this.#moved(kind, until));
    // What the listing does not hold is gone, moved, or came after it.
    for (const id of seen.unmet(kind, round)) {
      if (work.isLong()) yield* this.#turn(work, snapshots === undefined);
      if (this.#ended) return;
      const change = seen.look(kind, id, (known) => source.look(kind, id, known), type, until);
      if (change !== undefined && !snapshots?.add(change)) yield* work.pausedFor(change);
    }
    this.#schedule.end(timers.now(), work.cost());
    this.#awaitBroken();
  }

  /** Notes up to when all was given that has moved; the position says it before it forgets a record. */
  #moved(kind: RecordKind, until: number): FoundChange {
    this.#until.set(kind, until);
    return { type: "known", kind, id: MOVED, data: {}, version: String(until), text: "{}" };
  }

  async *#turn(work: Work, drain: boolean): AsyncGenerator<FoundChange> {
    work.pause();
    await this.request.timers.turn();
    if (drain) yield* this.#drain();
    work.resume();
  }

  #list(kind: RecordKind): RecordListing | undefined {
    const { source, warn, request: { timers } } = this;
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

  async *#checks(): AsyncGenerator<FoundChange> {
    const { timers, pollMs } = this.request;
    const seen = this.#seen;
    const now = timers.now();
    if (now >= this.#checkAt) {
      this.#checkAt = now + (this.#polling ? pollMs : SAFETY_LOOK_MS);
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
      if (this.#ended) return;
      yield* this.#compare(kind);
    }
  }

  get #lastHint(): number {
    return this.#polling ? -Infinity : this.#hints.lastAt;
  }

  #awaitBroken(): void {
    if (!this.#seen.unwarned) return;
    this.#brokenAt = Math.min(this.#brokenAt, this.request.timers.now() + BROKEN_MS);
  }

  #poll(reason: string): void {
    const { timers, pollMs } = this.request;
    this.warn(`${reason}: looking every ${pollMs / 1000} s instead`);
    this.#polling = true;
    this.#checkAt = timers.now() + pollMs;
    this.#schedule.suspect(this.#schedule.kinds, timers.now());
  }

  async #sleep(): Promise<void> {
    await this.request.wakeup.sleep(Math.min(
      this.request.alarm(),
      this.#checkAt,
      this.#brokenAt,
      this.#schedule.next(this.#lastHint),
      this.#watch?.next ?? Infinity,
    ));
  }
}

async function* eachOf<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  for await (const item of items) yield [item];
}

/** Measures what work costs and says when others should have their turn. */
class Work {
  #cost = 0;
  #since: number;

  constructor(readonly timers: Timers, readonly sliceMs: number) {
    this.#since = timers.now();
  }

  isLong(): boolean {
    return this.timers.now() - this.#since > this.sliceMs;
  }

  pause(): void {
    this.#cost += this.timers.now() - this.#since;
  }

  resume(): void {
    this.#since = this.timers.now();
  }

  /** Hands a change out; the time until the consumer asks for the next one does not count. */
  *pausedFor(change: FoundChange): Generator<FoundChange> {
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

/** The line of a position; what is known already moves none. */
function lineOf({ type, kind, id, version, text, isOver }: FoundChange): string | undefined {
  if (type === "removed" || isOver) return goneLine(kind, id);
  return version === undefined || text === undefined
    ? undefined
    : recordLine(kind, id, version, text);
}
