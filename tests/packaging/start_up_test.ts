/** How much of coord each command loads: a table, which fails when one begins to load more. */
import { bundle } from "../../scripts/compile/bundle.ts";
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
  "enqueue work --run-id me": [89, 201],
  "claim --run-id me": [84, 190],
  "check src/b.ts --run-id me": [75, 172],
  "list": [72, 168],
  "lane live": [66, 160],
  "status": [102, 301],
  "reserve src/c.ts --exclusive --run-id me": [92, 206],
  "hook run generic pre": [91, 198],
};

/** What a host says to the hook; the others take no input. */
const SAID = JSON.stringify({ session: "me", writes: ["src/d.ts"] });

const itTraced = isHeavy() ? itWith("strace") : itIf(false, "it traces, only with COORD_HEAVY=1");

itTraced("each command loads the modules that it needs, and no more", async () => {
  const chunks = `${makeTempDir()}/chunks`;
  const program = [await bunPath(), await bundle(ROOT, chunks)] as const;
  const cwd = makeTempDir();
  assertEquals((await run(program[0], [program[1], "init"], { cwd })).code, 0);
  const grown: string[] = [];
  for (const [line, [modules, kilobytes]] of Object.entries(MOST)) {
    const trace = `${makeTempDir()}/trace`;
    const strace = ["-f", "-qq", "-etrace=open,openat", `-o${trace}`];
    const traced = ["strace", ...strace, ...program, ...line.split(" ")];
    const piped = `printf %s "$0" | exec "$@"`;
    const { code, output } = await run("sh", ["-c", piped, SAID, ...traced], { cwd });
    assertEquals(code, 0, output);
    // The end of a call may stand on a line of its own, so a name counts unless it was not there.
    const opened = Deno.readTextFileSync(trace).matchAll(/"([^"]+\.js)"(?!.* = -1)/g);
    const loaded = new Set(
      [...opened].flatMap(([, path = ""]) => path.startsWith(chunks) ? path : []),
    );
    const bytes = [...loaded].reduce((sum, path) => sum + Deno.statSync(path).size, 0);
    if (loaded.size > modules || bytes > kilobytes * 1000) {
      grown.push(`${line}: ${loaded.size} modules, ${Math.ceil(bytes / 1000)} KB`);
    }
  }
  assertEquals(grown, []);
});
