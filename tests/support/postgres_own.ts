/**
 * Servers of PostgreSQL that one test has to itself: it starts, crashes and promotes them, and has them
 * listen where it says. They end with the process that started them.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import process from "node:process";
import { itIf } from "../deps.ts";
import { type Broken, noServer, programs } from "./postgres.ts";

/** Whether a server can be copied; among the programs that COORD_POSTGRES names may be none for that. */
const copies = process.env["COORD_POSTGRES"] === undefined ||
  existsSync(`${programs()}/pg_basebackup`);

/** A test that copies a server. */
export const itCopies = itIf(
  noServer() === undefined && copies,
  noServer() ?? "pg_basebackup is not among the programs of the server",
);

/** Runs each line of its input, and answers with the exit code and the output in one line of JSON text. */
const SHELL = `
dir=$(mktemp -d "$2/coord-own-XXXXXX")
PATH=$1:$PATH
trap '' PIPE
end() {
  for each in "$dir"/*.pid; do
    test -f "$each" && kill "$(cat "$each")"
  done
  for each in "$dir"/*/postmaster.pid; do
    test -f "$each" && pg_ctl -D "\${each%/*}" -m immediate stop > /dev/null 2>&1
  done
  rm -rf "$dir"
}
trap end EXIT
echo "$dir"
while read -r line; do
  eval "$line" > "$dir/out" 2>&1 < /dev/null
  echo "$? $(tr '\\n' '|' < "$dir/out")"
done
`;

/** What a server is started with. */
export interface OwnServer {
  /** Settings as `postgres` takes them. */
  readonly settings?: readonly string[];
  /** Whether it lies on a disk, and syncs. */
  readonly isDurable?: boolean;
  /** The host names and addresses that it listens on; without, a socket alone. */
  readonly listen?: string;
  /** Lines for `pg_hba.conf`, of those who may connect besides. */
  readonly admits?: readonly string[];
  /** Files that lie beside its data, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A port that no one listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** A shell of the user that servers run as. */
class Shell {
  readonly #child;
  #buffer = "";
  #waiting: ((line: string) => void)[] = [];
  readonly folder: Promise<string>;

  constructor(base: string) {
    const asOther = process.getuid?.() === 0
      ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
      : [];
    const [program = "", ...args] = [...asOther, "sh", "-c", SHELL, "sh", programs() ?? "", base];
    this.#child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"], cwd: "/" });
    this.folder = this.#line();
    this.#child.stdout.on("data", (data) => {
      this.#buffer += String(data);
      for (let at = this.#buffer.indexOf("\n"); at >= 0; at = this.#buffer.indexOf("\n")) {
        this.#waiting.shift()?.(this.#buffer.slice(0, at));
        this.#buffer = this.#buffer.slice(at + 1);
      }
    });
  }

  #line(): Promise<string> {
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  async run(command: string): Promise<string> {
    const line = this.#line();
    this.#child.stdin.write(`${command}\n`);
    const [, code = "", output = ""] = /^(\d+) (.*)$/.exec(await line) ?? [];
    if (code !== "0") throw new Error(`${command} ended with ${code}: ${output}`);
    return output;
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin.end();
    await ended;
  }
}

/** Starts a server; `url` is of a user without a password, by its socket. */
export async function ownServer(options: OwnServer = {}) {
  const { settings = [], isDurable = false, listen = "", files = {}, admits = [] } = options;
  const shell = new Shell(!isDurable && existsSync("/dev/shm") ? "/dev/shm" : "/tmp");
  const folder = await shell.folder;
  const port = await freePort();
  const sync = isDurable ? [] : ["fsync=off", "full_page_writes=off"];
  const flags = [`listen_addresses='${listen}'`, `port=${port}`, ...sync, ...settings]
    .map((each) => `-c ${each}`).join(" ");
  const start = (data: string, more = "") =>
    shell.run(
      `pg_ctl -D "$dir/${data}" -l "$dir/log" -w -o "-k $dir ${flags} ${more}" start`,
    );
  await shell.run(`initdb -D "$dir/data" -U coord -A trust -E UTF8 --locale=C --no-sync`);
  for (const [name, text] of Object.entries(files)) {
    const encoded = btoa(text);
    await shell.run(
      `echo ${encoded} | base64 -d > "$dir/data/${name}"; chmod 600 "$dir/data/${name}"`,
    );
  }
  for (const line of admits) await shell.run(`echo '${line}' >> "$dir/data/pg_hba.conf"`);
  await start("data");
  const space = crypto.randomUUID();
  return {
    folder,
    port,
    shell,
    url: `postgres://coord@localhost:${port}/postgres?host=${folder}&space=${space}`,
    space,
    start: () => start("data"),
    /** Ends it as a power cut does, but for the page cache. */
    crash: () => shell.run(`pg_ctl -D "$dir/data" -m immediate stop`),
    /** Starts a standby, for whose copy each commit waits from then on; where it listens. */
    async standby() {
      const other = await freePort();
      const from = `-h "$dir" -p ${port} -U coord`;
      await shell.run(`pg_basebackup ${from} -D "$dir/standby" -R -X stream -c fast --no-sync`);
      await start("standby", `-c port=${other}`);
      const ask = `psql -qAt ${from} -d postgres`;
      await shell.run(`${ask} -c "ALTER SYSTEM SET synchronous_standby_names = '*'"`);
      await shell.run(`${ask} -c "SELECT pg_reload_conf()"`);
      const isSynchronous = `test "$(${ask} -c "SHOW synchronous_standby_names")" = "*"`;
      const isCopying = `${ask} -c "SELECT sync_state FROM pg_stat_replication" | grep -q sync`;
      const copies = `${isSynchronous} && ${isCopying}`;
      // A standby that never copies is an error, which does not outlive the test.
      await shell.run(
        `for n in $(seq 1200); do ${copies} && break; sleep 0.05; done; ${copies}`,
      );
      return other;
    },
    promote: () => shell.run(`pg_ctl -D "$dir/standby" -w promote`),
    /** Starts a pooler in transaction mode with a few connections; where it listens. */
    async pooler(size: number) {
      const other = await freePort();
      const lines = [
        "[databases]",
        `* = host=${folder} port=${port} user=coord`,
        "[pgbouncer]",
        `unix_socket_dir = ${folder}`,
        `listen_port = ${other}`,
        "auth_type = any",
        "pool_mode = transaction",
        `default_pool_size = ${size}`,
        "max_client_conn = 100",
        `logfile = ${folder}/pooler.log`,
        `pidfile = ${folder}/pooler.pid`,
      ];
      await shell.run(
        `printf '%s\\n' ${lines.map((each) => `'${each}'`).join(" ")} > "$dir/pooler.ini"`,
      );
      await shell.run(`/usr/sbin/pgbouncer -d "$dir/pooler.ini"`);
      await shell.run(`until test -S "$dir/.s.PGSQL.${other}"; do sleep 0.05; done`);
      return other;
    },
    close: () => shell.end(),
  };
}

/** A listener that is no server. */
export async function badServer(way: Broken) {
  const ways = new Set<Socket>();
  const server = createServer((near) => {
    ways.add(near);
    near.on("error", () => {});
    if (way === "closes") near.end();
    if (way === "resets") near.resetAndDestroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    port,
    async close() {
      ways.forEach((each) => each.destroy());
      server.close();
    },
  };
}
