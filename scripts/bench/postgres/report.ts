/** What a run on PostgreSQL found, and what the page says of it. */
import { measuredOn, quantity, type Run, short } from "../../support/figures.ts";
import type { Goal } from "../measure.ts";
import { count, disk, type GoalRow, isMet } from "../peers/report/goals.ts";
import {
  type Figure,
  type QueueRow,
  ratioOf,
  type Series,
  type Value,
} from "../peers/report/results.ts";

export interface PostgresResults extends Run {
  readonly node: string;
  readonly postgres: string;
  readonly rounds: number;
  readonly queues: readonly QueueRow[];
  /** Eight processes by one, round by round. */
  readonly scale: Value;
  readonly figures: readonly Figure[];
}

/** Milliseconds of a commit at which several processes are held against one. */
export const SLOW_MS = 5;

/** Of claim + complete, coord by pg-boss with this disk. */
const BESIDE: readonly (readonly [processes: number, goal: Goal])[] = [
  [1, { atLeast: 1 }],
  [8, { atLeast: 1.2 }],
];

/** coord's rate with eight processes by that with one, where a commit takes long. */
export function scaleOf(coord: readonly Series[]): Value {
  const rates = (processes: number) =>
    coord.find((series) => series.processes === processes)?.rounds.map((samples) =>
      samples.find(({ syncMs }) => syncMs === SLOW_MS)?.work.rate ?? NaN
    ) ?? [];
  return ratioOf(rates(8), rates(1));
}

function goals({ queues, scale, figures }: PostgresResults): GoalRow[] {
  return [
    ...BESIDE.map(([processes, goal]) => ({
      figure: `claim + complete ÷ pg-boss, ${count(processes)}`,
      result: queues.find((row) =>
        row.job === "claim + complete" && row.peer === "pg-boss" && row.sync_ms === 0 &&
        row.processes === processes
      )?.coord_by_this,
      goal,
    })),
    {
      figure: `claim + complete, 8 processes ÷ 1 process, ${disk(SLOW_MS)}`,
      result: scale,
      goal: { atLeast: 5 },
    },
    ...figures.map(({ figure, ratio, value, goal = {} }) => ({
      figure,
      result: ratio ?? value,
      goal,
    })),
  ];
}

function goalCells(row: GoalRow, figures: readonly Figure[]): string[] {
  const { figure, result, goal } = row;
  const found = figures.find((each) => each.figure === figure);
  const isRatio = found === undefined || found.ratio !== undefined;
  const say = (value: number) => isRatio ? `${short(value)} ×` : quantity(value, found.unit);
  const [sign, bound] = goal.atMost === undefined ? ["≥", goal.atLeast] : ["≤", goal.atMost];
  const spread = result && ` (${result.spread.map(short).join(" to ")})`;
  return [
    figure,
    result === undefined ? "not measured" : `${say(result.median)}${spread}`,
    `${sign} ${bound} ${isRatio ? "×" : found.unit}${isMet(row) === false ? ", **missed**" : ""}`,
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

const withSpread = ({ median, spread }: Value) =>
  `${short(median)} (${spread.map(short).join(" to ")})`;

/** The part of the page with the figures. */
export function postgresPart(results: PostgresResults): string {
  const rows = goals(results);
  const missed = rows.filter((row) => isMet(row) === false).length;
  const queues = results.queues.map((row) => [
    row.job,
    count(row.processes),
    disk(row.sync_ms),
    row.note === undefined ? row.peer : `${row.peer} (${row.note})`,
    withSpread(row.rate),
    row.coord_by_this === undefined ? "" : `${withSpread(row.coord_by_this)} ×`,
    row.syncs.toFixed(2),
  ]);
  const single = results.figures.map(({ figure, unit, value, against }) => [
    figure,
    quantity(value.median, unit),
    against === undefined ? "" : quantity(against.median, unit),
  ]);
  return [
    measuredOn(results) + ` PostgreSQL ${results.postgres}, Node ${results.node}, ` +
    `${results.rounds} rounds.`,
    `Of ${rows.length} goals, ${missed} were missed.`,
    table(["figure", "result", "goal"], rows.map((row) => goalCells(row, results.figures))),
    "Tasks a second, of all processes together:",
    table(["work", "processes", "disk", "queue", "tasks/s", "coord ÷ it", "syncs a task"], queues),
    "Single figures:",
    table(["figure", "median", "held against"], single),
  ].join("\n\n");
}
