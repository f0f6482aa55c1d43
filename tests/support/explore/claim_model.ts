/** What must hold for the processes that a task may meet, whatever the order of their steps. */
import type { ChainOutcome } from "../../../src/adapters/fs/task/claim_chain.ts";
import * as rules from "../../../src/domain/task/claim.ts";
import type { ClaimRecord } from "../../../src/domain/task/claim.ts";
import { foreignState, isSameHold, unmarked } from "../../../src/domain/task/foreign_claim.ts";
import { canonicalJson } from "../../../src/domain/json.ts";
import {
  type ClaimCall,
  type Done,
  END,
  type Left,
  type Outcome,
  type Protocol,
  STEM,
  VIEW,
} from "./claim_calls.ts";
import type { CallState, Properties } from "./explorer.ts";
import { linearize, type Operation } from "../race/linearizable.ts";
import type { ModelFiles, Step } from "./model_files.ts";

/** How often others of its hold overtake a sign of life at the most, each time after it took effect. */
const MAX_REPEATS = 2;

/** What must hold. */
export class ClaimProperties implements Properties {
  readonly #heads = new Map<number, number>();
  readonly #mended = new Set<number>();
  readonly #explained = new Set<string>();
  readonly #numbers = new Map<unknown, number>();
  readonly #applied = new Map<ClaimCall, Map<number, rules.Decision>>();
  readonly #shown = new WeakMap<object, string>();
  #start = -1;
  #whole = true;
  /** Whether ends may be followed. */
  #isReviving = false;

  /** @param judged Whether all is judged, or only that no attempt is granted twice. */
  constructor(
    readonly files: ModelFiles,
    readonly protocol: Protocol,
    readonly judged: "all" | "winners",
  ) {}

  /** Sets where the exploration begins, and whether nothing had crashed before that. */
  from(disk: number, whole: boolean, kinds: readonly string[]): this {
    this.#isReviving = kinds.includes("revive") ||
      [...this.files.files(disk).values()].some((number) =>
        this.files.record(number)?.revived_after
      );
    this.#start = this.#plain(this.#head(disk));
    this.#whole = whole;
    return this;
  }

  settled(disk: number, step: Step): boolean {
    if (this.judged === "winners" || this.#isReviving || step.name !== END) return false;
    return step.op !== "replace" && step.op !== "remove" && this.files.files(disk).has(END);
  }

  step(before: number, { op, name }: { op: string; name: string }, after: number): void {
    if (this.judged === "winners") return;
    const was = this.files.files(before);
    const is = this.files.files(after);
    const isForeign = op === "overwrite" || op === "drop";
    if (isForeign || this.#isUnslotted(before)) {
      return this.#judgeForeign(before, isForeign, name, after);
    }
    const what = `${op} of ${name.slice(STEM.length)}`;
    if (was.has(END) && is.get(END) !== was.get(END)) throw new Error(`${what} changes the end`);
    if (was.has(VIEW) && !is.has(VIEW)) throw new Error(`${what} gives slot 1 back`);
    const isSlot = name !== VIEW && !name.startsWith(END) && was.has(name);
    if (isSlot && !this.#isSpare(before, name, is.get(name))) {
      if (is.has(name)) throw new Error(`${what} changes what a slot holds`);
      if (!was.has(END)) throw new Error(`${what} takes a slot back while the task lives`);
      const ends = [...this.#ends(before).values()];
      const number = Number(name.slice(STEM.length + 1));
      if (ends.includes(number - 1)) throw new Error(`${what} takes the slot of a revival back`);
      if (number > Math.max(...ends)) {
        throw new Error(`${what} takes a slot back while the revived task lives`);
      }
    }
    if (name.startsWith(`${END}.`) && was.has(name)) throw new Error(`${what} changes a later end`);
    const [from, to] = [this.#head(before), this.#head(after)];
    if (from === to) return;
    const [old, next] = [this.files.record(from), this.files.record(to)];
    const isRevived = old !== undefined && next?.revived_after === old.transition;
    if (old !== undefined && rules.isTerminal(old) && !isRevived) {
      throw new Error(`${what} undoes the end`);
    }
    if (next?.transition !== (old?.transition ?? 0) + 1) throw new Error(`${what} skips a state`);
  }

  /**
   * Whether a slot may go, or be replaced by the newest state: that of a sign of life when later ones of
   * its hold are there, and one that was created when that of the state before was gone.
   */
  #isSpare(disk: number, name: string, replaced: number | undefined): boolean {
    const files = this.files.files(disk);
    const slotOf = (number: number) => this.files.record(files.get(`${STEM}.${number}`) ?? -1);
    const isMark = (number: number) => (slotOf(number)?.transition ?? 0) > number;
    const number = Number(name.slice(STEM.length + 1));
    const state = slotOf(number) as ClaimRecord;
    if (number >= (this.files.record(this.#head(disk))?.transition ?? 0)) return false;
    const mark = this.files.record(replaced ?? -1);
    if (mark !== undefined) return mark.transition > number && isSameHold(mark, state);
    const marked = [...Array(number - 2).keys()].map((i) => i + 2).filter(isMark).at(-1);
    if (marked === undefined) return slotOf(number - 1) === undefined;
    const isOfHold = (each: ClaimRecord) => isSameHold(slotOf(marked) as ClaimRecord, each);
    if (isOfHold(state)) return true;
    // It follows none that is there, or another that came too late and has not gone yet.
    let below = number - 1;
    while (slotOf(below) && !isMark(below) && !isOfHold(slotOf(below) as ClaimRecord)) below--;
    return slotOf(below) === undefined || isMark(below);
  }

  crashed(disk: number, calls: readonly CallState[]): void {
    this.#judgeGrants(calls);
    if (this.judged === "winners") return;
    this.#judgeArchived(disk, calls);
    this.#judgeOrder(disk, calls);
    this.#judgeMended(disk);
  }

  ended(disk: number, calls: readonly CallState[]): void {
    // What another tool did last gets its slot by the next transition.
    const isWhole = this.#whole && !calls.some(({ call }) => (call as ClaimCall).foreign);
    if (this.judged === "all" && isWhole) this.#judgeTidy(disk, "after all have returned");
  }

  /** Whether the state is another tool's doing, and has no slot yet. */
  #isUnslotted(disk: number): boolean {
    const head = this.#head(disk);
    const there = [...this.files.files(disk).values()].map((number) => this.#plain(number));
    return head !== -1 && !there.includes(head);
  }

  /**
   * What another tool ended has ended, unless a process that looked before it replaces the view.
   */
  #judgeForeign(before: number, isForeign: boolean, name: string, after: number): void {
    const [from, to] = [this.#head(before), this.#head(after)].map((head) =>
      this.files.record(head)
    );
    if (isForeign) {
      const written = this.files.record(this.files.files(after).get(VIEW) ?? -1);
      const ends = written !== undefined && rules.isTerminal(written);
      if (ends && (to === undefined || !rules.isTerminal(to))) {
        throw new Error("an end does not count");
      }
    } else if (from !== undefined && rules.isTerminal(from) && name !== VIEW) {
      if (to === undefined || !rules.isTerminal(to)) throw new Error("a foreign end is undone");
    }
  }

  #judgeGrants(calls: readonly CallState[]): void {
    const winners = new Map<number, string>();
    for (const { call, outcome, process } of calls) {
      const written = outcome as ChainOutcome | undefined;
      if (!(call as ClaimCall).grants || written?.kind !== "written") continue;
      const { attempt } = written.claim;
      const other = winners.get(attempt);
      if (other !== undefined) {
        throw new Error(
          `two winners: attempt ${attempt} was granted to ${other} and to ${process}`,
        );
      }
      winners.set(attempt, process);
    }
  }

  /** What was archived is followed by nothing. */
  #judgeArchived(disk: number, calls: readonly CallState[]): void {
    for (const { call, returned, outcome } of calls) {
      if (!(call as ClaimCall).archives || !returned || outcome === undefined) continue;
      const head = this.files.record(this.#head(disk));
      if (head?.transition !== (outcome as ClaimRecord).transition) {
        throw new Error("an end that was archived is followed");
      }
    }
  }

  #judgeOrder(disk: number, calls: readonly CallState[]): void {
    const head = this.#plain(this.#head(disk));
    const key = `${this.#start};${head};` +
      calls.map((each) =>
        `${this.#number(each.call)}:${each.bit}:${each.after}:` +
        (each.returned ? this.#number(each.outcome) : "")
      ).join();
    if (this.#explained.has(key)) return;
    const isFree = (each: CallState) => !each.returned || (each.call as ClaimCall).foreign === true;
    const operation = (each: CallState, returned: boolean): Operation<number> => ({
      returned,
      after: calls.flatMap(({ bit }, place) => (each.after & bit) === 0 ? [] : [place]),
      apply: (state) => this.#apply(each.call as ClaimCall, { ...each, returned }, state),
    });
    const operations = calls.map((each) => operation(each, !isFree(each)));
    const returned = calls.flatMap((each, place) => isFree(each) ? [] : [place]);
    operations.push({
      returned: true,
      after: returned,
      apply: (state) => state === head ? { next: state } : undefined,
    });
    for (const each of calls) {
      if (!isOvertaken(each, calls, this.#isReviving)) continue;
      const times = (each.call as ClaimCall).repeats === true ? MAX_REPEATS : 1;
      for (let n = 0; n < times; n++) operations.push(operation(each, false));
    }
    if (linearize(operations, this.#start, (state) => state) !== undefined) {
      this.#explained.add(key);
      return;
    }
    const outcomes = calls.map(({ process, call, returned, outcome }) =>
      `${process}: ${call.name} -> ${returned ? showOutcome(outcome) : "never returned"}`
    );
    const last = this.files.record(head);
    throw new Error(`no order explains: ${outcomes.join("; ")}; at last ${showState(last)}`);
  }

  /** The ends of the task, and their numbers. */
  #ends(disk: number): Map<string, number> {
    const files = this.files.files(disk);
    const ends = new Map<string, number>();
    for (let name = END, number = files.get(name); number !== undefined;) {
      const { transition } = this.files.record(number) as ClaimRecord;
      ends.set(name, transition);
      name = `${END}.${transition}`;
      number = files.get(name);
    }
    return ends;
  }

  #apply(call: ClaimCall, { returned, outcome }: CallState, state: number) {
    if (call.foreign === true) return this.#applyForeign(outcome as Left | undefined, state);
    if (call.rule === undefined) {
      if (!returned || !call.reads) return { next: state };
      const read = outcome === undefined ? -1 : this.#plainOf(outcome as ClaimRecord);
      return read === state ? { next: state } : undefined;
    }
    let decisions = this.#applied.get(call);
    if (decisions === undefined) this.#applied.set(call, decisions = new Map());
    let decision = decisions.get(state);
    if (decision === undefined) {
      decisions.set(state, decision = call.rule(this.files.record(state)));
    }
    const next = decision.kind === "write" ? this.#plainOf(decision.next) : state;
    if (!returned) return decision.kind === "write" ? { next } : undefined;
    if (isArchived(outcome)) return isOver(this.files.record(state)) ? { next: state } : undefined;
    if ((outcome as Outcome).kind === "lost") return state === -1 ? undefined : { next: state };
    return this.#explains(decision, state, outcome as ChainOutcome | Done) ? { next } : undefined;
  }

  /** It is never too late for it: the process may not have got far enough to do anything. */
  #applyForeign(left: Left | undefined, state: number) {
    if (left === undefined || state === -1) return { next: state };
    const { view } = left;
    const current = this.files.record(state) as ClaimRecord;
    const newest = current.transition === 1 ? undefined : current;
    const next = foreignState(view, newest, view?.transition === 1) ?? newest ?? view;
    return { next: next === undefined ? -1 : this.#plainOf(next) };
  }

  /** The number of a record without the mark by which the chain knows what it has accounted for. */
  #plainOf(record: ClaimRecord): number {
    return this.files.numberOf(unmarked(record));
  }

  #plain(number: number): number {
    const record = this.files.record(number);
    return record === undefined ? number : this.#plainOf(record);
  }

  #explains(decision: rules.Decision, state: number, outcome: ChainOutcome | Done): boolean {
    if (outcome.kind !== "written" && outcome.kind !== "done") {
      return this.#show(plainOutcome(outcome)) === this.#show(decision);
    }
    if (decision.kind === "write") {
      const isSame = this.#plainOf(outcome.claim) === this.#plainOf(decision.next);
      if (outcome.kind === "done") return isSame;
      return isSame && (outcome.previous ? this.#plainOf(outcome.previous) : -1) === state;
    }
    // Two that end a task at once in the very same way may each get the answer that they did.
    const isState = state !== -1 && this.#plainOf(outcome.claim) === state;
    return isState && rules.isTerminal(outcome.claim);
  }

  /** A number that stands for an object in keys. */
  #number(value: unknown): number {
    let number = this.#numbers.get(value);
    if (number === undefined) this.#numbers.set(value, number = this.#numbers.size);
    return number;
  }

  #show(value: object): string {
    let shown = this.#shown.get(value);
    if (shown === undefined) this.#shown.set(value, shown = canonicalJson(value));
    return shown;
  }

  #head(disk: number): number {
    let head = this.#heads.get(disk);
    if (head === undefined) {
      const { value } = this.files.alone(disk, (files) => this.protocol.readHead(files, STEM));
      this.#heads.set(disk, head = value === undefined ? -1 : this.files.numberOf(value));
    }
    return head;
  }

  /** After a crash, one mend() leaves the state as it is and the files as they should be. */
  #judgeMended(disk: number): void {
    if (this.#mended.has(disk)) return;
    this.#mended.add(disk);
    const mended = this.files.alone(disk, (files) => this.protocol.mend(files, STEM)).disk;
    if (this.#plain(this.#head(mended)) !== this.#plain(this.#head(disk))) {
      throw new Error("mend() changes the state");
    }
    const head = this.files.record(this.#head(mended));
    // The view of a live claim is put right by its next transition.
    if (head === undefined || rules.isTerminal(head)) this.#judgeTidy(mended, "after mend()");
  }

  #judgeTidy(disk: number, when: string): void {
    const files = this.files.files(disk);
    const head = this.#head(disk);
    if (head === -1) return;
    const shown = (name: string) => this.#plain(files.get(name) ?? -1);
    if (shown(VIEW) !== head) {
      const [view, state] = [shown(VIEW), head].map((n) => showState(this.files.record(n)));
      throw new Error(`${when} the view shows ${view}, the state is ${state}`);
    }
    if (!rules.isTerminal(this.files.record(head) as ClaimRecord)) return;
    const { revived_after: after } = this.files.record(head) as ClaimRecord;
    const ends = this.#ends(disk);
    const known = [VIEW, ...ends.keys()];
    // The slot of a revival stays, and the one that archives an end.
    const kept = [...ends.values()].map((transition) => `${STEM}.${transition + 1}`);
    // What a process of an earlier life left that died then, no process needs to remove.
    const isOld = (name: string) =>
      when === "after mend()" && Number(name.slice(STEM.length + 1)) <= (after ?? 0);
    const left = [...files.keys()].filter((name) =>
      !known.includes(name) && !kept.includes(name) && !isOld(name)
    );
    if (left.length > 0) throw new Error(`${when} slots are left over: ${left.join()}`);
    if (shown(known.at(-1) ?? END) !== head) throw new Error(`${when} the end is missing`);
  }
}

/**
 * Whether a call was answered that the task has ended, or that another process was first. One that only
 * wanted to claim or extend may have had its effect before the end: once the slots are swept no process
 * can find out. Nor can one that gave a task back of which its own run made more.
 */
function isOvertaken(
  { call, returned, outcome }: CallState,
  all: readonly CallState[],
  isReviving: boolean,
): boolean {
  const { rule, ends, repeats, recalls } = call as ClaimCall;
  if (rule === undefined || ends || recalls === "always") return false;
  const isResumed = all.some(({ call }) => /^(beat|complete|fail) by A/.test(call.name));
  if (recalls !== undefined && !isResumed) return false;
  if (repeats === true) return true;
  // One that was overtaken by an end and its revival may have its effect once more; no revival is overtaken.
  if (isReviving) return !call.name.startsWith("revival");
  if (!returned) return false;
  const { kind, refusal } = outcome as ChainOutcome & { refusal?: rules.TransitionRefusal };
  return (kind as Outcome["kind"]) === "lost" ||
    kind === "refuse" && refusal?.status === "terminal";
}

function isOver(state: ClaimRecord | undefined): boolean {
  return state !== undefined && rules.isTerminal(state);
}

/** Whether the answer is that nothing follows the end any more. */
function isArchived(outcome: unknown): boolean {
  const { kind, refusal } = outcome as Outcome & { refusal?: rules.TransitionRefusal };
  return kind === "refuse" && refusal?.status === "archived";
}

/** An answer without the mark; what has none is the same object. */
function plainOutcome(outcome: Exclude<ChainOutcome, { kind: "written" }>): object {
  if (outcome.kind === "keep") return { ...outcome, claim: unmarked(outcome.claim) };
  const { refusal } = outcome;
  return { ...outcome, refusal: { ...refusal, claim: refusal.claim && unmarked(refusal.claim) } };
}

function showState(state: ClaimRecord | undefined): string {
  return state === undefined
    ? "nothing"
    : `#${state.transition} ${state.status} by ${state.claimer_run_id}`;
}

function showOutcome(outcome: unknown): string {
  if (outcome === undefined) return "nothing";
  const known = outcome as Outcome | ClaimRecord;
  if (!("kind" in known)) return showState(known);
  if (known.kind === "written") return `wrote ${showState(known.claim)}`;
  if (known.kind === "done") return `had written ${showState(known.claim)}`;
  return known.kind === "refuse" ? known.refusal.status : known.kind;
}
