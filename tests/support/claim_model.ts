/** What the explorer is given: the processes that a task may meet, and what must hold for them. */
import type { ChainFiles, ChainOutcome } from "../../src/adapters/fs/claim_chain.ts";
import * as rules from "../../src/domain/claim.ts";
import type { ClaimRecord, Rule } from "../../src/domain/claim.ts";
import { canonicalJson } from "../../src/domain/json.ts";
import type { TaskRecord } from "../../src/domain/task.ts";
import { formatTime } from "../../src/domain/time.ts";
import type { Call, CallState, Process, Properties } from "./explorer.ts";
import { linearize, type Operation } from "./linearizable.ts";
import type { ModelFiles, Step } from "./model_files.ts";

/** What a protocol for the transitions of a task consists of. */
export interface Protocol {
  transition(files: ChainFiles, stem: string, rule: Rule): ChainOutcome;
  /** `undefined` when somebody has touched the task. */
  firstTransition(files: ChainFiles, stem: string, rule: Rule): ChainOutcome | undefined;
  readHead(files: ChainFiles, stem: string): ClaimRecord | undefined;
  mend(files: ChainFiles, stem: string): void;
}

export const STEM = "7f".repeat(32);
export const VIEW = `${STEM}.json`;
export const END = `${STEM}.end`;
const EPOCH = Date.UTC(2026, 10, 21, 9, 30);

/** Second 0 is when the task was made; claims last 10 seconds. */
export function at(second: number): number {
  return EPOCH + second * 1000;
}

const TASK: TaskRecord = {
  task_id: `sha256:${STEM}`,
  title: "the task",
  priority: 0,
  queue: "default",
  ttl_seconds: 86_400,
  created_by: "maker",
  created_at: formatTime(at(0)),
  tags: [],
  payload: {},
};

const TTL_S = 10;

/** The answer of a first transition that came too late. */
const LOST = { kind: "lost" } as const;
type Outcome = ChainOutcome | typeof LOST;

/** A call with the rule that says what it may do, `undefined` when it changes nothing. */
export interface ClaimCall extends Call {
  readonly rule: Rule | undefined;
  /** Whether it answers with the state. */
  readonly reads: boolean;
  readonly grants: boolean;
  /** Whether what it writes is terminal. */
  readonly ends: boolean;
}

/** The calls of a protocol by what they do, who does it and when. */
export function callsOf(protocol: Protocol) {
  const made = new Map<string, ClaimCall>(); // a process asks for its calls again and again
  const move = (
    name: string,
    rule: Rule,
    { first = false, grants = false, ends = false } = {},
  ): ClaimCall => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const way = first ? protocol.firstTransition : protocol.transition;
    const run = (files: ChainFiles) => way(files, STEM, rule) ?? LOST;
    const call = { name, rule, grants, ends, reads: false, run };
    made.set(name, call);
    return call;
  };
  const plain = { rule: undefined, grants: false, ends: false };
  const actor = (runId: string, second: number) => ({
    task: TASK,
    taskId: TASK.task_id,
    runId,
    now: at(second),
  });
  return {
    claim: (runId: string, second: number, first = false) =>
      move(
        `${first ? "first claim" : "claim"} by ${runId} at ${second}`,
        rules.grant({ ...actor(runId, second), ttlSeconds: TTL_S, nonce: `${runId} ${second}` }),
        { first, grants: true },
      ),
    complete: (runId: string, second: number, fence?: number) =>
      move(
        `complete by ${runId} at ${second} with ${fence}`,
        rules.finish({ ...actor(runId, second), fence }, {
          status: "completed",
          result: { by: runId },
        }),
        { ends: true },
      ),
    fail: (runId: string, second: number) =>
      move(
        `fail by ${runId} at ${second}`,
        rules.finish(actor(runId, second), { status: "failed", error: `of ${runId}` }),
        { ends: true },
      ),
    beat: (runId: string, second: number, fence?: number) =>
      move(
        `beat by ${runId} at ${second} with ${fence}`,
        rules.extend({ ...actor(runId, second), extensionSeconds: TTL_S, fence }),
      ),
    giveBack: (runId: string, second: number) =>
      move(`give back by ${runId} at ${second}`, rules.giveBack(actor(runId, second))),
    cancel: (runId: string, second: number, force: boolean) =>
      move(
        `cancel by ${runId} at ${second}${force ? " by force" : ""}`,
        rules.cancel({ ...actor(runId, second), force, nonce: `${runId} ${second}` }),
        { ends: true },
      ),
    read: {
      ...plain,
      name: "read",
      reads: true,
      run: (files) => protocol.readHead(files, STEM),
    } satisfies ClaimCall as ClaimCall,
    mend: {
      ...plain,
      name: "mend",
      reads: false,
      run: (files) => protocol.mend(files, STEM),
    } satisfies ClaimCall as ClaimCall,
  };
}

/** The fence of a claim that a process was granted by its first call. */
export function granted(outcomes: readonly unknown[]): number | undefined {
  const outcome = outcomes[0] as ChainOutcome;
  return outcome.kind === "written" ? outcome.claim.fence : undefined;
}

/** A process that makes fixed calls. */
export function process(name: string, ...calls: ClaimCall[]): Process {
  return { name, next: (outcomes) => calls[outcomes.length] };
}

/** The state after rules that all write. */
export function states(...moves: readonly ClaimCall[]): ClaimRecord[] {
  const reached: ClaimRecord[] = [];
  for (const { name, rule } of moves) {
    const decision = rule?.(reached.at(-1));
    if (decision?.kind !== "write") throw new Error(`${name} is not possible`);
    reached.push(decision.next);
  }
  return reached;
}

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

  /** @param judged Whether all is judged, or only that no attempt is granted twice. */
  constructor(
    readonly files: ModelFiles,
    readonly protocol: Protocol,
    readonly judged: "all" | "winners",
  ) {}

  /** Sets where the exploration begins, and whether nothing had crashed before that. */
  from(disk: number, whole: boolean): this {
    this.#start = this.#head(disk);
    this.#whole = whole;
    return this;
  }

  settled(disk: number, step: Step): boolean {
    if (this.judged === "winners" || step.name !== END) return false;
    return step.op !== "replace" && step.op !== "remove" && this.files.files(disk).has(END);
  }

  step(before: number, { op, name }: { op: string; name: string }, after: number): void {
    if (this.judged === "winners") return;
    const was = this.files.files(before);
    const is = this.files.files(after);
    const what = `${op} of ${name.slice(STEM.length)}`;
    if (was.has(END) && is.get(END) !== was.get(END)) throw new Error(`${what} changes the end`);
    if (was.has(VIEW) && !is.has(VIEW)) throw new Error(`${what} gives slot 1 back`);
    if (name !== VIEW && name !== END && was.has(name)) {
      if (is.has(name)) throw new Error(`${what} changes what a slot holds`);
      if (!was.has(END)) throw new Error(`${what} takes a slot back while the task lives`);
    }
    const [from, to] = [this.#head(before), this.#head(after)];
    if (from === to) return;
    const [old, next] = [this.files.record(from), this.files.record(to)];
    if (old !== undefined && rules.isTerminal(old)) throw new Error(`${what} undoes the end`);
    if (next?.transition !== (old?.transition ?? 0) + 1) throw new Error(`${what} skips a state`);
  }

  crashed(disk: number, calls: readonly CallState[]): void {
    this.#judgeGrants(calls);
    if (this.judged === "winners") return;
    this.#judgeOrder(disk, calls);
    this.#judgeMended(disk);
  }

  ended(disk: number): void {
    if (this.judged === "all" && this.#whole) this.#judgeTidy(disk, "after all have returned");
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

  #judgeOrder(disk: number, calls: readonly CallState[]): void {
    const head = this.#head(disk);
    const key = `${this.#start};${head};` +
      calls.map((each) =>
        `${this.#number(each.call)}:${each.bit}:${each.after}:` +
        (each.returned ? this.#number(each.outcome) : "")
      ).join();
    if (this.#explained.has(key)) return;
    const operation = (each: CallState, returned: boolean): Operation<number> => ({
      returned,
      after: calls.flatMap(({ bit }, place) => (each.after & bit) === 0 ? [] : [place]),
      apply: (state) => this.#apply(each.call as ClaimCall, { ...each, returned }, state),
    });
    const operations = calls.map((each) => operation(each, each.returned));
    const returned = calls.flatMap((each, place) => each.returned ? [place] : []);
    operations.push({
      returned: true,
      after: returned,
      apply: (state) => state === head ? { next: state } : undefined,
    });
    for (const each of calls) if (isOvertaken(each)) operations.push(operation(each, false));
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

  #apply(call: ClaimCall, { returned, outcome }: CallState, state: number) {
    if (call.rule === undefined) {
      if (!returned || !call.reads) return { next: state };
      const read = outcome === undefined ? -1 : this.files.numberOf(outcome as ClaimRecord);
      return read === state ? { next: state } : undefined;
    }
    let decisions = this.#applied.get(call);
    if (decisions === undefined) this.#applied.set(call, decisions = new Map());
    let decision = decisions.get(state);
    if (decision === undefined) {
      decisions.set(state, decision = call.rule(this.files.record(state)));
    }
    const next = decision.kind === "write" ? this.files.numberOf(decision.next) : state;
    if (!returned) return decision.kind === "write" ? { next } : undefined;
    if ((outcome as Outcome).kind === "lost") return state === -1 ? undefined : { next: state };
    return this.#explains(decision, state, outcome as ChainOutcome) ? { next } : undefined;
  }

  #explains(decision: rules.Decision, state: number, outcome: ChainOutcome): boolean {
    if (outcome.kind !== "written") return this.#show(outcome) === this.#show(decision);
    if (decision.kind === "write") {
      const previous = outcome.previous === undefined ? -1 : this.files.numberOf(outcome.previous);
      return previous === state && this.#show(outcome.claim) === this.#show(decision.next);
    }
    // Two that end a task at once in the very same way may each be told that they did.
    const isState = state !== -1 && this.files.numberOf(outcome.claim) === state;
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
    if (this.#head(mended) !== this.#head(disk)) throw new Error("mend() changes the state");
    const head = this.files.record(this.#head(mended));
    // The view of a live claim is put right by its next transition.
    if (head === undefined || rules.isTerminal(head)) this.#judgeTidy(mended, "after mend()");
  }

  #judgeTidy(disk: number, when: string): void {
    const files = this.files.files(disk);
    const head = this.#head(disk);
    if (head === -1) return;
    if (files.get(VIEW) !== head) {
      const [view, state] = [files.get(VIEW) ?? -1, head].map((n) =>
        showState(this.files.record(n))
      );
      throw new Error(`${when} the view shows ${view}, the state is ${state}`);
    }
    if (!rules.isTerminal(this.files.record(head) as ClaimRecord)) return;
    const left = [...files.keys()].filter((name) => name !== VIEW && name !== END);
    if (left.length > 0) throw new Error(`${when} slots are left over: ${left.join()}`);
    if (files.get(END) !== head) throw new Error(`${when} the end is missing`);
  }
}

/**
 * Whether a call was told that the task is over. If it only wanted to claim, extend or give back, it
 * may all the same have had its effect before the end: once the slots are swept nobody can tell.
 */
function isOvertaken({ call, returned, outcome }: CallState): boolean {
  if (!returned || (call as ClaimCall).rule === undefined || (call as ClaimCall).ends) return false;
  const { kind, refusal } = outcome as ChainOutcome & { refusal?: rules.Refusal };
  return kind === "refuse" && refusal?.status === "terminal";
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
  return known.kind === "refuse" ? known.refusal.status : known.kind;
}
