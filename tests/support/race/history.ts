/** Histories of what processes did to a queue, checked against the rules of `domain/claim.ts`. */
import * as rules from "../../../src/domain/task/claim.ts";
import type { ClaimRecord, Decision, TransitionRule } from "../../../src/domain/task/claim.ts";
import { canonicalJson, type JsonObject } from "../../../src/domain/json.ts";
import { afterOf, isGated } from "../../../src/domain/task/after.ts";
import { letGo } from "../../../src/domain/task/let_go.ts";
import { mayTake, orderOf, type TaskRecord, type Wanted } from "../../../src/domain/task/task.ts";
import type {
  TaskClaimed,
  TaskHeartbeat,
  TaskQueueEmpty,
  TaskRefused,
  TaskRetried,
} from "../../../src/engine/task/types.ts";
import { linearize, type Operation } from "./linearizable.ts";
import { type Recorded, SLACK_MS } from "./recorder.ts";

/** What a call asked for. */
export type Request =
  | { readonly kind: "claim"; readonly ttl: number; readonly wanted?: Wanted }
  | { readonly kind: "complete"; readonly id: string; fence?: number; result?: JsonObject }
  | { readonly kind: "fail"; readonly id: string; fence?: number; error: string }
  | { readonly kind: "heartbeat"; readonly id: string; fence?: number; extension: number }
  | { readonly kind: "giveBack"; readonly id: string; fence?: number }
  | { readonly kind: "cancel"; readonly id: string; force: boolean };

export type Outcome =
  | TaskClaimed
  | TaskQueueEmpty
  | ClaimRecord
  | TaskRetried
  | TaskHeartbeat
  | TaskRefused;

/** One call. */
export type Entry = Recorded<Request, Outcome>;

/** More calls than this whose task is unknown make the search too long. */
const MAX_HIDDEN = 16;

/** What a history shows. */
export interface Verdict {
  /** What cannot be; empty when the history is as the rules have it. */
  readonly problems: string[];
  /** How many attempts were granted, and how many of their answers reached no caller. */
  grants: number;
  unanswered: number;
}

/**
 * Checks a history against the rules, task by task, up to the states that were found in the end.
 */
export function checkHistory(
  tasks: readonly TaskRecord[],
  history: readonly Entry[],
  finals: ReadonlyMap<string, ClaimRecord | undefined>,
): Verdict {
  const verdict: Verdict = { problems: [], grants: 0, unanswered: 0 };
  const byTask = new Map<string, Entry[]>(tasks.map((task) => [task.task_id, []]));
  const claims = history.filter(({ request }) => request.kind === "claim");
  for (const entry of history) {
    const id = taskOf(entry);
    if (id === undefined) continue;
    const entries = byTask.get(id);
    if (entries === undefined) verdict.problems.push(`unknown task ${id}`);
    else entries.push(entry);
  }
  const used = new Set<Entry>();
  for (const task of tasks) {
    const entries = byTask.get(task.task_id) as Entry[];
    verdict.problems.push(...twiceGranted(entries), ...grantedEarly(task, byTask));
    verdict.problems.push(...notAsked(task, entries));
    verdict.grants += entries.filter(({ request }) => request.kind === "claim").length;
    const final = finals.get(task.task_id);
    if (explains(task, entries, final) !== undefined) continue;
    // A claim without this answer may have had its effect on the task: its process was killed, or
    // the task was ended between its slot and the answer.
    const free = claims.filter((claim) => !entries.includes(claim) && !used.has(claim));
    const killed = free.filter(({ returned }) => returned === Infinity);
    const ends = entries.filter(({ request }) =>
      ["cancel", "complete", "fail"].includes(request.kind)
    );
    const hidden = free.filter((claim) =>
      claim.returned === Infinity || ends.some((end) => overlap(claim, end))
    );
    const found = [killed, hidden].filter(({ length }) => length <= MAX_HIDDEN)
      .map((optional) => explains(task, entries, final, optional))
      .find((order) => order !== undefined);
    if (found === undefined) verdict.problems.push(describe(task, entries, final));
    for (const entry of found ?? []) {
      if (entries.includes(entry)) continue;
      used.add(entry);
      verdict.unanswered++;
    }
  }
  return verdict;
}

function overlap(a: Entry, b: Entry): boolean {
  return a.invoked <= b.returned + SLACK_MS && b.invoked <= a.returned + SLACK_MS;
}

/** The task that a call was about, `undefined` when that is not known. */
function taskOf({ request, outcome }: Entry): string | undefined {
  if ("id" in request) return request.id;
  return outcome !== undefined && "task_id" in outcome ? outcome.task_id : undefined;
}

function twiceGranted(entries: readonly Entry[]): string[] {
  const winners = new Map<number, string>();
  const problems: string[] = [];
  for (const { request, outcome, runId } of entries) {
    if (request.kind !== "claim" || outcome === undefined) continue;
    const { attempt, task_id } = outcome as TaskClaimed;
    const other = winners.get(attempt);
    if (other === undefined) winners.set(attempt, runId);
    else problems.push(`two winners: attempt ${attempt} of ${task_id}: ${other} and ${runId}`);
  }
  return problems;
}

/** Grants of a task that the claimer did not ask for. */
function notAsked(task: TaskRecord, entries: readonly Entry[]): string[] {
  return entries.flatMap(({ request }) =>
    request.kind === "claim" && request.wanted !== undefined && !mayTake(task, request.wanted)
      ? [`${task.task_id} was given to one that asked for ${JSON.stringify(request.wanted)}`]
      : []
  );
}

/** Grants that were answered before what their task waits for began to end. */
function grantedEarly(task: TaskRecord, byTask: ReadonlyMap<string, readonly Entry[]>): string[] {
  const grants = (byTask.get(task.task_id) ?? []).filter(({ request, outcome }) =>
    request.kind === "claim" && outcome !== undefined
  );
  const first = Math.min(...grants.map(({ returned }) => returned));
  return afterOf(task).flatMap((id) => {
    const ends = (byTask.get(id) ?? []).filter(({ request }) =>
      ["complete", "fail", "cancel"].includes(request.kind)
    );
    const began = Math.min(...ends.map(({ invoked }) => invoked));
    return first + SLACK_MS < began ? [`${task.task_id} was granted before ${id} ended`] : [];
  });
}

/** What a task that waits for others is when it is let go; of that a grant keeps nothing. */
function untouched(task: TaskRecord): ClaimRecord | undefined {
  if (!isGated(task)) return undefined;
  const predecessors = afterOf(task).map((id) => ({ task_id: id, status: "completed" }));
  const now = orderOf(task).createdMs;
  const decision = letGo({ task, predecessors, now, nonce: UNSEEN })(undefined);
  return decision.kind === "write" ? decision.next : undefined;
}

/** A nonce that reached no caller. */
const UNSEEN = "untold";

/** Looks for an order; the calls in it. */
function explains(
  task: TaskRecord,
  entries: readonly Entry[],
  final: ClaimRecord | undefined,
  optional: readonly Entry[] = [],
): Entry[] | undefined {
  const answered = entries.filter(({ returned }) => returned !== Infinity);
  const all = [
    ...answered,
    ...entries.filter((entry) => !answered.includes(entry) || isOvertaken(entry)),
    ...optional,
  ];
  const operations = all.map((entry, place): Operation<ClaimRecord | undefined> => ({
    returned: place < answered.length,
    after: answered.flatMap(({ returned }, before) =>
      returned + SLACK_MS < entry.invoked ? [before] : []
    ),
    apply: (state) => apply(task, entry, state, place < answered.length),
  }));
  operations.push({
    returned: true,
    after: answered.map((_, place) => place),
    apply: (state) => isSame(state, final) ? { next: state } : undefined,
  });
  const keyOf = (state: ClaimRecord | undefined) => state === undefined ? "" : canonicalJson(state);
  return linearize(operations, untouched(task), keyOf)?.flatMap((place) => all[place] ?? []);
}

/**
 * A call that was answered that the task has ended, without ending it, may have had its effect
 * before the end all the same: once the slots are swept no process can find out.
 */
function isOvertaken({ request, outcome }: Entry): boolean {
  return request.kind === "heartbeat" &&
    outcome !== undefined && "error" in outcome && outcome.status === "terminal";
}

function apply(
  task: TaskRecord,
  entry: Entry,
  state: ClaimRecord | undefined,
  answered: boolean,
): { next: ClaimRecord | undefined } | undefined {
  const decision = ruleOf(task, entry)(state);
  const next = decision.kind === "write" ? decision.next : state;
  // Without an effect it need not be in the order at all.
  if (!answered) return decision.kind === "write" ? { next } : undefined;
  return agrees(decision, entry.outcome as Outcome, next) ? { next } : undefined;
}

function agrees(decision: Decision, outcome: Outcome, next: ClaimRecord | undefined): boolean {
  if (decision.kind === "refuse") {
    return "error" in outcome && !("claimer_run_id" in outcome) &&
      outcome.status === decision.refusal.status;
  }
  if (next === undefined) return false;
  if ("claimer_run_id" in outcome) {
    const { task: _, ...claim } = outcome as TaskClaimed;
    // A task that is back in the queue is answered as pending.
    const isBack = outcome.status === "pending" && next.retry_at === claim.retry_at;
    return isSame(next, isBack ? { ...claim, status: "claimed" } : claim);
  }
  return outcome.status === "ok" && "extended_expires_at" in outcome &&
    outcome.extended_expires_at === next.expires_at && outcome.last_beat_at === next.heartbeat_at;
}

function isSame(expected: ClaimRecord | undefined, found: ClaimRecord | undefined): boolean {
  if (expected === undefined || found === undefined) return expected === found;
  const seen = expected.claim_nonce === UNSEEN ? { ...found, claim_nonce: UNSEEN } : found;
  return canonicalJson(expected) === canonicalJson(seen);
}

function ruleOf(task: TaskRecord, { request, runId, now, outcome }: Entry): TransitionRule {
  const actor = { task, taskId: task.task_id, runId, now };
  const claim = outcome !== undefined && "claim_nonce" in outcome ? outcome : undefined;
  const nonce = claim?.task_id === task.task_id ? claim.claim_nonce : UNSEEN;
  switch (request.kind) {
    case "claim":
      return rules.grant({ ...actor, ttlSeconds: request.ttl, nonce });
    case "complete":
      return rules.finish({ ...actor, fence: request.fence }, {
        status: "completed",
        result: request.result ?? null,
      });
    case "fail":
      return rules.finish({ ...actor, fence: request.fence }, {
        status: "failed",
        error: request.error,
        task,
      });
    case "heartbeat":
      return rules.extend({
        ...actor,
        extensionSeconds: request.extension,
        fence: request.fence,
      });
    case "giveBack":
      return rules.giveBack({ ...actor, fence: request.fence });
    case "cancel":
      return rules.cancel({ ...actor, force: request.force, nonce });
  }
}

function describe(
  task: TaskRecord,
  entries: readonly Entry[],
  final: ClaimRecord | undefined,
): string {
  const base = Math.min(...entries.map(({ invoked }) => invoked));
  const lines = entries.toSorted((a, b) => a.invoked - b.invoked).map((entry) => {
    const { request, runId, now, outcome, invoked, returned } = entry;
    return `  ${(invoked - base).toFixed(3)} to ${(returned - base).toFixed(3)} ms: ${runId} ` +
      `${JSON.stringify(request)} at ${now} -> ${JSON.stringify(outcome)}`;
  });
  return `no order explains task ${task.task_id}:\n${lines.join("\n")}\n` +
    `  in the end ${JSON.stringify(final)}`;
}
