/** Real processes that race for lanes, while some of them are killed or stopped in the middle. */
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import type { HostFs } from "../../../src/ports/host.ts";
import { slowSpelled } from "../scene/globs.ts";
import { type Findings, findingsOf, type Grant } from "./lane_checker.ts";
import type { LaneOrders, Mishap, Report } from "./lane_worker.ts";
import { readLines } from "./lines.ts";
import { crowdedMs, type Passed } from "../program/own_time.ts";
import { type Child, sleep, start } from "./processes.ts";
import { instant } from "./recorder.ts";
import type { Random } from "../random.ts";
import { makeTempDir } from "../scene/scratch.ts";

const TREES = [
  ...["a/**", "a/x", "./a//Y", "a/[!xy]", "b/**", "b/?", "{a,b}/x", "[ab]/y", "*/y", "**/x", "c"],
  ...["c/*", "C/D", "c/**/y", "d/one.md", "d/*.md", "d/*.ts", "e"],
];

/** Paths among which any two of the trees that meet have one in common. */
const PATHS = (() => {
  const names = ["a", "b", "c", "d", "e", "x", "y", "z", "one.md", "one.ts"];
  const below = (paths: string[]) =>
    paths.flatMap((path) => names.map((name) => `${path}/${name}`));
  // One with brackets or braces is also the path that it spells, and all below that.
  const spelled = TREES.filter((tree) => /[[{]/.test(tree));
  return [...names, ...below(names), ...below(below(names)), ...spelled, ...below(spelled)];
})();

/** What each tree holds of the paths, by enumeration; a journal spells some of them otherwise. */
const HELD = new Map<string, ReadonlySet<string>>();

function held(tree: string): ReadonlySet<string> {
  const known = HELD.get(tree) ?? new Set(PATHS.filter(slowSpelled(tree)));
  HELD.set(tree, known);
  return known;
}

function meet(a: readonly string[], b: readonly string[]): boolean {
  return a.some((one) => b.some((other) => [...held(one)].some((path) => held(other).has(path))));
}

/** Operations before which something happens; most are within the critical section. */
const MOMENTS: readonly (keyof HostFs)[] = [
  ...["appendSynced", "appendSynced", "link", "list", "createNew", "remove", "readRange"] as const,
  ...["rename", "syncDir"] as const,
];

/** Seconds by which two processes may read the machine's clock differently. */
const CLOCKS_DIFFER_S = 0.01;

/** How a race goes on. */
export interface RaceSize {
  readonly workers: number;
  /** Leases for each worker. */
  readonly rounds: number;
  readonly staleMs: number;
  /** How much faster than real the clock of the leases runs. */
  readonly speed: number;
  readonly kills: number;
  readonly stops: number;
  readonly compaction: number;
  readonly naps: number;
}

interface Worker {
  readonly name: string;
  readonly report: string;
  readonly rounds: number;
  readonly child: Child;
  over: boolean;
}

/** A time in which nothing was answered. */
export type Wait = Omit<Passed, "cpu">;

/** What a race came to. */
export interface Verdict extends Findings {
  readonly kills: number;
  readonly stops: number;
  /** The times that the others needed to make progress after kills, and after stops. */
  readonly afterKill: readonly Wait[];
  readonly afterStop: readonly Wait[];
}

/** Orders for a worker that nothing happens to, unless they say so. */
export function ordersFor(folder: string, given: Partial<LaneOrders> = {}): LaneOrders {
  const worker = given.worker ?? "w0";
  const report = `${folder}/${worker}.ndjson`;
  writeFileSync(report, "");
  return {
    ...{ journal: `${folder}/lane-journal.jsonl`, report, worker, seed: 1, staleMs: 30_000 },
    ...{
      epoch: Date.now(),
      speed: 1,
      rounds: 1,
      trees: ["a/**"],
      mishaps: [],
      compaction: 0,
      naps: 0,
    },
    ...given,
  };
}

/** What a worker has reported so far. */
export function reportsOf({ report }: Pick<LaneOrders, "report">): Report[] {
  return readLines(report);
}

/** Checks a journal over the trees of these tests. */
export function checked(journal: string, slackS = 0): Findings {
  return findingsOf(journal, meet, slackS);
}

export class LaneRace {
  readonly folder = makeTempDir();
  readonly journal = `${this.folder}/lane-journal.jsonl`;
  readonly #workers: Worker[] = [];
  readonly #problems: string[] = [];
  readonly #epoch = Date.now();
  readonly #continued: Promise<void>[] = [];
  /** For how long processes had waited for the machine, by the instants at which that was read. */
  readonly #crowd: { readonly at: number; readonly ms: number | undefined }[] = [];

  constructor(readonly size: RaceSize, readonly random: Random) {}

  /** Runs all workers to their end, one more for each that is killed. */
  async run(): Promise<Verdict> {
    const { workers, kills, stops, rounds } = this.size;
    // One half is killed, the other is stopped.
    const half = Math.ceil(workers / 2);
    const share = (count: number, i: number, of: number) =>
      Math.max(0, Math.ceil((count - i) / of));
    for (let i = 0; i < workers; i++) {
      if (i < half) this.#start(rounds, share(kills, i, half), 0);
      else this.#start(rounds, 0, share(stops, i - half, workers - half));
    }
    const watched = this.#continueStopped();
    for (const worker of this.#workers) await this.#ended(worker);
    await watched;
    await Promise.all(this.#continued);
    return this.#verdict();
  }

  #start(rounds: number, kills: number, stops: number): void {
    const { staleMs, speed, compaction, naps } = this.size;
    const name = `w${this.#workers.length}`;
    const orders = ordersFor(this.folder, {
      ...{ worker: name, staleMs, epoch: this.#epoch, speed, compaction, naps, rounds },
      seed: this.random.below(2 ** 31),
      trees: TREES,
      mishaps: this.#mishaps(rounds, kills, stops),
    });
    const { report } = orders;
    this.#workers.push({
      name,
      report,
      rounds,
      child: start("race/lane_worker.ts", orders),
      over: false,
    });
  }

  /** A process dies once at most, so further kills are for those who come after it. */
  #mishaps(rounds: number, kills: number, stops: number): Mishap[] {
    const { random } = this;
    const all = Array.from({ length: stops }, (_, i) => this.#mishap(rounds, "stop", i === 0));
    if (kills > 0) {
      all.push(this.#mishap(rounds, random.chance(0.3) ? "tear" : "kill", this.size.kills === 1));
    }
    return all;
  }

  #mishap(rounds: number, how: Mishap["how"], isSure: boolean): Mishap {
    const { random } = this;
    // Each lease takes two of these at least; others are rare where nothing is compacted.
    const before = isSure ? "appendSynced" : random.pick(MOMENTS);
    return { before, nth: 1 + random.below(Math.ceil(1.5 * rounds)), how };
  }

  async #ended(worker: Worker): Promise<void> {
    const { code, output } = await worker.child.ended;
    worker.over = true;
    const report = reportsOf(worker);
    const last = report.at(-1);
    const got = report.filter(({ kind }) => kind === "ended").length;
    if (last?.kind === "mishap" && last.how !== "stop") {
      const left = worker.rounds - got;
      const deaths = this.#workers.filter(({ over }) => over).length;
      const more = this.size.kills > deaths ? 1 : 0;
      if (left > 0) this.#start(left, more, 0);
    } else if (code !== 0 || output !== "" || got < worker.rounds) {
      this.#problems.push(`${worker.name} ended with ${code} after ${got} leases: ${output}`);
    }
  }

  /** Lets each process that stopped go on after a while, for some past all bounds. */
  async #continueStopped(): Promise<void> {
    const stopped = new Set<number>();
    while (this.#workers.some(({ over }) => !over)) {
      this.#crowd.push({ at: instant(), ms: crowdedMs() });
      for (const { child: { pid }, over } of this.#workers) {
        if (over || stopped.has(pid) || !isStopped(pid)) continue;
        stopped.add(pid);
        const { staleMs, speed } = this.size;
        const dead = 301_000 / speed;
        const ms = Math.max(staleMs, dead) * (0.7 + this.random.next());
        this.#continued.push(
          sleep(ms).then(() => {
            stopped.delete(pid);
            goOn(pid);
          }),
        );
      }
      await sleep(20);
    }
  }

  #verdict(): Verdict {
    const found = checked(this.journal, this.size.speed * CLOCKS_DIFFER_S);
    const reports = this.#workers.map((worker) => reportsOf(worker));
    const problems = [
      ...this.#problems,
      ...found.problems,
      ...this.#answered(found, reports),
      ...together(reports),
    ];
    const all = reports.flat();
    const mishaps = all.filter((report) => report.kind === "mishap");
    const isStop = ({ how }: { how: string }) => how === "stop";
    const waits = (of: typeof mishaps) => of.map(({ at }) => this.#wait(at, waitAfter(at, all)));
    return {
      ...found,
      problems,
      kills: mishaps.filter((mishap) => !isStop(mishap)).length,
      stops: mishaps.filter(isStop).length,
      afterKill: waits(mishaps.filter((mishap) =>
        // Who was stopped just then may have the mutex.
        !isStop(mishap) &&
        !mishaps.some((other) => isStop(other) && isNear(other.at, mishap.at, this.size.staleMs))
      )),
      afterStop: waits(mishaps.filter(isStop)),
    };
  }

  #wait(from: number, wall: number): Wait {
    const before = this.#crowd.findLast(({ at }) => at <= from)?.ms;
    const after = (this.#crowd.find(({ at }) => at >= from + wall) ?? this.#crowd.at(-1))?.ms;
    const isKnown = before !== undefined && after !== undefined;
    return { wall, crowded: isKnown ? after - before : undefined };
  }

  /**
   * Each answer is in the log, and each grant in the log was the answer to a process that lives.
   */
  #answered({ grants, voids, live, evicted }: Findings, reports: readonly Report[][]): string[] {
    const problems: string[] = [];
    const byKey = new Map<string, Grant>(
      grants.map((grant) => [`${grant.loop_ts} ${grant.fence}`, grant]),
    );
    const answers = new Set<string>();
    for (const report of reports.flat()) {
      if (report.kind === "busy") problems.push(report.error);
      if (report.kind !== "granted") continue;
      const key = `${report.loop_ts} ${report.fence}`;
      answers.add(key);
      const grant = byKey.get(key);
      if (grant === undefined) problems.push(`${key} was granted, and not in the log`);
      else if (grant.lane !== report.lane || grant.tree.join() !== report.tree.join()) {
        problems.push(`${key} is another lease in the log`);
      }
    }
    const died = new Set(
      this.#workers.filter((_, i) => {
        const last = reports[i]?.at(-1);
        return last?.kind === "mishap" && last.how !== "stop";
      }).map(({ name }) => name),
    );
    for (const [key, { holder, fence }] of byKey) {
      // Who was stopped between its entry and its answer may have lost the lease before the answer.
      if (answers.has(key) || died.has(holder) || evicted.has(fence)) continue;
      problems.push(`${key} is a grant that reached no caller`);
    }
    for (const { loop_ts, seq } of voids) {
      if (answers.has(`${loop_ts} ${seq}`)) problems.push(`${loop_ts} was granted by a void entry`);
    }
    for (const { holder, fence } of live) {
      if (!died.has(holder)) problems.push(`${holder} has ended, and holds ${fence}`);
    }
    return problems;
  }
}

/** Holds that their holders ended themselves, and that overlap in tree and in time. */
function together(reports: readonly Report[][]): string[] {
  const holds = reports.flat().flatMap((report, _, all) => {
    if (report.kind !== "granted") return [];
    const { loop_ts } = report;
    const ended = all.find((each) => each.kind === "ended" && each.loop_ts === loop_ts);
    const ending = all.find((each) => each.kind === "ending" && each.loop_ts === loop_ts);
    const isWhole = ended?.kind === "ended" && ended.status === "released" &&
      all.filter((each) => each.kind === "granted" && each.loop_ts === loop_ts).length === 1;
    return isWhole && ending?.kind === "ending"
      ? [{ ...report, from: report.returned, to: ending.invoked }]
      : [];
  }).sort((a, b) => a.from - b.from);
  const problems: string[] = [];
  holds.forEach((a, i) => {
    for (const b of holds.slice(i + 1)) {
      if (b.from >= a.to) break;
      if (a.lane === b.lane || meet(a.tree, b.tree)) {
        problems.push(`${a.loop_ts} and ${b.loop_ts} were held at once`);
      }
      if (a.fence === b.fence) problems.push(`${a.loop_ts} and ${b.loop_ts} have one fence`);
    }
  });
  return problems;
}

/**
 * Milliseconds until any process was answered after an instant; 0 when no process was left to ask.
 */
function waitAfter(at: number, all: readonly Report[]): number {
  let next = Infinity;
  for (const report of all) {
    if ("returned" in report && report.returned > at) next = Math.min(next, report.returned - at);
  }
  return next === Infinity ? 0 : next;
}

function isNear(stop: number, kill: number, ms: number): boolean {
  return stop <= kill + 100 && kill <= stop + 3 * ms;
}

/** Whether a process is stopped. */
export function isStopped(pid: number): boolean {
  try {
    return /\) T /.test(readFileSync(`/proc/${pid}/stat`, "utf-8"));
  } catch {
    return false; // it has ended
  }
}

/** Lets a stopped process go on. */
export function goOn(pid: number): void {
  try {
    process.kill(pid, "SIGCONT");
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ESRCH") throw error;
  }
}
