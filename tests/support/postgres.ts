/**
 * A PostgreSQL server of the tests' own, from Debian's package: it lies in memory, listens on a socket
 * alone, and ends with the process that started it, however that ends.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import process from "node:process";
import { initPostgres, storeOf } from "../../src/adapters/postgres/open.ts";
import { Connection } from "../../src/adapters/postgres/connection.ts";
import type { Ask } from "../../src/adapters/postgres/session.ts";
import { type Place, placeOf } from "../../src/adapters/postgres/place.ts";
import { Space, type SpaceTime } from "../../src/adapters/postgres/space.ts";
import type { Clock } from "../../src/domain/time.ts";
import type { Store } from "../../src/ports/store.ts";
import { itIf } from "../deps.ts";
import { isHeavy } from "./length.ts";
import { MUST_HAVE } from "./program/programs.ts";
import { sleep } from "./race/processes.ts";

const VERSIONS = "/usr/lib/postgresql";

/** Where the server has its programs that COORD_POSTGRES names, or the newest one that is installed. */
export function programs(): string | undefined {
  const named = process.env["COORD_POSTGRES"];
  if (named !== undefined) return named;
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS) : [];
  return versions.sort((a, b) => Number(b) - Number(a)).map((each) => `${VERSIONS}/${each}/bin`)
    .find((bin) => existsSync(`${bin}/initdb`));
}

/** What the server says of its release that {@link programs} starts. */
export function release(): string {
  const bin = process.env["COORD_POSTGRES"] ?? programs();
  return execFileSync(`${bin}/postgres`, ["--version"], { encoding: "utf8" });
}

/** Why no server is started; in CI one must be there. */
export function noServer(): string | undefined {
  if (!isHeavy()) return "a PostgreSQL server starts only with COORD_HEAVY=1";
  return MUST_HAVE || programs() !== undefined ? undefined : "PostgreSQL is not installed";
}

/** A test that a server is started for. */
export const itThere = itIf(noServer() === undefined, noServer() ?? "");

/** Starts a server, says where it is, and ends it at the end of its input. */
const SERVER = `
set -e
dir=$(mktemp -d "$2/coord-pg-XXXXXX")
server=
trap '' PIPE
trap 'test -z "$server" || { kill -INT $server; wait $server; }; rm -rf "$dir"' EXIT
"$1/initdb" -D "$dir/data" -U coord -A trust -E UTF8 --locale=C --no-sync > "$dir/log" 2>&1
"$1/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= -c fsync=off -c full_page_writes=off \\
  -c max_connections=1000 -c max_prepared_transactions=4 > "$dir/log" 2>&1 &
server=$!
until grep -qs ready "$dir/data/postmaster.pid"; do
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

/** An empty space, made by the time of a test or the server's; where it is. */
export async function newSpace(clock?: Clock): Promise<string> {
  const folder = await server();
  const url = `postgres://coord@localhost/postgres?host=${folder}&space=${crypto.randomUUID()}`;
  await initPostgres(placeOf(url), { time: clock && timeOf(clock) });
  return url;
}

/** An empty data base; how its space is to be called. */
export async function emptyDataBase(): Promise<Place> {
  const url = await newSpace();
  const admin = opened(new Connection(placeOf(url)));
  const name = `d${crypto.randomUUID().replaceAll("-", "")}`;
  await admin.write(`CREATE DATABASE ${name}`);
  return placeOf(url.replace("/postgres?", `/${name}?`));
}

/** An empty space in a data base of its own, which has some settings by default, and a connection to the latter. */
export async function newDataBase(settings: Readonly<Record<string, string>> = {}) {
  const place = await emptyDataBase();
  await initPostgres(place);
  const sql = opened(new Connection(place));
  for (const [key, value] of Object.entries(settings)) {
    await sql.write(`ALTER DATABASE ${place.database} SET ${key} = ${value}`);
  }
  return { place, sql: opened(new Connection(place)) };
}

/** What there is of a store, by the time of a test. */
export function openSpace(place: Place, clock: Clock): Store {
  return storeOf(new Space(place, timeOf(clock)));
}

function timeOf(clock: Clock): SpaceTime {
  return { sql: () => `(${clock()})::float8`, clock };
}

/** How a connection ends: by the book, by a reset, or without a word. */
export type Broken = "closes" | "resets" | "says nothing";

/**
 * A way to a server through this process, which can be cut: what was under way gets no answer.
 *
 * @param passed What of each answer of the server arrives; with `undefined` it is cut off there and then.
 */
export async function cuttable(
  place: Place,
  passed: (answer: Buffer) => Buffer | undefined = (answer) => answer,
) {
  let turns = 0;
  let isAnswered = true;
  let broken: Broken | undefined;
  const ways = new Set<Socket>();
  let target = place;
  const server = createServer((near) => {
    const far = connect(`${target.host}/.s.PGSQL.${target.port}`);
    for (const each of [near, far]) {
      ways.add(each);
      each.on("error", () => {});
      each.on("close", () => (near.destroy(), far.destroy()));
    }
    near.pipe(far);
    near.on("data", () => {
      if (isAnswered) turns++;
      isAnswered = false;
    });
    far.on("data", (data) => {
      isAnswered = true;
      if (broken !== undefined) {
        // Of the first answer a part arrives.
        near.write(data.subarray(0, data.length / 2));
        if (broken === "closes") near.end();
        if (broken === "resets") near.resetAndDestroy();
        far.removeAllListeners("data").resume();
        return;
      }
      const answer = passed(data);
      if (answer === undefined) near.destroy();
      else near.write(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const cut = () => ways.forEach((each) => each.destroy());
  return {
    place: { ...place, host: "127.0.0.1", port },
    cut,
    /** From now on it breaks in the middle of an answer, until it is mended; then new ways pass all. */
    breaks(how: Broken | undefined) {
      broken = how;
    },
    /** How often something was sent after an answer. */
    turns: () => turns,
    /** Leads to another server from now on. */
    turnTo(other: Place) {
      target = other;
      cut();
    },
    async close() {
      cut();
      server.close();
    },
  };
}

/** Backends that wait for a lock. */
export const WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'";

/** Waits until other backends wait for a lock, one by default. */
export async function untilOneWaits(ask: Ask, count = 1): Promise<void> {
  for (let n = 0; (await ask(WAITING)).rows.length < count; n++) {
    if (n > 4_000) throw new Error("no backend has waited for a lock");
    await sleep(5);
    // Within a transaction the server would say the same again.
    await ask("SELECT pg_stat_clear_snapshot()");
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
