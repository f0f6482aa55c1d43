/**
 * One run of the feed in PostgreSQL.
 *
 * Guarantees. Each change that was committed is given once, in the newest state of its record, in
 * whatever order the transactions began, commit or roll back (snapshot.ts). What is removed is found by
 * what it leaves behind (schema.ts).
 *
 * Steps. (1) The server's notification is begun; from then on it wakes the run. (2) All records are read
 * in one statement: what the position says, snapshots, and what is new follow from it. (3) Whenever the run
 * is woken, and now and then without that, what the last snapshot did not see is read in one statement.
 *
 * The server. A transaction's number may be given again after a crash if its end was not on the disk. So
 * the position names what was given one by one until the log is that far. A store that was set back or
 * promoted is another one: everything is given again, as snapshots.
 */
import { Wakeup } from "../../../async/wakeup.ts";
import { CoordError } from "../../../domain/errors.ts";
import { type JsonObject, parseObject } from "../../../domain/json.ts";
import { SAFETY_LOOK_MS } from "../../../domain/limits.ts";
import { byCreation, creationOf } from "../../../domain/watch/creation.ts";
import { RECORD_KINDS, type RecordKind } from "../../../domain/watch/event.ts";
import type { Change, FeedBatch, FeedRequest, FeedRun, RecordName } from "../../../ports/feed.ts";
import type { Space } from "../space.ts";
import { LaneChanges } from "./lanes.ts";
import { Position } from "./position.ts";
import { adopt, type FeedReading, flush, type FoundRecord, read, readRecord } from "./reading.ts";
import type { Snapshot } from "./snapshot.ts";

/** Snapshots that are given at once where no position is kept. */
const SNAPSHOTS = 64;

/** Milliseconds after which a position is written though nothing was given: it would become too old. */
const KEPT_MS = 600_000;

/** A change that is to be given. */
interface Pending {
  readonly change: Change;
  /** Notes that it was given; the line that says so. */
  readonly give: () => string;
}

export class PostgresRun implements FeedRun {
  readonly #kinds: ReadonlySet<RecordKind>;
  readonly #at = new Position();
  #lanes = new LaneChanges();
  /** The last reading, and what of it is to be given. */
  #reading: FeedReading | undefined;
  #pending: Pending[] = [];
  /** What its rows say. */
  readonly #said = new Map<string, string>();
  /** Records whose damage was reported. */
  readonly #broken = new Set<string>();
  /** Whether all that a reading found was given since everything was read. */
  #hasArrived = false;
  /** A snapshot of which all was given, until the log is on the disk up to it. */
  #coming: Pick<FeedReading, "snapshot" | "logged" | "checkpoint"> | undefined;
  /** Whether the position is of another store than its lines say; whether it has moved since. */
  #isHeadDue = false;
  #hasMoved = true;
  #keptAt = -Infinity;
  #pollMs: number | undefined;

  constructor(readonly space: Space, readonly request: FeedRequest) {
    const { kinds, covered, since = [], backend, pollMs } = request;
    this.#kinds = new Set(RECORD_KINDS.filter((kind) => kinds.has(kind)));
    for (const line of since) this.#at.read(line);
    for (const kind of this.#kinds) if (!covered.has(kind)) this.#at.forget(kind);
    if (backend === "poll") this.#pollMs = pollMs;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<FeedBatch, undefined> {
    const { once, timers, wakeup, alarm, keeps } = this.request;
    const listening = await this.#listen();
    try {
      while (true) {
        const known = await this.#look();
        if (known === undefined) return;
        if (known.length > 0) yield { changes: known, position: [], caughtUp: false };
        while (this.#pending.length > 0) {
          yield this.#batch(this.#pending.splice(0, keeps ? 1 : SNAPSHOTS));
        }
        yield { changes: [], position: this.#arrive(), caughtUp: true };
        if (once) return;
        await wakeup.sleep(Math.min(alarm(), timers.now() + (this.#pollMs ?? SAFETY_LOOK_MS)));
      }
    } finally {
      listening?.close();
    }
  }

  async look(): Promise<FeedBatch> {
    await this.#look();
    return this.#batch(this.#pending.splice(0));
  }

  async data(name: RecordName): Promise<JsonObject | undefined> {
    if (name.kind === "lane") return this.#at.leases.get(name.id);
    const said = this.#said.get(keyOf(name));
    return said === undefined
      ? await this.#asked(() => readRecord(this.space, name))
      : parseObject(said);
  }

  /** Begins to listen; where notification cannot be had, polls. */
  async #listen(): Promise<{ close(): void } | undefined> {
    const { once, backend, pollMs, wakeup, signal } = this.request;
    if (once || backend === "poll" || signal.aborted) return undefined;
    let failure: CoordError | undefined;
    const listening = this.space.listenToAll(wakeup.wake, (error) => {
      failure = error;
      if (backend === "native") return;
      this.#pollMs = pollMs;
      this.space.warn(`${error.message}: looking every ${pollMs / 1000} s instead`);
      wakeup.wake();
    });
    if (backend !== "native") return listening;
    await this.#unlessAborted(listening.begun);
    if (failure === undefined) return listening;
    listening.close();
    throw failure;
  }

  /**
   * Reads what was not given yet, which is pending then.
   *
   * @returns What bears on what comes, where everything was read; `undefined` after an abort.
   */
  async #look(): Promise<Change[] | undefined> {
    const reading = await this.#asked(() => this.#read());
    if (reading === undefined) return undefined;
    const isWhole = !this.#hasArrived;
    if (this.#isOfAnother(reading)) {
      this.#giveUp(reading.origin);
      if (!isWhole) return await this.#look();
    }
    if (isWhole && !await this.#isKept(reading)) return await this.#look();
    if (isWhole && reading.hasForeign) await this.#asked(() => adopt(this.space));
    this.#reading = reading;
    this.#lanes.take(reading);
    const coming = this.#coming;
    if (coming?.checkpoint !== reading.checkpoint) this.#coming = undefined;
    else if (reading.flushed >= coming.logged) this.#reach(coming.snapshot);
    this.#said.clear();
    for (const record of reading.records) this.#said.set(keyOf(record), record.text);
    const known: Change[] = [];
    const snapshots: Pending[] = [];
    const others: Pending[] = [];
    for (const pending of this.#found(reading)) {
      const { change } = pending;
      if (change.type === "snapshot") snapshots.push(pending);
      else if (change.type !== "known" || this.#hasArrived) others.push(pending);
      else {
        known.push(change);
        if (change.kind === "lane") pending.give();
      }
    }
    this.#pending = [...inOrderOfCreation(snapshots), ...others];
    return known;
  }

  async #read(): Promise<FeedReading> {
    const seen = this.#at.seen(this.#kinds);
    const isWhole = !this.#hasArrived;
    const [since] = isWhole ? [] : seen;
    return await read(this.space, {
      kinds: this.#kinds,
      since,
      goneFrom: isWhole
        ? Math.min(...seen.map(({ xmax, running }) => Math.min(xmax, ...running)))
        : since?.xmax ?? Infinity,
      entry: this.#lanes.read ?? this.#at.entry,
      isFromStart: this.#lanes.read === undefined,
    });
  }

  /** Whether the position does not hold for what was read. */
  #isOfAnother({ origin, snapshot, forgotten }: FeedReading): boolean {
    const at = this.#at;
    const seen = at.seen(this.#kinds);
    const why = at.origin !== origin
      ? "it was restored or promoted, or is another one"
      : seen.some(({ xmax }) => xmax > snapshot.xmax)
      ? "it was set back"
      : seen.some((each) => forgotten > 0 && !each.sees(forgotten))
      ? "it does not know any more what was removed since"
      : undefined;
    if (why === undefined) return false;
    if (at.origin !== undefined) {
      this.space.warn(
        `The position does not hold for the store any more, ${why}: all records are emitted again, ` +
          "and what was removed meanwhile is not",
      );
    }
    return true;
  }

  /** Whether what the first reading saw is on the disk; later that comes by itself. */
  async #isKept({ flushed, logged, checkpoint }: FeedReading): Promise<boolean> {
    const { once, keeps, signal } = this.request;
    if (flushed >= logged || once && !keeps) return true;
    return await this.#asked(() => flush(this.space)) === checkpoint || signal.aborted;
  }

  /** Begins again, at a store of that origin. */
  #giveUp(origin: string): void {
    this.#at.clear(origin);
    this.#lanes = new LaneChanges();
    this.#coming = undefined;
    this.#hasArrived = false;
    this.#isHeadDue = true;
  }

  *#found({ records, gone }: FeedReading): Generator<Pending> {
    const at = this.#at;
    const lives = new Map<string, FoundRecord[]>();
    for (const life of gone) {
      const key = keyOf(life);
      lives.set(key, [...lives.get(key) ?? [], life]);
    }
    const hadLife = (name: RecordName) => {
      const since = at.since.get(name.kind);
      return since !== undefined && (lives.get(keyOf(name)) ?? [])
        .some(({ made, by }) => since.sees(made) && !since.sees(by));
    };
    for (const record of records) {
      const given = at.givenOf(record);
      const since = at.since.get(record.kind);
      const isKnown = given === undefined ? since?.sees(record.by) : given.by === record.by;
      const had = given?.isThere ?? (since?.sees(record.made) || hadLife(record));
      const isFirst = since === undefined && given === undefined;
      const type = isKnown ? "known" : had ? "modified" : isFirst ? "snapshot" : "added";
      if (type !== "known" || !this.#hasArrived) yield* this.#pendingOf(type, record);
      lives.delete(keyOf(record));
    }
    for (const [life] of [...lives.values()].map((each) => each.slice(-1))) {
      if (life !== undefined && (at.givenOf(life)?.isThere ?? hadLife(life))) {
        yield* this.#pendingOf("removed", life);
      }
    }
    if (!this.#kinds.has("lane")) return;
    for (const { change, number, isLease } of this.#lanes.newTo(at, !this.#hasArrived)) {
      const { type, id, data } = change;
      const lease = type === "removed" ? undefined : data;
      yield { change, give: () => isLease ? at.giveLease(id, lease) : at.reachEntry(number) };
    }
  }

  /** What is damaged is no change; it is reported once. */
  *#pendingOf(type: Change["type"], { kind, id, text, by }: FoundRecord): Generator<Pending> {
    const data = parseObject(text);
    if (data !== undefined) {
      const change: Change = { type, kind, id, data };
      const give = () => this.#at.give({ kind, id, by, isThere: type !== "removed" });
      return yield { change, give };
    }
    const broken = `${kind} ${id}`;
    if (this.#broken.has(broken)) return;
    this.#broken.add(broken);
    this.space.warn(`Skipped ${kind} "${id}": its row is damaged: run "coord fsck"`);
  }

  #batch(given: readonly Pending[]): FeedBatch {
    const changes = given.map(({ change }) => change);
    const head = this.#isHeadDue && given.length > 0 ? this.#head() : [];
    const lines = given.map(({ give }) => give());
    if (given.length > 0) this.#hasMoved = true;
    return { changes, position: this.request.keeps ? [...head, ...lines] : [], caughtUp: false };
  }

  /** The position of a consumer who has been given all that the reading found. */
  #arrive(): string[] {
    if (this.#reading === undefined) return [];
    const { snapshot, logged, flushed, checkpoint } = this.#reading;
    const isKept = !this.#hasArrived || flushed >= logged;
    if (isKept) this.#reach(snapshot);
    else this.#coming ??= { snapshot, logged, checkpoint };
    this.#hasArrived = true;
    this.#said.clear();
    this.#reading = undefined;
    const entry = this.#lanes.arrive(this.#at);
    const isDue = this.#hasMoved && isKept ||
      this.request.timers.now() - this.#keptAt >= KEPT_MS;
    const lines = [...isDue ? this.#head() : [], ...entry];
    return this.request.keeps ? lines : [];
  }

  #head(): string[] {
    this.#isHeadDue = false;
    this.#hasMoved = false;
    this.#keptAt = this.request.timers.now();
    return [this.#at.head];
  }

  #reach(snapshot: Snapshot): void {
    this.#at.reach(this.#kinds, snapshot);
    this.#coming = undefined;
  }

  /** Asks again while the server does not answer, unless one look is all; `undefined` after an abort. */
  async #asked<T>(ask: () => Promise<T>): Promise<T | undefined> {
    const { once, timers, pollMs, signal } = this.request;
    using pause = new Wakeup(timers, signal);
    for (let isWarned = false; !signal.aborted; isWarned = true) {
      try {
        return await this.#unlessAborted(ask());
      } catch (error) {
        if (once || !(error instanceof CoordError) || error.details["reason"] !== "unreachable") {
          throw error;
        }
        if (!isWarned) this.space.warn(`${error.message}: trying again`);
        await pause.sleep(timers.now() + pollMs);
      }
    }
    return undefined;
  }

  async #unlessAborted<T>(work: Promise<T>): Promise<T | undefined> {
    const { signal } = this.request;
    let end = () => {};
    const aborted = new Promise<undefined>((resolve) => {
      end = () => resolve(undefined);
      signal.addEventListener("abort", end);
    });
    try {
      return await Promise.race([work, aborted]);
    } finally {
      signal.removeEventListener("abort", end);
    }
  }
}

function inOrderOfCreation(snapshots: readonly Pending[]): Pending[] {
  return snapshots
    .map((pending) => {
      const { kind, id, data } = pending.change;
      return { pending, creation: creationOf(kind, id, data) };
    })
    .sort((a, b) => byCreation(a.creation, b.creation))
    .map(({ pending }) => pending);
}

function keyOf({ kind, id }: RecordName): string {
  return `${kind} ${id}`;
}
