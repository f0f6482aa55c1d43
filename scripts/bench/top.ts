/**
 * What `coord top` costs on a terminal while a fleet makes a number of changes a second, and then while
 * nothing happens: CPU time in percent of one core. `script` of util-linux gives the terminal.
 *
 * Usage: deno run -A scripts/bench/top.ts [CHANGES A SECOND, default 100] [SECONDS, default 20]
 */
import { initWorkspace, openWorkspace } from "../../mod.ts";
import { pause } from "./children.ts";
import { fleetAt } from "./fleet.ts";
import { cpuMs } from "./measure.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;

/** Milliseconds until what starts has warmed up. */
const WARM_MS = 8_000;

/** The process that has this folder in its arguments, below the one that `script` started. */
function topIn(dir: string): number {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const words = Deno.readTextFileSync(`/proc/${name}/cmdline`).split("\0");
      if (words[0] === Deno.execPath() && words.includes(dir)) return Number(name);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // it has ended
    }
  }
  throw new Error("coord top does not run");
}

async function percent(pid: number, seconds: number): Promise<string> {
  const [before, start] = [cpuMs(pid), performance.now()];
  await pause(seconds * 1_000);
  return `${((cpuMs(pid) - before) / (performance.now() - start) * 100).toFixed(1)} %`;
}

const [rate = "100", seconds = "20"] = Deno.args;
const dir = await Deno.makeTempDir();
await initWorkspace(dir);
const stop = new AbortController();
const fleet = fleetAt(await openWorkspace({ dir }), Number(rate), stop.signal);
const line = `stty cols 80 rows 24; ${Deno.execPath()} run -A --no-check ${CLI} top --dir ${dir}`;
const terminal = new Deno.Command("script", {
  args: ["-qec", line, "/dev/null"],
  stdin: "piped",
  stdout: "null",
}).spawn();
const keys = terminal.stdin.getWriter();
await pause(WARM_MS);
const pid = topIn(dir);
console.log(`${rate} changes a second: ${await percent(pid, Number(seconds))} of a core`);
stop.abort();
await fleet;
await pause(2_000);
console.log(`nothing changes: ${await percent(pid, Number(seconds))} of a core`);
await keys.write(new TextEncoder().encode("q"));
await terminal.status;
await Deno.remove(dir, { recursive: true });
