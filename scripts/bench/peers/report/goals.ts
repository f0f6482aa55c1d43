/** What coord promises beside its peers, each held against what a run found. */
import type { Goal } from "../../measure.ts";
import type { PeerResults, QueueRow, Value } from "./results.ts";

/** The peers that goals and pages name. */
export const NAMES = {
  coord: "coord",
  floor: "the file operations alone",
  sqlite: "SQLite, Deno, FULL",
  bullmq: "BullMQ, appendfsync always",
  pgBoss: "pg-boss",
  graphile: "graphile-worker",
} as const;

/** A goal with its result; none where the run did not measure it. */
export interface GoalRow {
  readonly figure: string;
  readonly result?: Value;
  readonly goal: Goal;
}

type QueueGoal = readonly [peer: string, processes: number, syncMs: number, atLeast: number];

/** Of claim + complete, coord by the peer. */
const QUEUE_GOALS: readonly QueueGoal[] = [
  [NAMES.sqlite, 1, 1, 1],
  [NAMES.sqlite, 1, 5, 1],
  [NAMES.sqlite, 8, 1, 2],
  [NAMES.sqlite, 8, 5, 4],
  [NAMES.floor, 1, 0, 0.75],
  [NAMES.floor, 8, 0, 0.75],
  [NAMES.pgBoss, 8, 1, 1.5],
  [NAMES.graphile, 8, 1, 1.5],
  [NAMES.bullmq, 8, 1, 1.5],
];

/** All goals, in the order of the page. */
export function goalRows(results: PeerResults): GoalRow[] {
  return [
    ...QUEUE_GOALS.map((goal) => queueGoal(results.queues, goal)),
    ...[...results.figures, ...results.processes].filter(({ goal }) => goal !== undefined).map((
      { figure, ratio, goal },
    ) => ({
      figure,
      result: ratio,
      goal: goal ?? {},
    })),
  ];
}

function queueGoal(
  rows: readonly QueueRow[],
  [peer, processes, syncMs, atLeast]: QueueGoal,
): GoalRow {
  const row = rows.find((row) =>
    row.job === "claim + complete" && row.peer === peer && row.processes === processes &&
    row.sync_ms === syncMs
  );
  return {
    figure: `claim + complete ÷ ${peer}, ${count(processes)}, ${disk(syncMs)}`,
    result: row?.coord_by_this,
    goal: { atLeast },
  };
}

/** Whether a goal was met; neither yes nor no where it was not measured. */
export function isMet({ result, goal }: GoalRow): boolean | undefined {
  if (result === undefined) return undefined;
  const { atLeast = -Infinity, atMost = Infinity } = goal;
  return result.median >= atLeast && result.median <= atMost;
}

/** A number of processes in words of a table. */
export function count(processes: number): string {
  return processes === 1 ? "1 process" : `${processes} processes`;
}

/** A duration of syncs in words of a table. */
export function disk(syncMs: number): string {
  return syncMs === 0 ? "this disk" : `syncs of ${syncMs} ms`;
}
