/**
 * The figures that coord promises, each beside its floor, measured in one run.
 *
 * Usage: deno task bench [--quick] [--record | --out FILE] [--blocked=N] [FILTER…]
 *
 * `--quick` takes under 5 minutes on two cores: fewer rounds of the same work. A filter keeps the
 * groups whose name contains it. `--out` writes the results as JSON; `--record` writes them to
 * `docs/performance.json`, and `docs/performance.md` and the README's figures with them. `--blocked` is
 * the number of blocked tasks beside which a claim is measured, 20,000 where it is not given.
 */
import { arbiterRow, laneRows, mutexRow } from "./bench/lane_rows.ts";
import { checkRows } from "./bench/check_rows.ts";
import { batchRow, contentionRow, waitRow } from "./bench/process_rows.ts";
import { forecastRows } from "./bench/forecast_rows.ts";
import { BUSY, machine } from "./bench/machine.ts";
import { hookRows } from "./bench/hook_rows.ts";
import type { Row } from "./bench/measure.ts";
import { scaleRows, singleRows, tagRows } from "./bench/queue_rows.ts";
import { reservationGlobRows } from "./bench/reservation_glob_rows.ts";
import { reservationRows } from "./bench/reservation_rows.ts";
import { removeScratch, scratch } from "./bench/scene.ts";
import { startupRows } from "./bench/startup_rows.ts";
import { eventCostRow, idleRow, latencyRow } from "./bench/watch_rows.ts";
import { blockedRow, loopRow, workRow } from "./bench/work_rows.ts";
import { withFewDigits } from "./support/figures.ts";
import { cells, RESULTS, type Results, writePages } from "./performance.ts";

type Group = (parent: string) => Promise<Row | Row[]>;

const SECTIONS: Record<string, Record<string, Group>> = {
  Tasks: {
    single: singleRows,
    scale: scaleRows,
    tags: tagRows,
    batch: batchRow,
    contention: contentionRow,
    wait: waitRow,
    blocked: blockedRow,
    work: workRow,
    loop: loopRow,
  },
  Reservations: {
    check: checkRows,
    reserve: reservationRows,
    "reserve globs": reservationGlobRows,
  },
  Lanes: { lane: laneRows, arbiter: arbiterRow, mutex: mutexRow },
  Watch: { latency: latencyRow, event: eventCostRow, idle: idleRow },
  Forecast: { forecast: forecastRows },
  "Hook of a host": { hook: hookRows },
  "Start and memory": { startup: startupRows },
};

const outAt = Deno.args.indexOf("--out");
const record = Deno.args.includes("--record");
const out = record ? RESULTS : outAt < 0 ? undefined : Deno.args[outAt + 1];
const filters = Deno.args.filter((arg, i) =>
  !arg.startsWith("--") && (outAt < 0 || i !== outAt + 1)
);
if (record && filters.length > 0) throw new Error("--record takes all groups, so no filter");

await using _scratch = { [Symbol.asyncDispose]: removeScratch };
const found = machine();
if (found.load > BUSY) {
  console.log(`Other processes are at work (load ${found.load}): the figures will be worse than`);
  console.log("they are, and the page will say so. Wait, and measure again.");
}
const start = performance.now();
const sections: Record<string, Row[]> = {};
for (const [section, groups] of Object.entries(SECTIONS)) {
  for (const [name, group] of Object.entries(groups)) {
    if (filters.length > 0 && !filters.some((filter) => name.includes(filter))) continue;
    for (const row of [await group(await scratch())].flat()) {
      (sections[section] ??= []).push(row);
      const [value = "", floor = "", result = "", goal = ""] = cells(row);
      console.log(
        row.figure.padEnd(68),
        value.padStart(14),
        floor.padStart(14),
        `  ${result.padEnd(26)} ${goal}`,
      );
    }
  }
}
const seconds = Math.round((performance.now() - start) / 1000);
console.log(`${seconds} s`);
if (out !== undefined) {
  const length = Deno.args.includes("--quick") ? "quick" : "full";
  const at = new Date().toISOString();
  const results: Results = { at, length, seconds, ...found, sections };
  await Deno.writeTextFile(out, JSON.stringify(results, withFewDigits, 2) + "\n");
}
if (record) await writePages();
