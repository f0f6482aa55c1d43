/** Puts together what reserving needs and nothing else, which is there sooner than all. */
import { findWorkspace, FsAgreement, openFsReserving } from "../adapters/fs/open_reserving.ts";
import type { LeaseConflict } from "../domain/glob/holds/comparison.ts";
import { sha256Hex } from "../engine/content_id.ts";
import { type AwaitedHolders, FREE, NO_HOLDERS } from "../engine/hold/exclusion.ts";
import { TicketQueue } from "../engine/hold/queue.ts";
import { ReservationHolders } from "../engine/reservation/holders.ts";
import { Reservations } from "../engine/reservation/reservations.ts";
import type { Host } from "../ports/host.ts";
import { onceEach } from "./once_each.ts";
import type { Opening } from "./open.ts";

/** Opens reserving in a workspace on a given machine. */
export function openReservingOn(
  host: Host,
  options: Opening,
): Pick<Reservations, "reserve" | "release"> {
  return reservingOn(host, options).reservations;
}

/** The same, with what it works with. */
export function reservingOn(host: Host, options: Opening) {
  const { clock = Date.now } = options;
  const warn = onceEach(options);
  const found = findWorkspace(host, options.dir, warn);
  options.onFound?.(found.path);
  const opened = openFsReserving(host, found.path, clock, warn);
  const { reservations, checkout, lanes, tickets } = opened;
  const agreement = new FsAgreement(host, found);
  const { sha256 } = host;
  const sightings = () => opened.sightings((bytes) => sha256Hex(bytes, sha256));
  const context = { store: { reservations }, checkout, agreement, sightings, clock, warn, sha256 };
  const leases = holdersOnce(async () => {
    const found = await lanes();
    if (found === undefined) return undefined;
    const [{ LaneHolders }, { processesOf }] = await Promise.all([
      import("../engine/lane/holders.ts"),
      import("./processes.ts"),
    ]);
    return new LaneHolders({ lanes: found, clock, warn, processes: processesOf(host) });
  });
  const queue = new TicketQueue(tickets, [leases, new ReservationHolders(reservations)]);
  return { context, reservations: new Reservations(context, leases, queue) };
}

/** Holders that are loaded when there may be some. */
function holdersOnce(
  load: () => Promise<AwaitedHolders<LeaseConflict> | undefined>,
): AwaitedHolders<LeaseConflict> {
  let loaded: AwaitedHolders<LeaseConflict> | undefined;
  const holders = async () => loaded ??= await load();
  return {
    find: async (wanted) => await (await holders())?.find(wanted) ?? FREE,
    makeWay: async (wanted) => await (await holders())?.makeWay(wanted) ?? FREE,
    // What a caller waits for it has found before.
    watch: (...args) => (loaded ?? NO_HOLDERS).watch(...args),
  };
}
