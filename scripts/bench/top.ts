/**
 * What `coord top` on a terminal and `coord web` with a page cost while a fleet makes a number of changes
 * a second, and then while nothing happens: CPU time of each in percent of one core, and how long events
 * take to the page meanwhile. At last the page is closed. `script` of util-linux gives the terminal.
 *
 * Usage: deno run -A scripts/bench/top.ts [CHANGES A SECOND, default 100] [SECONDS, default 20] [EXECUTABLE]
 *
 * Without an executable, such as dist/coord-linux-x64, they run from source on Deno.
 */
import { type Coord, initWorkspace, openWorkspace } from "../../mod.ts";
import { pause } from "./children.ts";
import { fleetAt } from "./fleet.ts";
import { median } from "./measure.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;

const [rate = "100", seconds = "20", executable] = Deno.args;
const [program = "", ...first] = executable === undefined
  ? [Deno.execPath(), "run", "-A", "--no-check", CLI]
  : [await Deno.realPath(executable)];

/** Milliseconds until what starts has warmed up: until then a good part of its time goes to making machine code. */
const WARM_MS = 30_000;

/** Events whose way to the page is measured. */
const EVENTS = 40;

/** The process that has this folder in its arguments, below the one that `script` started. */
function topIn(dir: string): number {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const words = Deno.readTextFileSync(`/proc/${name}/cmdline`).split("\0");
      if (words[0] === program && words.includes("top") && words.includes(dir)) {
        return Number(name);
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // it has ended
    }
  }
  throw new Error("coord top does not run");
}

/** CPU time of a process so far, also of threads that have ended, milliseconds; Linux counts in 10 ms. */
function spentBy(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const [user, system] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 13);
  return 10 * (Number(user) + Number(system));
}

/** What each process took meanwhile. */
async function percent(pids: Readonly<Record<string, number>>, seconds: number): Promise<string> {
  const names = Object.keys(pids);
  const spent = () => names.map((name) => spentBy(pids[name] ?? 0));
  const [before, start] = [spent(), performance.now()];
  await pause(seconds * 1_000);
  const ms = performance.now() - start;
  return spent().map((after, at) =>
    `${names[at]} ${((after - (before[at] ?? 0)) / ms * 100).toFixed(1)} %`
  ).join(", ");
}

/** A page that is open: it takes what comes. */
interface OpenPage {
  close(): void;
  bytes(): number;
  /** Resolves when this has come. */
  shows(text: string): Promise<void>;
}

async function openPage(url: string): Promise<OpenPage> {
  const { origin, search } = new URL(url);
  const end = new AbortController();
  const { body } = await fetch(`${origin}/events${search}`, { signal: end.signal });
  const decoder = new TextDecoder();
  let bytes = 0;
  let sought = "";
  /** What came last, since what is sought may come in two pieces. */
  let tail = "";
  let found = () => {};
  const read = async () => {
    for await (const chunk of body ?? []) {
      bytes += chunk.length;
      const text = tail + decoder.decode(chunk, { stream: true });
      if (sought !== "" && text.includes(sought)) found();
      tail = text.slice(-100);
    }
  };
  read().catch(() => {}); // it was closed
  return {
    close: () => end.abort(),
    bytes: () => bytes,
    shows: (text) =>
      new Promise((resolve) => {
        sought = text;
        found = resolve;
      }),
  };
}

/** Milliseconds from an event to the page, of some events. */
async function delays(coord: Coord, page: OpenPage): Promise<number[]> {
  const all: number[] = [];
  for (let n = 0; n < EVENTS; n++) {
    const address = `marks/${n}-${crypto.randomUUID()}`;
    const shown = page.shows(address);
    const start = performance.now();
    const { reservation_id: id } = await coord.reservations.reserve({
      addresses: [address],
      runId: "marker",
    });
    await shown;
    all.push(performance.now() - start);
    await coord.reservations.release({ id, runId: "marker" });
    await pause(50 + Math.random() * 200);
  }
  return all;
}

function delayText(all: readonly number[]): string {
  const [middle, slowest] = [median(all), Math.max(...all)].map(Math.round);
  return `an event is on the page after ${middle} ms, the slowest of ${all.length} after ${slowest} ms`;
}

const dir = await Deno.makeTempDir();
await initWorkspace(dir);
const stop = new AbortController();
const fleet = fleetAt(await openWorkspace({ dir }), Number(rate), stop.signal);
const line = `stty cols 80 rows 24; ${[program, ...first].join(" ")} top --dir ${dir}`;
const terminal = new Deno.Command("script", {
  args: ["-qec", line, "/dev/null"],
  stdin: "piped",
  stdout: "null",
}).spawn();
const keys = terminal.stdin.getWriter();
const server = new Deno.Command(program, {
  args: [...first, "web", "--print", "url", "--dir", dir],
  stdout: "piped",
}).spawn();
const lines = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
const page = await openPage((await lines.read()).value?.trim() ?? "");
await pause(WARM_MS);
const pids = { top: topIn(dir), web: server.pid };
const before = page.bytes();
console.log(`${rate} changes a second: ${await percent(pids, Number(seconds))} of a core`);
console.log(
  `the page gets ${Math.round((page.bytes() - before) / Number(seconds))} bytes a second`,
);
const own = await openWorkspace({ dir });
console.log(delayText(await delays(own, page)));
stop.abort();
await fleet;
console.log(`nothing else happens: ${delayText(await delays(own, page))}`);
await pause(2_000);
console.log(`nothing changes: ${await percent(pids, Number(seconds))} of a core`);
page.close();
await pause(2_000);
console.log(`no page is open: ${await percent({ web: server.pid }, Number(seconds))} of a core`);
await keys.write(new TextEncoder().encode("q"));
await terminal.status;
server.kill("SIGINT");
await server.status;
await Deno.remove(dir, { recursive: true });
