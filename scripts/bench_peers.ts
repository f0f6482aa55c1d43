/**
 * The work of coord beside that of other queues, in one run.
 *
 * Usage: deno task bench:peers [--quick] [--rounds N] [--record | --out FILE] [FILTER…]
 *
 * A filter keeps the peers, and the other sections, whose name contains it; coord is always measured.
 * `--quick` takes fewer and shorter rounds of the same work. `--out` writes the results as
 * JSON; `--record` writes them to `docs/peers.json`, and `docs/peers.md` from them. `deno task setup:bench` installs the peers.
 *
 * Nothing outside a folder of its own under the system's temporary one is touched, and servers listen on
 * sockets in it. An interrupted run ends its servers and removes that folder.
 */
import { BUSY, machine } from "./bench/machine.ts";
import { sized } from "./bench/measure.ts";
import { COORD } from "./bench/peers/queues/files_and_sqlite.ts";
import { callersFigure, holdFigures, waitFigure } from "./bench/peers/other_figures.ts";
import type { Peer } from "./bench/peers/queues/peer.ts";
import { PEERS } from "./bench/peers/queues/peers.ts";
import { processFigures } from "./bench/peers/process_figures.ts";
import {
  type Absent,
  type Figure,
  type PeerResults,
  queueRows,
  type Series,
} from "./bench/peers/report/results.ts";
import { round } from "./bench/peers/rounds.ts";
import { volumeFigures } from "./bench/peers/volume_figures.ts";
import { makeScratch } from "./bench/peers/scratch.ts";
import { buildShim, type SyncShim } from "./bench/peers/sync_shim.ts";
import { PEER_RESULTS, writePages } from "./performance.ts";
import { withFewDigits } from "./support/figures.ts";
import { option } from "./support/options.ts";

const PROCESSES = [1, 8];

/** Milliseconds that are added to each sync. */
const SYNCS = [0, 1, 5];

const ROUNDS = Number(option("--rounds") ?? sized(5, 3));

const SIZE = { ms: sized(1500, 500), pending: 3000 };

/** The rounds of all peers, and those that failed in one: the others go on. */
async function measureQueues(
  peers: readonly Peer[],
  scratch: string,
  shim: SyncShim,
): Promise<{ series: Series[]; failed: Absent[] }> {
  const all = PROCESSES.flatMap((processes) =>
    peers.map((peer) => ({ peer, processes, rounds: [] as Series["rounds"][number][] }))
  );
  const failed = new Map<Series, Absent>();
  for (let n = 0; n < ROUNDS; n++) {
    for (const series of all.filter((series) => !failed.has(series))) {
      const { peer, processes, rounds } = series;
      const name = `${peer.name}, ${processes}`;
      const dir = `${scratch}/queue`;
      await Deno.mkdir(dir, { mode: 0o755 });
      try {
        const samples = await round(peer, { dir, env: shim.env }, processes, SYNCS, SIZE, shim);
        rounds.push(samples);
        const rates = samples.map(({ work, enqueue, syncMs }) =>
          `${syncMs} ms: ${enqueue.rate.toFixed(0)}, ${work.rate.toFixed(0)}`.padEnd(22)
        );
        console.log(`${n + 1}/${ROUNDS} ${name}`.padEnd(50), rates.join(" "));
      } catch (error) {
        if (peer === COORD) throw error;
        const reason = `it failed: ${error instanceof Error ? error.message : error}`;
        failed.set(series, { peer: name, reason });
        console.log(`${n + 1}/${ROUNDS} ${name}`.padEnd(50), reason);
      }
      await Deno.remove(dir, { recursive: true });
    }
  }
  return { series: all.filter((series) => !failed.has(series)), failed: [...failed.values()] };
}

/** All but the queues, each section where the filters name it. */
async function measureRest(scratch: string, shim: SyncShim) {
  const folder = async (name: string) => {
    const dir = `${scratch}/${name}`;
    await Deno.mkdir(dir);
    return dir;
  };
  const figures: Figure[] = [];
  const add = (...found: readonly (Figure | undefined)[]) => {
    for (const each of found) {
      if (each === undefined) continue;
      figures.push(each);
      console.log(each.figure.padEnd(90), each.ratio?.median.toFixed(2) ?? "", "×");
    }
  };
  if (wanted("callers")) add(await callersFigure(await folder("callers"), shim));
  if (wanted("holds")) add(...await holdFigures(await folder("holds")));
  if (wanted("volume")) add(...await volumeFigures(await folder("volume")));
  if (wanted("wait")) add(await waitFigure(await folder("wait")));
  const others = figures.splice(0);
  const none = { figures: [], absent: [] };
  const processes = wanted("processes") ? await processFigures(await folder("processes")) : none;
  add(...processes.figures);
  return { figures: others, processes: figures, absent: processes.absent };
}

const record = Deno.args.includes("--record");
const out = record ? PEER_RESULTS : option("--out");
const valued = ["--out", "--rounds"];
const filters = Deno.args.filter((arg, i) =>
  !arg.startsWith("--") && !valued.includes(Deno.args[i - 1] ?? "")
);
if (record && filters.length > 0) throw new Error("--record takes all peers, so no filter");
const wanted = (name: string) =>
  filters.length === 0 || filters.some((each) => name.toLowerCase().includes(each.toLowerCase()));

async function main(): Promise<void> {
  using folder = await makeScratch("coord-bench-peers-");
  const scratch = folder.path;
  const found = machine();
  if (found.load > BUSY) console.log(`Other processes are at work (load ${found.load})`);
  using shim = await buildShim(scratch);
  const start = performance.now();
  const absent: Absent[] = [];
  const peers: Peer[] = [];
  for (const peer of PEERS.filter((peer) => peer === COORD || wanted(peer.name))) {
    const reason = await peer.absent();
    if (reason === undefined) peers.push(peer);
    else absent.push({ peer: peer.name, reason });
  }
  for (const { peer, reason } of absent) console.log(`not measured: ${peer}: ${reason}`);
  console.log("tasks a second, enqueue and claim + complete, by what is added to each sync");
  const { series, failed } = await measureQueues(peers, scratch, shim);
  const rest = await measureRest(scratch, shim);
  const results: PeerResults = {
    at: new Date().toISOString(),
    length: Deno.args.includes("--quick") ? "quick" : "full",
    ...found,
    rounds: ROUNDS,
    queues: series.flatMap((each) =>
      queueRows(
        each,
        series.find(({ peer, processes }) => peer === COORD && processes === each.processes),
      )
    ),
    ...rest,
    absent: [...absent, ...failed, ...rest.absent],
    seconds: Math.round((performance.now() - start) / 1000),
  };
  console.log(`${results.seconds} s`);
  if (out !== undefined) {
    await Deno.writeTextFile(out, JSON.stringify(results, withFewDigits, 1) + "\n");
  }
}

await main();
if (record) await writePages();
