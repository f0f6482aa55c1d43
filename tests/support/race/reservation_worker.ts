/**
 * A process that reserves, beats, releases and collects at random; the race tests start several.
 */
import process from "node:process";
import { KEPT_BEATS } from "../../../src/domain/limits.ts";
import { CoordError } from "../../../src/domain/errors.ts";
import { sleep } from "./processes.ts";
import { Random } from "../random.ts";
import { instant, Recorder } from "./recorder.ts";
import { ADDRESSES, type Outcome, type Request, virtual } from "./reservation_history.ts";
import { openReservations } from "./stores.ts";

/** What a worker is given. */
export interface Orders {
  /** Where the store is. */
  readonly store: string;
  readonly history: string;
  readonly runId: string;
  readonly seed: number;
  /** How much faster than real its clock runs from `epoch` on, so that reservations expire soon. */
  readonly speed: number;
  readonly epoch: number;
  /** Rounds that begin at the same instants for all, so that they meet. */
  readonly rounds: number;
  readonly from: number;
  readonly periodMs: number;
  /** Seconds after which it gives up. */
  readonly limit: number;
}

const orders = JSON.parse(process.argv[2] ?? "") as Orders;
const { runId } = orders;
const random = new Random(orders.seed);
const recorder = new Recorder<Request, Outcome>(orders.history, runId);
const deadline = Date.now() + orders.limit * 1000;
let now = 0;
const { reservations, store: { gc }, warnings } = await openReservations(
  orders.store,
  () => now,
);

/** Reservations that are kept over several rounds, and those of others that were met. */
const kept: string[] = [];
const met: string[] = [];

try {
  for (let round = 0; round < orders.rounds; round++) {
    const wait = orders.from + round * orders.periodMs - instant();
    if (wait > 0) await sleep(wait);
    if (Date.now() > deadline) throw new Error(`not done in time: round ${round}`);
    await play();
  }
  for (const warning of warnings) console.log(`warned: ${warning}`);
} catch (error) {
  console.log(error instanceof Error ? `${error.name}: ${error.stack}` : error);
  process.exit(1);
}

/** One call, with the time standing still while it lasts. */
async function call(request: Request): Promise<Outcome> {
  const clock = () => now = virtual(orders, Date.now());
  return await recorder.call(request, clock, () => perform(request));
}

async function perform(request: Request): Promise<Outcome> {
  try {
    switch (request.kind) {
      case "reserve": {
        const { addresses, exclusive, ttl } = request;
        return await reservations.reserve({ addresses, exclusive, ttl, runId });
      }
      case "beat":
        return await reservations.heartbeat({
          id: request.id,
          extension: request.extension,
          runId,
        });
      case "release":
        return await reservations.release({ id: request.id, force: request.force, runId });
      case "gc": {
        const swept = await gc.sweep({ graceMs: 0, execute: true });
        return { status: "swept", ids: swept.map(({ id }) => id) };
      }
    }
  } catch (error) {
    if (!(error instanceof CoordError) || error.code !== "not_found") throw error;
    return { status: "gone" };
  }
}

async function play(): Promise<void> {
  const addresses = Array.from({ length: 1 + random.below(3) }, () => random.pick(ADDRESSES));
  const exclusive = random.chance(0.85);
  const answer = await call({ kind: "reserve", addresses, exclusive, ttl: 1 + random.below(4) });
  if (answer.status === "conflict") {
    for (const each of answer.conflicts.slice(0, 1)) {
      if (each.kind === "reservation") met.push(each.reservation_id);
    }
  } else if (answer.status === "reserved") await treat(answer.reservation_id);
  if (random.chance(0.04)) await call({ kind: "gc" });
  if (kept.length > 0 && random.chance(0.5)) {
    const id = random.pick(kept);
    await beat(id);
    if (random.chance(0.4)) await end(id);
  }
  if (met.length > 0 && random.chance(0.02)) {
    await call({
      kind: "release",
      id: met.splice(random.below(met.length), 1)[0] ?? "",
      force: true,
    });
  }
}

/** What becomes of a reservation. */
async function treat(id: string): Promise<void> {
  const choice = random.below(100);
  if (choice < 20) return void kept.push(id);
  if (choice < 30) return; // it expires
  await sleep(random.below(orders.periodMs));
  // Of more than a few the numbers go again.
  for (let n = choice < 32 ? 2 * KEPT_BEATS + 4 : choice < 45 ? 1 : 0; n > 0; n--) await beat(id);
  if (choice < 60) {
    await sleep(random.below(5000) / orders.speed); // perhaps too long
    await beat(id);
  }
  await end(id);
}

function beat(id: string): Promise<Outcome> {
  return call({ kind: "beat", id, extension: 1 + random.below(3) });
}

function end(id: string): Promise<Outcome> {
  const at = kept.indexOf(id);
  if (at >= 0) kept.splice(at, 1);
  return call({ kind: "release", id, force: false });
}
