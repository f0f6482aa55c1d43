/**
 * A PostgreSQL server of the tests' own, from Debian's package: it lies in memory, listens on a socket
 * alone, and ends with the process that started it, however that ends.
 */
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import process from "node:process";
import { initPostgres, type PostgresStore, storeOf } from "../../src/adapters/postgres/open.ts";
import { openMemoryStore } from "../../src/adapters/memory/open.ts";
import { MemoryWorkspace } from "../../src/adapters/memory/workspace.ts";
import type { Ask } from "../../src/adapters/postgres/connection.ts";
import { type Place, placeOf } from "../../src/adapters/postgres/place.ts";
import { Space } from "../../src/adapters/postgres/space.ts";
import type { Clock } from "../../src/domain/time.ts";
import type { Store } from "../../src/ports/store.ts";
import { isHeavy } from "./length.ts";
import { MUST_HAVE } from "./program/programs.ts";
import { sleep } from "./race/processes.ts";

const VERSIONS = "/usr/lib/postgresql";

/** Where the newest of the installed servers has its programs. */
function programs(): string | undefined {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS) : [];
  return versions.sort((a, b) => Number(b) - Number(a)).map((each) => `${VERSIONS}/${each}/bin`)
    .find((bin) => existsSync(`${bin}/initdb`));
}

/** Why no server is started; in CI one must be there. */
export function noServer(): string | undefined {
  if (!isHeavy()) return "a PostgreSQL server starts only with COORD_HEAVY=1";
  return MUST_HAVE || programs() !== undefined ? undefined : "PostgreSQL is not installed";
}

/** Starts a server, says where it is, and ends it at the end of its input. */
const SERVER = `
set -e
dir=$(mktemp -d "$2/coord-pg-XXXXXX")
server=
trap '' PIPE
trap 'test -z "$server" || { kill -INT $server; wait $server; }; rm -rf "$dir"' EXIT
"$1/initdb" -D "$dir/data" -U coord -A trust -E UTF8 --locale=C --no-sync > "$dir/log" 2>&1
"$1/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= -c fsync=off -c full_page_writes=off \\
  -c max_connections=1000 > "$dir/log" 2>&1 &
server=$!
until "$1/pg_isready" -q -h "$dir" -d postgres -U coord; do
  kill -0 $server
  sleep 0.05
done
echo "$dir"
cat > "$dir/input"
`;

let starting: Promise<string> | undefined;

/** The folder of the server's socket. */
function server(): Promise<string> {
  return starting ??= new Promise((resolve, reject) => {
    const bin = programs() ?? "";
    const base = existsSync("/dev/shm") ? "/dev/shm" : "/tmp";
    // It refuses to run as root.
    const asOther = process.getuid?.() === 0
      ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
      : [];
    const [program = "", ...args] = [...asOther, "sh", "-c", SERVER, "sh", bin, base];
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"], cwd: "/" });
    child.stdout.once("data", (data) => {
      for (const each of [child, child.stdin, child.stdout]) (each as { unref?(): void }).unref?.();
      resolve(String(data).trim());
    });
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`PostgreSQL ended with ${code}`)));
  });
}

/** An empty space; where it is. */
export async function newSpace(): Promise<string> {
  const folder = await server();
  const url = `postgres://coord@localhost/postgres?host=${folder}&space=${crypto.randomUUID()}`;
  await initPostgres(placeOf(url));
  return url;
}

/** What there is of a store, by the time of a test. */
export function openSpace(place: Place, clock: Clock): PostgresStore {
  return storeOf(new Space(place, { sql: () => `(${clock()})::float8`, clock }));
}

/** A store in PostgreSQL, but for what is not there yet: that is in memory. */
export function withTheRest(store: PostgresStore, workspace: MemoryWorkspace): Store {
  return { ...openMemoryStore(workspace), ...store };
}

/** A way to a server through this process, which can be cut: what was under way gets no answer. */
export async function cuttable(place: Place) {
  const ways = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(`${place.host}/.s.PGSQL.${place.port}`);
    for (const each of [near, far]) {
      ways.add(each);
      each.on("error", () => {});
      each.on("close", () => (near.destroy(), far.destroy()));
    }
    near.pipe(far);
    far.pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const cut = () => ways.forEach((each) => each.destroy());
  return {
    place: { ...place, host: "127.0.0.1", port },
    cut,
    async close() {
      cut();
      server.close();
    },
  };
}

/** Backends that wait for a lock. */
export const WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'";

/** Waits until another backend waits for a lock. */
export async function untilOneWaits(ask: Ask): Promise<void> {
  for (let n = 0; (await ask(WAITING)).rows.length === 0; n++) {
    if (n > 4_000) throw new Error("no backend has waited for a lock");
    await sleep(5);
  }
}

const openings: { close(): Promise<void> }[] = [];

/** Notes what {@link closeOpened} is to close. */
export function opened<T extends { close(): Promise<void> }>(opening: T): T {
  openings.push(opening);
  return opening;
}

/** Closes what a test has opened. */
export async function closeOpened(): Promise<void> {
  for (const each of openings.splice(0)) await each.close();
}
