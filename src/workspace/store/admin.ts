/** Makes, migrates and inspects a store that is no workspace's files. It needs no workspace. */
import { Connection } from "../../adapters/postgres/connection.ts";
import { inspect } from "../../adapters/postgres/upkeep/inspect.ts";
import { initPostgres } from "../../adapters/postgres/open.ts";
import type { Place } from "../../adapters/postgres/place.ts";
import { grantsTo, migrate, SCHEMA_VERSION } from "../../adapters/postgres/schema.ts";
import { CoordError } from "../../domain/errors.ts";
import type { StoreAdmin, StoreStatus } from "../../engine/upkeep/store.ts";
import type { Host } from "../../ports/host.ts";
import type { Warn } from "../../ports/warnings.ts";
import { type ChosenStore, locate, type Located, type Where } from "./locate.ts";
import { openFilesOn } from "../open.ts";
import { placeFor, shownPlace } from "./secrets.ts";
import { setTrusted } from "./trust.ts";

/** Stands for the role that is to be granted rights. */
const SOME_ROLE = "ROLE";

/** The store that a call means, on a given machine. */
export function openStoreOn(host: Host, where: Where, warn: Warn): StoreAdmin {
  const at = located(host, where, warn);
  const { store: chosen } = at;
  const naming = (place: Place) => ({
    store: place.location,
    space: place.space,
    named_by: SOURCES[chosen.by],
  });
  return {
    async init({ roles = [], force = false }) {
      const place = placeFor(host, chosen);
      const isBeginning = (await connected(place, inspect)).counts === undefined;
      const live = isBeginning && !force ? await liveInFiles(host, at, where) : undefined;
      if (live !== undefined) {
        const error = `Cannot begin with the store ${JSON.stringify(place.location)}: ` +
          `${live} in ${JSON.stringify(at.found.path)}: take them along with "coord store import"`;
        return { status: "refused", ...naming(place), error };
      }
      const { before, isNew } = await initPostgres(place, { roles });
      return {
        status: isNew ? "made" : "exists",
        ...naming(place),
        store_version: Math.max(before ?? SCHEMA_VERSION, SCHEMA_VERSION),
        schema_made: before === undefined,
        space_made: isNew,
        granted: roles,
        grants: roles.length > 0 ? [] : grantsTo(SOME_ROLE).map(unquoted),
      };
    },
    async migrate() {
      const place = placeFor(host, chosen);
      const from = await connected(place, migrate);
      const to = Math.max(from ?? SCHEMA_VERSION, SCHEMA_VERSION);
      return {
        status: from === to ? "current" : "migrated",
        ...naming(place),
        from: from ?? null,
        to,
      };
    },
    async status() {
      const place = placeFor(host, chosen);
      const found = await connected(place, inspect);
      const { server, version = null, mayWrite, counts = null } = found;
      return {
        ...verdictOf(found),
        ...naming(place),
        user: place.user,
        server_version: server,
        store_version: version,
        known_version: SCHEMA_VERSION,
        may_write: mayWrite,
        records: counts,
      };
    },
    async move(input) {
      const { moveOn } = await import("./move.ts");
      return moveOn(host, at, placeFor(host, chosen), input, warn);
    },
    async trust(isTrusted) {
      const place = shownPlace(chosen);
      const changed = setTrusted(host, chosen.url, isTrusted);
      return { status: isTrusted ? "trusted" : "not_trusted", ...naming(place), changed };
    },
  };
}

/** Where a URL comes from, for people. */
const SOURCES = { store: "--store", env: "COORD_STORE", config: "coord.json" } as const;

function located(host: Host, where: Where, warn: Warn): Located & { store: ChosenStore } {
  const at = maybeLocated(host, where, warn);
  if (at?.store !== undefined) return { ...at, store: at.store };
  throw new CoordError(
    "bad_args",
    "No store is named but the files of the workspace: give --store URL, $COORD_STORE, or store in " +
      "coord.json, such as postgres://agent@db.example/coord?space=acme/api",
  );
}

function maybeLocated(host: Host, where: Where, warn: Warn): Located | undefined {
  try {
    return locate(host, where, warn);
  } catch (error) {
    if (error instanceof CoordError && error.code === "no_workspace") return undefined;
    throw error;
  }
}

async function connected<T>(place: Place, body: (connection: Connection) => Promise<T>) {
  const connection = new Connection(place);
  try {
    return await body(connection);
  } finally {
    await connection.close();
  }
}

/** What of the files would be left behind, in words. */
async function liveInFiles(
  host: Host,
  { isThere, found }: Located,
  where: Where,
): Promise<string | undefined> {
  if (!isThere) return undefined;
  const { tasks, live_reservations, live_leases } = await openFilesOn(host, {
    dir: where.dir ?? found.path,
  }).status();
  const { pending, claimed, timed_out, delayed, blocked } = tasks;
  const unfinished = pending + claimed + timed_out + delayed + blocked;
  const parts = [
    [unfinished, "unfinished task"],
    [live_reservations, "live reservation"],
    [live_leases, "live lease"],
  ] as const;
  const said = parts.filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${what}${count === 1 ? "" : "s"}`);
  return said.length === 0 ? undefined : `there are ${said.join(", ")}`;
}

function unquoted(statement: string): string {
  return statement.replace(`"${SOME_ROLE}"`, SOME_ROLE);
}

/** What a store is good for, and what to do where it is not. */
function verdictOf(
  { isReadOnly, hasSchema, version, mayWrite, counts }: Awaited<ReturnType<typeof inspect>>,
): Pick<StoreStatus, "status" | "next"> {
  if (!hasSchema) return { status: "no_schema", next: "Run coord store init as the owner" };
  if (version === undefined) {
    return {
      status: "no_rights",
      next: "Have the owner run coord store init --grant with your role",
    };
  }
  if (version < SCHEMA_VERSION) {
    return { status: "old_schema", next: "Run coord store migrate as the owner" };
  }
  if (version > SCHEMA_VERSION) return { status: "new_schema", next: "Update coord" };
  if (counts === undefined) return { status: "no_space", next: "Run coord store init" };
  if (isReadOnly || !mayWrite) {
    return { status: "read_only", next: "Name the server that takes writes" };
  }
  return { status: "ok", next: null };
}
