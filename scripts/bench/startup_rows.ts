/** Rows of whole processes: how long coord takes to start, and how much memory it takes. */
import { builder } from "../compile.ts";
import { bundle } from "../compile/bundle.ts";
import { joined } from "../compile/joined.ts";
import { targetOf } from "../compile/targets.ts";
import { ratioRow, type Row, sized } from "./measure.ts";
import { scene } from "./scene.ts";

const ROOT = `${import.meta.dirname}/../..`;

/** The command line, from source. */
export const CLI = `${ROOT}/cli.ts`;

/** Runs of each, taken in turn with its floor; the first ones warm the page cache. */
const PAIRS = sized(60, 23);
const WARM = 3;

/** Runs whose memory is taken; it hardly varies. */
const MEMORY_RUNS = sized(9, 5);

type Line = readonly string[];

/** Milliseconds of a process from its start to its end; its output goes to pipes, as to an agent. */
function timed([program = "", ...args]: Line): number {
  const command = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const start = performance.now();
  command.outputSync();
  return performance.now() - start;
}

/** Milliseconds of a process and of its floor. */
export function inTurn(line: Line, floor: Line): [values: number[], floors: number[]] {
  const values: number[] = [];
  const floors: number[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    floors.push(timed(floor));
    values.push(timed(line));
  }
  return [values.slice(WARM), floors.slice(WARM)];
}

/** The most memory that a process had at once, in MB, as GNU time (Debian: `time`) reports it. */
export function peakMemory(line: Line): number {
  const command = new Deno.Command("time", {
    args: ["--quiet", "--format=%M", ...line],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { stderr } = command.outputSync();
  const kib = new TextDecoder().decode(stderr).trim().split("\n").at(-1);
  return Number(kib) * 1024 / 1e6;
}

function peaks(line: Line): number[] {
  return Array.from({ length: MEMORY_RUNS }, () => peakMemory(line));
}

let made: ReturnType<typeof makeExecutables> | undefined;

/** The executables of coord and of an empty program, made in the same way, once for all groups. */
export function executables(parent: string): ReturnType<typeof makeExecutables> {
  return made ??= makeExecutables(parent);
}

async function makeExecutables(parent: string) {
  const target = targetOf(Deno.build.target);
  if (target === undefined) throw new Error(`There is no target for ${Deno.build.target}`);
  const source = `${parent}/empty.js`;
  await Deno.writeTextFile(source, "");
  const made = { coord: `${parent}/coord`, empty: `${parent}/empty` };
  const quiet = () => {};
  const runtime = await builder(source, "auto", quiet)(target, made.empty);
  const same = runtime.startsWith("bun") ? "bun" : "deno";
  const entry = await bundle(ROOT, `${parent}/bundle`);
  await builder(entry, same, quiet, joined)(target, made.coord);
  return { ...made, runtime };
}

/** Start and memory of the executable, and start from source, each against an empty program. */
export async function startupRows(parent: string): Promise<Row[]> {
  const { coord, empty, runtime } = await executables(parent);
  const none = await scene(parent, {});
  const hundred = await scene(parent, { pending: 100 });
  const claim = ["claim", "--run-id", "bench", "--json", "--dir", none.dir];
  const cases: readonly (readonly [name: string, args: string[], goal: number])[] = [
    ["`--version`", ["--version"], 1.3],
    ["`claim` on an empty queue", claim, 1.8],
    ["`tasks` on 100 tasks", ["tasks", "--dir", hundred.dir], 2.2],
  ];
  const rows: Row[] = [];
  for (const [name, args, atMost] of cases) {
    const [values, floors] = inTurn([coord, ...args], [empty]);
    rows.push({ ...ratioRow(`start, ${name}`, values, floors, "ms", { atMost }), runtime });
  }
  const least = peaks([empty]);
  for (const [name, args] of cases) {
    const peak = ratioRow(`peak memory, ${name}`, peaks([coord, ...args]), least, "MB", {
      atMost: 1.5,
    });
    rows.push({ ...peak, runtime });
  }
  const run = [Deno.execPath(), "run", "-A"] as const;
  const [values, floors] = inTurn(
    [...run, CLI, ...claim],
    [...run, `${parent}/empty.js`],
  );
  rows.push(ratioRow("start from source, `claim`", values, floors, "ms", { atMost: 2.5 }));
  return rows;
}
