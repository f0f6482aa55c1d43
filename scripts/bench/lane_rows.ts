/** Rows of lanes: a lease after a long history, a decision among many, the mutex among many. */
import { FsJournal } from "../../src/adapters/fs/lane/journal.ts";
import { arbitrate } from "../../src/domain/lane/arbiter.ts";
import { LaneState } from "../../src/domain/journal/fold.ts";
import { NO_TAXONOMY } from "../../src/domain/lane/taxonomy.ts";
import type { JournalEntry } from "../../src/domain/journal/line.ts";
import { acquireEntry, releaseEntry } from "../../src/domain/journal/entries.ts";
import { denoHost } from "../../src/host/deno.ts";
import type { Coord } from "../../mod.ts";
import { startLines, startTogether } from "./children.ts";
import { absoluteRow, median, ratioRow, type Row, sideBySide, sized, tailRow } from "./measure.ts";
import { scene } from "./scene.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;
const HOLDER = new URL("./mutex_holder.ts", import.meta.url).pathname;

const PAST = 100_000;

/** Leases that one turn at the journal writes; the log compacts itself as it goes. */
const BATCH = 50;

/** A lease and its end, as two entries. */
function lease(n: number, baseSeq: number): JournalEntry[] {
  const stamp = (seq: number) => ({ seq, now: Date.now(), nonce: `${n}.${seq}` });
  const where = { lane: `past ${n % 100}`, loop_ts: `${n}`, host_id: "bench" };
  const held = { lane_kind: "", tree: [`past/${n % 100}/**`], holder: "bench", pid: null };
  const given = { ...where, ...held, ttl_seconds: 3_000, exclusive: false };
  const decision = { baseSeq, maxConcurrent: null, reason: "free" };
  return [
    acquireEntry(stamp(baseSeq + 1), given, decision),
    releaseEntry(stamp(baseSeq + 2), { ...where, fence: baseSeq + 1 }, "over"),
  ];
}

/** Writes a history by coord's own journal, only without waiting for the disk each time. */
async function addPast(workspace: string, count: number): Promise<void> {
  const { fs } = denoHost;
  const quick = {
    ...fs,
    appendSynced: (path: string, bytes: Uint8Array) => {
      if (fs.stat(path) === undefined) return false;
      fs.append(path, bytes);
      return true;
    },
    createNew: (path: string, bytes: Uint8Array) => fs.createNew(path, bytes),
    syncDir: () => {},
  };
  const host = { ...denoHost, fs: quick };
  const path = `${workspace}/lanes/lane-journal.jsonl`;
  const journal = new FsJournal(host, path, Date.now, () => {});
  for (let n = 0; n < count; n += BATCH) {
    const outcome = await journal.open(1_000);
    if (outcome.status !== "open") throw new Error("the journal is busy");
    using session = outcome.session;
    const { seq } = session.read().fold;
    const entries = Array.from({ length: BATCH }, (_, i) => lease(n + i, seq + 2 * i)).flat();
    if (session.append(entries) !== "kept") throw new Error("another process writes");
  }
  const { fold } = journal.read();
  if (fold.seq !== 2 * count || fold.live().length > 0) throw new Error("it is another history");
}

const OWN = { lane: "bench", owner: "bench" };

async function leaseSome({ lanes }: Coord, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const grant = await lanes.acquire({ ...OWN, tree: ["src/**"] });
    const end = await lanes.release(OWN);
    if (grant.status !== "acquired" || end.status !== "released") throw new Error(end.status);
  }
}

/** The same by two processes. */
function leaseByCommands(dir: string, times: number): void {
  for (let i = 0; i < times; i++) {
    for (const args of [["acquire", "src/**"], ["release"]]) {
      const { success } = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", CLI, "lane", ...args, "--lane", "bench", "--owner", "b", "--dir", dir],
        stdout: "null",
      }).outputSync();
      if (!success) throw new Error(`lane ${args[0]} failed`);
    }
  }
}

/** A lease after 100,000 that have ended against one after none. */
export async function laneRows(parent: string): Promise<Row[]> {
  const [none, past] = [await scene(parent, {}), await scene(parent, {})];
  await addPast(past.workspace, PAST);
  for (const { coord } of [none, past]) await leaseSome(coord, 50); // warm
  const within = await sideBySide(
    {
      none: (times) => leaseSome(none.coord, times),
      past: (times) => leaseSome(past.coord, times),
    },
    sized(40, 20),
    10,
  );
  const commands = await sideBySide(
    {
      none: (times) => leaseByCommands(none.dir, times),
      past: (times) => leaseByCommands(past.dir, times),
    },
    sized(15, 5),
    1,
  );
  const goal = { atMost: 1.5 };
  return [
    ratioRow(
      "lane acquired and released after 100,000 leases, against none",
      within.past,
      within.none,
      "ms",
      goal,
    ),
    ratioRow("the same as two processes", commands.past, commands.none, "ms", goal),
  ];
}

/** Requests of several kinds, and what comes of them. */
const REQUESTS: Readonly<Record<string, "acquire" | "refuse">> = {
  "src/mod7/new/**": "acquire",
  "src/{web,api}/**": "acquire",
  "lib/**": "acquire",
  "docs/**/new.md": "acquire",
  "src/mod7/*.rs": "acquire",
  "src/mod7/**": "refuse",
  "**/*.{rs,go}": "refuse",
  "**": "refuse",
};

/** One decision among 10,000 live leases, of which some share folders and endings with the request. */
export function arbiterRow(): Promise<Row> {
  const state = new LaneState();
  for (let i = 0; i < 10_000; i++) {
    const [entry] = lease(i, i);
    const tree = [`src/mod${i % 500}/part${i}/**`, `docs/**/part${i}.md`];
    const held = { ...entry, lane: `l${i}`, lease: { tree, acquired_at: "2026-06-01T00:00:00Z" } };
    if (state.apply({ ...held, op: "ACQUIRE" }).effect !== "granted") throw new Error("void");
  }
  const scene = { leases: state.leases, taxonomy: NO_TAXONOMY, now: Date.parse("2026-06-01") };
  const timesOf = Object.entries(REQUESTS).map(([glob, expected]) => {
    const times: number[] = [];
    for (let i = 0; i < 300; i++) {
      const request = { lane: `new ${i}`, tree: [glob], kind: "", owner: "bench", loopTs: "" };
      const start = performance.now();
      const { outcome } = arbitrate(request, scene);
      times.push(performance.now() - start);
      if (outcome !== expected) throw new Error(`${glob}: ${outcome}`);
    }
    return times;
  });
  const slowest = timesOf.reduce((a, b) => median(a) < median(b) ? b : a);
  const figure = "decision among 10,000 live leases, the slowest kind of request";
  return Promise.resolve(absoluteRow(figure, slowest, "ms", 1));
}

const PROCESSES = 8;

/** From the end of one process's hold to the begin of the next, while eight want it. */
export async function mutexRow(parent: string): Promise<Row> {
  const folder = `${parent}/lock`;
  const children = Array.from({ length: PROCESSES }, () => startLines(HOLDER, [folder, "5000"]));
  await startTogether(children);
  const lines = (await Promise.all(children.map((child) => child.rest()))).flat();
  const holds = lines.map((line) => line.split(" ").map(Number)).sort(([a = 0], [b = 0]) => a - b);
  const gaps: number[] = [];
  for (const [i, [from = 0]] of holds.entries()) {
    const before = holds[i - 1]?.[1];
    if (before === undefined) continue;
    if (before > from) throw new Error("two holds at once");
    gaps.push(from - before);
  }
  if (gaps.length < 200) throw new Error(`only ${gaps.length} holds`);
  return tailRow("mutex of lanes, hand-over among 8 processes, p99", gaps, 25);
}
