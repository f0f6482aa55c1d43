/** Opens what a look at the holds of a workspace of plain files needs. */
import { paced } from "../../async/paced.ts";
import type { Clock } from "../../domain/time.ts";
import type { Checkout } from "../../ports/checkout.ts";
import type { Host } from "../../ports/host.ts";
import type { LaneStore } from "../../ports/lanes.ts";
import type { ReservationStore } from "../../ports/reservations.ts";
import type { Warn } from "../../ports/warnings.ts";
import { repositoryAt } from "./checkout/repository.ts";
import { Surroundings } from "./checkout/surroundings.ts";
import { hostWithin } from "./disk/real_folders.ts";
import { lanesWhereAny } from "./lane/where_any.ts";
import { enter } from "./layout.ts";
import { ReservationCheck } from "./reservation/check.ts";
import { ReservationFiles } from "./reservation/files.ts";
import { liveNear } from "./reservation/near.ts";

/** What a look reads. */
export interface FsHolds {
  readonly reservations: Pick<ReservationStore, "near">;
  readonly checkout: Pick<Checkout, "named" | "worktree">;
  /** The top of the innermost checkout around the current folder. */
  top(): string | undefined;
  /** The lanes; `undefined` where there is no journal. */
  lanes(): Promise<LaneStore | undefined>;
}

/** The holds of the workspace at `location`, as `findWorkspace` returns it. */
export function openFsHolds(machine: Host, location: string, clock: Clock, warn: Warn): FsHolds {
  const { host, layout } = enter(machine, location);
  const files = new ReservationFiles(host.fs, layout, warn);
  const check = new ReservationCheck(files, layout, warn);
  const checkout = new Surroundings(hostWithin(machine, location), location, warn);
  return {
    reservations: {
      near: ({ addresses }, now, overlaps) =>
        paced(liveNear(files, check, addresses, now, overlaps)),
    },
    checkout,
    top: () => repositoryAt(checkout.files, machine.cwd())?.root,
    lanes: () => lanesWhereAny(host, layout, clock, warn),
  };
}
