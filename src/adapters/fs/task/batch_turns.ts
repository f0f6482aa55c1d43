/** Turns at batches as one process takes them: which there are to take, and how they are worked off. */
import { BATCH_MS } from "../../../domain/limits.ts";
import { type Host, HostError } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { takeTurn, type Turn } from "./batch_chain.ts";
import { FsBatchFiles, type TaskLine } from "./batch_files.ts";
import { type Batch, BatchOwners, FREE } from "./batch_name.ts";
import type { Layout } from "../layout.ts";
import { sleep } from "../../../async/sleep.ts";

/** For how long it is believed that no batch is due, milliseconds: calls that end tasks ask each time. */
const DUE_TRUST_MS = 1_000;

export class BatchTurns {
  readonly files: FsBatchFiles;
  readonly owners: BatchOwners;
  #lookedAt = 0;
  #trustMs = 0;

  constructor(readonly host: Host, readonly layout: Layout, warn: Warn) {
    this.files = new FsBatchFiles(host.fs, layout, warn);
    this.owners = new BatchOwners(host);
  }

  /**
   * Whether tasks of a batch may lack their files, and no process is about to give them.
   *
   * @param ifPerhaps Also where that is merely possible.
   */
  isNeedy(batch: Batch, ifPerhaps: boolean): boolean {
    const cut = this.owners.mayBeCut(batch);
    const isCut = cut === "yes" || cut === "perhaps" && ifPerhaps;
    switch (batch.state) {
      case "linked":
        return isCut;
      case "settling":
        return isCut && !this.owners.isHeld(batch);
      case "links":
      case "repair":
        return !this.owners.isHeld(batch);
      default:
        return false;
    }
  }

  /** Whether another process, or another call, gives the tasks of a batch their files. */
  isBeingRepaired(batch: Batch): boolean {
    return batch.state === "repair" && this.owners.isHeld(batch);
  }

  /** The batches that are due to be settled and that no process is at work on, the oldest first. */
  *due(): Generator<Batch> {
    if (Math.abs(Date.now() - this.#lookedAt) < this.#trustMs) return;
    const batches = this.files.list();
    const idle = batches.filter((batch) =>
      (batch.state === "linked" || batch.state === "settling") && !this.owners.isHeld(batch) &&
      this.owners.mayBeCut(batch) !== "yes"
    );
    this.#lookedAt = Date.now();
    // One that another process settles is free at any moment.
    const isSettled = batches.some(({ state }) => state === "settling");
    this.#trustMs = isSettled ? 0 : DUE_TRUST_MS;
    for (const batch of idle.sort((a, b) => a.at - b.at)) {
      const now = Date.now();
      const written = this.host.fs.lstat(this.files.path(batch))?.mtimeMs ?? now;
      const age = Math.max(Math.abs(now - batch.at), Math.abs(now - written));
      if (age <= BATCH_MS.settleAfter) return;
      this.#trustMs = 0;
      yield batch;
    }
  }

  /** How this process signs a turn that begins now. */
  stamp(): Pick<Batch, "at" | "who"> {
    return { at: Date.now(), who: this.owners.who };
  }

  begin(batch: Batch, state: "repair" | "settling"): Turn | undefined {
    const done = state === "repair" ? 0 : batch.done;
    const turn = takeTurn(this.files, batch, state, { ...this.stamp(), done });
    if (turn !== undefined) this.owners.begin(turn.batch);
    return turn;
  }

  /** Takes a turn of each batch; the first failure. */
  async each(
    batches: readonly Batch[],
    state: "repair" | "settling",
    body: (turn: Turn) => Promise<void>,
    onFailure: (turn: Turn, batch: Batch) => void,
  ): Promise<HostError | undefined> {
    let failure: HostError | undefined;
    for (const batch of batches) {
      let turn: Turn | undefined;
      try {
        turn = this.begin(batch, state);
        if (turn !== undefined) await body(turn);
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
        failure ??= error;
        if (turn !== undefined) onFailure(turn, batch);
      } finally {
        if (turn !== undefined) this.owners.end(turn.batch);
      }
    }
    return failure;
  }

  /** Works in slices, and renews the turn; `false` when another process has taken it. */
  async drive(turn: Turn, work: Generator<number, boolean>): Promise<boolean> {
    return await sliced(work, () => this.renew(turn));
  }

  /** Renews a turn when it is time; `false` when another process has taken it. */
  renew(turn: Turn): boolean {
    if (Date.now() - turn.batch.at < BATCH_MS.renew) return true;
    const renewed = takeTurn(this.files, turn.batch, turn.batch.state, this.stamp());
    if (renewed === undefined) return false;
    this.owners.end(turn.batch);
    this.owners.begin(renewed.batch);
    turn.batch = renewed.batch;
    return true;
  }

  /** The lines of a batch, in slices. */
  async *lines(batch: Batch): AsyncGenerator<TaskLine> {
    let start = performance.now();
    for (const line of this.files.lines({ batch }, 0)) {
      yield line;
      if (performance.now() - start < BATCH_MS.slice) continue;
      await sleep(0);
      start = performance.now();
    }
  }

  /** Notes that all tasks of a batch have their names. */
  linked(turn: Turn): void {
    takeTurn(this.files, turn.batch, "linked", this.stamp());
  }

  /** Leaves a batch to others. */
  giveBack({ batch }: Turn): void {
    quietly(() => takeTurn(this.files, batch, batch.state, { at: Date.now(), who: FREE }));
  }

  /** Puts a batch back to where it was before settling it failed. */
  putBack(turn: Turn, { at, who, done }: Batch): void {
    quietly(() => takeTurn(this.files, turn.batch, "linked", { at, who, done }));
  }

  /** Undoes the writing of a batch, unless others have taken it up. */
  discard(batch: Batch): void {
    quietly(() => {
      const last = takeTurn(this.files, batch, "void", this.stamp());
      if (last !== undefined) this.files.remove(last.batch);
    });
  }
}

/** What failed before is what the caller learns of. */
function quietly(body: () => void): void {
  try {
    body();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
  }
}

/** Works in slices; `between` says whether to go on after one. */
export async function sliced(
  work: Generator<number, boolean>,
  between: () => boolean = () => true,
): Promise<boolean> {
  for (let start = performance.now();;) {
    const { value, done } = work.next();
    if (done === true) return value;
    if (performance.now() - start < BATCH_MS.slice) continue;
    await sleep(0);
    if (!between()) return false;
    start = performance.now();
  }
}
