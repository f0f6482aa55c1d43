/**
 * Revivals of tasks that have keys. The key is taken first, by a pledge among its names (chain.ts): from
 * then on the task is to go on, and whichever process meets the pledge revives it. The pledge is synced
 * before the slot of the revival is taken (claim_chain.ts). So no process sees the task revived without
 * its key. A pledge holds nothing when its task was archived, since that slot is taken then, or is gone.
 */
import { stemOfId } from "../../../domain/ids.ts";
import { type ClaimRecord, isTerminal } from "../../../domain/task/claim.ts";
import { archived, asPledged } from "../../../domain/task/requeue.ts";
import type { Applied } from "../../../ports/tasks.ts";
import { isRevivable, readHead, transition } from "../task/claim_chain.ts";
import { slotName } from "../task/claim/names.ts";
import type { ClaimFiles } from "../task/claim_files.ts";
import type { Standing } from "./chain.ts";

/**
 * Where the task of a pledge stands that was found to have ended; `undefined` when it has been revived
 * since.
 */
export function standingAfter(
  claims: ClaimFiles,
  end: ClaimRecord,
  pledged: ClaimRecord,
): Standing | undefined {
  if (end.transition !== pledged.revived_after) return "ended";
  const stem = stemOfId(pledged.task_id);
  const slot = claims.read(slotName(stem, pledged.transition));
  if (slot !== undefined) return isTerminal(slot) ? "ended" : undefined;
  return claims.hasTask(stem) && isRevivable(claims, stem, end) ? "unmade" : "ended";
}

/** Revives a task as a pledge says that is on the disk; `false` when that was done, or cannot be. */
export function revivePledged(claims: ClaimFiles, pledged: ClaimRecord): boolean {
  const stem = stemOfId(pledged.task_id);
  const outcome = transition(claims, stem, asPledged(pledged));
  if (outcome.kind !== "written") return false;
  claims.sync(slotName(stem, pledged.transition));
  if (claims.takeBack(stem, outcome.claim)) return false;
  claims.follow(outcome);
  return true;
}

/**
 * What became of a pledge, whichever process has met it; `undefined` when the task has moved on.
 *
 * @param end The end that it was to follow.
 */
export function revivedAs(
  claims: ClaimFiles,
  end: ClaimRecord,
  pledged: ClaimRecord,
): Applied | undefined {
  const stem = stemOfId(pledged.task_id);
  const slot = claims.read(slotName(stem, pledged.transition));
  if (slot === undefined) {
    const isNewest = readHead(claims, stem)?.transition === end.transition;
    const isOver = isNewest && standingAfter(claims, end, pledged) === "ended";
    return isOver ? { kind: "refused", refusal: archived(end) } : undefined;
  }
  if (isTerminal(slot)) return { kind: "refused", refusal: archived(slot) };
  if (slot.claim_nonce !== pledged.claim_nonce) return undefined;
  claims.sync(slotName(stem, pledged.transition));
  return { kind: "written", claim: slot };
}
