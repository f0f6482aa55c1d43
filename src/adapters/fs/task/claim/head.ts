/**
 * The way to the newest state of a task: from the view upwards, where the view shows a slot, otherwise
 * from the first slot. While one hold gave many signs of life, slots were removed (disk/trim.ts).
 */
import { type ClaimRecord, isTerminal } from "../../../../domain/task/claim.ts";
import {
  firstState,
  foreignState,
  isPassed,
  shows,
} from "../../../../domain/task/foreign_claim.ts";
import { canonicalJson } from "../../../../domain/json.ts";
import type { ClaimChainReader } from "./chain_files.ts";
import { endName, parseClaimName, slotName } from "./names.ts";

/** The newest state, and whether another tool made it, so that it has no slot yet. */
interface Head {
  readonly state: ClaimRecord | undefined;
  readonly isForeign: boolean;
  /** Whether the view shows it, so that the view needs no mark. */
  readonly isShown: boolean;
}

/** The last slot that follows another, or the end that overrules it. */
interface Reached {
  readonly newest: ClaimRecord | undefined;
  readonly end?: ClaimRecord;
}

/**
 * Looking for the end comes last: when the slot after the last one found was missing only because it
 * had been swept, the end was created before that. What another tool did counts if the view is still
 * the same after the slots were read: a slot that accounts for it may have been followed meanwhile.
 */
export function look(files: ClaimChainReader, stem: string): Head {
  let view = files.read(slotName(stem, 1));
  while (true) {
    const reached = reach(files, stem, view);
    if (reached?.end !== undefined) {
      return { state: reached.end, isForeign: false, isShown: false };
    }
    if (reached !== undefined) {
      const { newest, isOwn } = reached;
      const foreign = foreignState(view, newest, isOwn);
      if (foreign === undefined) {
        const state = newest ?? (view && firstState(view));
        return { state, isForeign: false, isShown: state === view };
      }
      const again = files.read(slotName(stem, 1));
      const isSettled = view === undefined ? again === undefined : isSame(again, view);
      if (isSettled) return { state: foreign, isForeign: true, isShown: false };
      view = again;
    } else {
      view = files.read(slotName(stem, 1));
    }
  }
}

/** The top of the chain, and whether the view is coord's; `undefined` when others moved it meanwhile. */
function reach(
  files: ClaimChainReader,
  stem: string,
  view: ClaimRecord | undefined,
): Reached & { isOwn: boolean } | undefined {
  if (view !== undefined && view.transition > 1) {
    const top = climb(files, stem, view);
    if (typeof top === "object" && top.end !== undefined) return { ...top, isOwn: true };
    // The slot goes before those above it, so it is looked for after them.
    if (shownSlot(files, stem, view) !== undefined) {
      if (top === "moved") return undefined;
      return top === "trimmed" ? descend(files, stem, view, true) : { ...top, isOwn: true };
    }
  }
  const top = climb(files, stem, undefined);
  if (top === "moved") return undefined;
  if (top === "trimmed") return descend(files, stem, view, view?.transition === 1);
  return { ...top, isOwn: view?.transition === 1 };
}

/**
 * The last slot that follows one, and the end that overrules it, over all lives of the task; `moved`
 * when others removed slots meanwhile, `trimmed` when it meets a mark, after which slots may be missing.
 */
function climb(
  files: ClaimChainReader,
  stem: string,
  newest: ClaimRecord | undefined,
): Reached | "moved" | "trimmed" {
  let last: string | undefined;
  while (true) {
    const name = slotName(stem, (newest?.transition ?? 1) + 1);
    const next = files.read(name);
    if (last !== undefined && !files.isUnchanged(last)) return "moved";
    if (next !== undefined) {
      if (next.transition > (newest?.transition ?? 1) + 1) return "trimmed";
      newest = following(newest, next);
      last = name;
      continue;
    }
    // A slot that a power cut has torn may have been such a mark.
    if (last !== undefined && files.isBroken(last)) return "trimmed";
    const after = newest?.revived_after;
    const end = files.read(endName(stem, after));
    const isTorn = newest !== undefined && files.isBroken(endName(stem, after));
    if (end === undefined || isTorn) return { newest };
    // So a damaged slot leads back to no end that was followed before.
    const isLater = end.transition > (after ?? 0) && end.transition >= (newest?.transition ?? 0);
    const revived = isLater ? files.read(slotName(stem, end.transition + 1)) : undefined;
    if (revived === undefined || isTerminal(revived)) return { newest, end };
    newest = following(end, { ...revived, revived_after: end.transition });
    last = undefined;
  }
}

/** The top from a listing, where the view is no start and slots above the first ones are gone. */
function descend(
  files: ClaimChainReader,
  stem: string,
  view: ClaimRecord | undefined,
  isOwn: boolean,
): Reached & { isOwn: boolean } | undefined {
  const slots = files.slots(stem).map((name) => Number(parseClaimName(name)?.slot));
  let highest: ClaimRecord | undefined;
  for (const slot of slots.sort((a, b) => b - a)) {
    const name = slotName(stem, slot);
    const state = files.read(name);
    if (state === undefined) return undefined;
    const { transition } = highest ??= { ...state, transition: slot };
    // One that cannot be read does not say in which life it is, but those below do.
    highest = { ...following(state, highest), transition };
    if (!files.isBroken(name)) break;
  }
  const top = climb(files, stem, highest);
  if (top === "moved" || !files.isUnchanged(slotName(stem, 1))) return undefined;
  // Nothing leads beyond the highest slot, unless the files are damaged.
  const reached = top === "trimmed" ? { newest: highest } : top;
  const { newest } = reached;
  const isOld = view !== undefined && newest !== undefined && isPassed(view, newest);
  return { ...reached, isOwn: isOwn || isOld };
}

/** A slot as the state after another; one that cannot be read does not say in which life it is. */
function following(before: ClaimRecord | undefined, next: ClaimRecord): ClaimRecord {
  const transition = (before?.transition ?? 1) + 1;
  const after = next.revived_after ?? before?.revived_after;
  return { ...next, transition, ...(after === undefined ? {} : { revived_after: after }) };
}

/** The slot that a view shows; `undefined` when another tool wrote the view. */
export function shownSlot(
  files: ClaimChainReader,
  stem: string,
  view: ClaimRecord,
): number | undefined {
  const { transition } = view;
  if (transition <= 1) return transition === 1 ? 1 : undefined;
  const slot = files.read(slotName(stem, transition));
  return slot !== undefined && shows(view, slot) ? transition : undefined;
}

export function isSame(a: ClaimRecord | undefined, b: ClaimRecord): boolean {
  return a !== undefined && canonicalJson(a) === canonicalJson(b);
}
