/** Puts together what the list of reservations reads and nothing else, which is there sooner than all. */
import { openFsReservations } from "../adapters/fs/reservation/open.ts";
import { listRecords } from "../engine/reservation/list.ts";
import type { Reservations } from "../engine/reservation/reservations.ts";
import type { Host } from "../ports/host.ts";
import { locate } from "./store/locate.ts";
import { onceEach } from "./once_each.ts";
import type { Opening } from "./store/options.ts";

/** Opens the list of reservations of a workspace on a given machine. */
export async function openReservationsOn(
  host: Host,
  options: Opening,
): Promise<Pick<Reservations, "list">> {
  const { clock = Date.now } = options;
  const warn = onceEach(options);
  const at = locate(host, options, warn);
  if (at.store !== undefined) {
    const { openElsewhere } = await import("./store/elsewhere.ts");
    return (await openElsewhere(host, at, at.store, options)).reservations;
  }
  const store = { reservations: openFsReservations(host, at.found.path, clock, warn) };
  return { list: (input = {}) => listRecords({ store, clock }, input) };
}
