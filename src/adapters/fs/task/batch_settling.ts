/**
 * The end of batches: each task is synced by itself, and then the batch goes. That takes long, and no
 * call waits for it: a call that has ended a task or added a batch settles a few tasks of an older
 * one when its own answer is ready, and `gc` settles what is left.
 */
import { BATCH_MS, MIN_STEP_TASKS } from "../../../domain/limits.ts";
import { type Host, HostError } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { Batches, type PendingTask } from "./batch.ts";
import { pauseSettling, retire, settleTasks, type Turn } from "./batch_chain.ts";
import { type Batch, FREE } from "./batch_name.ts";
import { BatchTurns } from "./batch_turns.ts";
import type { Layout } from "../layout.ts";

/** A process that was stopped while it wrote a batch for longer than this has to begin again. */
const WRITING_MS = 86_400_000;

/** Settles a few tasks of the oldest batches that are due; it never fails. */
export function settleStep(turns: BatchTurns): void {
  const start = performance.now();
  let count = 0;
  const isOver = () => ++count >= MIN_STEP_TASKS && performance.now() - start > BATCH_MS.step;
  try {
    for (const batch of turns.due()) {
      const turn = turns.begin(batch, "settling");
      if (turn === undefined) continue;
      try {
        if (!settleSome(turns, turn, batch, isOver)) return;
      } catch (error) {
        turns.putBack(turn, batch);
        throw error;
      } finally {
        turns.owners.end(turn.batch);
      }
    }
  } catch (error) {
    // Another call will; this one has done what it was asked for.
    if (!(error instanceof HostError)) throw error;
  }
}

/** Whether there is time left for more. */
function settleSome(
  { files }: BatchTurns,
  turn: Turn,
  { at, who }: Batch,
  isOver: () => boolean,
): boolean {
  const settling = settleTasks(files, turn);
  while (true) {
    const { value, done } = settling.next();
    if (done === true) {
      if (value) retire(files, turn);
      return !isOver();
    }
    if (!isOver()) continue;
    pauseSettling(files, turn, value, { at, who });
    return false;
  }
}

/** The batches as `gc` meets them. */
export class BatchCollector {
  readonly #turns: BatchTurns;
  readonly #batches: Batches;
  /** The tasks that batches name, by the ids of those that are there. */
  #read: ReadonlyMap<string, readonly string[]> = new Map();
  #named: ReadonlySet<string> = new Set();

  constructor(readonly host: Host, readonly layout: Layout, warn: Warn) {
    this.#turns = new BatchTurns(host, layout, warn);
    this.#batches = new Batches(host, layout, warn);
  }

  /** Settles all batches that no process is at work on, and removes what is left of others. */
  async settleAll(): Promise<void> {
    this.#adoptOld();
    const unrepaired = await this.#batches.repair(true);
    const { files, owners } = this.#turns;
    const idle = files.list().filter((batch) => !owners.isHeld(batch));
    for (const batch of idle) {
      if (batch.state === "void") files.remove(batch);
      const isLeft = batch.state === "new" && Math.abs(Date.now() - batch.at) > WRITING_MS;
      if (isLeft) this.#turns.discard(batch);
    }
    const settleable = idle.filter(({ state }) => state === "linked" || state === "settling");
    const failure = await this.#turns.each(settleable, "settling", async (turn) => {
      if (await this.#turns.drive(turn, settleTasks(files, turn))) retire(files, turn);
    }, (turn, batch) => this.#turns.putBack(turn, batch));
    const first = unrepaired ?? failure;
    if (first !== undefined) throw first;
  }

  /**
   * The ids, as files are named, of the tasks that may be given their names again. A batch that is
   * not among them is gone for good, also after a power cut.
   *
   * @param all Otherwise those are left out that `settleAll` would settle.
   */
  async named(all: boolean): Promise<ReadonlySet<string>> {
    const { fs } = this.host;
    const read = new Map<string, readonly string[]>();
    for (let again = true; again;) {
      again = false;
      for (const batch of this.#turns.files.list()) {
        const { id, state } = batch;
        if (read.has(id) || state === "new" || state === "void") continue;
        if (!all && state === "linked") continue;
        // A batch that was read once names the same tasks while it is there.
        const stems = this.#read.get(id) ?? await this.#stemsIn(batch);
        // Its folder may have got another name in the meantime.
        if (fs.lstat(this.#turns.files.path(batch)) === undefined) again = true;
        else read.set(id, stems);
      }
    }
    this.#read = read;
    this.#named = new Set([...read.values()].flat());
    if (all && fs.lstat(this.layout.batches) !== undefined) fs.syncDir(this.layout.batches);
    return this.#named;
  }

  /** The tasks that exist and may lack their files. */
  pending(): Promise<Map<string, PendingTask>> {
    return this.#batches.pending();
  }

  /** Whether {@link named} found a task the last time. */
  hasNamed(stem: string): boolean {
    return this.#named.has(stem);
  }

  async #stemsIn(batch: Batch): Promise<string[]> {
    const stems: string[] = [];
    for await (const { stem } of this.#turns.lines(batch)) {
      if (stem !== undefined) stems.push(stem);
    }
    return stems;
  }

  /** How many bytes of tasks may be given their names again. */
  size(): number {
    return this.#turns.files.list().reduce((sum, batch) => sum + this.#turns.files.size(batch), 0);
  }

  /** Takes over the files that batches were before they were folders; their tasks have their names. */
  #adoptOld(): void {
    for (const { name, isFile } of this.host.fs.list(this.layout.batches) ?? []) {
      const id = name.slice(0, -".ndjson".length);
      if (!isFile || !/^[0-9a-f-]{36}\.ndjson$/.test(name)) continue;
      const batch = { id, turn: 0, state: "linked", done: 0, at: 0, who: FREE } as const;
      this.#turns.files.adopt(`${this.layout.batches}/${name}`, batch);
    }
  }
}
