/**
 * A process that takes the mutex of a journal over and over.
 *
 * Usage: mutex_holder.ts FOLDER MS: works for MS milliseconds once it is started, and prints a line
 * "from to" for each hold, in milliseconds since 1970.
 */
import { FsMutex } from "../../src/adapters/fs/lane/mutex.ts";
import { denoHost } from "../../src/host/deno.ts";
import { startInstant } from "./children.ts";

/** What a turn at the journal takes: some reads and a sync. */
const HOLD_MS = 1;

const [folder = "", ms = "0"] = Deno.args;
const mutex = new FsMutex(denoHost, folder);
const now = () => performance.timeOrigin + performance.now();
const lines: string[] = [];

const endMs = await startInstant() + Number(ms);
while (now() < endMs) {
  const outcome = await mutex.acquire(10_000);
  if (outcome.status !== "held") throw new Error("the mutex stayed busy for 10 s");
  const from = now();
  while (now() < from + HOLD_MS);
  lines.push(`${from} ${now()}`);
  outcome.hold.release();
}
Deno.stdout.writeSync(new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")));
