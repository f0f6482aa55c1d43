/**
 * A process that counts in a file under a mutex and writes down its holds; the race tests start
 * several.
 */
import { appendFileSync } from "node:fs";
import process from "node:process";
import { FsMutex } from "../../../src/adapters/fs/lane/mutex.ts";
import { detectHost } from "../../../src/host/detect.ts";
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
  /** It goes on until this file is there. */
  readonly stop: string;
}

/** One hold, as its holder saw it. */
export interface Held {
  readonly generation: number;
  readonly from: number;
  readonly to: number;
  /** Whether it was valid at the end, and so throughout. */
  readonly valid: boolean;
  /** Whether it counted one up. */
  readonly counted: boolean;
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
const end = Date.now() + LIMIT_MS;

while (host.fs.stat(orders.stop) === undefined && Date.now() < end) {
  const outcome = await mutex.acquire(PATIENCE_MS);
  if (outcome.status !== "held") {
    console.log(`busy: ${JSON.stringify(outcome.holder)}`);
    continue;
  }
  const from = instant();
  const { hold } = outcome;
  const counts = JSON.parse(new TextDecoder().decode(host.fs.read(orders.counter))) as Counts;
  if (random.chance(0.3)) await sleep(random.below(8));
  if (random.chance(0.1)) hold.renew();
  counts[orders.worker] = (counts[orders.worker] ?? 0) + 1;
  const counted = hold.replaceFile(
    orders.counter,
    new TextEncoder().encode(JSON.stringify(counts)),
  );
  // Read before the look: the process may be stopped behind it, when another one may hold already.
  const to = instant();
  const valid = hold.isHeld();
  const held: Held = { generation: hold.generation, from, to, valid, counted };
  appendFileSync(orders.log, JSON.stringify(held) + "\n");
  if (random.chance(0.01)) process.exit(0); // without a release
  hold.release();
  if (random.chance(0.2)) await sleep(random.below(3));
}
