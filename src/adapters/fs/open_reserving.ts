/** Opens what an addition of a reservation to a workspace of plain files needs. */
import type { Clock } from "../../domain/time.ts";
import type { Checkout } from "../../ports/checkout.ts";
import type { Host } from "../../ports/host.ts";
import type { LaneStore } from "../../ports/lanes.ts";
import type { ReservationStore } from "../../ports/reservations.ts";
import type { HashBytes, Sightings } from "../../ports/sightings.ts";
import type { TicketStore } from "../../ports/tickets.ts";
import type { Warn } from "../../ports/warnings.ts";
import { Whereabouts } from "./checkout/whereabouts.ts";
import { hostWithin } from "./disk/real_folders.ts";
import { lanesWhereAny } from "./lane/where_any.ts";
import { enter } from "./layout.ts";
import { FsReservationStore } from "./reservation/store.ts";
import { ticketsWhereAny } from "./reservation/ticket/tickets_where_any.ts";

/** What it reads and writes. */
export interface FsReserving {
  readonly reservations: ReservationStore;
  readonly checkout: Pick<Checkout, "named" | "worktree" | "branch">;
  readonly tickets: TicketStore;
  /** What runs saw of files, which only hooks ask for. */
  sightings(sha256: HashBytes): Promise<Sightings>;
  /** The lanes; `undefined` where there is no journal. */
  lanes(): Promise<LaneStore | undefined>;
}

/** The reservations of the workspace at `location`, as `findWorkspace` returns it. */
export function openFsReserving(
  machine: Host,
  location: string,
  clock: Clock,
  warn: Warn,
): FsReserving {
  const { host, layout } = enter(machine, location);
  const checkout = new Whereabouts(hostWithin(machine, location), location, warn);
  return {
    reservations: new FsReservationStore(host, layout, clock, warn),
    checkout,
    async sightings(sha256) {
      const { FsSightings } = await import("./checkout/sightings.ts");
      return new FsSightings(host.fs, layout, checkout, sha256);
    },
    tickets: ticketsWhereAny(host, layout, clock),
    lanes: () => lanesWhereAny(host, layout, clock, warn),
  };
}
