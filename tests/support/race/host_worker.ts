/** A process of a fleet that works on a store by the store's own time, and writes down what it was answered. */
import { appendFileSync } from "node:fs";
import process from "node:process";
import { openPostgres } from "../../../src/adapters/postgres/open.ts";
import { placeOf } from "../../../src/adapters/postgres/place.ts";
import { CoordError } from "../../../src/domain/errors.ts";
import { Random } from "../random.ts";
import { coordOn } from "../scene/over_store.ts";
import { sleep } from "./processes.ts";

/** What a worker is given. */
export interface HostOrders {
  readonly url: string;
  readonly runId: string;
  readonly log: string;
  readonly seed: number;
  /** How far the clock of its host is ahead. */
  readonly aheadMs: number;
}

/** Seconds after which a claim times out, and a hold expires, whose holder has died. */
const CLAIM_TTL_S = 2;
const HOLD_TTL_S = 2;

/** What a worker was answered. */
export interface Answered {
  readonly what: "claimed" | "completed" | "stale" | "reserved" | "leased" | "left" | "failed";
  /** A task, or a number of a hold that no other one of this process has. */
  readonly id: string;
  readonly fence: number;
  /** Of a hold: until when no one else may have what it has; milliseconds, by the store's clock. */
  readonly until: number;
  /** When, by the clock of the machine; milliseconds. */
  readonly at: number;
  /** The same by the clock of its host. */
  readonly clock: number;
}

const { url, runId, log, seed, aheadMs } = JSON.parse(process.argv[2] ?? "") as HostOrders;
const random = new Random(seed);

let holds = 0;

function note(what: Answered["what"], id = "", fence = 0, until = 0): void {
  const clock = Date.now();
  const answered: Answered = { what, id, fence, until, at: clock - aheadMs, clock };
  appendFileSync(log, `${JSON.stringify(answered)}\n`);
}

type Coord = ReturnType<typeof coordOn>;

/** Has something for a moment that no one else may have meanwhile: by a reservation, or by a lane. */
async function hold({ lanes, reservations }: Coord): Promise<void> {
  const id = `${++holds}`;
  const have = async (what: "reserved" | "leased", fence: unknown, until: number) => {
    note(what, id, Number(fence), until);
    await sleep(random.chance(0.02) ? HOLD_TTL_S * 1_000 + 500 : random.below(20));
    note("left", id);
  };
  if (random.chance(0.5)) {
    const addresses = [random.pick(["src", "src/**", "src/a/**"])];
    const answer = await reservations.reserve({
      addresses,
      runId,
      exclusive: true,
      ttl: HOLD_TTL_S,
    });
    if (answer.status !== "reserved") return;
    await have("reserved", answer.fence, Date.parse(answer.expires_at));
    await reservations.release({ id: answer.reservation_id, runId });
  } else {
    const input = { lane: "api", tree: ["src/**"], owner: runId, loopTs: `${holds}`, grace: 0 };
    const answer = await lanes.acquire({ ...input, ttl: HOLD_TTL_S });
    if (answer.status !== "acquired") return;
    const until = Date.parse(answer.acquired_at) + HOLD_TTL_S * 1_000;
    await have("leased", answer.fence, until);
    await lanes.release({ lane: "api", owner: runId, loopTs: `${holds}` });
  }
}

/** One round; whether there is more to do. */
async function round(coord: Coord): Promise<boolean> {
  const claim = await coord.tasks.claim({ runId, claimTtl: CLAIM_TTL_S });
  if (claim.status !== "claimed") {
    const { pending, claimed, timed_out } = await coord.tasks.list({ limit: 1 });
    await sleep(100);
    return pending + claimed + timed_out > 0;
  }
  const { task_id: id, fence } = claim;
  note("claimed", id, fence);
  if (random.chance(0.05)) await sleep(CLAIM_TTL_S * 1_000 + 500);
  if (random.chance(0.3)) await hold(coord);
  const end = await coord.tasks.complete({ id, runId, fence });
  note(end.status === "completed" ? "completed" : "stale", id, fence);
  return true;
}

while (true) {
  try {
    const store = await openPostgres(placeOf(url));
    const coord = coordOn(store);
    while (await round(coord));
    await store.close();
    break;
  } catch (error) {
    if (!(error instanceof CoordError) || error.code !== "io_error") throw error;
    note("failed", error.message);
  }
}
