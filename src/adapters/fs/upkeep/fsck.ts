/**
 * Checks every file of a workspace, and mends what is broken: docs/fsck.md says of each kind of file what
 * is checked and what a repair does.
 *
 * The parsers are those of the adapter, so what a listing warns of is found. Without a repair nothing is
 * written. Each part is mended before the next one is looked at, so that what is derived is compared with
 * records that are sound. Nothing is removed: quarantine.ts says how things are moved while others work.
 */
import type { Clock } from "../../../domain/time.ts";
import { sleep } from "../../../async/sleep.ts";
import type { CheckAsked, Checked } from "../../../ports/upkeep.ts";
import type { Host } from "../../../ports/host.ts";
import type { Layout } from "../layout.ts";
import { checkClaims } from "./claims.ts";
import { Damages } from "./damages.ts";
import { checkFolders } from "./folders.ts";
import { checkIndex } from "./index_check.ts";
import { checkJournal } from "./journal.ts";
import type { Parts } from "./parts.ts";
import { Quarantine } from "./quarantine.ts";
import { checkDefinitions, checkOthers, checkReservationFiles } from "./records.ts";
import { checkBatches, checkSegments } from "./segments.ts";

/** What a check needs of time. */
interface CheckTime {
  /** The clock of files, milliseconds since 1970. */
  readonly now?: Clock;
  /** Waits for some milliseconds. */
  readonly pause?: Parts["pause"];
}

export async function checkFiles(
  host: Host,
  layout: Layout,
  clock: Clock,
  asked: CheckAsked,
  { now = Date.now, pause = sleep }: CheckTime = {},
): Promise<Checked> {
  const damages = new Damages(layout.root, asked.repair, now);
  const quarantine = new Quarantine(host.fs, layout, now);
  const parts: Parts = { host, fs: host.fs, layout, clock, damages, quarantine, asked, pause };
  await checkFolders(parts);
  const tasks = await checkDefinitions(parts, "task");
  await damages.settle();
  await checkBatches(parts);
  const broken = await checkClaims(parts);
  await checkSegments(parts);
  const reservations = await checkDefinitions(parts, "reservation");
  await checkReservationFiles(parts);
  await checkDefinitions(parts, "intent");
  checkOthers(parts);
  await damages.settle();
  await checkJournal(parts);
  await checkIndex(parts, { tasks, reservations }, broken);
  return { damages: damages.all, looked: damages.looked };
}
