/** Moves everything between the files of a workspace and a store elsewhere. */
import { openFsStore } from "../../adapters/fs/open.ts";
import { FsRelocation } from "../../adapters/fs/upkeep/relocation.ts";
import { initPostgres, storeOf } from "../../adapters/postgres/open.ts";
import type { Place } from "../../adapters/postgres/place.ts";
import { PostgresRelocation } from "../../adapters/postgres/upkeep/relocation.ts";
import { Space } from "../../adapters/postgres/space.ts";
import { CoordError } from "../../domain/errors.ts";
import type { StoreMoveInput } from "../../engine/upkeep/store.ts";
import { type Moved, moveRecords, type MoveRefused } from "../../engine/watch/transfer/move.ts";
import type { Host } from "../../ports/host.ts";
import type { Warn } from "../../ports/warnings.ts";
import type { Located } from "./locate.ts";

/** What `StoreAdmin.move()` promises. */
export async function moveOn(
  host: Host,
  { found: { path }, isThere, agreement }: Located,
  place: Place,
  { to, progress = () => {} }: StoreMoveInput,
  warn: Warn,
): Promise<Moved | MoveRefused> {
  if (!isThere) {
    throw new CoordError(
      "no_workspace",
      to === "store"
        ? 'Cannot move records: there is no workspace of files, so nothing to move: run "coord store init"'
        : 'Cannot move records: there is no workspace of files: run "coord init"',
    );
  }
  if (to === "store") await initPostgres(place);
  const space = new Space(place);
  space.warn = warn;
  const store = storeOf(space);
  try {
    await space.enter();
    const elsewhere = new PostgresRelocation(space, store);
    // Lanes that coord.json names are in no file of the workspace, so they are moved from it alone.
    const team = to === "store" ? agreement : undefined;
    const local = openFsStore(host, path, () => Date.now(), warn, team);
    const files = new FsRelocation(host, local, warn);
    const [source, target] = to === "store" ? [files, elsewhere] : [elsewhere, files];
    return await moveRecords(source, target, progress, host.sha256);
  } finally {
    await store.close();
  }
}
