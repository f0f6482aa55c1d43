/** Opens what the status of a workspace of plain files reads. */
import type { Clock } from "../../../domain/time.ts";
import type { RecordKind } from "../../../domain/watch/event.ts";
import type { Host } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { journalPath } from "../lane/journal_path.ts";
import { openFsLanes } from "../lane/open.ts";
import { enter } from "../layout.ts";
import { FsReservationStore } from "../reservation/store.ts";
import { FsTaskStore } from "../task/store.ts";
import { RecordFolders } from "./looks/record_folders.ts";

export { exposureOf } from "../checkout/exposure.ts";

/** The stores of the workspace at `location`, as `findWorkspace` returns it, and the counts of its records. */
export function openFsCounts(machine: Host, location: string, clock: Clock, warn: Warn) {
  const { host, layout } = enter(machine, location);
  const records = new RecordFolders(host.fs, layout, warn);
  return {
    location,
    tasks: new FsTaskStore(host, layout, clock, warn),
    reservations: new FsReservationStore(host, layout, clock, warn),
    lanes: openFsLanes(host, location, journalPath(host, layout), clock, warn),
    feed: { count: (kind: RecordKind) => Promise.resolve(records.count(kind)) },
  };
}
