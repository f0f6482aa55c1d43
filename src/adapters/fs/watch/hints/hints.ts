/**
 * Hints that wait to be looked at, and whether some may have been lost.
 *
 * Notification drops hints without a word when more come at once than its small buffer holds (Deno
 * keeps 16). So hints are only ever lost together with many that arrive, and a burst is the sign:
 * a number of them within a short time, or between two drains.
 */
import type { RecordKind } from "../../../../domain/watch/event.ts";
import type { RecordName } from "../../../../ports/feed.ts";
import type { RecordHint } from "../records.ts";

/** Hints that make a burst: half of the smallest buffer that is known to lose some. */
const BURST_HINTS = 8;

/** The time within which they do, milliseconds. */
const BURST_MS = 25;

/** Names that are kept; with more of them, comparing whole folders is cheaper. */
const MAX_NAMES = 20_000;

type HintedRecord = RecordName & Pick<RecordHint & { about: "record" }, "look">;

/** Everything that came since the last drain. */
interface Drained {
  readonly records: Iterable<HintedRecord>;
  /** Kinds whose folder saw a change that a name explains. */
  readonly named: ReadonlySet<RecordKind>;
  /** Kinds to compare as a whole. */
  readonly whole: ReadonlySet<RecordKind>;
  readonly burst: boolean;
}

export class Hints {
  #records = new Map<string, HintedRecord>();
  #named = new Set<RecordKind>();
  #whole = new Set<RecordKind>();
  #count = 0;
  #burst = false;
  /** When the last hints came, a ring. */
  readonly #times = new Array<number>(BURST_HINTS).fill(-Infinity);
  #at = 0;
  /** When the last hint came. */
  lastAt = -Infinity;

  get pending(): boolean {
    return this.#count > 0;
  }

  add(hint: RecordHint, now: number): void {
    this.#count++;
    this.lastAt = now;
    // The slot that is next to be overwritten holds the time of the hint BURST_HINTS - 1 before.
    this.#times[this.#at] = now;
    this.#at = (this.#at + 1) % BURST_HINTS;
    const first = this.#times[this.#at] ?? -Infinity;
    if (now - first <= BURST_MS || this.#count >= BURST_HINTS) this.#burst = true;
    if (hint.kind === undefined) return;
    if (hint.about === "kind") {
      this.#whole.add(hint.kind);
      return;
    }
    this.#named.add(hint.kind);
    if (hint.about === "other" || this.#whole.has(hint.kind)) return;
    this.#records.set(`${hint.kind}/${hint.id}`, hint);
    if (this.#records.size > MAX_NAMES) {
      for (const kind of this.#named) this.#whole.add(kind);
      this.#records.clear();
    }
  }

  /** Takes everything out. */
  drain(): Drained {
    const drained = {
      records: this.#records.values(),
      named: this.#named,
      whole: this.#whole,
      burst: this.#burst,
    };
    this.#records = new Map();
    this.#named = new Set();
    this.#whole = new Set();
    this.#count = 0;
    this.#burst = false;
    return drained;
  }
}
