/** Puts together what the list of reservations reads and nothing else, which is there sooner than all. */
import { findWorkspace, openFsReservations } from "../adapters/fs/reservation/open.ts";
import { listRecords } from "../engine/reservation/list.ts";
import type { Reservations } from "../engine/reservation/reservations.ts";
import type { Host } from "../ports/host.ts";
import { onceEach } from "./once_each.ts";
import type { OpenOptions } from "./open.ts";

/** Opens the list of reservations of a workspace on a given machine. */
export function openReservationsOn(
  host: Host,
  options: OpenOptions,
): Pick<Reservations, "list"> {
  const { clock = Date.now } = options;
  const warn = onceEach(options);
  const { path } = findWorkspace(host, options.dir, warn);
  const store = { reservations: openFsReservations(host, path, clock, warn) };
  return { list: (input = {}) => listRecords({ store, clock }, input) };
}
