/** Puts together what reserving needs and nothing else, which is there sooner than all. */
import { openFsReserving } from "../adapters/fs/open_reserving.ts";
import type { LeaseConflict } from "../domain/glob/holds/comparison.ts";
import { sha256Hex } from "../engine/content_id.ts";
import { type AwaitedHolders, FREE, NO_HOLDERS } from "../engine/hold/exclusion.ts";
import { TicketQueue } from "../engine/hold/queue.ts";
import { ReservationHolders } from "../engine/reservation/holders.ts";
import type { HookContext } from "../engine/holds/hook.ts";
import { Reservations } from "../engine/reservation/reservations.ts";
import type { Host } from "../ports/host.ts";
import { locate } from "./store/locate.ts";
import { onceEach } from "./once_each.ts";
import type { Opening } from "./store/options.ts";

/** Opens reserving in a workspace on a given machine. */
export async function openReservingOn(
  host: Host,
  options: Opening,
): Promise<Pick<Reservations, "reserve" | "release">> {
  return (await reservingOn(host, options)).reservations;
}

/** The same, with what it works with. */
export async function reservingOn(
  host: Host,
  options: Opening,
): Promise<{ readonly context: Omit<HookContext, "reservations">; reservations: Reservations }> {
  const { clock = Date.now } = options;
  const warn = onceEach(options);
  const at = locate(host, options, warn);
  if (at.store !== undefined) {
    const { reservingElsewhere } = await import("./store/elsewhere.ts");
    return reservingElsewhere(host, at, at.store, options);
  }
  const { found: { path }, agreement } = at;
  options.onFound?.(path);
  const opened = openFsReserving(host, path, clock, warn);
  const { reservations, checkout, lanes, tickets } = opened;
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
