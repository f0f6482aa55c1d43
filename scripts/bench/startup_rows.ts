/** Rows of whole processes: how long coord takes to start, and how much memory it takes. */
import { builder } from "../compile.ts";
import { bundle } from "../compile/bundle.ts";
import { targetOf } from "../compile/targets.ts";
import { median, ratioRow, type Row } from "./measure.ts";
import { scene } from "./scene.ts";

const ROOT = `${import.meta.dirname}/../..`;

/** Runs of each, taken in turn with its floor; the first ones warm the page cache. */
const PAIRS = 40;
const WARM = 3;

/** Runs whose memory is taken; it hardly varies. */
const MEMORY_RUNS = 7;

type Line = readonly [program: string, ...args: string[]];

/** Milliseconds of a process from its start to its end; its output goes to pipes, as to an agent. */
function timed([program, ...args]: Line): number {
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

/** Medians of a process and of its floor, in milliseconds. */
function inTurn(line: Line, floor: Line): [value: number, floor: number] {
  const values: number[] = [];
  const floors: number[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    floors.push(timed(floor));
    values.push(timed(line));
  }
  return [median(values.slice(WARM)), median(floors.slice(WARM))];
}

/** The most memory that a process had at once, in MB, as GNU time (Debian: `time`) reports it. */
function peakMemory(line: Line): number {
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

function medianPeak(line: Line): number {
  return median(Array.from({ length: MEMORY_RUNS }, () => peakMemory(line)));
}

/** The executables of coord and of an empty program, made in the same way. */
async function executables(parent: string): Promise<{ coord: string; empty: string }> {
  const target = targetOf(Deno.build.target);
  if (target === undefined) throw new Error(`There is no target for ${Deno.build.target}`);
  const source = `${parent}/empty.js`;
  await Deno.writeTextFile(source, "");
  const made = { coord: `${parent}/coord`, empty: `${parent}/empty` };
  const quiet = () => {};
  await builder(source, "auto", quiet)(target, made.empty);
  await builder(await bundle(ROOT, `${parent}/bundle`), "auto", quiet)(target, made.coord);
  return made;
}

/** Start and memory of the executable, and start from source, each against an empty program. */
export async function startupRows(parent: string): Promise<Row[]> {
  const { coord, empty } = await executables(parent);
  const none = await scene(parent, {});
  const hundred = await scene(parent, { pending: 100 });
  const claim = ["claim", "--run-id", "bench", "--json", "--dir", none.dir];
  const cases: readonly (readonly [name: string, args: string[], goal: number])[] = [
    ["--version", ["--version"], 1.3],
    ["claim, empty queue", claim, 1.8],
    ["tasks, 100", ["tasks", "--dir", hundred.dir], 2.2],
  ];
  const rows: Row[] = [];
  for (const [name, args, atMost] of cases) {
    const [value, floor] = inTurn([coord, ...args], [empty]);
    rows.push(ratioRow(`start, ${name}`, value, floor, "ms", { atMost }));
  }
  const least = medianPeak([empty]);
  for (const [name, args] of cases) {
    const peak = medianPeak([coord, ...args]);
    rows.push(ratioRow(`peak memory, ${name}`, peak, least, "MB", { atMost: 1.5 }));
  }
  const run = [Deno.execPath(), "run", "-A"] as const;
  const [value, floor] = inTurn(
    [...run, `${ROOT}/cli.ts`, ...claim],
    [...run, `${parent}/empty.js`],
  );
  rows.push(ratioRow("start from source, claim", value, floor, "ms", { atMost: 2.5 }));
  return rows;
}
