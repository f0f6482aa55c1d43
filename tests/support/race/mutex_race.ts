/** Real processes that race for one mutex, while some of them are killed or stopped. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { assert_, assertEquals } from "../../deps.ts";
import { readLines } from "./lines.ts";
import { type MutexLine, validHolds } from "./mutex_log.ts";
import { instant } from "./recorder.ts";
import type { Counts, MutexOrders } from "./mutex_worker.ts";
import { type Child, signal, sleep, start, until } from "./processes.ts";
import type { Random } from "../random.ts";
import { makeTempDir } from "../scene/scratch.ts";

/** Whether processes can be stopped here, and distinguished from others that had their number. */
export const isLinux = process.platform === "linux";

/** How a race goes on. */
export interface MutexRaceSize {
  readonly workers: number;
  readonly staleMs: number;
  /** Whether holders ask the mutex at the end; `true` unless the test itself is tested. */
  readonly looks?: boolean;
}

/** What a race came to. */
export interface MutexVerdict {
  readonly holds: number;
  readonly overtaken: number;
  /** The longest time in which no process held it, milliseconds. */
  readonly longestGap: number;
  /** The longest time from the kill of a holder to the next hold. */
  readonly afterKill: number;
}

interface Worker {
  readonly name: string;
  readonly child: Child;
  killed: boolean;
}

export class MutexRace {
  readonly folder = makeTempDir();
  readonly #workers: Worker[] = [];
  readonly #kills: number[] = [];
  readonly #log = `${this.folder}/log.ndjson`;

  constructor(readonly size: MutexRaceSize, readonly random: Random) {
    writeFileSync(this.#log, "");
    writeFileSync(`${this.folder}/counter`, "{}");
    for (let worker = 0; worker < size.workers; worker++) this.#start();
  }

  /** Waits until all have held it once. */
  async underWay(): Promise<void> {
    await until("all workers are under way", () => {
      const seen = new Set(readLines<MutexLine>(this.#log).map(({ worker }) => worker));
      return this.#workers.every(({ name, killed }) => killed || seen.has(name));
    }, 60_000);
  }

  /** Waits for more holds than that, and for one after the last kill of a holder. */
  async heldOften(holds: number): Promise<void> {
    const last = this.#kills.at(-1) ?? 0;
    await until("others hold it often", () => {
      const lines = readLines<MutexLine>(this.#log);
      return lines.filter(({ kind }) => kind === "looked").length > holds &&
        validHolds(lines).some(({ from }) => from > last);
    }, 60_000);
  }

  #start(): void {
    const name = `w${this.#workers.length}`;
    const orders: MutexOrders = {
      folder: `${this.folder}/lock`,
      counter: `${this.folder}/counter`,
      log: this.#log,
      worker: name,
      seed: this.random.below(2 ** 31),
      staleMs: this.size.staleMs,
      looks: this.size.looks ?? true,
      stop: `${this.folder}/stop`,
    };
    this.#workers.push({ name, child: start("race/mutex_worker.ts", orders), killed: false });
  }

  #kill(worker: Worker): void {
    worker.killed = true;
    worker.child.kill();
    this.#start();
  }

  /** Any worker that was not killed. */
  #any(): Worker {
    return this.random.pick(this.#workers.filter(({ killed }) => !killed));
  }

  /** Kills any worker, wherever it is. */
  killAny(): void {
    this.#kill(this.#any());
  }

  /** Kills a worker while it holds the mutex; whether one could be caught in a second. */
  async killHolder(): Promise<boolean> {
    for (const end = Date.now() + 1_000; Date.now() < end; await sleep(1)) {
      const pid = this.#holder();
      const worker = this.#workers.find(({ child, killed }) => child.pid === pid && !killed);
      if (worker === undefined || !signal(worker.child.pid, "SIGSTOP")) continue;
      // It may have gone on before it was stopped.
      if (this.#holder() === pid) {
        this.#kills.push(instant());
        this.#kill(worker);
        return true;
      }
      signal(worker.child.pid, "SIGCONT");
    }
    return false;
  }

  /** The process of the newest hold, unless it was released. */
  #holder(): number | undefined {
    const names = readdirSync(`${this.folder}/lock`);
    const newest = Math.max(0, ...names.filter((name) => /^\d+$/.test(name)).map(Number));
    if (newest === 0 || names.includes(`${newest}.free`)) return undefined;
    try {
      return JSON.parse(readFileSync(`${this.folder}/lock/${newest}`, "utf-8")).pid;
    } catch (error) {
      if ((error as { code?: unknown }).code !== "ENOENT") throw error;
      return undefined; // others have gone on
    }
  }

  /** Stops any worker for a time; it may end meanwhile. */
  async stopAny(ms: number): Promise<void> {
    const { pid } = this.#any().child;
    signal(pid, "SIGSTOP");
    await sleep(ms);
    signal(pid, "SIGCONT");
  }

  /** Ends the race and checks all that was written down. */
  async verdict(): Promise<MutexVerdict> {
    writeFileSync(`${this.folder}/stop`, "");
    for (const { child, killed } of this.#workers) {
      const { code, output } = await child.ended;
      assertEquals(killed ? "" : output, "");
      assert_(killed || code === 0, `a worker ended with ${code}: ${output}`);
    }
    const counts = JSON.parse(readFileSync(`${this.folder}/counter`, "utf-8")) as Counts;
    const lines = readLines<MutexLine>(this.#log);
    const looked = lines.filter((line) => line.kind === "looked");
    for (const { name, killed } of this.#workers) {
      const counted = looked.filter(({ worker, counted }) => worker === name && counted).length;
      const found = counts[name] ?? 0;
      // Who is killed may have counted without getting to write it down.
      const right = found === counted || killed && found === counted + 1;
      assert_(right, `${name} counted ${counted} and the file says ${found}`);
    }
    assertEquals(repeated(lines), [], "each hold has a number of its own");
    const valid = validHolds(lines);
    let longestGap = 0;
    valid.forEach(({ from }, index) => {
      const before = valid[index - 1];
      if (before !== undefined) longestGap = Math.max(longestGap, from - before.to);
    });
    const waits = this.#kills.map((at) =>
      (valid.find(({ from }) => from > at)?.from ?? Infinity) - at
    );
    return {
      holds: looked.length,
      overtaken: looked.length - valid.length,
      longestGap,
      afterKill: Math.max(0, ...waits),
    };
  }
}

/** The numbers that two holds had: of one that was renewed, all of its numbers. */
function repeated(lines: readonly MutexLine[]): number[] {
  const owners = new Map<number, number>();
  const twice = new Set<number>();
  for (const line of lines) {
    const last = line.kind === "looked" ? line.renewed : line.hold;
    for (let number = line.hold; number <= last; number++) {
      if ((owners.get(number) ?? line.hold) !== line.hold) twice.add(number);
      if (line.kind === "begun" && owners.has(number)) twice.add(number);
      owners.set(number, line.hold);
    }
  }
  return [...twice];
}
