/**
 * coord on PostgreSQL beside pg-boss and graphile-worker, all on Node, in one run; and coord alone there.
 *
 * Usage: deno task bench:postgres [--quick] [--rounds N] [--record | --out FILE]
 *
 * Starts servers of its own, from Debian's package, in a folder under the system's temporary one, which it
 * removes. `--quick` takes fewer and shorter rounds, and smaller queues. `--out` writes the results as
 * JSON; `--record` writes them to `docs/postgres.json`, and the figures of `docs/postgres.md` from them.
 * `deno task setup:bench` installs the server and the peers.
 */
import { BUSY, machine } from "./bench/machine.ts";
import { sized } from "./bench/measure.ts";
import type { Peer } from "./bench/peers/queues/peer.ts";
import { makeScratch } from "./bench/peers/scratch.ts";
import { type Figure, queueRows, type Series } from "./bench/peers/report/results.ts";
import { round } from "./bench/peers/rounds.ts";
import { buildShim, type SyncShim } from "./bench/peers/sync_shim.ts";
import { postgresFigures } from "./bench/postgres/figures.ts";
import { nodePeers, nodeVersion, nodeWorkers } from "./bench/postgres/node.ts";
import { type PostgresResults, scaleOf, SLOW_MS } from "./bench/postgres/report.ts";
import { POSTGRES_RESULTS, writePages } from "./performance.ts";
import { serverVersion } from "./bench/peers/queues/postgres.ts";
import { withFewDigits } from "./support/figures.ts";
import { option } from "./support/options.ts";

const PROCESSES = [1, 8];
const SYNCS = [0, SLOW_MS];
const ROUNDS = Number(option("--rounds") ?? sized(7, 3));
const SIZE = {
  ms: sized(1500, 700),
  pending: 3000,
  warm: { ms: sized(1000, 600), tasks: 300 },
};

/** The rounds of all peers, which take turns. */
async function measure(
  peers: readonly Peer[],
  scratch: string,
  shim: SyncShim,
): Promise<Series[]> {
  const all = PROCESSES.flatMap((processes) =>
    peers.map((peer) => ({ peer, processes, rounds: [] as Series["rounds"][number][] }))
  );
  for (let n = 0; n < ROUNDS; n++) {
    for (const { peer, processes, rounds } of all) {
      const dir = `${scratch}/queue`;
      await Deno.mkdir(dir, { mode: 0o755 });
      const samples = await round(peer, { dir, env: shim.env }, processes, SYNCS, SIZE, shim);
      rounds.push(samples);
      const rates = samples.map(({ work, enqueue, syncMs }) =>
        `${syncMs} ms: ${enqueue.rate.toFixed(0)}, ${work.rate.toFixed(0)}`.padEnd(22)
      );
      console.log(`${n + 1}/${ROUNDS} ${peer.name}, ${processes}`.padEnd(50), rates.join(" "));
      await Deno.remove(dir, { recursive: true });
    }
  }
  return all;
}

const out = Deno.args.includes("--record") ? POSTGRES_RESULTS : option("--out");
async function main(): Promise<void> {
  using folder = await makeScratch("coord-bench-postgres-");
  const scratch = folder.path;
  const found = machine();
  if (found.load > BUSY) console.log(`Other processes are at work (load ${found.load})`);
  using shim = await buildShim(scratch);
  const start = performance.now();
  const node = await nodeVersion();
  const line = await nodeWorkers(scratch);
  const peers = nodePeers(line);
  for (const peer of peers) {
    const reason = await peer.absent();
    if (reason !== undefined) throw new Error(`${reason}: run deno task setup:bench`);
  }
  const rest = `${scratch}/figures`;
  await Deno.mkdir(rest, { mode: 0o755 });
  const report = ({ figure, value, ratio }: Figure) =>
    console.log(figure.padEnd(100), (ratio ?? value).median.toFixed(2));
  const figures = await postgresFigures(rest, line, shim, report);
  console.log("tasks a second, enqueue and claim + complete, by what is added to each sync");
  const series = await measure(peers, scratch, shim);
  const coordAt = (processes: number) =>
    series.find(({ peer, processes: those }) => peer === peers[0] && those === processes);
  const results: PostgresResults = {
    at: new Date().toISOString(),
    length: Deno.args.includes("--quick") ? "quick" : "full",
    ...found,
    node,
    postgres: await serverVersion(),
    rounds: ROUNDS,
    queues: series.flatMap((each) => queueRows(each, coordAt(each.processes))),
    scale: scaleOf(series.filter(({ peer }) => peer === peers[0])),
    figures,
    seconds: Math.round((performance.now() - start) / 1000),
  };
  console.log(`${results.seconds} s`);
  if (out !== undefined) {
    await Deno.writeTextFile(out, JSON.stringify(results, withFewDigits, 1) + "\n");
  }
}

await main();
if (out === POSTGRES_RESULTS) await writePages();
