/** Forecasts over this checkout's own source files. */
import type { Coord } from "../../mod.ts";
import { readSources } from "../support/sources.ts";
import { readAll } from "./forecast_floor.ts";
import { absoluteRow, ratioRow, type Row, sideBySide, sized } from "./measure.ts";
import { scene } from "./scene.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;
const FLOOR = new URL("./forecast_floor.ts", import.meta.url).pathname;
const ROOT = new URL("../..", import.meta.url).pathname;

const RESERVATIONS = 1_000;
const AGENTS = 250;

/** `forecast` with 1,000 live reservations of files, of symbols in them and of folders. */
export async function forecastRows(parent: string): Promise<Row[]> {
  const { coord, dir, workspace } = await scene(parent, {});
  const sources = readSources(ROOT);
  for (const [path, text] of sources) {
    const folder = `${dir}/${path}`.replace(/\/[^/]*$/, "");
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(`${dir}/${path}`, text);
  }
  await reserve(coord, [...sources.keys()]);
  const inProcess = await sideBySide(
    {
      forecast: async () => assertFound(await coord.forecast()),
      floor: async () => assertFound({ total: await readAll(workspace, dir) }),
    },
    sized(15, 5),
    1,
  );
  const asProcess = await sideBySide(
    {
      forecast: () => run(CLI, "forecast", "--json", "--dir", dir),
      floor: () => run(FLOOR, workspace, dir),
    },
    sized(15, 5),
    1,
  );
  const near = await nearRow(coord, [...sources.keys()]);
  const figure = `\`forecast\`, 1,000 reservations, ${sources.size} files, against reading them`;
  return [
    ratioRow(figure, inProcess.forecast, inProcess.floor, "ms", { atMost: 3 }),
    ratioRow("the same as a process", asProcess.forecast, asProcess.floor, "ms", { atMost: 2.5 }),
    near,
  ];
}

/** `forecast` of one file, with twice as many reservations. */
async function nearRow(coord: Coord, paths: readonly string[]): Promise<Row> {
  await reserve(coord, paths);
  const times: number[] = [];
  for (let round = 0; round < sized(40, 15); round++) {
    const start = performance.now();
    await coord.forecast({ addresses: [paths[(round * 7) % paths.length] ?? ""] });
    times.push(performance.now() - start);
  }
  return absoluteRow("`forecast --address`, 2,000 reservations", times, "ms", 50);
}

async function reserve(coord: Coord, paths: readonly string[]): Promise<void> {
  for (let i = 0; i < RESERVATIONS; i++) {
    const path = paths[i % paths.length] ?? "";
    await coord.reservations.reserve({
      addresses: [i % 50 === 0 ? `${path.replace(/\/[^/]*$/, "")}/**` : `${path}::symbol_${i}`],
      runId: `agent-${i % AGENTS}`,
      branch: `branch-${i % 20}`,
      operation: i % 3 === 0 ? "rename" : "modify",
    });
  }
}

/** A whole process, from its start to its answer. */
async function run(program: string, ...args: string[]): Promise<void> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", program, ...args],
  }).output();
  if (!success) throw new Error(`${program} failed`);
  assertFound(JSON.parse(new TextDecoder().decode(stdout)));
}

function assertFound({ total }: { readonly total: number }): void {
  // How many there are depends on what imports what in the files at hand.
  if (total < RESERVATIONS / 2) throw new Error(`${total} is too few`);
}
