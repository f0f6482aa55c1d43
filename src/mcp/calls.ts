/** What the tools do: each is one operation of the library, with an answer that has few words. */
import { CoordError } from "../domain/errors.ts";
import { HOOK_TTL_S } from "../domain/input/hook/settings.ts";
import { sameRun } from "../domain/input/run_id.ts";
import { quoted } from "../domain/text.ts";
import type { Coord } from "../engine/coord.ts";
import type { Arguments } from "./arguments.ts";
import type { ToolName } from "./tools.ts";

/** What a call has to work with. */
export interface Caller {
  readonly coord: Coord;
  readonly runId: string;
  /** The folder that paths are relative to; missing where it was removed. */
  readonly base?: string;
  /** Fires when the caller has gone or does not want the answer any more. */
  readonly signal: AbortSignal;
}

/** What a call answers. */
export interface Called {
  /** Its `status` says whether the answer is no. */
  readonly value: { readonly status: string } & Readonly<Record<string, unknown>>;
  /** One line, for clients that show no more. */
  readonly text: string;
  /** Gives back what was granted, where the answer does not reach its caller. */
  readonly undo?: () => Promise<unknown>;
}

/** Items of a list in an answer; how many there are stands beside it. */
const MOST = 50;

/** What each tool does. */
export const CALLS: Readonly<
  Record<ToolName, (caller: Caller, args: Arguments) => Promise<Called>>
> = {
  coord_reserve: reserve,
  coord_release: release,
  coord_status: (caller, args) =>
    args.addresses === undefined ? survey(caller, args) : look(caller, args.addresses),
  coord_task_add: addTask,
  coord_task_take: takeTask,
  coord_task_end: endTask,
};

async function reserve(
  { coord, runId, base, signal }: Caller,
  { addresses = [], exclusive = true, op, ttl = HOOK_TTL_S, wait_seconds: wait = 0, note }:
    Arguments,
): Promise<Called> {
  const answer = await coord.reservations.reserve({
    addresses,
    runId,
    ttl,
    exclusive,
    // What is called again extends what the first call made.
    renew: true,
    signal,
    ...(base !== undefined && { base }),
    ...(op !== undefined && { operation: op }),
    ...(note !== undefined && { note }),
    ...(wait > 0 && { wait }),
  });
  const conflicts = answer.conflicts.slice(0, MOST);
  if (answer.status === "conflict") {
    const { status, conflicts_total, error } = answer;
    return { value: { status, conflicts, conflicts_total, error }, text: error };
  }
  const { status, reservation_id: id, expires_at, fence, addresses: held, conflicts_total } =
    answer;
  return {
    value: {
      status,
      reservation_id: id,
      addresses: held,
      expires_at,
      ...(fence !== undefined && { fence }),
      ...(answer.renewed && { renewed: true }),
      conflicts,
      conflicts_total,
    },
    text: `${exclusive ? "held" : "announced"} until ${expires_at}` +
      (conflicts_total > 0 ? `, ${conflicts_total} overlap` : ""),
    // What was extended was there before this call.
    ...(!answer.renewed &&
      { undo: () => coord.reservations.release({ id, runId, reason: "cancelled" }) }),
  };
}

async function release({ coord, runId }: Caller, { ids }: Arguments): Promise<Called> {
  if (ids === undefined) {
    const { status, holds, error } = await coord.releaseMine({ runId });
    return released(status, holds, error);
  }
  const all: { status: string; reservation_id: string; error?: string }[] = [];
  for (const id of new Set(ids)) {
    try {
      all.push(await coord.reservations.release({ id, runId }));
    } catch (thrown) {
      // The others are released all the same.
      if (!(thrown instanceof CoordError) || !isUnknown(thrown)) throw thrown;
      all.push({ status: thrown.code, reservation_id: id, error: thrown.message });
    }
  }
  const refused = all.filter((each) => each.status !== "released");
  const errors = refused.map(({ status, error = status }) => error);
  return released(refused[0]?.status ?? "released", all, errors.join("; ") || undefined);
}

function isUnknown({ code }: CoordError): boolean {
  return code === "not_found" || code === "bad_id";
}

function released(
  status: string,
  holds: readonly { readonly status: string; readonly reservation_id?: string }[],
  error: string | undefined,
): Called {
  const done = holds.filter((each) => each.status === "released");
  const refused = holds.filter((each) => each.status !== "released");
  return {
    value: {
      status,
      released: done.map(({ reservation_id }) => reservation_id),
      ...(refused.length > 0 && { refused, error }),
    },
    text: error ?? `${done.length} released`,
  };
}

async function look(
  { coord, runId, base }: Caller,
  addresses: readonly string[],
): Promise<Called> {
  const answer = await coord.check({ addresses, runId, ...(base !== undefined && { base }) });
  const { status, holds_total, error } = answer;
  return {
    value: {
      status,
      addresses: answer.addresses,
      holds: answer.holds.slice(0, MOST),
      holds_total,
      ...(error !== undefined && { error }),
    },
    text: error ?? status,
  };
}

async function survey({ coord, runId }: Caller, { mine = false }: Arguments): Promise<Called> {
  const isMeant = (run: string) => !mine || sameRun(run, runId);
  const [{ tasks }, { reservations }, { leases }, { agents }] = await Promise.all([
    coord.status(),
    coord.reservations.list({ kind: "reservation" }),
    coord.lanes.live(),
    coord.agents(),
  ]);
  const holds = reservations.filter(({ run_id }) => isMeant(run_id)).map((each) => ({
    reservation_id: each.reservation_id,
    run_id: each.run_id,
    addresses: each.addresses.slice(0, MOST),
    exclusive: each.exclusive === true,
    expires_at: each.expires_at,
    ...(each.note !== undefined && { note: each.note }),
  }));
  const lanes = leases.filter(({ holder, run_id = holder }) => isMeant(run_id)).map((each) => ({
    lane: each.lane,
    holder: each.holder,
    tree: each.tree.slice(0, MOST),
    fence: each.fence,
  }));
  const who = agents.filter(({ run_id }) => isMeant(run_id)).map((each) => ({
    run_id: each.run_id,
    status: each.status,
    task: each.task && { task_id: each.task.task_id, title: each.task.title },
    reservations: each.reservations,
    lanes: each.lanes.length,
  }));
  const { pending, claimed: running } = tasks;
  return {
    value: {
      status: "ok",
      holds: holds.slice(0, MOST),
      holds_total: holds.length,
      tasks: { pending, running },
      lanes: lanes.slice(0, MOST),
      lanes_total: lanes.length,
      who: who.slice(0, MOST),
      who_total: who.length,
    },
    text:
      `${holds.length} held, ${lanes.length} lanes, tasks: ${pending} pending, ${running} running`,
  };
}

async function addTask(
  { coord, runId }: Caller,
  { title = "", payload, queue, priority, tags, after, key }: Arguments,
): Promise<Called> {
  const answer = await coord.tasks.enqueue({
    title,
    runId,
    ...(payload !== undefined && { payload }),
    ...(queue !== undefined && { queue }),
    ...(priority !== undefined && { priority }),
    ...(tags !== undefined && { tags }),
    ...(after !== undefined && { after }),
    ...(key !== undefined && { key }),
  });
  if ("error" in answer) return { value: { ...answer }, text: answer.error };
  const { task_id, created = true } = answer;
  return {
    value: { status: "ok", task_id, queue: answer.queue, existing: !created },
    text: created ? `added ${task_id}` : `${task_id} was there`,
  };
}

async function takeTask(
  { coord, runId, signal }: Caller,
  { queue, tags: [tag] = [], wait_seconds: wait = 0, claim_ttl }: Arguments,
): Promise<Called> {
  const answer = await coord.tasks.claim({
    runId,
    signal,
    ...(queue !== undefined && { queue }),
    ...(tag !== undefined && { tag }),
    ...(claim_ttl !== undefined && { claimTtl: claim_ttl }),
    ...(wait > 0 && { wait }),
  });
  if (answer.status === "empty") {
    return { value: { ...answer, task: null }, text: "no task to take" };
  }
  const { status, task, expires_at, fence, attempt } = answer;
  return {
    value: { status, task, claim: { token: fence, expires_at, attempt } },
    text: `${task.task_id} is yours until ${expires_at}: ${quoted(task.title, 80)}`,
    undo: () => coord.tasks.giveBack({ id: task.task_id, runId, fence }),
  };
}

async function endTask(
  { coord: { tasks }, runId }: Caller,
  { task_id: id = "", outcome, result, error, note }: Arguments,
): Promise<Called> {
  if (outcome === "release") {
    const { tasks: [task] } = await tasks.requeue({
      ids: [id],
      runId,
      ...(note && { reason: note }),
    });
    if (task === undefined) throw new CoordError("internal", "Cannot release: no answer came");
    if ("error" in task) return { value: { ...task }, text: task.error };
    const { task_id, status, retry_at } = task;
    return {
      value: { status, task_id, ...(retry_at !== null && { next_attempt_at: retry_at }) },
      text: `released, it is ${status}`,
    };
  }
  // Whether it is the caller's is decided below.
  if (note !== undefined) await tasks.heartbeat({ id, runId, note });
  const answer = outcome === "done"
    ? await tasks.complete({ id, runId, ...(result !== undefined && { result }) })
    : await tasks.fail({ id, runId, ...(error !== undefined && { error }) });
  if (!("claimer_run_id" in answer)) return { value: { ...answer }, text: answer.error };
  const { task_id, status, retry_at } = answer;
  return {
    value: { status, task_id, ...(retry_at !== undefined && { next_attempt_at: retry_at }) },
    text: `${task_id} is ${status}`,
  };
}
