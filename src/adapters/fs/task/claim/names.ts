/** The names in `claims/`: the slots of a task, and its ends. claim_chain.ts is their protocol. */
import type { ClaimRecord } from "../../../../domain/task/claim.ts";
import { isStem, stemOfId } from "../../../../domain/ids.ts";

/** The name of a slot. */
export function slotName(stem: string, transition: number): string {
  return transition === 1 ? `${stem}.json` : `${stem}.${transition}`;
}

/**
 * The name of a terminal state.
 *
 * @param after The number of the end before it, after which the task was revived.
 */
export function endName(stem: string, after = 0): string {
  return after === 0 ? `${stem}.end` : `${stem}.end.${after}`;
}

/** The name of the end that a state is, or that is to follow it. */
export function endOf({ task_id, revived_after }: ClaimRecord): string {
  return endName(stemOfId(task_id), revived_after);
}

/** What a name in `claims/` stands for: a slot of a task, or a terminal state. */
interface ClaimName {
  readonly stem: string;
  readonly slot: number | "end";
  /** Of an end: the number of the one before it. */
  readonly after?: number;
}

/** What {@link slotName} or {@link endName} gave this name for; `undefined` when neither did. */
export function parseClaimName(name: string): ClaimName | undefined {
  const dot = name.indexOf(".");
  const stem = name.slice(0, Math.max(0, dot));
  if (!isStem(stem)) return undefined;
  const ending = name.slice(dot + 1);
  if (ending === "json") return { stem, slot: 1 };
  if (ending === "end") return { stem, slot: "end" };
  const isEnd = ending.startsWith("end.");
  const number = numberOf(isEnd ? ending.slice(4) : ending);
  if (isEnd) return number > 0 ? { stem, slot: "end", after: number } : undefined;
  return number > 1 ? { stem, slot: number } : undefined;
}

/** 0 for what is no number of a state. */
function numberOf(digits: string): number {
  const number = /^[1-9]\d{0,15}$/.test(digits) ? Number(digits) : 0;
  return Number.isSafeInteger(number) ? number : 0;
}

/** The files of one task in a listing of `claims/`. */
export interface ListedClaim {
  readonly hasView: boolean;
  /** The slots above the view, in no order. */
  readonly slots: readonly number[];
  /** Whether it has ended; of a task that was revived, whether it had ended before. */
  readonly isEnded: boolean;
  /** The ends that followed a revival, by the numbers of those before them. */
  readonly laterEnds?: readonly number[];
}

/** The names of a listing by the stems of their tasks; other names are left out. */
export function groupClaims(names: Iterable<string>): Map<string, ListedClaim> {
  const claims = new Map<
    string,
    { hasView: boolean; slots: number[]; isEnded: boolean; laterEnds?: number[] }
  >();
  for (const name of names) {
    const parsed = parseClaimName(name);
    if (parsed === undefined) continue;
    const { stem, slot, after } = parsed;
    const claim = claims.get(stem) ?? { hasView: false, slots: [], isEnded: false };
    if (after !== undefined) (claim.laterEnds ??= []).push(after);
    else if (slot === "end") claim.isEnded = true;
    else if (slot === 1) claim.hasView = true;
    else claim.slots.push(slot);
    claims.set(stem, claim);
  }
  return claims;
}
