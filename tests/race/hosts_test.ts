/** A fleet on two hosts whose clocks are an hour apart, while lines are cut, processes die and the server crashes. */
import { Connection } from "../../src/adapters/postgres/connection.ts";
import { initPostgres, openPostgres } from "../../src/adapters/postgres/open.ts";
import { type Place, placeOf } from "../../src/adapters/postgres/place.ts";
import type { Lease } from "../../src/domain/lane/lease.ts";
import { leaseId } from "../../src/domain/watch/lane_record.ts";
import { afterEach, assert_, assertEquals, itIf } from "../deps.ts";
import { readText } from "../support/certificates.ts";
import { newHost, noHosts } from "../support/hosts.ts";
import { sized } from "../support/length.ts";
import { closeOpened, noServer, opened } from "../support/postgres.ts";
import { ownServer } from "../support/postgres_own.ts";
import { newSeed } from "../support/random.ts";
import type { Answered, HostOrders } from "../support/race/host_worker.ts";
import { type Child, sleep, start } from "../support/race/processes.ts";
import { coordOn } from "../support/scene/over_store.ts";
import { makeTempDir, writeOver } from "../support/scene/scratch.ts";

const reason = noServer() ?? noHosts();
const itThere = itIf(reason === undefined, reason ?? "");

afterEach(closeOpened);

const SIZE = sized(
  { tasks: 0, workers: 0, rounds: 0 },
  { tasks: 250, workers: 4, rounds: 1 },
  { tasks: 10_000, workers: 8, rounds: 20 },
);

const KINDS = ["task", "claim", "reservation", "release", "lane"] as const;

/** What the stream has shown of each record; of a lane that is held, the fence. */
function followed(coord: ReturnType<typeof coordOn>, signal: AbortSignal) {
  const shown = new Map<string, unknown>();
  const follow = async () => {
    for await (const { event_type, kind, id, data } of coord.watch({ kinds: KINDS, signal })) {
      const key = `${kind} ${id}`;
      const isLease = kind === "lane" && (data.op === "acquired" || data.op === "adopted");
      if (event_type === "removed" || kind === "lane" && !isLease) shown.delete(key);
      else if (kind !== undefined) shown.set(key, isLease ? data.fence : said(data));
    }
  };
  return { shown, over: follow() };
}

/** What a record says, but for where it stands, which follows from others. */
function said(record: object): string {
  return JSON.stringify(
    Object.entries(record).filter(([name]) => name !== "status").sort(([a], [b]) => a < b ? -1 : 1),
  );
}

/** The same of what is in the tables. */
async function kept(place: Place, lanes: readonly Lease[]): Promise<Map<string, unknown>> {
  const text = ["task:body", "claim:claim:task", "reservation:body", "release:release:reservation"]
    .map((each) => each.split(":")).map(([kind, column, table = kind]) =>
      `SELECT '${kind} ' || id AS key, ${column} AS text FROM coord.${table} WHERE ${column} <> ''`
    ).join(" UNION ALL ");
  const rows = await opened(new Connection(place)).read(text);
  return new Map<string, unknown>([
    ...rows.map(({ key, text }) => [String(key), said(JSON.parse(String(text)))] as const),
    ...lanes.map((lease) => [`lane ${leaseId(lease)}`, lease.fence] as const),
  ]);
}

/** What one map has otherwise than another one. */
function differing(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>) {
  return [...a].filter(([key, value]) => b.get(key) !== value).map(([key, value]) => ({
    key,
    value,
    other: b.get(key),
  }));
}

interface Worker {
  readonly runId: string;
  readonly log: string;
  readonly child: Child;
  killedAt: number;
}

/** What a worker was answered; its holds end when it left them, or was killed. */
function answeredTo({ runId, log, killedAt }: Worker): Hold[] {
  const all = readText(log).split("\n").filter(Boolean).map((line) => JSON.parse(line) as Answered);
  const left = new Map(all.filter(({ what }) => what === "left").map(({ id, at }) => [id, at]));
  return all.map((each) => ({
    ...each,
    runId,
    until: Math.min(each.until, killedAt, left.get(each.id) ?? Infinity),
  }));
}

/** A hold as long as no one else may have had what it has. */
interface Hold extends Answered {
  readonly runId: string;
}

/** Holds of different workers at one time, and fences that come twice. */
function overlapping(holds: readonly Hold[]): object[] {
  const found: object[] = [];
  let longest: Hold | undefined;
  const fences = new Set<string>();
  for (const hold of [...holds].sort((a, b) => a.at - b.at)) {
    const fence = `${hold.what} ${hold.fence}`;
    const isMet = longest !== undefined && hold.at < longest.until && hold.runId !== longest.runId;
    if (isMet || fences.has(fence)) found.push({ longest, hold });
    fences.add(fence);
    if (hold.until > (longest?.until ?? 0)) longest = hold;
  }
  return found;
}

itThere("a fleet on two hosts loses no task, and grants nothing twice", async () => {
  const random = newSeed("hosts");
  const hosts = [0, 1].map((hours) => opened(newHost(hours + 1, hours)));
  const admits = ["host all all 10.0.0.0/8 trust"];
  const server = opened(await ownServer({ isDurable: true, listen: "*", admits }));
  const near = placeOf(server.url);
  await initPostgres(near);
  const store = opened(await openPostgres(near));
  const coord = coordOn(store);
  const { tasks } = coord;
  const inputs = Array.from({ length: SIZE.tasks }, (_, n) => ({ title: `${n}`, runId: "maker" }));
  await tasks.enqueueAll(inputs);
  const stop = new AbortController();
  const shown = followed(coord, stop.signal);
  const folder = makeTempDir();
  const url = `postgres://coord@${hosts[0]?.address}:${server.port}/postgres?sslmode=disable` +
    `&space=${server.space}`;
  const workers: Worker[] = [];
  const working = new Map<number, Worker>();
  const begin = (n: number) => {
    const { prefix = [], aheadMs = 0 } = hosts[n % hosts.length] ?? {};
    const runId = `worker-${workers.length}`;
    const log = `${folder}/${runId}.ndjson`;
    writeOver(log, "");
    const orders: HostOrders = { url, runId, log, aheadMs, seed: random.below(2 ** 31) };
    const worker = {
      runId,
      log,
      killedAt: Infinity,
      child: start("race/host_worker.ts", orders, prefix),
    };
    workers.push(worker);
    working.set(n, worker);
  };
  for (let n = 0; n < SIZE.workers; n++) begin(n);
  const ended = async () => (await tasks.list({ limit: 1 })).completed;
  const each = SIZE.tasks / (2 * SIZE.rounds + 2);
  const goesOn = async () => {
    const from = await ended();
    while (await ended() < Math.min(from + each, SIZE.tasks)) await sleep(50);
  };
  await goesOn();
  for (let round = 0; round < SIZE.rounds; round++) {
    const host = random.pick(hosts);
    host.cut();
    await sleep(1_500);
    host.mend();
    await goesOn();
    const n = random.below(SIZE.workers);
    const killed = working.get(n);
    assert_(killed !== undefined);
    killed.killedAt = Date.now();
    killed.child.kill();
    begin(n);
    await server.crash();
    await server.start();
    await goesOn();
    const sql = new Connection(near);
    await sql.write(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() " +
        "AND backend_type = 'client backend' AND random() < 0.5",
    );
    await sql.close();
  }
  for (const { child } of workers) {
    const { code, output } = await child.ended;
    assertEquals([code ?? 0, output], [0, ""]);
  }
  const all = workers.flatMap(answeredTo);
  const of = (what: Answered["what"]) => all.filter((each) => each.what === what);
  const list = await tasks.list({ limit: 1 });
  assertEquals([list.total, list.completed], [SIZE.tasks, SIZE.tasks]);
  const grants = of("claimed").map(({ id, fence }) => `${id} ${fence}`);
  assertEquals(new Set(grants).size, grants.length);
  for (const { id, fence } of of("completed")) {
    assertEquals((await store.tasks.get(id))?.claim?.fence, fence);
  }
  assertEquals(new Set(of("completed").map(({ id }) => id)).size, of("completed").length);
  const holds = [...of("reserved"), ...of("leased")];
  assertEquals(overlapping(holds), []);
  // What the stream has shown comes to what the tables have.
  const differ = async () => {
    const there = await kept(near, (await coord.lanes.live()).leases);
    return [...differing(shown.shown, there), ...differing(there, shown.shown)];
  };
  let found = await differ();
  for (let n = 0; found.length > 0 && n < 100; n++) {
    await sleep(200);
    found = await differ();
  }
  assertEquals(found, []);
  stop.abort();
  await shown.over;
  const counts = `${grants.length} grants, ${of("stale").length} of them timed out, ` +
    `${of("reserved").length} reservations, ${of("leased").length} leases, ` +
    `${of("failed").length} calls failed`;
  console.log(counts);
  for (const what of ["stale", "reserved", "leased"] as const) assert_(of(what).length > 0, counts);
  const clocks = [0, 1].map((n) => readText(workers[n]?.log ?? "").match(/"clock":(\d+)/)?.[1]);
  const apart = Number(clocks[1]) - Number(clocks[0]);
  assert_(apart > 3_000_000, `the clocks are ${apart} ms apart`);
});
