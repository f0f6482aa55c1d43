/**
 * The figures that coord promises, each beside its floor, measured in one run.
 *
 * Usage: deno task bench [--out FILE] [FILTER…]; a filter keeps the rows whose group contains it.
 */
import { forecastRows } from "./bench/forecast_rows.ts";
import { arbiterRow, laneRows, mutexRow } from "./bench/lane_rows.ts";
import { batchRow, contentionRow, waitRow } from "./bench/process_rows.ts";
import { format, type Row } from "./bench/measure.ts";
import { scaleRows, singleRows } from "./bench/queue_rows.ts";
import { reservationGlobRows } from "./bench/reservation_glob_rows.ts";
import { reservationRows } from "./bench/reservation_rows.ts";
import { scratch } from "./bench/scene.ts";
import { startupRows } from "./bench/startup_rows.ts";
import { eventCostRow, idleRow, latencyRow } from "./bench/watch_rows.ts";

const GROUPS: Record<string, (parent: string) => Promise<Row | Row[]>> = {
  single: singleRows,
  scale: scaleRows,
  batch: batchRow,
  contention: contentionRow,
  wait: waitRow,
  latency: latencyRow,
  event: eventCostRow,
  idle: idleRow,
  startup: startupRows,
  reserve: reservationRows,
  "reserve globs": reservationGlobRows,
  forecast: forecastRows,
  lane: laneRows,
  arbiter: arbiterRow,
  mutex: mutexRow,
};

const outAt = Deno.args.indexOf("--out");
const out = outAt < 0 ? undefined : Deno.args[outAt + 1];
const filters = Deno.args.filter((arg, i) =>
  !arg.startsWith("--") && (outAt < 0 || i !== outAt + 1)
);

const rows: Row[] = [];
for (const [name, group] of Object.entries(GROUPS)) {
  if (filters.length > 0 && !filters.some((filter) => name.includes(filter))) continue;
  await using place = await scratch();
  const found = await group(place.path);
  for (const row of Array.isArray(found) ? found : [found]) {
    rows.push(row);
    const result = row.floor === "" ? "" : `${format(row.result)} ×`;
    console.log(
      [
        row.figure.padEnd(44),
        row.value.padStart(18),
        row.floor.padStart(14),
        result.padStart(8),
        row.goal.padStart(16),
        row.met ? "  met" : "  MISSED",
      ].join(" "),
    );
  }
}
if (out !== undefined) {
  const results = {
    at: new Date().toISOString(),
    deno: Deno.version.deno,
    cores: navigator.hardwareConcurrency,
    rows,
  };
  await Deno.writeTextFile(out, JSON.stringify(results, undefined, 2) + "\n");
}
