/**
 * Removing ended records by itself: a command that adds some starts `coord gc --auto` beside itself when
 * that is due, and does not wait for it. It costs others one look at a file.
 */
import { collectedAt } from "../adapters/fs/disk/collected.ts";
import { Layout } from "../adapters/fs/layout.ts";
import { collectionDue } from "../domain/task/retention.ts";
import type { Clock } from "../domain/time.ts";
import type { Host } from "../ports/host.ts";

/** Starts the removal in the workspace at `path` when it is due. What fails here is tried again by others. */
export async function collectWhenDue(host: Host, path: string, clock: Clock): Promise<void> {
  try {
    const now = clock();
    if (collectionDue(collectedAt(host.fs, new Layout(path), now), now) > now) return;
    await host.startBeside(["gc", "--auto", "--json", "--dir", path]);
  } catch {
    // The call that ends here has done its own work.
  }
}
