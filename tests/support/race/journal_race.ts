/** Real processes that append to one journal and compact it, while some are killed or stopped. */
import { readFileSync, writeFileSync } from "node:fs";
import type { JournalOrders } from "./journal_worker.ts";
import { readLines } from "./lines.ts";
import { type Child, signal, sleep, start } from "./processes.ts";
import type { Random } from "../random.ts";

/** How a race goes on. */
export interface JournalRaceSize {
  readonly workers: number;
  readonly rounds: number;
  readonly staleMs: number;
  readonly compaction: number;
  readonly kills: number;
}

interface Worker {
  readonly name: string;
  readonly report: string;
  readonly child: Child;
  killed: boolean;
  over: boolean;
}

export class JournalRace {
  readonly #workers: Worker[] = [];

  constructor(
    readonly journal: string,
    readonly size: JournalRaceSize,
    readonly random: Random,
  ) {
    for (let worker = 0; worker < size.workers; worker++) this.#start();
  }

  /** Whether all workers have ended. */
  get isOver(): boolean {
    return this.#workers.every(({ over }) => over);
  }

  #start(): void {
    const { rounds, staleMs, compaction } = this.size;
    const name = `w${this.#workers.length}`;
    const report = `${this.journal}.${name}`;
    writeFileSync(report, "");
    const orders: JournalOrders = {
      ...{ journal: this.journal, report, worker: name, rounds, staleMs, compaction },
      seed: this.random.below(2 ** 31),
    };
    const worker = {
      ...{ name, report, killed: false, over: false },
      child: start("race/journal_worker.ts", orders),
    };
    void worker.child.ended.then(() => worker.over = true);
    this.#workers.push(worker);
  }

  /** Kills some and stops some, now and then, until all have ended. */
  async disturb(): Promise<void> {
    for (let kills = 0; !this.isOver; await sleep(this.random.below(300))) {
      const running = this.#workers.filter(({ over, killed }) => !over && !killed);
      const started = running.filter(({ report }) => readFileSync(report, "utf-8") !== "");
      if (started.length === 0) continue;
      const worker = this.random.pick(started);
      if (this.random.chance(0.5)) {
        signal(worker.child.pid, "SIGSTOP");
        await sleep(this.size.staleMs * (0.5 + this.random.next()));
        signal(worker.child.pid, "SIGCONT");
      } else if (kills < this.size.kills) {
        kills++;
        worker.killed = true;
        worker.child.kill();
        this.#start();
      }
    }
  }

  /** What went wrong, and the handles of all entries that were kept. */
  async ended(): Promise<{ problems: string[]; kept: string[] }> {
    const problems: string[] = [];
    const kept: string[] = [];
    for (const { name, report, child, killed } of this.#workers) {
      const { code, output } = await child.ended;
      if (!killed && code !== 0) problems.push(`${name} ended with ${code}: ${output}`);
      kept.push(...readLines<string>(report));
    }
    return { problems, kept };
  }
}
