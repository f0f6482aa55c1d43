/** One record by its id or name, and what happened to it. */
import { CoordError } from "../../domain/errors.ts";
import { idProblem, stemOfId } from "../../domain/ids.ts";
import { identifierProblem } from "../../domain/input/fields.ts";
import type { HoldRemarks } from "../../domain/input/progress.ts";
import { ruled, TEXT } from "../../domain/input/rule.ts";
import type { JournalEntry } from "../../domain/journal/line.ts";
import { SHOWN_ENTRIES } from "../../domain/limits.ts";
import { isLive, wasConfirmed } from "../../domain/reservation/reservation.ts";
import { afterOf } from "../../domain/task/after.ts";
import { attemptsOf, type TaskAttempt } from "../../domain/task/attempts.ts";
import { type ClaimRecord, taskStatus } from "../../domain/task/claim.ts";
import { presentTask } from "../../domain/task/pending.ts";
import type { TaskRecord, TaskStatus } from "../../domain/task/task.ts";
import { quoted } from "../../domain/text.ts";
import type { Context } from "../context.ts";
import { findId, type FoundId, wholeId } from "../find_id.ts";
import { checkInput } from "../input.ts";
import { leaseItem } from "../lane/answers.ts";
import { readJournal } from "../lane/turn.ts";
import type { LaneItem } from "../lane/types.ts";
import { intentItemOf, reservationItem } from "../reservation/answers.ts";
import { KEY, taskByKey } from "../task/by_key.ts";
import type { IntentItem, ReservationItem } from "../reservation/types.ts";

/** A task, and every attempt at it that is kept: the first and the last 10. */
export interface TaskShown {
  /** What the id means. */
  readonly kind: "task";
  /** Where the task stands. */
  readonly status: TaskStatus;
  /** Its definition. */
  readonly task: TaskRecord;
  /** Its newest claim; null when no agent ever claimed it. */
  readonly claim: Omit<ClaimRecord, "earlier_attempts"> | null;
  /** Who had it, since when, and how that ended; the newest last. */
  readonly attempts: readonly TaskAttempt[];
  /** What its holders said last, an attempt each. */
  readonly notes: readonly TaskNote[];
  /** The tasks that it waits for, in the order given. */
  readonly blocked_by: readonly BlockingTask[];
  /** The ids of the tasks that wait for it. */
  readonly blocks: readonly string[];
}

/** A task that another one waits for. */
export interface BlockingTask {
  /** Its id. */
  readonly task_id: string;
  /** Where it stands; `gone` when it was removed. */
  readonly status: TaskStatus | "gone";
}

/** What the holder of a task said of it. */
export interface TaskNote extends HoldRemarks {
  /** In which attempt. */
  readonly attempt: number;
  /** Who said it. */
  readonly run_id: string;
}

/** A reservation, with its heartbeat and its release. */
export interface ReservationShown {
  /** What the id means. */
  readonly kind: "reservation";
  /** Where it stands; `refused` when it was exclusive and never held. */
  readonly status: ReservationItem["status"] | "refused";
  /** The record. */
  readonly reservation: ReservationItem & {
    /** Of an exclusive one that was held. */
    readonly fence?: number;
  };
}

/** An intent. */
export interface IntentShown {
  /** What the id means. */
  readonly kind: "intent";
  /** Where it stands. */
  readonly status: IntentItem["status"];
  /** The record. */
  readonly intent: IntentItem;
}

/** A lane by its name. */
export interface LaneShown {
  /** What the name means. */
  readonly kind: "lane";
  /** Where its lease stands; `free` when it has none. */
  readonly status: LaneItem["status"] | "free";
  /** Its lease, null when it has none. */
  readonly lane: LaneItem | null;
  /** What the journal last says of it without heartbeats, at most 20 entries, the newest last. */
  readonly entries: readonly JournalEntry[];
}

/** What `show` answers, by what the id means. */
export type Shown = TaskShown | ReservationShown | IntentShown | LaneShown;

/** The fields of the input: an id, the beginning of one, a task's key, or the name of a lane. */
export const SHOW_INPUT = { id: ruled(TEXT, (value) => identifierProblem(value), "bad_id") };

const ASKED = { field: "id", code: "bad_id" } as const;

/** What says that a lane is meant where an id might be, or a key. */
const LANE = "lane:";

/** What `Coord.show()` promises. */
export async function showRecord(context: Context, id: string): Promise<Shown> {
  checkInput({ id }, SHOW_INPUT, ["id"]);
  if (id.startsWith(LANE)) {
    const name = id.slice(LANE.length);
    checkInput({ id: name }, SHOW_INPUT);
    return laneShown(context, name);
  }
  if (id.startsWith(KEY)) {
    const key = id.slice(KEY.length);
    checkInput({ id: key }, SHOW_INPUT);
    const shown = await keyShown(context, key);
    if (shown !== undefined) return shown;
    const message = `Cannot show ${quoted(id, 80)}: no task that is kept has that key`;
    throw new CoordError("not_found", message, { id });
  }
  if (idProblem(id) !== undefined) return await namedShown(context, id);
  const found = await findKind(context, id);
  if ("status" in found) return found;
  const shown = await shownOf(context, found);
  if (shown !== undefined) return shown;
  const message = `Cannot show ${found.kind} ${quoted(id, 80)}: it was removed meanwhile`;
  throw new CoordError("not_found", message, { id });
}

/** The kinds that have ids. */
type Kind = Exclude<Shown["kind"], "lane">;

/** What an id means, or the lane or the key that is like one. */
async function findKind(
  context: Context,
  id: string,
): Promise<FoundId<Kind> | LaneShown | TaskShown> {
  const { tasks, reservations } = context.store;
  const whole = wholeId(id, ASKED);
  // Of a whole id one look says whether it is a task's; to search for it takes all names.
  if (whole !== undefined && await tasks.get(whole) !== undefined) {
    return { kind: "task", id: whole };
  }
  const intent = {
    async find(prefix: string, limit: number) {
      const ids = (await reservations.listIntents()).map(({ intent_id }) => intent_id);
      const fits = (each: string) => stemOfId(each).toLowerCase().startsWith(prefix);
      return ids.filter(fits).sort().slice(0, limit);
    },
  };
  try {
    return await findId(id, ASKED, { task: tasks, reservation: reservations, intent });
  } catch (error) {
    if (!(error instanceof CoordError && error.code === "not_found")) throw error;
    const named = await laneOf(context, id) ?? await keyShown(context, id);
    if (named === undefined) throw error;
    return named;
  }
}

/** What a name means that is no id. */
async function namedShown(context: Context, name: string): Promise<LaneShown | TaskShown> {
  const shown = await laneOf(context, name) ?? await keyShown(context, name);
  if (shown !== undefined) return shown;
  const message = `Cannot show ${quoted(name, 80)}: ` +
    "it is no id, no task has that key, and no lane of that name ever had a lease";
  throw new CoordError("not_found", message, { id: name });
}

/** The task that has a key. */
async function keyShown(context: Context, key: string): Promise<TaskShown | undefined> {
  const id = await taskByKey(context, key, ASKED.code);
  return id === undefined ? undefined : await taskShown(context, id);
}

async function shownOf(context: Context, { kind, id }: FoundId<Kind>): Promise<Shown | undefined> {
  if (kind === "task") return await taskShown(context, id);
  if (kind === "reservation") return await reservationShown(context, id);
  return await intentShown(context, id);
}

async function taskShown(
  { store, clock }: Context,
  id: string,
): Promise<TaskShown | undefined> {
  const entry = await store.tasks.get(id);
  if (entry === undefined) return undefined;
  const { task, claim } = entry;
  const now = clock();
  const status = taskStatus(task, claim, now);
  const attempts = claim === undefined ? [] : attemptsOf(claim, status === "timed_out");
  const { earlier_attempts: _earlier, ...newest } = claim ?? {} as Partial<ClaimRecord>;
  return {
    kind: "task",
    status,
    task: presentTask(task, claim),
    claim: claim === undefined ? null : newest as Omit<ClaimRecord, "earlier_attempts">,
    attempts,
    notes: attempts.flatMap(({ attempt, run_id, note, progress }) =>
      note === undefined && progress === undefined ? [] : {
        attempt,
        run_id,
        ...(note !== undefined && { note }),
        ...(progress !== undefined && { progress }),
      }
    ),
    blocked_by: status === "blocked" ? await awaitedBy(store.tasks, task, now) : [],
    blocks: await store.tasks.successors(id),
  };
}

/** What a task waits for, without what was completed. */
async function awaitedBy(
  tasks: Context["store"]["tasks"],
  task: TaskRecord,
  now: number,
): Promise<BlockingTask[]> {
  const awaited: BlockingTask[] = [];
  for (const task_id of afterOf(task)) {
    const entry = await tasks.get(task_id);
    const status = entry === undefined ? "gone" : taskStatus(entry.task, entry.claim, now);
    if (status !== "completed") awaited.push({ task_id, status });
  }
  return awaited;
}

async function reservationShown(
  { store, clock }: Context,
  id: string,
): Promise<ReservationShown | undefined> {
  const entry = await store.reservations.get(id);
  if (entry === undefined) return undefined;
  const { fence } = entry;
  const item = reservationItem(entry, clock());
  return {
    kind: "reservation",
    status: wasConfirmed(entry) ? item.status : "refused",
    reservation: { ...item, ...(fence !== undefined && { fence }) },
  };
}

async function intentShown(
  { store, clock }: Context,
  id: string,
): Promise<IntentShown | undefined> {
  const now = clock();
  const intent = (await store.reservations.listIntents())
    .find(({ intent_id }) => intent_id === id);
  if (intent === undefined) return undefined;
  const own = intent.reservation_id === null
    ? undefined
    : await store.reservations.get(intent.reservation_id);
  const live = own !== undefined && isLive(own, now) ? [own.reservation.reservation_id] : [];
  const item = intentItemOf(intent, new Set(live), now);
  return { kind: "intent", status: item.status, intent: item };
}

async function laneShown(context: Context, name: string): Promise<LaneShown> {
  const shown = await laneOf(context, name);
  if (shown !== undefined) return shown;
  const message = `Cannot show ${quoted(name, 80)}: no lane of that name ever had a lease`;
  throw new CoordError("not_found", message, { id: name });
}

async function laneOf(context: Context, name: string): Promise<LaneShown | undefined> {
  const lanes = { ...context, lanes: context.store.lanes };
  const { fold } = await readJournal(lanes);
  const lease = fold.live().filter(({ lane }) => lane === name).at(-1);
  const entries = (await context.store.lanes.journal.last(SHOWN_ENTRIES.read))
    .filter((entry) => entry["lane"] === name && entry.op !== "HEARTBEAT")
    .slice(-SHOWN_ENTRIES.shown);
  if (lease === undefined && entries.length === 0) return undefined;
  const item = lease === undefined ? null : leaseItem(lease, lanes);
  return { kind: "lane", status: item?.status ?? "free", lane: item, entries };
}
