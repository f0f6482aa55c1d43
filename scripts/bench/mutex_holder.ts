/**
 * A process that takes the mutex of a journal over and over.
 *
 * Usage: mutex_holder.ts FOLDER START_MS END_MS: prints a line "from to" for each hold, in
 * milliseconds since 1970.
 */
import { FsMutex } from "../../src/adapters/fs/lane/mutex.ts";
import { denoHost } from "../../src/host/deno.ts";

/** What a turn at the journal takes: some reads and a sync. */
const HOLD_MS = 1;

const [folder = "", startMs = "0", endMs = "0"] = Deno.args;
const mutex = new FsMutex(denoHost, folder);
const now = () => performance.timeOrigin + performance.now();
const lines: string[] = [];

if (now() > Number(startMs)) throw new Error("the start has passed");
await new Promise((resolve) => setTimeout(resolve, Number(startMs) - now()));
while (now() < Number(endMs)) {
  const outcome = await mutex.acquire(10_000);
  if (outcome.status !== "held") throw new Error("the mutex stayed busy for 10 s");
  const from = now();
  while (now() < from + HOLD_MS);
  lines.push(`${from} ${now()}`);
  outcome.hold.release();
}
Deno.stdout.writeSync(new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")));
