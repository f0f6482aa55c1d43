/** The repository by URL, as a web server would give it to consumers. */
import { type Ran, run } from "../../../scripts/support/run.ts";
import { makeDiskDir } from "../scene/scratch.ts";

/** A consumer with an empty folder and an empty cache of its own. */
export interface Consumer extends AsyncDisposable {
  /** Where the repository is served, with a slash at the end. */
  readonly url: string;
  readonly folder: string;
  /** Its `DENO_DIR`. */
  readonly cache: string;
  /** Runs `deno COMMAND` for it with what any use by URL takes, then the arguments; in its folder. */
  deno(command: readonly string[], args: readonly string[], cwd?: string): Promise<Ran>;
}

/**
 * Serves a folder on the loopback interface to a consumer. Its import map leads the `jsr:` packages
 * to the npm registry, as a mirror in a company does, by the entries of the folder's `deno.json`.
 *
 * @param limit Seconds after which a command of the consumer is killed.
 */
export async function consumerOf(root: string, limit: number): Promise<Consumer> {
  const folder = makeDiskDir();
  const cache = makeDiskDir();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (call) => {
      const path = new URL(call.url).pathname;
      try {
        const type = path.endsWith(".ts") ? "application/typescript" : "text/plain";
        const body = await Deno.readFile(root + path);
        return new Response(body, { headers: { "content-type": type } });
      } catch {
        return new Response("not found", { status: 404 });
      }
    },
  );
  const address = `127.0.0.1:${server.addr.port}`;
  const url = `http://${address}/`;
  const { imports } = JSON.parse(await Deno.readTextFile(`${root}/deno.json`));
  const mapped = Object.entries<string>(imports).filter(([from]) => from.startsWith("jsr:"))
    .map(([from, to]) => [from, to.startsWith("./") ? url + to.slice(2) : to]);
  await Deno.writeTextFile(
    `${folder}/import_map.json`,
    JSON.stringify({ imports: Object.fromEntries(mapped) }),
  );
  return {
    url,
    folder,
    cache,
    deno: (command, args, cwd = folder) =>
      run(Deno.execPath(), [
        ...command,
        `--allow-import=${address}`,
        `--import-map=${folder}/import_map.json`,
        "--no-lock",
        "--quiet",
        ...args,
      ], { cwd, env: { DENO_DIR: cache }, limit }),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
