/**
 * Keeping what is held, and noticing when it is lost: one loop for tasks, reservations and lanes.
 *
 * A beat goes out three times in the hold's time; one that failed is tried again sooner. What others do
 * to the hold shows at once where the kernel notifies, and within 5 s where it does not.
 *
 * `lost` fires once, with a {@link CoordError}, as soon as the records say that the hold has ended, and
 * before its end when nothing could extend it: a deadline of its own, on a clock that never jumps,
 * waits for no beat. Whatever a beat or a look throws ends there too, and never as an unhandled
 * rejection.
 */
import { realTimers, type Timers } from "../../async/timers.ts";
import type { Clock } from "../../domain/time.ts";
import { CoordError } from "../../domain/errors.ts";
import { HOLD_MARGIN_MS, HOLD_RETRY_MS, HOLD_WATCH_AFTER_MS } from "../../domain/limits.ts";
import { formatTime } from "../../domain/time.ts";

/** A third of the time leaves two more tries before it runs out. */
const BEATS_PER_TTL = 3;

/** A hold as its loop sees it. */
export interface Held {
  /** For messages, such as `lane "api"`. */
  readonly what: string;
  /** How long the hold lasts after each beat. */
  readonly ttlSeconds: number;
  /** The end that was granted, milliseconds since 1970. */
  readonly endsMs: number;
  /**
   * Sends a beat, and resolves to the new end, or to why the hold is lost. What it throws is tried
   * again when it is the machine's failure.
   */
  beat(): Promise<number | CoordError>;
  /**
   * Looks at the records, and writes nothing: why the hold is lost, or `undefined`.
   *
   * @param endsMs The end that is known, milliseconds since 1970.
   */
  look(endsMs: number): Promise<CoordError | undefined>;
  /** Calls `look` when the hold may have been ended: soon where the kernel notifies, else at times. */
  listen(look: () => void): { close(): void };
}

/** What the loop works with. */
export interface BeatingContext {
  readonly clock: Clock;
  readonly timers?: Timers | undefined;
}

/** The loop of one hold, from its grant until {@link stop}. */
export class Beating {
  readonly #held: Held;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #lost = new AbortController();
  readonly #ttlMs: number;
  /** The end by the records. */
  #endsMs: number;
  /** When the hold counts as lost, on the clock of the timers. */
  #deadline = 0;
  /** The last failure since a beat was answered. */
  #failure: CoordError | undefined;
  #isBeating = false;
  #isLooking = false;
  /** Something came while a look was under way. */
  #lookAgain = false;
  #stopBeat = () => {};
  #stopDeadline = () => {};
  #stopListening = () => {};
  #over = false;

  constructor(held: Held, { clock, timers = realTimers }: BeatingContext) {
    this.#held = held;
    this.#clock = clock;
    this.#timers = timers;
    this.#ttlMs = held.ttlSeconds * 1000;
    this.#endsMs = held.endsMs;
    // A grant may come late: the machine was busy, or the caller waited for it.
    const left = Math.min(this.#ttlMs, held.endsMs - clock());
    this.#extend(timers.now(), left);
    this.#nextBeat(Math.max(0, left / BEATS_PER_TTL));
    // Most tasks of a moment end before, and need no notification.
    this.#stopListening = timers.after(HOLD_WATCH_AFTER_MS, () => this.#listen());
  }

  /** Fires when the hold is lost: another agent ended it, or it could not be kept in time. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** When the hold ends unless a beat extends it, ISO 8601 UTC. */
  get expiresAt(): string {
    return formatTime(this.#endsMs);
  }

  /** Whether {@link stop} was called. */
  get over(): boolean {
    return this.#over;
  }

  /** No more beats and looks. */
  stop(): void {
    this.#over = true;
    this.#end();
  }

  #end(): void {
    this.#stopBeat();
    this.#stopDeadline();
    this.#stopListening();
    this.#stopListening = () => {};
  }

  get #ended(): boolean {
    return this.#over || this.lost.aborted;
  }

  #lose(why: CoordError): void {
    if (this.#ended) return;
    this.#end();
    this.#lost.abort(why);
  }

  /** The hold lasts for `ms` milliseconds from `since`. */
  #extend(since: number, ms: number): void {
    // What is done when the signal fires takes a moment, and so does a timer.
    this.#deadline = since + ms - Math.min(HOLD_MARGIN_MS, ms / 10);
    this.#stopDeadline();
    this.#awaitDeadline();
  }

  #awaitDeadline(): void {
    const left = this.#deadline - this.#timers.now();
    // Platforms ring early where the delay is very long, and by a fraction of a millisecond.
    this.#stopDeadline = this.#timers.after(Math.max(0, Math.ceil(left)), () => {
      if (this.#timers.now() < this.#deadline) this.#awaitDeadline();
      else this.#lose(this.#failure ?? this.#unkept());
    });
  }

  #unkept(): CoordError {
    const message = `Cannot keep ${this.#held.what}: no heartbeat was answered in time`;
    return new CoordError("expired", message);
  }

  #nextBeat(ms: number): void {
    this.#stopBeat();
    this.#stopBeat = this.#timers.after(ms, () => void this.#beat());
  }

  async #beat(): Promise<void> {
    if (this.#isBeating || this.#ended) return;
    this.#isBeating = true;
    let next = this.#ttlMs / BEATS_PER_TTL;
    try {
      const sent = this.#timers.now();
      const answer = await this.#held.beat();
      if (this.#ended) return;
      if (typeof answer !== "number") return this.#lose(answer);
      this.#failure = undefined;
      this.#endsMs = answer;
      this.#extend(sent, this.#ttlMs);
    } catch (thrown) {
      const error = this.#asCoordError(thrown);
      if (error.code !== "io_error") return this.#lose(error);
      // The disk may be full for a moment: the deadline says when it is too late.
      this.#failure = error;
      next = Math.min(HOLD_RETRY_MS, next / 2);
    } finally {
      this.#isBeating = false;
    }
    if (!this.#ended) this.#nextBeat(next);
  }

  #listen(): void {
    try {
      const listening = this.#held.listen(() => void this.#look());
      this.#stopListening = () => listening.close();
    } catch (thrown) {
      return this.#lose(this.#asCoordError(thrown));
    }
    // Something may have come before.
    void this.#look();
  }

  async #look(): Promise<void> {
    this.#lookAgain = true;
    if (this.#isLooking || this.#ended) return;
    this.#isLooking = true;
    try {
      while (this.#lookAgain && !this.#ended) {
        this.#lookAgain = false;
        const why = await this.#held.look(this.#endsMs);
        if (why !== undefined) return this.#lose(why);
      }
    } catch (thrown) {
      const error = this.#asCoordError(thrown);
      // What cannot be read now, the next beat or the deadline decides.
      if (error.code !== "io_error") return this.#lose(error);
    } finally {
      this.#isLooking = false;
    }
    // The machine's clock was set, or the machine slept: a beat settles whether the hold is still there.
    if (this.#clock() >= this.#endsMs) void this.#beat();
  }

  #asCoordError(thrown: unknown): CoordError {
    if (thrown instanceof CoordError) return thrown;
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    const message = `Cannot keep ${this.#held.what}: ${reason}`;
    return new CoordError("internal", message, {}, { cause: thrown });
  }
}
