/**
 * A process that counts in a file under a mutex and writes down its holds; the race tests start
 * several.
 */
import process from "node:process";
import { FsMutex } from "../../../src/adapters/fs/lane/mutex.ts";
import { detectHost } from "../../../src/host/detect.ts";
import { MutexLog } from "./mutex_log.ts";
import { instant } from "./recorder.ts";
import { sleep } from "./processes.ts";
import { Random } from "../random.ts";

/** What a worker is given. */
export interface MutexOrders {
  readonly folder: string;
  readonly counter: string;
  readonly log: string;
  readonly worker: string;
  readonly seed: number;
  readonly staleMs: number;
  /** Whether it asks the mutex at the end of a hold, as it should. */
  readonly looks: boolean;
  /** It goes on until this file is there. */
  readonly stop: string;
}

/** How often each worker has counted. */
export type Counts = Record<string, number>;

/**
 * Far more than a process waits for eight others, on a machine that starts processes all the time.
 */
const PATIENCE_MS = 20_000;

/** After this time the test that started it has gone. */
const LIMIT_MS = 600_000;

const orders = JSON.parse(process.argv[2] ?? "") as MutexOrders;
const host = await detectHost();
const random = new Random(orders.seed);
const mutex = new FsMutex(host, orders.folder, orders.staleMs);
const log = new MutexLog(orders.log);
const { worker } = orders;
const end = Date.now() + LIMIT_MS;

while (host.fs.stat(orders.stop) === undefined && Date.now() < end) {
  const outcome = await mutex.acquire(PATIENCE_MS);
  if (outcome.status !== "held") {
    console.log(`busy: ${JSON.stringify(outcome.holder)}`);
    continue;
  }
  const { hold } = outcome;
  const number = hold.generation;
  log.write({ kind: "begun", worker, hold: number, at: instant() });
  const counts = JSON.parse(new TextDecoder().decode(host.fs.read(orders.counter))) as Counts;
  if (random.chance(0.3)) await sleep(random.below(8));
  if (random.chance(0.1)) hold.renew();
  counts[worker] = (counts[worker] ?? 0) + 1;
  const counted = hold.replaceFile(
    orders.counter,
    new TextEncoder().encode(JSON.stringify(counts)),
  );
  log.write({ kind: "ending", worker, hold: number, at: instant() });
  const valid = !orders.looks || hold.isHeld();
  log.write({ kind: "looked", worker, hold: number, renewed: hold.generation, valid, counted });
  if (random.chance(0.01)) process.exit(0); // without a release
  hold.release();
  if (random.chance(0.2)) await sleep(random.below(3));
}
