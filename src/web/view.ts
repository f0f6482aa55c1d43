/** What the page shows of a fleet: rows by the words and the order of `coord top`, a bounded number of them. */
import { onceOfEach } from "../domain/watch/once.ts";
import type { TaskCounts } from "../domain/task/listing.ts";
import type { ConflictType } from "../domain/forecast/clash.ts";
import type { Forecast } from "../engine/forecast/forecast.ts";
import type { AgentStatus } from "../engine/watch/agents.ts";
import type { Fleet, FleetFailure } from "../engine/watch/fleet/types.ts";
import { sanitize } from "../cli/sanitize.ts";
import {
  ago,
  byLength,
  type Cell,
  harmless,
  perMinute,
  type ScreenRow,
  type Section,
  timelessSections,
} from "../cli/top/sections.ts";

/** The rows of a section, and the addresses of the holds, that go to the page; the rest is counted. */
const MOST = 1_000;

/** Characters of a text; the record has the rest. */
const TEXT = 300;

/** One address that a run holds. */
export interface PageHold {
  /** The same from state to state. */
  readonly key: string;
  /** What `show` takes for the record. */
  readonly id: string;
  readonly address: string;
  readonly run_id: string;
  /** `locks`, `edits`, `lane` or `dead`. */
  readonly how: string;
  /** Until when it is held unless it is renewed. */
  readonly left: Cell;
}

/** One state, as the page gets it. */
export interface PageState {
  /** The moment, ISO 8601 UTC. */
  readonly at: string;
  readonly runs: Readonly<Record<AgentStatus | "total", number>>;
  readonly tasks: TaskCounts;
  readonly waiting: number;
  readonly done_last_minute: number;
  readonly conflicts_last_minute: number;
  readonly conflicts_counted: boolean;
  /** As on the terminal, without the holds, and the failures; those that have rows. */
  readonly sections: readonly Section<Cell>[];
  readonly holds: readonly PageHold[];
  readonly holds_total: number;
}

/** The state of the page. */
export function pageState(fleet: Fleet, forecast: Forecast | undefined): PageState {
  const { agents: _agents, ...runs } = fleet.runs;
  const all = timelessSections(fleet);
  // The page has a tree of holds, and the conflicts of a forecast, which knows of more of them.
  const shown = all.filter(({ title, rows }) =>
    title !== "HOLDS" && title !== "CONFLICTS" && rows.length > 0
  );
  if (forecast !== undefined && forecast.total > 0) shown.push(conflicts(forecast, fleet));
  if (fleet.failures.length > 0) shown.push(failures(fleet.failures));
  const holds = holdsOf(fleet, all.find(({ title }) => title === "HOLDS")?.rows ?? []);
  return {
    at: fleet.at,
    runs,
    tasks: fleet.tasks,
    waiting: fleet.waits.length,
    sections: shown.map((section) => ({
      ...section,
      rows: section.rows.slice(0, MOST).map((row) => shortRow(row)),
      count: section.count ?? section.rows.length,
    })),
    conflicts_last_minute: fleet.conflicts_last_minute,
    conflicts_counted: fleet.conflicts_counted,
    done_last_minute: fleet.queues.reduce((sum, each) => sum + each.completed_last_minute, 0),
    holds: holds.slice(0, MOST),
    holds_total: holds.length,
  };
}

const shortRow = onceOfEach((row: ScreenRow<Cell>) => shortened(row));

/** The addresses of all holds, each as its row says it. */
function holdsOf({ reservations, leases }: Fleet, rows: readonly ScreenRow<Cell>[]): PageHold[] {
  const byKey = new Map(rows.map((row) => [row.key, row]));
  return [
    ...leases.flatMap(({ lane, loop_ts, tree }) =>
      addressesOf(byKey.get(`lane ${lane} ${loop_ts}`), tree)
    ),
    ...reservations.flatMap((each) =>
      reservedBy(each, byKey.get(`reservation ${each.reservation_id}`))
    ),
  ];
}

function addressesOf(
  row: ScreenRow<Cell> | undefined,
  addresses: readonly string[],
): readonly PageHold[] {
  const { key = "", id = "", cells: [run, how, , , left = ""] = [] } = row ?? {};
  const about = { key, id, run_id: `${run}`, how: `${how}`, left };
  return addresses.map((address) => shortened({ ...about, address: sanitize(address) }));
}

const reservedBy = onceOfEach((
  { addresses }: Fleet["reservations"][number],
  row: ScreenRow<Cell> | undefined,
) => addressesOf(row, addresses));

function conflicts({ conflicts, total }: Forecast, fleet: Fleet): Section<Cell> {
  return {
    title: "CONFLICTS",
    columns: [
      { name: "RUNS", least: 18, share: 4 },
      { name: "WHAT", least: 14, share: 6 },
      { name: "WHY", least: 12, share: 3, drop: 1 },
      { name: "/MIN", least: 4, right: true, drop: 2 },
    ],
    count: total,
    rows: conflicts.map(({ type, agents, addresses, reservation_ids, lanes }) =>
      harmless({
        key: `conflict ${type} ${addresses.join(" ")} ${[...reservation_ids, ...lanes].join(" ")}`,
        id: reservation_ids[0] ?? (lanes[0] === undefined ? undefined : `lane:${lanes[0]}`),
        about: agents,
        cells: [
          agents.join(", "),
          byLength(addresses).join(" and "),
          WHY[type],
          perMinute(addresses, fleet),
        ],
        tones: { 2: "dim" },
      })
    ),
  };
}

/** Why two runs are likely to get in each other's way, in a word or two. */
const WHY: Readonly<Record<ConflictType, string>> = {
  address_overlap: "same address",
  scope_overlap: "overlapping",
  operation_conflict: "one takes it away",
  dependency_overlap: "one imports it",
};

function failures(all: readonly FleetFailure[]): Section<Cell> {
  return {
    title: "FAILURES",
    columns: [
      { name: "TASK", least: 14, most: 60, share: 2 },
      { name: "REASON", least: 14, most: 120, share: 3 },
      { name: "RUN", least: 10, most: 28, share: 1, middle: true, drop: 2 },
      { name: "QUEUE", least: 8, most: 20, share: 1, drop: 4 },
      { name: "TRY", least: 3, right: true, drop: 3 },
      { name: "SINCE", least: 8, right: true },
    ],
    rows: all.map((failure) => failureRow(failure)),
  };
}

const failureRow = onceOfEach((
  { task_id: id, title, queue, run_id, error, attempt, ended_at }: FleetFailure,
) =>
  harmless({
    key: `failure ${id}`,
    id,
    about: [run_id, queue],
    cells: [title, error ?? "", run_id, queue, `${attempt}`, ago(ended_at)],
    tones: { 1: "bad", 3: "dim", 5: "dim" },
  })
);

/** The same value, with long texts cut. */
export function shortened<T>(value: T): T;
export function shortened(value: unknown): unknown {
  if (typeof value === "string") return value.length > TEXT ? `${value.slice(0, TEXT)}…` : value;
  if (Array.isArray(value)) return value.map(shortened);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, shortened(each)]),
  );
}
