/** Opens the lanes of a workspace of plain files. */
import { dirname } from "../../../deps/path.ts";
import type { Clock } from "../../../domain/time.ts";
import type { Agreement } from "../../../ports/agreement.ts";
import type { Host } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { hostWithin } from "../disk/real_folders.ts";
import { FsLanes } from "./environment.ts";
import { enter } from "../layout.ts";
import { FsJournal } from "./journal.ts";
import { journalPath } from "./journal_path.ts";

export { findWorkspace } from "../find.ts";

/**
 * The lanes of the workspace at `location`, on a host that stays in it, with the journal at `log`, which
 * may lie elsewhere.
 */
export function openFsLanes(
  host: Host,
  location: string,
  log: string,
  clock: Clock,
  warn: Warn,
  agreement?: Agreement,
): FsLanes {
  const journal = new FsJournal(journalHost(host, location, log), log, clock, warn);
  return new FsLanes(host, journal, `${location}/lanes.json`, agreement);
}

/** The lanes alone of the workspace at `location`, as `findWorkspace` returns it. */
export function openFsLanesAlone(
  machine: Host,
  location: string,
  clock: Clock,
  warn: Warn,
): FsLanes {
  const { host, layout } = enter(machine, location);
  return openFsLanes(host, location, journalPath(host, layout), clock, warn);
}

/** The host whose file operations keep to the folder of the journal. */
function journalHost(host: Host, location: string, log: string): Host {
  return log.startsWith(`${location}/`) ? host : hostWithin(host, dirname(log));
}
