/** What a call has done to a task that others moved on before it could look. */
import { attemptsOf } from "../attempts.ts";
import { type ClaimRecord, isTerminal, type TimedRule } from "../claim.ts";
import { unmarked } from "../foreign_claim.ts";
import { requeuesOf } from "../retry.ts";
import { canonicalJson } from "../../json.ts";

/** A state that a rule wanted, and what it says of the step to it. */
interface WantedState {
  readonly next: ClaimRecord;
  readonly marks: readonly string[];
}

/**
 * The same rule, except that it keeps a task as it is once that has been through a state that the rule
 * wanted: one that ended an attempt but not the task, put it back or changed its priority. What follows
 * such a state says so. A process that finds its place in the order taken learns in this way that it had
 * been there itself, and neither does the same once more nor answers that it could not.
 *
 * @param note Is given that state, or `undefined` when the rule decides.
 */
export function recalling(
  rule: TimedRule,
  note: (done: ClaimRecord | undefined) => void,
): TimedRule {
  let wanted: WantedState | undefined;
  return (now) => (current) => {
    const done = wanted && current && isPast(wanted, current) ? unmarked(wanted.next) : undefined;
    note(done);
    if (done !== undefined) return { kind: "keep", claim: done, warning: "" };
    const decision = rule(now)(current);
    wanted = undefined;
    if (decision.kind !== "write") return decision;
    const { next } = decision;
    // No process but one takes the place after an end, and a grant is known by its nonce.
    const isNewHold = current !== undefined && current.claim_nonce !== next.claim_nonce;
    if (isTerminal(next) || isNewHold) return decision;
    const before = marksOf(current);
    const marks = marksOf(next).filter((mark) => !before.includes(mark));
    if (marks.length > 0) wanted = { next, marks };
    return decision;
  };
}

/** Whether a task has been through that state. */
function isPast({ next, marks }: WantedState, current: ClaimRecord): boolean {
  if (next.transition >= current.transition) return false;
  const there = marksOf(current);
  return marks.every((mark) => there.includes(mark));
}

/** What a state says of the steps that led to it, for as long as it is kept. */
function marksOf(claim: ClaimRecord | undefined): string[] {
  if (claim === undefined) return [];
  const { priority, reprioritized_at: at, reprioritized_by: by } = claim;
  return [
    ...attemptsOf(claim, false).filter(({ end }) => end !== null),
    ...requeuesOf(claim),
    ...(at === undefined ? [] : [{ priority, at, by }]),
  ].map(canonicalJson);
}
