/** What a state of a task that cannot be read counts as. */
import { BROKEN_CLAIM_GRACE_S, UNKNOWN_RUN } from "../../limits.ts";
import { formatTime, writable } from "../../time.ts";
import type { ClaimRecord } from "../claim.ts";

/**
 * An unreadable claim hides its task for one minute from its last change: a slow writer can finish.
 *
 * @param changedMs When it was changed last, milliseconds since 1970.
 */
export function brokenClaim(id: string, transition: number, changedMs: number): ClaimRecord {
  const at = formatTime(writable(changedMs));
  return {
    task_id: id,
    claimer_run_id: UNKNOWN_RUN,
    claimed_at: at,
    expires_at: formatTime(writable(changedMs + BROKEN_CLAIM_GRACE_S * 1000)),
    heartbeat_at: at,
    status: "claimed",
    claim_nonce: "",
    attempt: 1,
    fence: transition,
    transition,
    result: null,
    error: null,
  };
}
