/**
 * Tasks that have ended, as lines of a file. A line is a JSON array:
 * `["<stem>",<ended>,<priority>,<created>,"<status>","<queue>",{task},{claim},"<stem's first 8>"]`.
 *
 * What a listing sorts and counts by comes first, so that it parses the lines that it shows alone. The
 * records leave out what that says, and what is so nearly always. The last element says that the line
 * is whole: an append that was cut off cannot end in it. Older lines end in 16 digits, and leave out less.
 */
import type { ClaimRecord } from "./claim.ts";
import { parseClaim } from "./parse_claim.ts";
import { idOfStem, stemOfId } from "../ids.ts";
import { hash } from "../journal/hash.ts";
import { canonicalJson, escapeLines, isObject, type JsonObject, parseJson } from "../json.ts";
import { formatTime, parseTime, writable } from "../time.ts";
import type { TaskEntry } from "./listing.ts";
import { presentTask } from "./pending.ts";
import { compareTasks, orderOf, parseTask, type TaskOrder, type TaskRecord } from "./task.ts";

/** How a task may have ended. */
export type EndStatus = "completed" | "failed" | "cancelled" | "expired";

/** All of them, in the order in which a head counts them; older heads count the first three. */
export const END_STATUSES: readonly EndStatus[] = ["completed", "failed", "cancelled", "expired"];

/** An ended task on its line. */
export interface SegmentLine {
  readonly stem: string;
  /** When its end was written, milliseconds since 1970. */
  readonly endedMs: number;
  readonly order: TaskOrder;
  readonly status: EndStatus;
  readonly queue: string;
  /** Without the end of the line. */
  readonly text: string;
}

/** Digits of a stem, and of the place of its line, in an entry of the table. */
const KEY = { stem: 12, at: 8, all: 20 } as const;

/** Digits of the stem at the end of a line, and of an older one. */
const ENDING = { now: 8, older: 16 } as const;

/** What a line leaves out of records that say so: part of the format, whatever the defaults are. */
const USUAL: Records = {
  task: { tags: [], ttl_seconds: 86_400 },
  claim: { attempt: 1, fence: 1, transition: 2 },
};
const USUAL_CLAIM_MS = 3_600_000;

/** Digits of a run's key. */
const RUN_KEY = 6;

/** Whatever a line has as the run of a claim, as JSON. */
const RUNS = /"claimer_run_id":("(?:[^"\\]|\\.)*")/g;

/** Entries of the table that are read at once; ids are even, so one lies within 64 of its place. */
const NEAR = 128;

/** What is counted of lines. */
export interface SegmentTally {
  readonly tasks: number;
  /** The queues, and how many of each ended how, in the order of {@link END_STATUSES}. */
  readonly queues: readonly (readonly [string, readonly number[]])[];
  /** The order of the task that comes first in a listing: priority, creation, stem. */
  readonly first: readonly [number, number, string] | null;
}

/** What the first line of a segment says of the others, which are in the order of a listing. */
export interface SegmentHead extends SegmentTally {
  /** When the first and the last of them ended. */
  readonly ended: readonly [number, number];
  /**
   * Where the table begins, in bytes after the first line. For each line it has the beginning of the
   * stem and the line's place, sorted.
   */
  readonly table: number;
  /** How many keys of runs follow the table, sorted; of older segments it is not known. */
  readonly runs?: number;
}

const LINE =
  /^\["([0-9a-f]{64})",(\d{1,16}),(-?\d{1,16}),(\d{1,16}),"(completed|failed|cancelled|expired)","([\w-]{1,64})",/;

const encoder = new TextEncoder();

/**
 * The line of a task that has ended, with its records as they are in their files; `undefined` when these
 * could not be read from it again.
 */
export function segmentLine(
  task: TaskRecord,
  claim: ClaimRecord,
  records: Records,
  endedMs: number,
): SegmentLine | undefined {
  const order = orderOf(presentTask(task, claim));
  const { priority, createdMs } = order;
  const { queue, task_id: id } = task;
  const stem = stemOfId(id);
  const status = claim.status as EndStatus;
  const line = { stem, endedMs, order, status, queue, text: "" };
  const front = JSON.stringify([stem, endedMs, priority, createdMs, status, queue]);
  // A record that lacks what is usual says so on an older line.
  for (const isOlder of [false, true]) {
    const implied = impliedBy(line, records.claim, isOlder);
    const said = (["task", "claim"] as const).map((kind) => {
      const kept = Object.entries(records[kind]).filter(([key, value]) =>
        !(key in implied[kind]) || JSON.stringify(implied[kind][key]) !== JSON.stringify(value)
      );
      return canonicalJson(Object.fromEntries(kept));
    });
    const text = escapeLines(`${front.slice(0, -1)},${said.join()}${ending(stem, isOlder)}`);
    const read = recordsOf({ ...line, text });
    // The order of keys counts too: by it a record is known to be the same.
    const isSame = LINE.test(text) && read !== undefined &&
      JSON.stringify(read.task) === JSON.stringify(records.task) &&
      JSON.stringify(read.claim) === JSON.stringify(records.claim);
    if (isSame) return { ...line, text };
  }
  return undefined;
}

/** A task and its end, as their files have them. */
interface Records {
  readonly task: JsonObject;
  readonly claim: JsonObject;
}

/** What a line leaves out, since its front says it, or it is so nearly always. */
function impliedBy(
  { stem, order, status, queue }: Omit<SegmentLine, "text">,
  { claimed_at = "" }: JsonObject,
  isOlder: boolean,
): Records {
  const task_id = idOfStem(stem);
  const { priority, createdMs } = order;
  const task = { task_id, priority, queue, created_at: formatTime(writable(createdMs)) };
  const claim = { task_id, status, error: null, heartbeat_at: claimed_at };
  if (isOlder) return { task, claim };
  const claimedMs = parseTime(claimed_at);
  const expiry: JsonObject = claimedMs === undefined
    ? {}
    : { expires_at: formatTime(writable(claimedMs + USUAL_CLAIM_MS)) };
  return { task: { ...USUAL.task, ...task }, claim: { ...USUAL.claim, ...expiry, ...claim } };
}

function ending(stem: string, isOlder = false): string {
  return `,"${stem.slice(0, isOlder ? ENDING.older : ENDING.now)}"]`;
}

/** The lines of a text that are whole. */
export function* segmentLines(text: string): Generator<SegmentLine> {
  for (let from = 0; from < text.length;) {
    const newline = text.indexOf("\n", from);
    const end = newline < 0 ? text.length : newline;
    const line = parseSegmentLine(text.slice(from, end));
    if (line !== undefined) yield line;
    from = end + 1;
  }
}

/** What a line says at its front; `undefined` of one that is not whole. */
export function parseSegmentLine(text: string): SegmentLine | undefined {
  const [, stem = "", ended, priority, created, status, queue = ""] = LINE.exec(text) ?? [];
  const isWhole = text.endsWith(ending(stem)) || text.endsWith(ending(stem, true));
  if (stem === "" || !isWhole) return undefined;
  return {
    stem,
    endedMs: Number(ended),
    order: { priority: Number(priority), createdMs: Number(created), id: idOfStem(stem) },
    status: status as EndStatus,
    queue,
    text,
  };
}

/** The records on a line, with the keys as their files have them; `undefined` when it is damaged. */
export function recordsOf(line: SegmentLine): Records | undefined {
  try {
    const [task, claim] = (parseJson(line.text) as readonly unknown[]).slice(6);
    if (!isObject(task) || !isObject(claim)) return undefined;
    const implied = impliedBy(line, claim, line.text.endsWith(ending(line.stem, true)));
    return {
      task: sorted({ ...implied.task, ...task }),
      claim: sorted({ ...implied.claim, ...claim }),
    };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** With the keys in their canonical order; what is in it has them. */
function sorted(record: JsonObject): JsonObject {
  return Object.fromEntries(Object.keys(record).sort().map((key) => [key, record[key] ?? null]));
}

/** The task on a line; `undefined` when it is damaged. */
export function segmentEntry(line: SegmentLine): (TaskEntry & { claim: ClaimRecord }) | undefined {
  const records = recordsOf(line);
  if (records === undefined) return undefined;
  const id = idOfStem(line.stem);
  const [task, claim] = [parseTask(records.task, id), parseClaim(records.claim, id)];
  return typeof task === "string" || typeof claim === "string" ? undefined : { task, claim };
}

/** Counts lines. */
export function tallyOf(lines: Iterable<SegmentLine>): SegmentTally {
  const queues = new Map<string, number[]>();
  let tasks = 0;
  let first: TaskOrder | undefined;
  for (const { queue, status, order } of lines) {
    let counts = queues.get(queue);
    if (counts === undefined) queues.set(queue, counts = END_STATUSES.map(() => 0));
    const at = END_STATUSES.indexOf(status);
    counts[at] = (counts[at] ?? 0) + 1;
    tasks++;
    if (first === undefined || compareTasks(order, first) < 0) first = order;
  }
  return {
    tasks,
    queues: [...queues],
    first: first === undefined ? null : [first.priority, first.createdMs, first.id],
  };
}

/** The bytes of a segment: its head, the lines in the order of a listing, and the table. */
export function segmentBytes(lines: Iterable<SegmentLine>): Uint8Array {
  const sorted = [...lines].sort((a, b) => compareTasks(a.order, b.order));
  const table: string[] = [];
  const ended: [number, number] = [Infinity, 0];
  const runs = new Set<string>();
  let size = 0;
  const bodies = sorted.map(({ stem, endedMs, text }) => {
    table.push(stem.slice(0, KEY.stem) + size.toString(16).padStart(KEY.at, "0"));
    ended[0] = Math.min(ended[0], endedMs);
    ended[1] = Math.max(ended[1], endedMs);
    for (const [, run = ""] of text.matchAll(RUNS)) runs.add(run);
    const bytes = encoder.encode(`${text}\n`);
    size += bytes.length;
    return bytes;
  });
  const head: SegmentHead = {
    ...tallyOf(sorted),
    ended: sorted.length === 0 ? [0, 0] : ended,
    table: size + 1,
    runs: runs.size,
  };
  const keys = [...runs].map(runKey).sort();
  const start = encoder.encode(`${JSON.stringify(head)}\n`);
  const end = encoder.encode(`"${table.sort().join("")}"\n"${keys.join("")}"\n`);
  const bytes = new Uint8Array(start.length + size + end.length);
  let at = 0;
  for (const part of [start, ...bodies, end]) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The first line of a segment; `undefined` when it says nothing that can be read. */
export function parseSegmentHead(text: string): SegmentHead | undefined {
  try {
    const head: unknown = JSON.parse(text);
    return isSegmentHead(head) ? head : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether a value says what a head says. */
export function isSegmentHead(value: unknown): value is SegmentHead {
  const head = value as Partial<SegmentHead> | null | undefined;
  return typeof head?.tasks === "number" && typeof head.table === "number" &&
    Array.isArray(head.ended) && Array.isArray(head.queues);
}

/** A part of the table: bytes after the first line. */
interface TablePart {
  readonly from: number;
  readonly length: number;
}

/** The whole table. */
export function tableOf({ tasks, table }: SegmentHead): TablePart {
  return { from: table, length: tasks * KEY.all };
}

/** Where the keys of runs are; `undefined` where there are none. */
export function runsOf({ tasks, table, runs }: SegmentHead): TablePart | undefined {
  if (runs === undefined) return undefined;
  return { from: table + tasks * KEY.all + '"\n"'.length, length: runs * RUN_KEY };
}

/** Whether a run may be among those with these keys. */
export function mayHaveRun(keys: string, runId: string): boolean {
  const key = runKey(runText(runId));
  for (let at = 0; at < keys.length; at += RUN_KEY) if (keys.startsWith(key, at)) return true;
  return false;
}

/** Whether the task on a line may be a run's. */
export function mentionsRun({ text }: SegmentLine, runId: string): boolean {
  return text.includes(runText(runId));
}

/** A run as a line has it. */
function runText(runId: string): string {
  return escapeLines(canonicalJson(runId));
}

function runKey(text: string): string {
  return hash(text).slice(-RUN_KEY).padStart(RUN_KEY, "0");
}

/** The part of the table in which a stem most probably is. */
export function tableNear({ tasks, table }: SegmentHead, stem: string): TablePart {
  const at = Math.floor(Number.parseInt(stem.slice(0, 8), 16) / 2 ** 32 * tasks) - NEAR / 2;
  const from = Math.max(0, Math.min(at, tasks - NEAR));
  return { from: table + from * KEY.all, length: Math.min(NEAR, tasks - from) * KEY.all };
}

/**
 * Where the lines are, in bytes after the first, whose stems may begin with a prefix; `undefined` when
 * others of them may be outside this part.
 */
export function placesIn(
  text: string,
  prefix: string,
  part: TablePart,
  head: SegmentHead,
): number[] | undefined {
  const key = prefix.slice(0, KEY.stem);
  const stemAt = (at: number) => text.slice(at, at + key.length);
  const isStart = part.from === head.table;
  const isEnd = part.from + part.length === head.table + head.tasks * KEY.all;
  if (!isStart && stemAt(0) >= key) return undefined;
  if (!isEnd && stemAt(text.length - KEY.all) <= key) return undefined;
  const places: number[] = [];
  for (let at = 0; at < text.length; at += KEY.all) {
    if (stemAt(at) === key) {
      places.push(Number.parseInt(text.slice(at + KEY.stem, at + KEY.all), 16));
    }
  }
  return places;
}
