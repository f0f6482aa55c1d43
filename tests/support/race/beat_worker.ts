/** A process that extends one reservation again and again, each time for longer; a race test starts several. */
import process from "node:process";
import { openReservations } from "../scene/reservation_files.ts";
import { Random } from "../random.ts";
import { sleep } from "./processes.ts";

/** What a worker is given. */
export interface BeatOrders {
  readonly workspace: string;
  readonly id: string;
  readonly runId: string;
  readonly beats: number;
  readonly seed: number;
}

const { workspace, id, runId, beats, seed } = JSON.parse(process.argv[2] ?? "") as BeatOrders;
const random = new Random(seed);
const { reservations, warnings } = openReservations(workspace, Date.now);
for (let n = 0; n < beats; n++) {
  const answer = await reservations.heartbeat({ id, runId, extension: 10_000 + n });
  if (answer.status !== "ok") throw new Error(JSON.stringify(answer));
  // Now and then the others get far ahead.
  if (random.chance(0.02)) await sleep(random.below(30));
  console.log(answer.expires_at);
}
for (const warning of warnings) console.log(`warned: ${warning}`);
