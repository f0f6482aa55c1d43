/**
 * The protocol of `claims/`: how the transitions of one task are put into one order.
 *
 * A task's state after its n-th transition is the content of *slot n*. Slot 1 is `<hex>.json`, slot
 * n > 1 is `<hex>.<n>`. A slot is taken by exclusive creation with its whole content (a hard link to
 * a staged file), so of any number of processes that want to follow the same state exactly one does;
 * the others find the slot taken, read what came, and decide again. Slots are taken without gaps,
 * and a taken slot is never given back while the task lives.
 *
 * After a slot n > 1 was taken, `<hex>.json` is replaced by a copy of it. That copy is a *view*, for
 * other tools and as a place to start from: it may lag, and a slow writer may even set it back, so
 * nobody decides on it without trying for the slot that follows it.
 *
 * A terminal state takes its slot like any other and is then created, exclusively too, as
 * `<hex>.end`. From then on it is the truth whatever else is there, so that the numbered slots can be
 * removed. Who takes a slot n > 1 looks for `<hex>.end` afterwards: if it is there, the slot was free
 * only because it had been swept, and the attempt counts for nothing.
 *
 * So a claim, a heartbeat or a give-back that is overtaken between its slot and that look, by a forced
 * cancel or another end, may answer `terminal` although it took effect first; and of two identical
 * ends both may answer that they were written, since nobody can tell which of them was.
 *
 * FORMAT.md says what a crash between any two steps leaves behind.
 */
import { type ClaimRecord, type Decision, isTerminal, type Rule } from "../../domain/claim.ts";
import { canonicalJson } from "../../domain/json.ts";

/** The files of `claims/`, as far as the protocol needs them. Each call is atomic. */
export interface ChainFiles {
  /** The state in a file of that name. */
  read(name: string): ClaimRecord | undefined;
  exists(name: string): boolean;
  /** Prepares a state to be put under names. */
  stage(next: ClaimRecord): StagedClaim;
  /** Puts a state under `name`, replacing what is there. */
  replace(name: string, state: ClaimRecord): void;
  remove(name: string): void;
}

/** A state that lies ready, under no name yet. */
export interface StagedClaim {
  /** Creates `name` with the state as its content; `false` when the name is taken. */
  create(name: string): boolean;
  /** Puts the state under `name`, replacing what is there; the last call on it. */
  replace(name: string): void;
  /** The last call on a state that goes nowhere. */
  discard(): void;
}

/** What `transition` did. `previous` is the state that a written one followed. */
export type ChainOutcome =
  | {
    readonly kind: "written";
    readonly claim: ClaimRecord;
    readonly previous: ClaimRecord | undefined;
  }
  | Exclude<Decision, { kind: "write" }>;

/** The name of a slot. */
export function slotName(stem: string, transition: number): string {
  return transition === 1 ? `${stem}.json` : `${stem}.${transition}`;
}

/** The name of the terminal state. */
export function endName(stem: string): string {
  return `${stem}.end`;
}

/**
 * The newest state. Looking for the end comes last: when the slot after the last one found was
 * missing only because it had been swept, the end was created before that.
 */
export function readHead(files: ChainFiles, stem: string): ClaimRecord | undefined {
  let state = files.read(slotName(stem, 1));
  if (state !== undefined) {
    while (true) {
      const next = files.read(slotName(stem, state.transition + 1));
      if (next === undefined) break;
      state = { ...next, transition: state.transition + 1 };
    }
  }
  return files.read(endName(stem)) ?? state;
}

/**
 * Applies a rule to the newest state of a task.
 *
 * It begins with the view, which is the newest state nearly always; when it is not, the slot that
 * follows it is taken, or the rule's refusal is not believed before the head was read.
 */
export function transition(files: ChainFiles, stem: string, rule: Rule): ChainOutcome {
  let current = files.read(slotName(stem, 1));
  let newest = false;
  while (true) {
    const decision = rule(current);
    if (decision.kind === "write") {
      if (take(files, stem, decision.next)) {
        return { kind: "written", claim: decision.next, previous: current };
      }
    } else if (newest) {
      return decision;
    }
    current = readHead(files, stem);
    newest = true;
  }
}

/**
 * Applies a rule to a task that most probably nobody has touched, without a look.
 *
 * @returns `undefined` when somebody has.
 */
export function firstTransition(
  files: ChainFiles,
  stem: string,
  rule: Rule,
): ChainOutcome | undefined {
  const decision = rule(undefined);
  if (decision.kind !== "write") return decision;
  if (!take(files, stem, decision.next)) return undefined;
  return { kind: "written", claim: decision.next, previous: undefined };
}

/** Tries for the slot of a state; `false` when another state is there or the task is over. */
function take(files: ChainFiles, stem: string, next: ClaimRecord): boolean {
  const slot = slotName(stem, next.transition);
  const end = endName(stem);
  const view = slotName(stem, 1);
  const staged = files.stage(next);
  if (!staged.create(slot)) {
    staged.discard();
    return false;
  }
  if (isTerminal(next)) {
    if (staged.create(end) || isSame(files.read(end), next)) {
      if (next.transition > 1) staged.replace(view);
      else staged.discard();
      sweep(files, stem, next.transition);
      return true;
    }
  } else {
    if (next.transition === 1) return true;
    if (!files.exists(end)) {
      staged.replace(view);
      refreshView(files, stem, next.transition);
      return true;
    }
  }
  // The slot was free only because it had been swept. Nobody follows it, since the end is there.
  if (next.transition > 1) files.remove(slot);
  staged.discard();
  return false;
}

/**
 * Finishes what a process that died after taking a terminal slot left undone, and puts a view right
 * that stayed behind the end. Harmless at any time.
 */
export function mend(files: ChainFiles, stem: string): void {
  const head = readHead(files, stem);
  if (head === undefined || !isTerminal(head)) return;
  if (!files.exists(endName(stem))) {
    const staged = files.stage(head);
    staged.create(endName(stem));
    staged.discard();
  }
  const view = files.read(slotName(stem, 1));
  if (view !== undefined && !isSame(view, head)) files.replace(slotName(stem, 1), head);
  sweep(files, stem, head.transition);
}

function sweep(files: ChainFiles, stem: string, last: number): void {
  for (let n = 2; n <= last; n++) files.remove(slotName(stem, n));
}

/** Replaces the view again while a later state is there, in case ours set it back. */
function refreshView(files: ChainFiles, stem: string, written: number): void {
  let shown = written;
  while (files.exists(slotName(stem, shown + 1)) || files.exists(endName(stem))) {
    const head = readHead(files, stem);
    if (head === undefined || head.transition < shown) return;
    files.replace(slotName(stem, 1), head);
    if (isTerminal(head)) return;
    if (head.transition === shown) return;
    shown = head.transition;
  }
}

function isSame(a: ClaimRecord | undefined, b: ClaimRecord): boolean {
  return a !== undefined && canonicalJson(a) === canonicalJson(b);
}
