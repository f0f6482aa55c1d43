/** PostgreSQL on a socket in the scratch folder: plain statements, pg-boss, and graphile-worker. */
import { run } from "../../../support/run.ts";
import { PACKAGE_OPTIONS, packageMissing, type PackageName } from "../clients/packages.ts";
import { ALL, denoWorker, type Peer, type Place } from "./peer.ts";
import { missing, startServer } from "./server.ts";

/** @param line Of a worker, where that is not one on Deno. */
export function postgres(
  name: string,
  client: string,
  needs?: PackageName,
  note?: string,
  line?: (config: Readonly<Record<string, string>>) => string[],
): Peer {
  return {
    name,
    keeps: ALL,
    durable: true,
    note,
    absent: async () =>
      await programs() === undefined
        ? "initdb and postgres are not installed"
        : await asServer() === undefined
        ? "setpriv is not installed, and PostgreSQL does not run as root"
        : needs && await packageMissing(needs),
    async start(place) {
      const server = await startPostgres(place);
      return {
        worker: line?.({ host: place.dir }) ??
          denoWorker(client, { host: place.dir }, needs && PACKAGE_OPTIONS),
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
  };
}

export const PG_BOSS = postgres("pg-boss", "pg_boss", "pg-boss");
/** What graphile-worker does otherwise. */
export const DELETES = "a completed task is deleted; no result is kept";
export const GRAPHILE = postgres(
  "graphile-worker",
  "graphile_worker",
  "graphile-worker",
  DELETES,
);

export const POSTGRESES: readonly Peer[] = [
  postgres("coord on PostgreSQL", "coord_postgres"),
  postgres("PostgreSQL, SKIP LOCKED", "postgres", "pg"),
  PG_BOSS,
  GRAPHILE,
];

/** Starts a server of its own in the folder of a place; it syncs as PostgreSQL does by default. */
export async function startPostgres(
  { dir, env }: Place,
  more: Readonly<Record<string, string>> = {},
): Promise<AsyncDisposable> {
  const [bin, prefix] = [await programs(), await asServer()];
  if (bin === undefined || prefix === undefined) throw new Error("PostgreSQL cannot be run");
  if (prefix.user !== undefined) {
    const { code, output } = await run("chown", [prefix.user, dir]);
    if (code !== 0) throw new Error(output);
  }
  const data = `${dir}/data`;
  const line = [...prefix.line, `${bin}/initdb`, "--auth=trust", "--username=bench", "--no-sync"];
  const [program = "", ...args] = [...line, "--encoding=UTF8", "--no-locale", "-D", data];
  const { code, output } = await run(program, args, { cwd: dir });
  if (code !== 0) throw new Error(`Cannot make a cluster: ${output}`);
  const settings = {
    listen_addresses: "",
    unix_socket_directories: dir,
    wal_sync_method: "fdatasync",
    fsync: "on",
    synchronous_commit: "on",
    ...more,
  };
  const options = Object.entries<string>(settings).flatMap((
    [name, value],
  ) => ["-c", `${name}=${value}`]);
  return await startServer([...prefix.line, `${bin}/postgres`, "-D", data, ...options], {
    env,
    socket: `${dir}/.s.PGSQL.${more["port"] ?? "5432"}`,
    stop: "SIGINT",
  });
}

/** As the server names it. */
export async function serverVersion(): Promise<string> {
  const { output } = await run(`${await programs()}/postgres`, ["--version"]);
  return output.trim().replace("postgres (PostgreSQL) ", "");
}

let folder: Promise<string | undefined> | undefined;

/** Where PostgreSQL's programs are: on the path, or where Debian puts them. */
function programs(): Promise<string | undefined> {
  const look = 'ls -d "$(dirname "$(command -v initdb || echo /none)")" /usr/lib/postgresql/*/bin';
  return folder ??= run("sh", [
    "-c",
    `for each in $(${look} 2>/dev/null); do
    test -x $each/initdb -a -x $each/postgres && echo $each; done`,
  ]).then(({ output }) => output.trim().split("\n").at(-1) || undefined);
}

interface Prefix {
  readonly line: readonly string[];
  /** The user that it runs as, where that is another. */
  readonly user?: string;
}

/** The user without any rights, where Debian's package made none for PostgreSQL. */
const POWERLESS = "65534";

/** What stands before a server's line, since PostgreSQL does not run as root. */
async function asServer(): Promise<Prefix | undefined> {
  if (Deno.uid() !== 0) return { line: [] };
  if (await missing("setpriv") !== undefined) return undefined;
  const idOf = async (option: string) => {
    const { code, output } = await run("id", [option, "postgres"]);
    return code === 0 ? output.trim() : POWERLESS;
  };
  const user = await idOf("-u");
  const ids = [`--reuid=${user}`, `--regid=${await idOf("-g")}`];
  return { line: ["setpriv", ...ids, "--clear-groups"], user };
}
