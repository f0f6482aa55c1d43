/**
 * Claims that other tools write. They know one file a task, the view `claims/<hex>.json`, and replace
 * or remove it; the slots of coord's own chain they do not know. What they write counts as the next
 * transition after the newest slot. These rules say whether there is such a thing, and what the state
 * is then; the chain gives it a slot, so that it happens once and in one order with all others.
 *
 * Every rule depends on the files alone, so all processes come to the same.
 */
import { attemptsBefore } from "./attempts.ts";
import { type ClaimRecord, isTerminal } from "./claim.ts";
import { hash } from "../journal/hash.ts";
import { canonicalJson } from "../json.ts";
import { MAX_FOREIGN_COUNT } from "../limits.ts";
import { formatTime, parseTime } from "../time.ts";

/** A state that may say which view of another tool it accounts for. */
type Marked = ClaimRecord & { readonly adopted?: string };

/** The mark of a view that was removed. */
const GONE = "gone";

/**
 * Whether a view shows a slot: with its number and the same content. A slot that cannot be read, or
 * holds a claim without a nonce, may be shown by any view of its number.
 */
export function shows(view: ClaimRecord, slot: ClaimRecord): boolean {
  if (view.transition !== slot.transition) return false;
  return slot.claim_nonce === "" || canonicalJson(view) === canonicalJson(slot);
}

/** The state of a view that shows slot 1. */
export function firstState(view: ClaimRecord): ClaimRecord {
  const [attempt, fence] = [believable(view.attempt), believable(view.fence)];
  return attempt === view.attempt && fence === view.fence ? view : { ...view, attempt, fence };
}

function believable(count: number): number {
  return count <= MAX_FOREIGN_COUNT ? count : 1;
}

/**
 * What another tool did to the view as a state that follows the newest slot; `undefined` when no tool
 * did anything, or the slot accounts for it.
 *
 * @param newest The newest slot above slot 1.
 * @param own Whether the view shows a slot, or says that it is slot 1.
 */
export function foreignState(
  view: ClaimRecord | undefined,
  newest: ClaimRecord | undefined,
  own: boolean,
): ClaimRecord | undefined {
  if (newest !== undefined) return adopted(view, newest, own);
  return view && adoptedFirst(view);
}

/** The state of a view that nothing follows, if another tool wrote it; that counts as slot 2. */
function adoptedFirst(view: ClaimRecord): ClaimRecord | undefined {
  // The only end that coord puts into slot 1 is that of a task which was never granted.
  const isOwn = view.transition === 1 && !(isTerminal(view) && view.attempt > 0);
  if (isOwn) return undefined;
  const adopted = markOf(view);
  const claim_nonce = view.claim_nonce || adopted;
  const state: Marked = { ...firstState(view), claim_nonce, transition: 2, adopted };
  return state;
}

/** A state without the mark, which the next view makes needless. */
export function unmarked(state: Marked): ClaimRecord {
  if (state.adopted === undefined) return state;
  const { adopted: _, ...rest } = state;
  return rest;
}

function adopted(
  view: ClaimRecord | undefined,
  newest: Marked,
  own: boolean,
): ClaimRecord | undefined {
  if (isTerminal(newest)) return undefined;
  if (view === undefined) return newest.adopted === GONE ? undefined : returned(newest);
  const { revived_after: after = 0 } = newest;
  // It shows an earlier life, or speaks of one.
  if (view.transition > 0 && view.transition <= after) return undefined;
  // Coord lets nothing but a revival follow an end. So a view that shows one below a slot is another tool's.
  if (own && !(isTerminal(view) && view.transition < newest.transition)) return undefined;
  if (newest.adopted === markOf(view) || isLate(view, newest)) return undefined;
  const same = isSameGrant(view, newest);
  const transition = newest.transition + 1;
  const state: Marked = {
    ...newest,
    ...view,
    ...(same ? {} : attemptsBefore(newest, parseTime(view.claimed_at) ?? 0)),
    claim_nonce: same ? newest.claim_nonce : view.claim_nonce || markOf(view),
    attempt: same ? newest.attempt : newest.attempt + 1,
    fence: same ? newest.fence : Math.max(transition, newest.fence + 1),
    transition,
    ...(after === 0 ? {} : { revived_after: after }),
    adopted: markOf(view),
  };
  return state;
}

/** Whether a view may merely show the newest grant as it was, at a slot that was removed since. */
export function isPassed(view: ClaimRecord, newest: ClaimRecord): boolean {
  const { transition } = view;
  return transition > 1 && transition < newest.transition && isSameGrant(view, newest);
}

/** What a sign of life changes. */
const SIGNS: ReadonlySet<string> = new Set<keyof Marked>([
  "transition",
  "heartbeat_at",
  "expires_at",
  "adopted",
  "note",
  "progress",
  "noted_at",
]);

/** Whether two states differ in nothing but a sign of life. */
export function isSameHold(a: Marked, b: Marked): boolean {
  const others = (state: Marked) => Object.entries(state).filter(([key]) => !SIGNS.has(key));
  const of = new Map<string, unknown>(others(b));
  const same = others(a).filter(([key, value]) =>
    of.has(key) && (value === of.get(key) || canonicalJson(value) === canonicalJson(of.get(key)))
  );
  return same.length === others(a).length && same.length === of.size;
}

/** Whether the view still has to be accounted for when a state is about to replace it. */
export function isUnseen(view: ClaimRecord | undefined, next: ClaimRecord): boolean {
  const own = view !== undefined && view.transition > 0;
  return view !== undefined && adopted(view, next, own) !== undefined;
}

/** A removed view gives the task back: it has timed out since its last sign of life. */
function returned(newest: Marked): ClaimRecord {
  const end = Math.min(parseTime(newest.expires_at) ?? 0, parseTime(newest.heartbeat_at) ?? 0);
  const state: Marked = {
    ...newest,
    expires_at: formatTime(end),
    transition: newest.transition + 1,
    adopted: GONE,
  };
  return state;
}

/** Whether a claim was made before the newest grant, and so was written too late to count. */
function isLate(view: ClaimRecord, newest: ClaimRecord): boolean {
  return !isTerminal(view) &&
    (parseTime(view.claimed_at) ?? 0) < (parseTime(newest.claimed_at) ?? 0);
}

function isSameGrant(view: ClaimRecord, newest: ClaimRecord): boolean {
  if (view.claim_nonce !== "") return view.claim_nonce === newest.claim_nonce;
  return view.claimer_run_id === newest.claimer_run_id &&
    parseTime(view.claimed_at) === parseTime(newest.claimed_at);
}

function markOf(view: ClaimRecord): string {
  return hash(canonicalJson(view));
}
