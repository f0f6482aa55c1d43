/** Opens the reservations of a workspace of plain files. */
import type { Clock } from "../../../domain/time.ts";
import type { Host } from "../../../ports/host.ts";
import type { ReservationStore } from "../../../ports/reservations.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { enter } from "../layout.ts";
import { FsReservationStore } from "./store.ts";

export { findWorkspace } from "../find.ts";

/** The store of reservations of the workspace at `location`, as `findWorkspace` returns it. */
export function openFsReservations(
  machine: Host,
  location: string,
  clock: Clock,
  warn: Warn,
): ReservationStore {
  const { host, layout } = enter(machine, location);
  return new FsReservationStore(host, layout, clock, warn);
}
