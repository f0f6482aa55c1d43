/**
 * Puts together a workspace whose records are in PostgreSQL. The checkout, cursors and what hooks saw are
 * this machine's; they need no workspace of files.
 */
import { ensureLastingDir } from "../../adapters/fs/disk/ensure_dir.ts";
import {
  openAround,
  openCheckout,
  openCursorFile,
  openSightings,
  topAround,
} from "../../adapters/fs/open.ts";
import { examinerOf } from "../../adapters/postgres/examine.ts";
import { storeOf } from "../../adapters/postgres/open.ts";
import { Space } from "../../adapters/postgres/space.ts";
import { join } from "../../deps/path.ts";
import { CoordError } from "../../domain/errors.ts";
import { hash } from "../../domain/journal/hash.ts";
import { sha256Hex } from "../../engine/content_id.ts";
import { checkContext } from "../../engine/holds/check.ts";
import { Coord } from "../../engine/coord.ts";
import type { Host } from "../../ports/host.ts";
import type { Warn } from "../../ports/warnings.ts";
import { type ChosenStore, type Located, overriding } from "./locate.ts";
import type { Opening } from "./options.ts";
import { onceEach } from "../once_each.ts";
import { processesOf } from "../processes.ts";
import { placeFor } from "./secrets.ts";
import { userFolder } from "./user_folder.ts";

/** What is of this machine, whatever the store. */
function localOf(host: Host, { found: { path }, isThere, agreement }: Located, warn: Warn) {
  const { sha256 } = host;
  return {
    checkout: openCheckout(host, path, warn),
    sightings() {
      const at = isThere ? path : folderFor(host, path);
      return openSightings(host, path, (bytes) => sha256Hex(bytes, sha256), warn, at);
    },
    agreement,
    warn,
    sha256,
  };
}

/** Where what runs saw of a checkout without a workspace is kept. */
function folderFor(host: Host, path: string): string {
  const folder = userFolder(host);
  if (folder === undefined) {
    const message =
      "Cannot keep what runs saw of files: the environment names no HOME, and there " +
      'is no workspace: run "coord init"';
    throw new CoordError("no_workspace", message);
  }
  const own = join(folder, "checkouts", hash(path));
  ensureLastingDir(host.fs, own);
  return own;
}

/** Opens a workspace whose store is elsewhere, on a given machine. */
export async function openElsewhere(
  host: Host,
  at: Located,
  chosen: ChosenStore,
  options: Opening,
): Promise<Coord> {
  return (await opened(host, at, chosen, options)).coord;
}

/** Opens what hooks work with. */
export async function reservingElsewhere(
  host: Host,
  at: Located,
  chosen: ChosenStore,
  options: Opening,
) {
  const { coord, context } = await opened(host, at, chosen, options);
  const sightings = async () => context.sightings();
  return { context: { ...context, sightings }, reservations: coord.reservations };
}

/** Opens what a look at holds works with. */
export async function holdsElsewhere(
  host: Host,
  at: Located,
  chosen: ChosenStore,
  options: Opening,
) {
  const { local, context } = await opened(host, at, chosen, options);
  const top = () => topAround(host, at.found.path, local.warn);
  return { ...checkContext(context), agreement: local.agreement, top };
}

async function opened(host: Host, at: Located, chosen: ChosenStore, options: Opening) {
  const warn = onceEach(options);
  const { url, by } = chosen;
  const place = placeFor(host, chosen);
  const kept = options.spaces?.get(url);
  const space = kept ?? new Space(place);
  const { collectedAt, now } = await space.enter();
  const store = storeOf(space);
  space.warn = warn;
  const { path } = at.found;
  if (at.isThere) options.onFound?.(path);
  if (kept === undefined) {
    options.spaces?.set(url, space);
    options.onElsewhere?.({
      collectedAt,
      now,
      args: [...named("--dir", options.dir), ...named("--store", by === "store" ? url : undefined)],
      close: () => store.close(),
    });
  }
  const local = localOf(host, at, warn);
  const context = {
    ...local,
    store,
    clock: () => store.clock(),
    processes: processesOf(host),
    cursorFile: (file: string) => openCursorFile(host, at.isThere ? path : undefined, file),
    foundBy: by,
    examine: examinerOf(space),
    // What other checkouts of this machine use does not matter here.
    around: async () => ({ ...await openAround(host, at.found.from ?? path), checkouts: [] }),
    namedStore: overriding(chosen, place.location),
    environment: {
      ...(at.isThere && { COORD_DIR: path }),
      // What is in the environment already is handed on with it.
      ...(by !== "env" && { COORD_STORE: url }),
    },
  };
  return { coord: new Coord(context), context, local };
}

function named(flag: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [flag, value];
}
