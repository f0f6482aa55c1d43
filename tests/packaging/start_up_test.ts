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
  "--version": [25, 47],
  "enqueue work --run-id me": [89, 202],
  "claim --run-id me": [84, 190],
  "check src/b.ts --run-id me": [78, 175],
  "list": [72, 169],
  "lane live": [66, 161],
  "status": [106, 306],
  "reserve src/c.ts --exclusive --run-id me": [95, 210],
  "hook run generic pre": [96, 205],
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
