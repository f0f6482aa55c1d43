/** Reservations on the real file system, opened with a clock and perhaps with faults. */
import { FsCheckout } from "../../../src/adapters/fs/checkout/checkout.ts";
import { FsCollector } from "../../../src/adapters/fs/upkeep/gc.ts";
import { Layout } from "../../../src/adapters/fs/layout.ts";
import { FsReservationStore } from "../../../src/adapters/fs/reservation/store.ts";
import type { Clock } from "../../../src/domain/time.ts";
import { NO_HOLDERS } from "../../../src/engine/hold/exclusion.ts";
import type { ForecastContext } from "../../../src/engine/context.ts";
import { Reservations } from "../../../src/engine/reservation/reservations.ts";
import { detectHost } from "../../../src/host/detect.ts";
import type { HostFs } from "../../../src/ports/host.ts";

const host = await detectHost();

/** A workspace's reservations, as a process of their own has them. */
export interface OpenedReservations {
  readonly context: ForecastContext;
  readonly reservations: Reservations;
  readonly store: FsReservationStore;
  readonly gc: FsCollector;
  readonly warnings: string[];
}

export function openReservations(
  workspace: string,
  clock: Clock,
  fs: HostFs = host.fs,
  Faulty: { Store?: typeof FsReservationStore; Collector?: typeof FsCollector } = {},
): OpenedReservations {
  const { Store = FsReservationStore, Collector = FsCollector } = Faulty;
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const layout = new Layout(workspace);
  const own = { ...host, fs };
  const store = new Store(own, layout, clock, warn);
  const checkout = new FsCheckout(host, workspace, warn);
  const context = { clock, warn, checkout, store: { reservations: store } };
  return {
    context,
    reservations: new Reservations(context, NO_HOLDERS),
    store,
    gc: new Collector(own, layout, clock, warn),
    warnings,
  };
}
