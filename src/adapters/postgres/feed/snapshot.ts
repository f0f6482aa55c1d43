/**
 * Which transactions a reader has seen, as `pg_current_snapshot()` says it: all below `xmin`, none from
 * `xmax` on, and between them all but those that were running.
 *
 * What a transaction wrote becomes visible as a whole, in whatever order they began: one that lingers
 * before its COMMIT is among the running ones until then. So what is new since a reader looked is exactly
 * what was written by transactions that its snapshot does not see, and no order of numbers would find it.
 * https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT
 */
export class Snapshot {
  readonly #running: ReadonlySet<number>;

  private constructor(readonly text: string, readonly xmax: number, running: readonly number[]) {
    this.#running = new Set(running);
  }

  /** Reads `XMIN:XMAX:RUNNING,…`; `undefined` for all else. */
  static parse(text: unknown): Snapshot | undefined {
    const parts = typeof text === "string" ? /^\d+:(\d+):((?:\d+,?)*)$/.exec(text) : null;
    if (parts === null) return undefined;
    const running = (parts[2] ?? "").split(",").filter((each) => each !== "").map(Number);
    return new Snapshot(parts[0], Number(parts[1]), running);
  }

  get running(): readonly number[] {
    return [...this.#running];
  }

  /** Whether what the transaction wrote is visible, if it was not rolled back. */
  sees(transaction: number): boolean {
    return transaction < this.xmax && !this.#running.has(transaction);
  }
}
