/** Opens a workspace of plain files. */
import { dirname } from "../../deps/path.ts";
import type { Clock } from "../../domain/time.ts";
import type { Agreement } from "../../ports/agreement.ts";
import type { CursorFile } from "../../ports/cursor_file.ts";
import type { Checkout, Whereabout } from "../../ports/checkout.ts";
import type { Host } from "../../ports/host.ts";
import type { LaneStore } from "../../ports/lanes.ts";
import type { HashBytes, Sightings } from "../../ports/sightings.ts";
import type { Examine, Store } from "../../ports/store.ts";
import type { Warn } from "../../ports/warnings.ts";
import { absolute } from "./find.ts";
import { repositoryAt } from "./checkout/repository.ts";
import { FsCheckout } from "./checkout/checkout.ts";
import { FsSightings } from "./checkout/sightings.ts";
import { Surroundings } from "./checkout/surroundings.ts";
import { FsCollector } from "./upkeep/gc.ts";
import { FsJournal } from "./lane/journal.ts";
import { journalPath } from "./lane/journal_path.ts";
import { FsLanes } from "./lane/environment.ts";
import { openFsLanes } from "./lane/open.ts";
import { enter, Layout } from "./layout.ts";
import type { Again } from "./disk/doctor/racers.ts";
import { hostWithin } from "./disk/real_folders.ts";
import { FsCursorFile } from "./watch/cursor_file.ts";
import { RecordFeed } from "./watch/feed.ts";
import { LaneRecords } from "./watch/lane_records.ts";
import { FsRecordSource } from "./watch/record_source.ts";
import { FsReservationStore } from "./reservation/store.ts";
import { FsTickets } from "./reservation/ticket/tickets.ts";
import { FsTaskStore } from "./task/store.ts";

export { exposureOf } from "./checkout/exposure.ts";
export { initWorkspace } from "./layout.ts";

/** The stores of the workspace at `location`, as `findWorkspace` returns it. */
export function openFsStore(
  machine: Host,
  location: string,
  clock: Clock,
  warn: Warn,
  agreement?: Agreement,
): Store {
  const { host, layout } = enter(machine, location);
  const lanes = openFsLanes(host, location, journalPath(host, layout), clock, warn, agreement);
  return {
    location,
    tasks: new FsTaskStore(host, layout, clock, warn),
    reservations: new FsReservationStore(host, layout, clock, warn),
    feed: new RecordFeed(new LaneRecords(new FsRecordSource(host, layout, warn), lanes), warn),
    lanes,
    gc: new FsCollector(host, layout, clock, warn),
    checker: {
      // Few calls check, and it reads every kind of file.
      async check(asked) {
        return (await import("./upkeep/fsck.ts")).checkFiles(host, layout, clock, asked);
      },
    },
    tickets: new FsTickets(host, layout, clock),
    clock,
    // Nothing is open between two calls.
    async close() {},
  };
}

/** The source tree around the workspace at `location`. */
export function openCheckout(host: Host, location: string, warn: Warn): Checkout {
  return new FsCheckout(hostWithin(host, location), location, warn);
}

/**
 * What runs saw of the files around the workspace at `location`.
 *
 * @param folder Where that is kept.
 */
export function openSightings(
  machine: Host,
  location: string,
  sha256: HashBytes,
  warn: Warn,
  folder: string = location,
): Sightings {
  const { fs } = hostWithin(machine, folder, true);
  const surroundings = new Surroundings(machine, location, warn);
  return new FsSightings(fs, new Layout(folder), surroundings, sha256);
}

/** The top of the innermost checkout around the current folder. */
export function topAround(machine: Host, location: string, warn: Warn): string | undefined {
  const { files } = new Surroundings(machine, location, warn);
  return repositoryAt(files, machine.cwd())?.root;
}

/**
 * The file at `path` in which a consumer keeps its position.
 *
 * @param location The workspace, if there is one: the file may lie in it.
 */
export function openCursorFile(
  host: Host,
  location: string | undefined,
  path: string,
): CursorFile {
  const { fs } = location === undefined ? host : hostWithin(host, location, true);
  return new FsCursorFile(fs, absolute(host, path, "find the cursor"));
}

/** A journal that is given by its path, with no workspace around it. */
export function openFsJournal(host: Host, path: string, clock: Clock, warn: Warn): LaneStore {
  const log = absolute(host, path, "find the journal");
  const journal = new FsJournal(hostWithin(host, dirname(log)), log, clock, warn);
  return new FsLanes(host, journal, undefined);
}

/**
 * Tries the file system under the workspace at `location`.
 *
 * @param again Starts this program once more, where it is the command line.
 */
export function examinerOf(host: Host, location: string, again?: Again): Examine {
  return async (stop) => {
    const { examineFiles } = await import("./disk/doctor/examine.ts");
    return examineFiles(host, location, again, stop);
  };
}

/** What is around the workspace at `location` on this machine. */
export async function openAround(host: Host, location: string): Promise<Whereabout> {
  return (await import("./disk/doctor/around.ts")).aroundOf(host, location);
}
