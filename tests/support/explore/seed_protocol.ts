/**
 * The way in which the seed decides who has a task, as a double that the checks must find fault
 * with: the first claim by exclusive creation; after a timeout a new record renamed over the old
 * one and read back, and a process that finds its own nonce takes the task for its own.
 */
import type { ChainOutcome } from "../../../src/adapters/fs/task/claim_chain.ts";
import type { ClaimChainFiles } from "../../../src/adapters/fs/task/claim/chain_files.ts";
import type { ClaimRecord, TransitionRule } from "../../../src/domain/task/claim.ts";

/**
 * Moves a task; `pause` is what may happen between the rename and the look at what became of it.
 */
export function transition(
  files: ClaimChainFiles,
  stem: string,
  rule: TransitionRule,
  pause: () => void = () => {},
): ChainOutcome {
  const name = `${stem}.json`;
  const first = firstTransition(files, stem, rule);
  if (first?.kind === "written") return first;
  const current = files.read(name);
  const decision = rule(current);
  if (decision.kind !== "write") return decision;
  const { next } = decision;
  files.stage(next).replace(name);
  const written = { kind: "written", claim: next, previous: current } as const;
  if (next.claim_nonce === current?.claim_nonce) return written;
  pause();
  const back = files.read(name);
  if (back?.claim_nonce === next.claim_nonce) return written;
  const message = `Cannot claim task ${next.task_id}: another agent was faster`;
  return { kind: "refuse", refusal: { status: "taken", message, claim: back } };
}

/** Claims a task that no process has claimed; `undefined` when another one has. */
export function firstTransition(
  files: ClaimChainFiles,
  stem: string,
  rule: TransitionRule,
): ChainOutcome | undefined {
  const decision = rule(undefined);
  if (decision.kind !== "write") return decision;
  const staged = files.stage(decision.next);
  if (staged.create(`${stem}.json`)) {
    return { kind: "written", claim: decision.next, previous: undefined };
  }
  staged.discard();
  return undefined;
}

/** The file is the state. */
export function readHead(files: ClaimChainFiles, stem: string): ClaimRecord | undefined {
  return files.read(`${stem}.json`);
}

/** It knows no revival. */
export function archive(): boolean {
  return true;
}

/** A crash leaves nothing undone. */
export function mend(files: ClaimChainFiles, stem: string): void {
  files.exists(`${stem}.json`);
}
