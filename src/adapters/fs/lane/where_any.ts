/** Opens the lanes of a workspace where it has any: most calls meet none, and need not load them. */
import type { Clock } from "../../../domain/time.ts";
import type { Host } from "../../../ports/host.ts";
import type { LaneStore } from "../../../ports/lanes.ts";
import type { Warn } from "../../../ports/warnings.ts";
import type { Layout } from "../layout.ts";
import { journalPath } from "./journal_path.ts";

/** The lanes; `undefined` where there is no journal. */
export async function lanesWhereAny(
  host: Host,
  layout: Layout,
  clock: Clock,
  warn: Warn,
): Promise<LaneStore | undefined> {
  const log = journalPath(host, layout);
  if (host.fs.stat(log) === undefined) return undefined;
  const { openFsLanes } = await import("./open.ts");
  return openFsLanes(host, layout.root, log, clock, warn);
}
