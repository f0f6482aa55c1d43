/**
 * Writes the figures in `docs/performance.md` and in the README from `docs/performance.json`, which
 * `deno task bench --record` makes, and those of `docs/peers.md` from `docs/peers.json`, which
 * `deno task bench:peers --record` makes, and those of `docs/postgres.md` from `docs/postgres.json`, which
 * `deno task bench:postgres --record` makes, and the cost of calls by size in `docs/performance.md` with its
 * plot from `docs/sizes.json`, which `deno task bench:sizes --record` makes. With `--check` it writes
 * nothing, and exits with 1 when they say something else.
 *
 * Usage: deno run -A scripts/performance.ts [--check]
 */
import { BUSY } from "./bench/machine.ts";
import { isMet, type Row } from "./bench/measure.ts";
import { peerPage } from "./bench/peers/report/page.ts";
import type { PeerResults } from "./bench/peers/report/results.ts";
import { postgresPart, type PostgresResults } from "./bench/postgres/report.ts";
import { sizePage } from "./bench/sizes/page.ts";
import { sizePlot } from "./bench/sizes/plot.ts";
import type { SizeResults } from "./bench/sizes/rows.ts";
import { loadOf, measuredOn, quantity, type Run, short } from "./support/figures.ts";
import { formatted, withPart } from "./support/pages.ts";

const ROOT = new URL("..", import.meta.url).pathname;

/** Where the results are kept. */
export const RESULTS = `${ROOT}docs/performance.json`;

/** Where the results beside other queues are kept. */
/** Where the cost of calls by size is kept. */
export const SIZE_RESULTS = `${ROOT}docs/sizes.json`;

export const PEER_RESULTS = `${ROOT}docs/peers.json`;

/** Where the results on PostgreSQL are kept. */
export const POSTGRES_RESULTS = `${ROOT}docs/postgres.json`;

/** What one run of the bench found. */
export interface Results extends Run {
  /** The rows by what they are about. */
  readonly sections: Readonly<Record<string, readonly Row[]>>;
}

/** What the documents say of the figures: each document's part. */
const PARTS: Readonly<Record<string, (results: Results) => string>> = {
  "README.md": summary,
  "docs/performance.md": tables,
};

/** The document that has the cost of calls by size too. */
const SIZE_PAGE = "docs/performance.md";

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
  const number = goal.atMost ?? goal.atLeast;
  if (number === undefined) return "";
  const sign = goal.atMost === undefined ? "≥" : "≤";
  return `${sign} ${floor === undefined ? `${number} ${unit}` : `${number} ×`}`;
}

/** What was measured and where, and a table for each section. */
function tables(results: Results): string {
  const parts = [measuredOn(results)];
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
  const goals = rows.filter((row) => goalOf(row) !== "");
  const missed = goals.filter((row) => !isMet(row)).length;
  return [
    `- A claim costs ${claim.median}, ${claim.times} times the system calls that it cannot do ` +
    `without (${claim.goal}), and ${scale.times} times that at 100,000 pending tasks instead of ` +
    `1,000 (${scale.goal}).`,
    `- A task reaches a waiting \`claim\` in ${wait.median} (p99, ${wait.goal}).`,
    `- The process \`coord claim\` takes ${start.median}, ${start.times} times an empty program ` +
    `(${start.goal}).`,
    "",
    `Of ${goals.length} goals, ${missed} were missed: [all figures](docs/performance.md). ` +
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
  const peers: PeerResults = JSON.parse(await Deno.readTextFile(PEER_RESULTS));
  const sizes: SizeResults = JSON.parse(await Deno.readTextFile(SIZE_RESULTS));
  const found: [string, string][] = [];
  const hold = async (path: string, made: (before: string) => Promise<string>) => {
    const before = await Deno.readTextFile(ROOT + path);
    const after = await made(before);
    if (after !== before) found.push([path, after]);
  };
  for (const path of Object.keys(PARTS)) {
    await hold(path, async (before) => {
      const after = await withFigures(path, before, results);
      return path === SIZE_PAGE ? formatted(withPart(after, "sizes", sizePage(sizes))) : after;
    });
  }
  await hold("docs/peers.md", (before) => formatted(withPart(before, "figures", peerPage(peers))));
  const postgres: PostgresResults = JSON.parse(await Deno.readTextFile(POSTGRES_RESULTS));
  await hold(
    "docs/postgres.md",
    (before) => formatted(withPart(before, "figures", postgresPart(postgres))),
  );
  await hold("docs/images/sizes.svg", () => formatted(sizePlot(sizes.rows), "svg"));
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
