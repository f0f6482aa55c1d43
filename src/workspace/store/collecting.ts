/**
 * Removing ended records by itself: a command that adds some starts `coord gc --auto` beside itself when
 * that is due, and does not wait for it. It costs others one look at a file.
 */
import { collectedAt } from "../../adapters/fs/disk/collected.ts";
import { Layout } from "../../adapters/fs/layout.ts";
import { collectionDue } from "../../domain/task/retention.ts";
import type { Clock } from "../../domain/time.ts";
import type { Elsewhere } from "./options.ts";
import type { Host } from "../../ports/host.ts";

/** The same in a store elsewhere, by what was seen of it when it was opened. */
export async function collectElsewhere(host: Host, opening: Elsewhere | undefined): Promise<void> {
  if (opening === undefined) return;
  const { collectedAt, now, args } = opening;
  if (collectionDue(collectedAt, now) > now) return;
  // What fails here is tried again by others.
  await host.startBeside(["gc", "--auto", "--json", ...args]).catch(() => {});
}

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
