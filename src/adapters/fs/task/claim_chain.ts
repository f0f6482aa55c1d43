/**
 * The protocol of `claims/`: how the transitions of one task are put into one order.
 *
 * A task's state after its n-th transition is the content of *slot n*. Slot 1 is `<hex>.json`, slot
 * n > 1 is `<hex>.<n>`. A slot is taken by exclusive creation with its whole content (a hard link to
 * a staged file), so of any number of processes that want to follow the same state exactly one does;
 * the others find the slot taken, read what came, and decide again. Slots are taken without gaps,
 * and a taken slot stays while the task lives, but for those of earlier heartbeats (disk/trim.ts).
 *
 * After a slot n > 1 was taken, `<hex>.json` is replaced by a copy of it. That copy is a *view*, for
 * other tools and as a place to start from: it may lag, and a slow writer may even set it back, so
 * no process decides on it without trying for the slot that follows it.
 *
 * A terminal state takes its slot like any other and is then created, exclusively too, as
 * `<hex>.end`. From then on it is the truth whatever else is there. It is synced under that name, and
 * only then the view is replaced and the numbered slots are removed. Who takes a slot looks for
 * `<hex>.end` afterwards: if it is there, the slot was free only because it had been swept, or because
 * a power cut took the first one, and the attempt counts for nothing.
 *
 * A power cut may tear an end that was not synced yet. Its slots are still there, so an `.end` that
 * cannot be read beside one did not happen, and the next end replaces it. Without a slot it is damage,
 * and the task has ended. The view of an ended task looks like slot 1, so an end in slot 1
 * (of a task that was never claimed) is synced there before it gets the name of an end.
 *
 * A task that failed, was cancelled or expired can be *revived*: the state after its end e takes slot
 * e + 1, and says `revived_after` e, as all later ones do. Its end and that slot stay for good, so no
 * process that slept before the end can go on in its old life: it still finds `<hex>.end`. What follows
 * e + 1 is a chain like the first, and ends with `<hex>.end.<e>`. The end is synced before slot e + 1 is
 * taken, and that slot, whose bytes were synced before, ahead of the state that follows it. A process
 * that is about to remove the files *archives* the end: it puts it into slot e + 1, if that is free.
 *
 * So a claim or a heartbeat that is overtaken between its slot and that look, by a forced cancel or another
 * end, may answer `terminal` although it took effect first, or, after a revival, take effect once more. A
 * step that ended an attempt, put the task back or changed its priority is named in what follows it, so its
 * process learns of it (domain/task/keeping/recall.ts). Of two identical ends both may answer that they
 * were written, since no process can see which of them was.
 *
 * Other tools know the view alone, and replace or remove it. A view that shows no slot, or is missing
 * below one, is such a change. It is the next state (domain/foreign_claim.ts says which), and a
 * process that moves the task gives it the next slot first, so that all of coord agrees on it. A
 * writer looks at the view once more before it replaces it; a change that comes after that look is
 * lost, as it would be between two tools that rename.
 *
 * FORMAT.md says what a crash between any two steps leaves behind.
 */
import {
  type ClaimRecord,
  type Decision,
  isTerminal,
  type TransitionRule,
} from "../../../domain/task/claim.ts";
import {
  firstState,
  foreignState,
  isSameHold,
  isUnseen,
  unmarked,
} from "../../../domain/task/foreign_claim.ts";
import { archived } from "../../../domain/task/requeue.ts";
import { isRevival } from "../../../domain/task/retry.ts";
import { idOfStem } from "../../../domain/ids.ts";
import { MAX_SWEPT_BY_NUMBER } from "../../../domain/limits.ts";
import type { ClaimChainFiles, ClaimChainReader, StagedClaim } from "./claim/chain_files.ts";
import { isSame, look, shownSlot } from "./claim/head.ts";
import { endName, endOf, type ListedClaim, parseClaimName, slotName } from "./claim/names.ts";
import { obstacle } from "./claim/obstacle.ts";
import { trim } from "../disk/trim.ts";
import { DamagedRecord } from "../disk/unreadable.ts";

/** How often others may be first, one after the other, before the files are looked upon as damaged. */
const MAX_TRIES = 200;

/** What is left to do for a terminal state when its end is synced: the view and the slots. */
interface Conclusion {
  readonly conclude?: () => void;
  /** Whether the task had not ended before, although it is gone now perhaps. */
  readonly isSure?: boolean;
}

/** What `transition` did. `previous` is the state that a written one followed. */
export type ChainOutcome =
  | {
    readonly kind: "written";
    readonly claim: ClaimRecord;
    readonly previous: ClaimRecord | undefined;
  } & Conclusion
  | Exclude<Decision, { kind: "write" }>;

/**
 * The newest state; with a listing of the task's names, one at least as new as that listing, for fewer
 * looks. A listing misses what came or went while it was made. Slots are swept after the view shows the
 * end, so the view that is read afterwards shows a slot that is there only if nothing above it was swept.
 */
export function readHead(
  files: ClaimChainReader,
  stem: string,
  listed?: ListedClaim,
): ClaimRecord | undefined {
  const state = listed && readListed(files, stem, listed) || look(files, stem).state;
  return state && unmarked(state);
}

/** The newest state if the end or the view is it by a listing; `undefined` when it takes a look. */
function readListed(
  files: ClaimChainReader,
  stem: string,
  listed: ListedClaim,
): ClaimRecord | undefined {
  if (listed.isEnded) {
    // The slot of a revival stays, so without a slot there was none.
    if (listed.slots.length > 0) return undefined;
    const end = files.read(endName(stem));
    return files.isBroken(endName(stem)) ? undefined : end;
  }
  const view = files.read(slotName(stem, 1));
  const shown = view && shownSlot(files, stem, view);
  if (view === undefined || shown === undefined) return undefined;
  if (listed.slots.some((slot) => slot > shown)) return undefined;
  const newest = shown > 1 ? view : undefined;
  if (foreignState(view, newest, true) !== undefined) return undefined;
  return newest ?? firstState(view);
}

/** The state that the view shows, as nearly always; `undefined` when it takes more than that to say. */
function glance(
  files: ClaimChainFiles,
  stem: string,
): { state: ClaimRecord | undefined } | undefined {
  const view = files.read(slotName(stem, 1));
  if (view === undefined) {
    const isTouched = files.exists(slotName(stem, 2)) || files.exists(endName(stem));
    return isTouched ? undefined : { state: undefined };
  }
  if (files.isBroken(slotName(stem, 1))) return undefined;
  if (view.transition === 1) return { state: firstState(view) };
  return shownSlot(files, stem, view) === undefined ? undefined : { state: unmarked(view) };
}

/**
 * Applies a rule to the newest state of a task.
 *
 * It begins with the view, which is the newest state nearly always; when it is not, the slot that
 * follows it is taken, or the rule's refusal is not believed before the head was read.
 */
export function transition(
  files: ClaimChainFiles,
  stem: string,
  rule: TransitionRule,
): ChainOutcome {
  const glanced = glance(files, stem);
  let newest = glanced === undefined;
  let current = glanced === undefined ? settled(files, stem) : glanced.state;
  for (let tries = 1;; tries++) {
    const decision = rule(current);
    if (decision.kind === "write") {
      if (current && isTerminal(current) && !isRevivable(files, stem, current)) {
        if (newest) return { kind: "refuse", refusal: archived(current) };
        current = settled(files, stem);
        newest = true;
        continue;
      }
      const taken = take(files, stem, decision.next);
      if (taken !== undefined) {
        return { kind: "written", claim: unmarked(decision.next), previous: current, ...taken };
      }
      if (tries >= MAX_TRIES) throw contradicted(files, stem);
    } else if (newest) {
      return answered(decision);
    }
    current = settled(files, stem);
    newest = true;
  }
}

/** Makes an end last that is to be followed; `false` when it is not the end, is damaged or archived. */
export function isRevivable(files: ClaimChainFiles, stem: string, state: ClaimRecord): boolean {
  mend(files, stem);
  const end = endOf(state);
  const there = files.read(end);
  if (!isSame(there && unmarked(there), unmarked(state)) || files.isBroken(end)) return false;
  files.sync(end);
  const next = files.read(slotName(stem, state.transition + 1));
  return next === undefined || !isTerminal(next);
}

/** Keeps the end of a task from being followed; `false` when the task was revived. */
export function archive(files: ClaimChainFiles, stem: string, end: ClaimRecord): boolean {
  const slot = slotName(stem, end.transition + 1);
  if (files.link(endOf(end), slot)) return true;
  const there = files.read(slot);
  return there !== undefined && isTerminal(there);
}

/** A decision that writes nothing, as it is answered. */
function answered(decision: Exclude<Decision, { kind: "write" }>): typeof decision {
  if (decision.kind === "keep") return { ...decision, claim: unmarked(decision.claim) };
  const { refusal } = decision;
  return { ...decision, refusal: { ...refusal, claim: refusal.claim && unmarked(refusal.claim) } };
}

/** The newest state, after what another tool did was given its slot. */
function settled(files: ClaimChainFiles, stem: string): ClaimRecord | undefined {
  for (let tries = 1;; tries++) {
    const { state, isForeign, isShown } = look(files, stem);
    if (state === undefined || !isForeign) return isShown && state ? unmarked(state) : state;
    const taken = take(files, stem, state);
    if (taken === undefined && tries >= MAX_TRIES) throw contradicted(files, stem);
    if (taken?.conclude === undefined) continue;
    files.sync(endOf(state));
    taken.conclude();
  }
}

/** Names what keeps a state from its slot, where that is not others that were first. */
function contradicted(files: ClaimChainFiles, stem: string): DamagedRecord {
  const all = [slotName(stem, 1), endName(stem), ...files.slots(stem)];
  const name = obstacle(files, stem) ?? all.find((each) => files.exists(each)) ?? all[0];
  return new DamagedRecord(`Cannot move task ${idOfStem(stem)} on`, `claims/${name}`);
}

/**
 * Applies a rule to a task that most probably no process has touched, without a look.
 *
 * @returns `undefined` when one has.
 */
export function firstTransition(
  files: ClaimChainFiles,
  stem: string,
  rule: TransitionRule,
): ChainOutcome | undefined {
  const decision = rule(undefined);
  if (decision.kind !== "write") return decision;
  const taken = take(files, stem, decision.next);
  return taken && { kind: "written", claim: decision.next, previous: undefined, ...taken };
}

/** Tries for the slot of a state; `undefined` when another state is there or the task has ended. */
function take(files: ClaimChainFiles, stem: string, next: ClaimRecord): Conclusion | undefined {
  const slot = slotName(stem, next.transition);
  // What follows a revival rests on it.
  if (next.transition - 2 === next.revived_after) files.sync(slotName(stem, next.transition - 1));
  const staged = files.stage(next);
  if (!staged.create(slot)) {
    staged.discard();
    return undefined;
  }
  const taken = isTerminal(next)
    ? takeEnd(files, stem, next, staged)
    : takeState(files, stem, next, staged);
  if (taken !== undefined) return taken;
  // The slot was free only because it had been swept or trimmed, or slot 1 because a power cut took it. No
  // process follows it, since the end is there, or a higher one.
  if (next.transition > 1) files.remove(slot);
  staged.discard();
  return undefined;
}

/** An end has its slot; `undefined` when that does not count. */
function takeEnd(
  files: ClaimChainFiles,
  stem: string,
  next: ClaimRecord,
  staged: StagedClaim,
): Conclusion | undefined {
  const end = endOf(next);
  const { transition } = next;
  if (transition === 1) files.sync(slotName(stem, 1));
  // Slots are swept from below, after the view; a task that is removed loses its definition before them.
  const isSure = transition === 1
    ? files.hasTask(stem)
    : files.isUnchanged(slotName(stem, transition - 1));
  // Another tool may have changed the view, which is below the second slot.
  const isLate = !isSure && transition > 2;
  const isMade = !isLate && staged.create(end);
  if (!isMade && !isSame(files.read(end), next)) {
    if (isLate || !replaceTorn(files, end, next)) return undefined;
  }
  const conclude = () => {
    if (transition > 1) staged.replace(slotName(stem, 1));
    else staged.discard();
    sweep(files, stem, next);
    refreshView(files, stem, next);
  };
  return { conclude, isSure };
}

/** A state that is no end has its slot; `undefined` when that does not count. */
function takeState(
  files: ClaimChainFiles,
  stem: string,
  next: ClaimRecord,
  staged: StagedClaim,
): Conclusion | undefined {
  const { transition, fence } = next;
  const end = endOf(next);
  // The slot of a revival is never swept, so the process that gets it is the first.
  const isFree = isRevival(next) || !files.exists(end);
  if (!isFree && !(transition > 1 && files.read(end) && files.isBroken(end))) return undefined;
  if (!isFollowing(files, stem, next)) return undefined;
  if (transition === 1) return {};
  const view = slotName(stem, 1);
  const isUnaccounted = isUnseen(files.readAgain(view), next);
  if (isUnaccounted) staged.discard();
  else staged.replace(view);
  refreshView(files, stem, next);
  if (!isUnaccounted) {
    trim(
      {
        isOfHold: (number) => {
          // Its name is the view's, which another tool may have removed.
          if (number === 1) return true;
          const state = files.readAgain(slotName(stem, number));
          return state && isSameHold(state, next);
        },
        mark: (number) => {
          files.replace(slotName(stem, number), next);
          // It was swept perhaps.
          if (files.exists(end)) files.remove(slotName(stem, number));
        },
        remove: (number) => files.remove(slotName(stem, number)),
      },
      transition,
      Math.max(1, fence),
    );
  }
  return {};
}

/** Whether the slot below is still the one that was followed; otherwise ours was perhaps trimmed before. */
function isFollowing(files: ClaimChainFiles, stem: string, next: ClaimRecord): boolean {
  // Slot 2 is never trimmed, and that of a revival follows an end.
  return next.transition < 3 || isRevival(next) ||
    files.isUnchanged(slotName(stem, next.transition - 1));
}

/** Puts the end of a task in the place of one that a power cut has torn. */
function replaceTorn(files: ClaimChainFiles, end: string, next: ClaimRecord): boolean {
  if (!files.isBroken(end)) return false;
  files.replace(end, next);
  return true;
}

/**
 * Finishes what a process that died after taking a terminal slot left undone, and puts a view right
 * that stayed behind the end. Harmless at any time.
 */
export function mend(files: ClaimChainFiles, stem: string): void {
  const { state, isForeign } = look(files, stem);
  if (state === undefined || !isTerminal(state)) return;
  const head = isForeign ? settled(files, stem) : state;
  if (head === undefined || !isTerminal(head)) return;
  const end = endOf(head);
  if (!isSame(files.read(end), head)) {
    const staged = files.stage(head);
    if (!staged.create(end)) replaceTorn(files, end, head);
    staged.discard();
  }
  const view = files.read(slotName(stem, 1));
  if (!isSame(view, head)) {
    files.sync(end);
    files.replace(slotName(stem, 1), head);
  }
  sweep(files, stem, head);
  refreshView(files, stem, head);
}

/** Removes the slots that an end overrules; that of its revival stays. */
function sweep(files: ClaimChainFiles, stem: string, { transition, revived_after }: ClaimRecord) {
  const first = revived_after === undefined ? 2 : revived_after + 2;
  if (transition - first > MAX_SWEPT_BY_NUMBER) {
    for (const name of files.slots(stem)) {
      const slot = Number(parseClaimName(name)?.slot);
      if (slot >= first && slot <= transition) files.remove(name);
    }
    return;
  }
  for (let n = first; n <= transition; n++) files.remove(slotName(stem, n));
}

/** Whether later signs of life of its hold have removed a state's slot. */
function isTrimmed(files: ClaimChainFiles, stem: string, { transition }: ClaimRecord): boolean {
  return transition > 2 && !files.exists(slotName(stem, transition));
}

/** Replaces the view again while a later state is there, in case ours set it back. */
function refreshView(files: ClaimChainFiles, stem: string, written: ClaimRecord): void {
  let shown = written;
  while (
    files.exists(slotName(stem, shown.transition + 1)) ||
    !isTerminal(shown) && (files.exists(endOf(shown)) || isTrimmed(files, stem, shown))
  ) {
    const { state: head, isForeign } = look(files, stem);
    if (head === undefined || isForeign || head.transition < shown.transition) return;
    if (head.transition === shown.transition && isTerminal(shown)) return;
    files.replace(slotName(stem, 1), head);
    if (head.transition === shown.transition) return;
    shown = head;
  }
}
