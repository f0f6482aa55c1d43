/** The documents of an export, one a line, and what becomes of a task that comes from one. */
import { idOfStem, isStem, stemOfId } from "../ids.ts";
import { canonicalJson, isObject, type JsonObject } from "../json.ts";
import { MAX_RECORD_BYTES } from "../limits.ts";
import { endedAttempt, isGivenBack } from "../task/attempts.ts";
import { type ClaimRecord, claimTimedOut, isTerminal } from "../task/claim.ts";
import { parseClaim } from "../task/parse_claim.ts";
import { isBack } from "../task/retry.ts";
import { parseTask, type TaskRecord } from "../task/task.ts";
import { formatTime, parseTime } from "../time.ts";

/** The number of the form, as the first document has it. */
export const EXPORT_FORMAT = 1;

/** A task with its state, as an export has it. */
export interface MovedTask {
  readonly task: TaskRecord;
  readonly claim: ClaimRecord | undefined;
}

/** A queue that was paused. */
export interface MovedPause {
  readonly queue: string;
  readonly paused_at: string;
  readonly paused_by: string;
  readonly reason?: string;
}

/** What a document is; `hold` stands for what belongs to a run that lives. */
export type Document =
  | { readonly kind: "export" | "end" | "hold" }
  | { readonly kind: "queue"; readonly pause: MovedPause }
  | { readonly kind: "task"; readonly moved: MovedTask };

const encoder = new TextEncoder();

/** Reads a document of an export; a text says what is wrong with it. */
export function readDocument(value: JsonObject): Document | string {
  switch (value.kind) {
    case "export":
      return value.format === EXPORT_FORMAT
        ? { kind: "export" }
        : `has the format ${JSON.stringify(value.format)}, known is ${EXPORT_FORMAT}`;
    case "reservation":
    case "intent":
    case "lane":
      return { kind: "hold" };
    case "end":
      return { kind: "end" };
    case "queue":
      return readPause(value);
    case "task": {
      const moved = readTask(value.task, value.claim ?? undefined);
      return typeof moved === "string" ? moved : { kind: "task", moved };
    }
    default:
      return `has the unknown kind ${JSON.stringify(value.kind)}`;
  }
}

function readPause({ queue, paused_at, paused_by, reason }: JsonObject): Document | string {
  if (typeof queue !== "string" || !/^[A-Za-z0-9_-]{1,64}$/.test(queue)) {
    return "has no valid queue";
  }
  if (typeof paused_at !== "string" || parseTime(paused_at) === undefined) {
    return "has no valid paused_at";
  }
  if (typeof paused_by !== "string") return "has no valid paused_by";
  const why = typeof reason === "string" ? { reason } : {};
  return { kind: "queue", pause: { queue, paused_at, paused_by, ...why } };
}

/** Reads a task with its state; a text says what is wrong. */
export function readTask(task: unknown, claim: unknown): MovedTask | string {
  const id = isObject(task) ? task.task_id : undefined;
  if (typeof id !== "string" || !isStem(stemOfId(id)) || idOfStem(stemOfId(id)) !== id) {
    return "has no task with a valid task_id";
  }
  const read = parseTask(task, id);
  if (typeof read === "string") return `has a task that ${read}`;
  const state = claim === undefined ? undefined : parseClaim(claim, id);
  if (typeof state === "string") return `has a claim that ${state}`;
  for (const record of [read, state]) {
    const bytes = record === undefined ? 0 : encoder.encode(canonicalJson(record)).length;
    if (bytes > MAX_RECORD_BYTES) return `has a record of more than ${MAX_RECORD_BYTES} bytes`;
  }
  return { task: read, claim: state };
}

/**
 * The state of a task in another workspace, as the transition with this number. The run that has it stays
 * where it is: its attempt counts as given back.
 */
export function restored(claim: ClaimRecord, now: number, transition: number): ClaimRecord {
  const { revived_after: _, ...kept } = claim;
  const next = { ...kept, transition };
  const isOpen = isTerminal(claim) || isBack(claim) || isGivenBack(claim) ||
    claimTimedOut(claim, now);
  return isOpen ? next : {
    ...next,
    expires_at: formatTime(now),
    ...endedAttempt(claim, "given_back", now),
    uncounted_attempts: (claim.uncounted_attempts ?? 0) + 1,
  };
}
