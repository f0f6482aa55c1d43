/** The state of a fleet as rows, what needs a look first. */
import { agentText, duration, progressText, shortId } from "../../commands/text.ts";
import { restUntil } from "../../domain/lane/lease.ts";
import { onceOfEach } from "../../domain/watch/once.ts";
import { parseTime } from "../../domain/time.ts";
import type { AgentItem, AgentStatus } from "../../engine/watch/agents.ts";
import type {
  Fleet,
  FleetAlert,
  FleetAlertKind,
  FleetQueue,
} from "../../engine/watch/fleet/types.ts";
import { sanitize } from "../sanitize.ts";
import type { ScreenColumn } from "./layout.ts";

/** How much a row or a cell matters. */
export type Tone = "bad" | "warn" | "good" | "dim" | "plain";

/** An instant, milliseconds since 1970, of which a cell shows how long ago it is, or how much is left. */
export type Moment = { readonly ago: number } | { readonly left: number };

/** What a cell holds until it is shown. */
export type Cell = string | Moment;

/** A row of a section. */
export interface ScreenRow<C extends Cell = string> {
  /** The same from frame to frame. */
  readonly key: string;
  /** What `show` takes for its record; `undefined` where it has none. */
  readonly id?: string | undefined;
  /** The runs and the queue that it is about, for the filter. */
  readonly about: readonly string[];
  readonly cells: readonly C[];
  /** By the place of a cell. */
  readonly tones?: Readonly<Record<number, Tone>>;
}

/** Rows under one heading. */
export interface Section<C extends Cell = string> {
  readonly title: string;
  readonly columns: readonly ScreenColumn[];
  readonly rows: readonly ScreenRow<C>[];
  /** How many rows it has, where not all of them show. */
  readonly count?: number;
}

/** The sections of a state that have rows; with a filter only what is about such a run or queue. */
export function sectionsOf(fleet: Fleet, filter: string, now: number): Section[] {
  const wanted = filter.toLowerCase();
  const isWanted = ({ about }: ScreenRow<Cell>) =>
    wanted === "" || about.some((name) => name.toLowerCase().includes(wanted));
  return timelessSections(fleet)
    .map(({ count, ...section }) => ({
      ...section,
      ...(count !== undefined && wanted === "" && { count }),
      rows: section.rows.filter(isWanted)
        .map((row) => ({ ...row, cells: row.cells.map((cell) => cellText(cell, now)) })),
    }))
    .filter(({ rows }) => rows.length > 0);
}

/**
 * The sections as they are until the state changes, made once for it, however often it is drawn: only what
 * their moments show goes on. A row of what has not changed is the same object from state to state.
 */
export const timelessSections = onceOfEach((fleet: Fleet): readonly Section<Cell>[] =>
  [alerts, runs, conflicts, queues, waits, holds].map((make) => make(fleet))
    .map((section) => ({ ...section, rows: section.rows.map((row) => harmlessRow(row)) }))
);

const harmlessRow = onceOfEach(harmless);

export function harmless(row: ScreenRow<Cell>): ScreenRow<Cell> {
  const cells = row.cells.map((cell) => typeof cell === "string" ? sanitize(cell) : cell);
  return { ...row, cells };
}

/** What a cell shows: of a moment `3 min`, of one that lies ahead `in 3 min`. */
function cellText(cell: Cell, now: number): string {
  if (typeof cell === "string") return cell;
  if ("left" in cell) return cell.left <= now ? "over" : short(cell.left - now);
  const text = short(Math.abs(now - cell.ago));
  return cell.ago > now + 500 ? `in ${text}` : text;
}

/** Each kind of alert in a word, and how bad it is. */
const ALERTS: Readonly<Record<FleetAlertKind, readonly [word: string, tone: Tone]>> = {
  lost_run: ["lost", "bad"],
  failed_task: ["failed", "bad"],
  blocked_task: ["blocked", "bad"],
  dead_lane: ["dead", "bad"],
  timed_out_task: ["timed out", "warn"],
  lapsing_hold: ["lapsing", "warn"],
  silent_run: ["silent", "warn"],
  stuck_run: ["stuck", "warn"],
  retried_task: ["retried", "warn"],
  paused_queue: ["paused", "warn"],
  old_pending: ["waiting", "plain"],
};

function alerts(fleet: Fleet): Section<Cell> {
  return {
    title: "ALERTS",
    columns: [
      { name: "ALERTS", least: 10 },
      { name: "WHAT", least: 14, most: 80, share: 2 },
      { name: "WHY", least: 10, most: 120, share: 3, drop: 1 },
      { name: "SINCE", least: 8, right: true },
    ],
    // A blocked task names another one.
    rows: fleet.alerts.map((alert) =>
      alert.kind === "blocked_task" ? alertRow(alert, fleet.failures) : knownAlertRow(alert)
    ),
  };
}

function alertRow(alert: FleetAlert, failures: Fleet["failures"] = []): ScreenRow<Cell> {
  const [word, tone] = ALERTS[alert.kind];
  const { kind, id, run_id, queue, subject } = alert;
  return {
    key: `alert ${kind} ${id} ${run_id} ${queue}`,
    id: id ?? undefined,
    about: [run_id, queue].filter((name) => name !== null),
    cells: [word, agentText(subject), whyOf(alert, failures), ago(alert.at)],
    tones: { 0: tone, 3: "dim" },
  };
}

const knownAlertRow = onceOfEach((alert: FleetAlert) => alertRow(alert));

function whyOf(
  { kind, run_id, subject, detail }: FleetAlert,
  failures: Fleet["failures"],
): string {
  const title = failures.find(({ task_id }) => task_id === detail)?.title;
  const said = kind === "blocked_task" ? `after ${title ?? shortId(detail)}` : detail;
  const run = run_id === null || run_id === subject ? "" : agentText(run_id);
  if (said === "" || run === "") return said + run;
  return `${said} (${run})`;
}

const STATUSES: readonly AgentStatus[] = ["lost", "stuck", "silent", "working"];

/** The tone of each status of a run. */
export const STATUS_TONES: Readonly<Record<AgentStatus, Tone>> = {
  lost: "bad",
  stuck: "warn",
  silent: "warn",
  working: "good",
};

function runs({ runs: { agents }, reservations, leases }: Fleet): Section<Cell> {
  const held = new Map<string, string[]>();
  const holds = (run: string, what: string) => held.set(run, [...held.get(run) ?? [], what]);
  for (const { run_id, addresses } of reservations) holds(run_id, addresses[0] ?? "");
  for (const { run_id, holder, lane } of leases) holds(run_id ?? holder, `lane ${lane}`);
  const rank = ({ status }: AgentItem) => STATUSES.indexOf(status);
  return {
    title: "RUNS",
    columns: [
      { name: "RUNS", least: 12, most: 28, share: 1, middle: true },
      { name: "STATUS", least: 8 },
      { name: "TASK", least: 12, most: 60, share: 3 },
      { name: "NOTE", least: 10, most: 60, share: 3, drop: 1 },
      { name: "HOLDS", least: 9, most: 40, share: 2, drop: 2, middle: true },
      { name: "BEAT", least: 6, right: true },
    ],
    rows: agents.toSorted((a, b) => rank(a) - rank(b)).map((agent) => {
      const { run_id, status, task, tasks, last_beat_at } = agent;
      const more = tasks > 1 ? ` +${tasks - 1}` : "";
      const all = held.get(run_id) ?? [];
      const others = all.length > 1 ? `+${all.length - 1} ` : "";
      return {
        key: `run ${run_id}`,
        id: task?.task_id,
        about: [run_id, ...(task === null ? [] : [task.queue])],
        cells: [
          run_id,
          status,
          task === null ? "" : task.title + more,
          noteOf(agent),
          others + (all[0] ?? ""),
          ago(last_beat_at),
        ],
        tones: { 1: STATUS_TONES[status], 3: "dim", 5: "dim" },
      };
    }),
  };
}

function noteOf({ note, progress }: Pick<AgentItem, "note" | "progress">): string {
  return [progress === null ? "" : progressText(progress), note ?? ""]
    .filter((part) => part !== "").join(" ");
}

function conflicts(fleet: Fleet): Section<Cell> {
  return {
    title: "CONFLICTS",
    columns: [
      { name: "CONFLICTS", least: 13, most: 28, share: 1, middle: true },
      { name: "WITH", least: 10, most: 28, share: 1, middle: true },
      { name: "WHAT", least: 11, most: 80, share: 3 },
      { name: "/MIN", least: 4, right: true, drop: 2 },
      { name: "SINCE", least: 6, right: true, drop: 1 },
    ],
    count: fleet.conflicts_total,
    rows: fleet.conflicts.map(({ run_ids, addresses, ids, since }) => ({
      key: `conflict ${ids.join(" ")} ${since}`,
      id: ids[0],
      about: run_ids,
      cells: [
        ...run_ids,
        byLength(addresses).join(" and "),
        perMinute(addresses, fleet),
        ago(since),
      ],
      tones: { 4: "dim" },
    })),
  };
}

/** How many conflicts of the last minute were about one of these, where it is among those in most. */
export function perMinute(addresses: readonly string[], { hotspots }: Fleet): string {
  const counts = hotspots.filter(({ address }) => addresses.includes(address));
  return numberText(Math.max(0, ...counts.map(({ count }) => count)));
}

/** The longest first: its end sets it apart from others, and the end of all may be cut off. */
export function byLength(addresses: readonly string[]): string[] {
  return [...new Set(addresses)].sort((a, b) => b.length - a.length);
}

/** Paused queues first, and last those without work; the order does not change with every task. */
function rankOf({ paused, pending, claimed }: FleetQueue): number {
  return paused !== null ? 0 : pending + claimed > 0 ? 1 : 2;
}

function queues(fleet: Fleet): Section<Cell> {
  return {
    title: "QUEUES",
    columns: [
      { name: "QUEUES", least: 12, most: 28, share: 1 },
      { name: "STATE", least: 6, drop: 2 },
      { name: "PENDING", least: 7, right: true },
      { name: "CLAIMED", least: 7, right: true },
      { name: "BLOCKED", least: 7, right: true, drop: 4 },
      { name: "FAILED", least: 6, right: true, drop: 1 },
      { name: "DONE", least: 6, right: true, drop: 3 },
      { name: "/MIN", least: 4, right: true },
      { name: "OLDEST", least: 6, right: true },
    ],
    rows: fleet.queues.toSorted((a, b) => rankOf(a) - rankOf(b)).map((each) => ({
      key: `queue ${each.queue}`,
      id: each.oldest_pending?.task_id,
      about: [each.queue],
      cells: [
        each.queue,
        each.paused === null ? "open" : "paused",
        numberText(each.pending),
        numberText(each.claimed),
        numberText(each.blocked),
        numberText(each.failed),
        numberText(each.completed),
        numberText(each.completed_last_minute),
        ago(each.oldest_pending?.since ?? null),
      ],
      tones: {
        1: each.paused === null ? "dim" : "warn",
        5: each.failed > 0 ? "bad" : "plain",
        8: "dim",
      },
    })),
  };
}

/** None is no news. */
function numberText(count: number): string {
  return count === 0 ? "·" : count > 999_999 ? `${Math.floor(count / 1_000)}k` : String(count);
}

function waits(fleet: Fleet): Section<Cell> {
  return {
    title: "WAITS",
    columns: [
      { name: "WAITS", least: 12, most: 28, share: 1, middle: true },
      { name: "FOR", least: 10, most: 80, share: 3 },
      { name: "HELD BY", least: 10, most: 60, share: 2 },
      { name: "SINCE", least: 6, right: true },
    ],
    rows: fleet.waits.map(({ run_id, addresses, lane, waits_for, since }) => ({
      key: `wait ${run_id} ${since} ${lane} ${addresses.join()}`,
      about: [run_id, ...waits_for],
      cells: [
        run_id,
        [...(lane === null ? [] : [`lane ${lane}`]), ...addresses].join(", "),
        waits_for.join(", "),
        ago(since),
      ],
      tones: { 3: "dim" },
    })),
  };
}

function holds({ reservations, leases }: Fleet): Section<Cell> {
  const lanes = leases.map((lease) => {
    const run = lease.run_id ?? lease.holder;
    const until = restUntil(lease);
    const isDead = lease.status === "dead";
    return {
      key: `lane ${lease.lane} ${lease.loop_ts}`,
      id: `lane:${lease.lane}`,
      about: [run],
      rank: isDead ? 0 : 1,
      cells: [
        run,
        isDead ? "dead" : "lane",
        [lease.lane, ...lease.tree.filter((glob) => !lease.lane.includes(glob))].join(" "),
        "",
        left(until),
      ],
      tones: { 1: isDead ? "bad" : "plain", 4: "dim" } as const,
    };
  });
  const files = reservations.map((each) => reservationRow(each));
  const runOf = ({ about: [run = ""] }: ScreenRow<Cell>) => run;
  return {
    title: "HOLDS",
    columns: [
      { name: "HOLDS", least: 12, most: 28, share: 1, middle: true },
      { name: "HOW", least: 5 },
      { name: "WHAT", least: 16, most: 100, share: 3 },
      { name: "NOTE", least: 10, most: 60, share: 2, drop: 1 },
      { name: "LEFT", least: 6, right: true },
    ],
    rows: [...lanes, ...files].sort((a, b) => a.rank - b.rank || (runOf(a) < runOf(b) ? -1 : 1)),
  };
}

const reservationRow = onceOfEach((each: Fleet["reservations"][number]) => ({
  key: `reservation ${each.reservation_id}`,
  id: each.reservation_id,
  about: [each.run_id],
  rank: 1,
  cells: [
    each.run_id,
    each.exclusive === true ? "locks" : "edits",
    each.addresses.join(", "),
    noteOf({ note: each.note ?? null, progress: each.progress ?? null }),
    left(parseTime(each.expires_at)),
  ],
  tones: { 3: "dim", 4: "dim" } as const,
}));

/** How long ago an instant is; empty where there is none. */
export function ago(instant: string | null): Cell {
  const at = parseTime(instant);
  return at === undefined ? "" : { ago: at };
}

function left(until: number | undefined): Cell {
  return until === undefined ? "" : { left: until };
}

/** A duration with its largest unit alone. */
function short(ms: number): string {
  return duration(ms / 1000).split(" ").slice(0, 2).join(" ");
}
