/**
 * Hints, also for a consumer who takes changes at intervals. The kernel notifies several times for a change, and
 * on Deno it wakes a thread for each file that any process opens. While much happens, it costs less that it
 * notes what changes, and is asked at each interval (notice_looks.ts). Where it is not asked so, names are
 * compared (name_looks.ts), and it goes on to notify for folders that hold many names.
 *
 * Nothing is missed when one takes over from the other. For an interval both are there, so that what the
 * first was about to report is reported, and then there is one more look. Whatever may still have
 * been on its way, on a machine that is very busy, a comparison of all records finds a little later.
 */
import type { RecordKind } from "../../../../domain/watch/event.ts";
import type { FeedRequest } from "../../../../ports/feed.ts";
import { HostError } from "../../../../ports/host.ts";
import type { IntervalWatch, NameLook, RecordHint, RecordSource } from "../records.ts";

/** Milliseconds of the shortest interval at which one looks instead. */
const LEAST_MS = 100;

/** Hints within an interval from which on looks may cost less. */
const MANY_HINTS = 6;

/** Names that are listed for what the notifications of one that has changed would cost. */
const NAMES_A_CHANGE = 200;

/** Changed names from which on a look is worth it. */
const MANY_NAMES = 4;

/** Comparisons that were not worth it, one after the other, after which the kernel takes over. */
const QUIET_LOOKS = 2;

/** Milliseconds until looks are tried again where they cost more. */
const RETRY_MS = 10_000;

export class PacedWatch {
  /** The kernel's watch of all folders, */
  #whole: { close(): void } | undefined;
  /** and that of those at which nothing else looks. */
  #part: { close(): void } | undefined;
  /** What looks at intervals, once that has begun. */
  #looks: IntervalWatch | undefined;
  #isOpen = true;
  #hints = 0;
  #turnedAt = -Infinity;
  #quiet = 0;
  #retryAt = -Infinity;

  /** @param onError Called at most once; there are no hints after that. */
  constructor(
    readonly source: RecordSource,
    readonly kinds: readonly RecordKind[],
    readonly pace: Pick<FeedRequest, "gatherMs" | "timers">,
    readonly onHint: (hint: RecordHint) => void,
    readonly onError: (error: unknown) => void,
  ) {
    this.#whole = this.#watch(kinds);
  }

  /** Whether looks at intervals say what has changed. */
  get isLooking(): boolean {
    return this.#looks !== undefined;
  }

  /** Whether nothing is missed, however many hints there are. */
  get isComplete(): boolean {
    return this.#looks?.isComplete === true && this.#whole === undefined;
  }

  /** When {@link turn} is to be called next, without a hint. */
  get next(): number {
    return this.isLooking ? this.#turnedAt + (this.pace.gatherMs ?? 0) : Infinity;
  }

  /** To be called whenever hints are about to be taken. */
  async turn(): Promise<void> {
    const { gatherMs = 0, timers } = this.pace;
    const now = timers.now();
    const passed = now - this.#turnedAt;
    if (gatherMs < LEAST_MS || passed < gatherMs) return;
    const isBusy = this.#hints >= MANY_HINTS && passed < 2 * gatherMs;
    this.#hints = 0;
    this.#turnedAt = now;
    try {
      if (this.#looks !== undefined) this.#compared(this.#looks.look());
      else if (isBusy && now >= this.#retryAt) await this.#begin();
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      this.#fail(error);
    }
  }

  close(): void {
    this.#isOpen = false;
    this.#whole?.close();
    this.#part?.close();
    this.#looks?.close();
    this.#whole = this.#part = this.#looks = undefined;
  }

  /** Starts the kernel's notification; throws where it cannot be had. */
  #watch(kinds: readonly RecordKind[]): { close(): void } {
    return this.source.watch(kinds, (hint) => {
      this.#hints++;
      this.onHint(hint);
    }, (error) => this.#fail(error));
  }

  #fail(error: unknown): void {
    this.close();
    this.onError(error);
  }

  async #begin(): Promise<void> {
    const { source, kinds, onHint, pace: { gatherMs = 0 } } = this;
    const looks = await source.byNotices(kinds, onHint) ?? source.byNames(kinds, onHint, gatherMs);
    if (!this.#isOpen) return looks.close();
    this.#looks = looks;
    const others = this.kinds.filter((kind) => !looks.kinds.includes(kind));
    if (others.length > 0) this.#part = this.#watch(others);
    this.#quiet = 0;
  }

  #compared({ listed, changed }: NameLook): void {
    const isWorth = changed >= MANY_NAMES && changed * NAMES_A_CHANGE >= listed;
    this.#quiet = isWorth ? 0 : this.#quiet + 1;
    if (this.#whole === undefined) {
      if (this.#quiet >= QUIET_LOOKS) this.#whole = this.#watch(this.kinds);
    } else if (isWorth) {
      this.#whole.close();
      this.#whole = undefined;
      this.#doubt();
    } else {
      // It was the first comparison.
      if (this.#quiet === 1) this.#retryAt = this.#turnedAt + RETRY_MS;
      this.#end();
    }
  }

  /** Leaves everything to the kernel again. */
  #end(): void {
    this.#part?.close();
    this.#looks?.close();
    this.#part = this.#looks = undefined;
    this.#doubt();
  }

  /** Has all records compared: a watch was closed that may still have had something to report. */
  #doubt(): void {
    for (const kind of this.kinds) this.onHint({ about: "kind", kind });
  }
}
