/**
 * The cost of calls against the number of tasks in a workspace.
 *
 * Usage: deno task bench:sizes [--quick] [--sizes N,N] [--record | --out FILE]
 *
 * `--sizes` says at which numbers of tasks; without it 1,000, 10,000, 100,000 and 1,000,000. `--quick` takes
 * fewer rounds. `--out` writes the results as JSON; `--record` writes them to `docs/sizes.json`, and
 * `docs/performance.md` with its plot from them. A million tasks take minutes to make, and 400 MB.
 */
import { BUSY, machine } from "./bench/machine.ts";
import { removeScratch, scratch } from "./bench/scene.ts";
import { type SizeResults, sizeRows } from "./bench/sizes/rows.ts";
import { SIZE_RESULTS, writePages } from "./performance.ts";
import { withFewDigits } from "./support/figures.ts";
import { option } from "./support/options.ts";

const sizes = (option("--sizes") ?? "1000,10000,100000,1000000").split(",").map(Number);
if (!sizes.every((size) => size >= 1000)) {
  throw new RangeError("--sizes takes numbers from 1000 on");
}
const record = Deno.args.includes("--record");
const out = record ? SIZE_RESULTS : option("--out");

await using _scratch = { [Symbol.asyncDispose]: removeScratch };
const found = machine();
if (found.load > BUSY) console.log(`Other processes are at work (load ${found.load})`);
const start = performance.now();
const rows = await sizeRows(await scratch(), sizes);
for (const { call, tasks, tasks_are, ms } of rows) {
  console.log(`${call}, ${tasks} tasks, ${tasks_are}`.padEnd(60), ms.median.toFixed(2), "ms");
}
const results: SizeResults = {
  at: new Date().toISOString(),
  length: Deno.args.includes("--quick") ? "quick" : "full",
  seconds: Math.round((performance.now() - start) / 1000),
  ...found,
  rows,
};
console.log(`${results.seconds} s`);
if (out !== undefined) {
  await Deno.writeTextFile(out, JSON.stringify(results, withFewDigits, 1) + "\n");
}
if (record) await writePages();
