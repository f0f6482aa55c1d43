/** Reading a claim's record, whichever tool wrote it. */
import { isNumber, isObject, type JsonValue } from "../json.ts";
import type { ClaimRecord } from "./claim.ts";
import { parseTime } from "../time.ts";

const STATUSES: readonly unknown[] = ["claimed", "completed", "failed", "cancelled", "expired"];

/** A count; one that nothing can count up to is as good as missing. */
function countOf(value: JsonValue | undefined, missing: number): number | undefined {
  if (value === undefined) return missing;
  if (!isNumber(value) || Number.isFinite(value) && !Number.isInteger(value)) return undefined;
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : missing;
}

/**
 * Reads a claim's record. Fields that only coord writes get the values of a first grant when they
 * are missing, so that other tools' claims count; the transition is 0 then. Unknown fields are kept.
 *
 * @returns The record, or what is wrong with it.
 */
export function parseClaim(value: unknown, taskId: string): ClaimRecord | string {
  if (!isObject(value)) return "is not a JSON object";
  const { claimer_run_id, status = "claimed", claimed_at, expires_at, claim_nonce = "" } = value;
  const { heartbeat_at = claimed_at } = value;
  const attempt = countOf(value.attempt, 1);
  const fence = countOf(value.fence, 1);
  const transition = countOf(value.transition, 0);
  const { result = null, error = null, task_id = taskId } = value;
  const wrong: string[] = [];
  if (task_id !== taskId) wrong.push("task_id (differs from the file's name)");
  if (typeof claimer_run_id !== "string") wrong.push("claimer_run_id");
  if (!STATUSES.includes(status)) wrong.push("status");
  if (parseTime(claimed_at) === undefined) wrong.push("claimed_at");
  if (parseTime(expires_at) === undefined) wrong.push("expires_at");
  if (typeof claim_nonce !== "string") wrong.push("claim_nonce");
  if (attempt === undefined) wrong.push("attempt");
  if (fence === undefined) wrong.push("fence");
  if (transition === undefined) wrong.push("transition");
  if (result !== null && !isObject(result)) wrong.push("result");
  if (error !== null && typeof error !== "string") wrong.push("error");
  if (wrong.length > 0) return `has no valid ${wrong.join(", ")}`;
  const fields = {
    task_id,
    claimer_run_id,
    claimed_at,
    expires_at,
    heartbeat_at: parseTime(heartbeat_at) === undefined ? claimed_at : heartbeat_at,
    status,
    claim_nonce,
    attempt,
    fence,
    transition,
    result,
    error,
  };
  const { revived_after: after, ...others } = value;
  const isRevived = Number.isSafeInteger(after) && Number(after) > 0 && Number(after) < transition!;
  // In the documented order, wherever the file has them.
  const all = { ...fields, ...(isRevived ? value : others), ...fields };
  return all as unknown as ClaimRecord;
}
