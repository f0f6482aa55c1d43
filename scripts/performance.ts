/**
 * Writes the figures in `docs/performance.md` and in the README from `docs/performance.json`, which
 * `deno task bench --record` makes. With `--check` it writes nothing, and exits with 1 when they say
 * something else.
 *
 * Usage: deno run -A scripts/performance.ts [--check]
 */
import { BUSY, type Machine } from "./bench/machine.ts";
import { isMet, type Row } from "./bench/measure.ts";
import { formatted, withPart } from "./support/pages.ts";

const ROOT = new URL("..", import.meta.url).pathname;

/** Where the results are kept. */
export const RESULTS = `${ROOT}docs/performance.json`;

/** What one run of the bench found. */
export interface Results extends Machine {
  readonly at: string;
  readonly length: "full" | "quick";
  readonly seconds: number;
  /** The rows by what they are about. */
  readonly sections: Readonly<Record<string, readonly Row[]>>;
}

/** What the documents say of the figures: each document's part. */
const PARTS: Readonly<Record<string, (results: Results) => string>> = {
  "README.md": summary,
  "docs/performance.md": tables,
};

/** The value, its floor, the result and the goal of a row, as text. */
export function cells(row: Row): string[] {
  const { value, floor, result, spread, unit } = row;
  const [from, to] = spread.map((each) => floor === undefined ? quantity(each, unit) : short(each));
  return [
    quantity(value, unit),
    floor === undefined ? "" : quantity(floor, unit),
    (floor === undefined ? "" : `${short(result)} × `) + `(${from} to ${to})`,
    goalOf(row) + (isMet(row) ? "" : ", missed"),
  ];
}

function goalOf({ goal, floor, unit }: Row): string {
  const number = goal.atMost ?? goal.atLeast ?? NaN;
  const sign = goal.atMost === undefined ? "≥" : "≤";
  return `${sign} ${floor === undefined ? `${number} ${unit}` : `${number} ×`}`;
}

/** Three digits, or all that stand before the point. */
function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function quantity(value: number, unit: string): string {
  if (unit === "ms" && Math.abs(value) < 1) return `${short(value * 1000)} µs`;
  if (unit === "ms" && value >= 1000) return `${short(value / 1000)} s`;
  return `${short(value)} ${unit}`;
}

/** What was measured and where, and a table for each section. */
function tables(results: Results): string {
  const { at, length, seconds, coord, deno, cpu, cores, memory_gb, system, file_system } = results;
  const parts = [
    `Measured on ${at.slice(0, 10)}, in a ${length} run of ${seconds} s, with coord ${coord} and ` +
    `Deno ${deno}, on ${cores} cores (${cpu}), ${memory_gb} GB, ${system}, ${file_system}. ` +
    loadOf(results),
  ];
  for (const [section, rows] of Object.entries(results.sections)) {
    const runtimes = new Set(rows.flatMap(({ runtime }) => runtime ?? []));
    parts.push(
      `### ${section}`,
      ...[...runtimes].map((name) => `The executables were made with ${name}.`),
      [
        "| figure | median | held against | result | goal |",
        "| --- | --- | --- | --- | --- |",
        ...rows.map((row) => `| ${[row.figure, ...cells(row)].join(" | ")} |`),
      ].join("\n"),
    );
  }
  return parts.join("\n\n");
}

function loadOf({ load }: Results): string {
  return load <= BUSY
    ? `The machine was quiet (load ${load}).`
    : `**Other processes were at work (load ${load}): a quiet machine shows better figures.**`;
}

/** Three figures with their goals, and how many of all were missed. */
function summary(results: Results): string {
  const rows = Object.values(results.sections).flat();
  const of = (figure: string) => {
    const row = rows.find((row) => row.figure.startsWith(figure));
    if (row === undefined) throw new Error(`docs/performance.json has no figure "${figure}"`);
    const goal = `goal ${goalOf(row)}${isMet(row) ? "" : ", missed"}`;
    return { ...row, goal, times: short(row.result), median: quantity(row.value, row.unit) };
  };
  const [claim, scale] = [of("claim, 1,000 pending"), of("claim, 100,000 pending")];
  const [wait, start] = [of("`claim --wait`"), of("start, `claim`")];
  const missed = rows.filter((row) => !isMet(row)).length;
  return [
    `- A claim costs ${claim.median}, ${claim.times} times the system calls that it cannot do ` +
    `without (${claim.goal}), and ${scale.times} times that at 100,000 pending tasks instead of ` +
    `1,000 (${scale.goal}).`,
    `- A task reaches a waiting \`claim\` in ${wait.median} (p99, ${wait.goal}).`,
    `- The process \`coord claim\` takes ${start.median}, ${start.times} times an empty program ` +
    `(${start.goal}).`,
    "",
    `Of ${rows.length} goals, ${missed} were missed: [all figures](docs/performance.md). ` +
    (results.load > BUSY ? loadOf(results) : ""),
  ].join("\n");
}

/** A document with its figures written again. */
export function withFigures(path: string, text: string, results: Results): Promise<string> {
  const part = PARTS[path];
  if (part === undefined) throw new Error(`${path} has no figures`);
  return formatted(withPart(text, "figures", part(results)));
}

/** The documents that say something else than the results, with what they should be. */
async function outdated(): Promise<[path: string, text: string][]> {
  const results: Results = JSON.parse(await Deno.readTextFile(RESULTS));
  const found: [string, string][] = [];
  for (const path of Object.keys(PARTS)) {
    const before = await Deno.readTextFile(ROOT + path);
    const after = await withFigures(path, before, results);
    if (after !== before) found.push([path, after]);
  }
  return found;
}

/** Writes the figures of the results into the documents. */
export async function writePages(): Promise<void> {
  for (const [path, text] of await outdated()) await Deno.writeTextFile(ROOT + path, text);
}

if (import.meta.main) {
  if (!Deno.args.includes("--check")) await writePages();
  else {
    const paths = (await outdated()).map(([path]) => path);
    for (const path of paths) {
      console.log(`${path} is out of date: run deno run -A scripts/performance.ts`);
    }
    if (paths.length > 0) Deno.exit(1);
  }
}
