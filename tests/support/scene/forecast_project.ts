/** A workspace around source files. */
import type { ForecastInput } from "../../../src/engine/forecast/forecast.ts";
import { workspace } from "./workspace.ts";

/** A workspace around source files, and the forecasts of what agents reserve there. */
export async function project(files: Record<string, string> = {}) {
  const { host, dir, coord, clock, warnings } = await workspace();
  const write = (path: string, text: string) => {
    host.fs.makeDir(`${dir}/${path}`.replace(/\/[^/]*$/, ""));
    host.fs.createNew(`${dir}/${path}`, new TextEncoder().encode(text));
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  const reserve = (runId: string, ...addresses: string[]) =>
    coord.reservations.reserve({ runId, addresses, branch: `b-${runId}` });
  const forecast = (input: ForecastInput = {}) => coord.forecast(input);
  /** The conflicts as `agent:address agent:address`, of dependencies alone. */
  const dependencies = async () =>
    (await forecast()).conflicts.filter(({ type }) => type === "dependency_overlap")
      .map(({ agents: [a, b], addresses: [x, y] }) => `${a}:${x} ${b}:${y}`);
  return { coord, clock, warnings, write, reserve, forecast, dependencies };
}
