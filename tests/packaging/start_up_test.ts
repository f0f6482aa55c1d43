/** How much of coord each command loads: a table, which fails when one begins to load more. */
import { bundle } from "../../scripts/compile/bundle.ts";
import { joined } from "../../scripts/compile/joined.ts";
import { run } from "../../scripts/support/run.ts";
import { bunPath } from "../../scripts/support/toolchain.ts";
import { assertEquals, itIf } from "../deps.ts";
import { isHeavy } from "../support/length.ts";
import { itWith } from "../support/program/programs.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const ROOT = `${import.meta.dirname}/../..`;

/**
 * The most modules and kilobytes of the bundle that each command line may load, in their order. How the
 * bundler splits what several commands share moves with every new one, so there is room for a few modules.
 */
const MOST: Readonly<Record<string, readonly [modules: number, kilobytes: number]>> = {
  // Of each 5 KB decide which store is meant. `list`, `lane live` and `status` read coord.json for that.
  // How a chain that was trimmed is read takes 2 KB of what reads tasks.
  // The note with the heads of segments, and lines that leave out what is usual, take 5 KB of `status`.
  // What most workspaces lack is looked for once in a process, which takes 2 KB of each.
  // A lone --version loads no command. Since then all others load two modules and half a KB more, which
  // costs nothing in an executable, where they are joined. Heartbeats that leave few files take 1 KB.
  // So does the rule by which a step learns that it was made, in all that writes tasks.
  "--version": [12, 13],
  "enqueue work --run-id me": [93, 215],
  "claim --run-id me": [89, 203],
  "check src/b.ts --run-id me": [83, 184],
  "list": [82, 183],
  "lane live": [73, 174],
  "status": [117, 329],
  "reserve src/c.ts --exclusive --run-id me": [100, 219],
  "hook run generic pre": [102, 213],
};

/** The most files of an executable on Bun for each of them. */
const MOST_JOINED = 12;

/** What a host says to the hook; the others take no input. */
const SAID = JSON.stringify({ session: "me", writes: ["src/d.ts"] });

const itTraced = isHeavy() ? itWith("strace") : itIf(false, "it traces, only with COORD_HEAVY=1");

/** The files of a bundle that each command line loads. */
async function filesLoaded(
  entry: string,
  lines: readonly string[],
): Promise<Map<string, string[]>> {
  const folder = entry.replace(/[^/]*$/, "");
  const program = [await bunPath(), entry] as const;
  const cwd = makeTempDir();
  assertEquals((await run(program[0], [program[1], "init"], { cwd })).code, 0);
  const found = new Map<string, string[]>();
  for (const line of lines) {
    const trace = `${makeTempDir()}/trace`;
    const strace = ["-f", "-qq", "-etrace=open,openat", `-o${trace}`];
    const traced = ["strace", ...strace, ...program, ...line.split(" ")];
    const piped = `printf %s "$0" | exec "$@"`;
    const { code, output } = await run("sh", ["-c", piped, SAID, ...traced], { cwd });
    assertEquals(code, 0, output);
    // The end of a call may stand on a line of its own, so a name counts unless it was not there.
    const opened = Deno.readTextFileSync(trace).matchAll(/"([^"]+\.js)"(?!.* = -1)/g);
    const loaded = [...opened].flatMap(([, path = ""]) => path.startsWith(folder) ? path : []);
    found.set(line, [...new Set(loaded)]);
  }
  return found;
}

itTraced("each command loads the modules that it needs, and no more", async () => {
  const entry = await bundle(ROOT, `${makeTempDir()}/chunks`);
  const grown: string[] = [];
  for (const [line, loaded] of await filesLoaded(entry, Object.keys(MOST))) {
    const [modules = 0, kilobytes = 0] = MOST[line] ?? [];
    const bytes = loaded.reduce((sum, path) => sum + Deno.statSync(path).size, 0);
    if (loaded.length > modules || bytes > kilobytes * 1000) {
      grown.push(`${line}: ${loaded.length} modules, ${Math.ceil(bytes / 1000)} KB`);
    }
  }
  assertEquals(grown, []);
});

itTraced("what agents call most loads few files of an executable on Bun", async () => {
  const bun = await bunPath();
  const folder = makeTempDir();
  const entry = await joined(bun, await bundle(ROOT, `${folder}/chunks`));
  // As when it compiles.
  const splitting = ["--splitting", "--min-chunk-size=65536"];
  const build = ["build", "--target=bun", ...splitting, `--outdir=${folder}/files`, entry];
  assertEquals((await run(bun, build)).code, 0);
  const grown: string[] = [];
  for (const [line, { length }] of await filesLoaded(`${folder}/files/cli.js`, Object.keys(MOST))) {
    if (length > MOST_JOINED) grown.push(`${line}: ${length} files`);
  }
  assertEquals(grown, []);
});
