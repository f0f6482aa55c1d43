/** A process that reserves and acquires lanes by turns; the race of both verbs starts several. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { Random } from "../random.ts";
import { coordOn } from "../scene/over_store.ts";
import { sleep } from "./processes.ts";
import { openStore } from "./stores.ts";

/** What a worker is given. */
export interface ExclusionOrders {
  /** Where the store is. */
  readonly store: string;
  /** A folder of the race's own. */
  readonly dir: string;
  readonly worker: string;
  readonly seed: number;
  readonly rounds: number;
  /** When all begin, milliseconds since 1970. */
  readonly startAt: number;
}

/** What it says at its end. */
export interface ExclusionCounts {
  readonly reserved: number;
  readonly acquired: number;
  readonly refused: number;
  /** Who was inside when it was granted something. */
  readonly overlaps: readonly string[];
}

/** All of them overlap each other. */
const ADDRESSES = ["src/**", "src/a.ts", "src/a.ts::f", "{src,lib}/*.ts"];
const TREES = ["src/**", "src/a.ts", "**/*.ts"];

const { store, dir, worker, seed, rounds, startAt } = JSON.parse(
  process.argv[2] ?? "",
) as ExclusionOrders;
const random = new Random(seed);
const { reservations, lanes } = coordOn(await openStore(store, Date.now, () => {}));
const overlaps: string[] = [];
let [reserved, acquired, refused] = [0, 0, 0];

/** Who was there, if it has not left meanwhile. */
function other(inside: string): string {
  try {
    return readFileSync(inside, "utf-8");
  } catch {
    return "one that left";
  }
}

/** What only one may do at a time: the name is taken by exclusive creation. */
async function alone(how: string): Promise<void> {
  const inside = `${dir}/inside`;
  try {
    writeFileSync(inside, `${worker} ${how}`, { flag: "wx" });
  } catch (error) {
    if ((error as { code?: unknown }).code !== "EEXIST") throw error;
    overlaps.push(`${worker} ${how} beside ${other(inside)}`);
    return;
  }
  if (random.chance(0.5)) await sleep(random.below(4));
  rmSync(inside, { force: true });
}

await sleep(Math.max(0, startAt - Date.now()));
for (let round = 0; round < rounds; round++) {
  if (random.chance(0.5)) {
    const addresses = [random.pick(ADDRESSES)];
    const held = await reservations.reserve({ addresses, runId: worker, exclusive: true });
    if (held.status === "reserved") {
      reserved++;
      await alone("reserves");
      await reservations.release({ id: held.reservation_id, runId: worker });
      continue;
    }
  } else {
    const lane = `of ${worker}`;
    const held = await lanes.acquire({ lane, tree: [random.pick(TREES)], owner: worker });
    if (held.status === "acquired") {
      acquired++;
      await alone("acquires");
      await lanes.release({ lane, owner: worker, fence: held.fence });
      continue;
    }
  }
  refused++;
}
console.log(JSON.stringify({ reserved, acquired, refused, overlaps } satisfies ExclusionCounts));
