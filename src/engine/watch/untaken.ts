/** Events that a consumer got and has not taken yet. */
interface UntakenChange {
  /** What the position has reached with it. */
  readonly lines: readonly string[];
  /** Whether it was emitted; what the filters hold back is taken with what came before it. */
  readonly isEmitted: boolean;
}

/** A queue: the consumer takes the oldest, so a position never names what came after an untaken one. */
export class Untaken {
  #waiting: UntakenChange[] = [];
  #first = 0;
  /** How many emitted events wait to be taken. */
  count = 0;

  /** @param taken Called with the lines of each that was taken, in order. */
  constructor(readonly taken: (lines: readonly string[]) => void) {}

  add(lines: readonly string[], isEmitted: boolean): void {
    this.#waiting.push({ lines, isEmitted });
    if (isEmitted) this.count++;
    else this.#drain();
  }

  /** The consumer takes the oldest. @returns Whether there was one. */
  take(): boolean {
    const oldest = this.#waiting[this.#first];
    if (oldest === undefined) return false;
    this.#first++;
    this.count--;
    this.taken(oldest.lines);
    this.#drain();
    return true;
  }

  #drain(): void {
    for (
      let next = this.#waiting[this.#first];
      next !== undefined && !next.isEmitted;
      next = this.#waiting[this.#first]
    ) {
      this.#first++;
      this.taken(next.lines);
    }
    if (this.#first < this.#waiting.length / 2) return;
    this.#waiting = this.#waiting.slice(this.#first);
    this.#first = 0;
  }
}
