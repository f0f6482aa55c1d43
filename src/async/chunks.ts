/** Long work in pieces, so that heartbeats of the same process are not held up by it. */
import { sleep } from "./sleep.ts";

/** How many records are removed with one sync. */
const CHUNK = 256;

/** Calls `body` with some items at a time, and lets others run in between. */
export async function inChunks<T>(
  items: readonly T[],
  body: (some: readonly T[]) => void,
): Promise<void> {
  for (let at = 0; at < items.length; at += CHUNK) {
    body(items.slice(at, at + CHUNK));
    await sleep(0);
  }
}
