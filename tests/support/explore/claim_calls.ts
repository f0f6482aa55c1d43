/** The calls of the protocol of `claims/`, and the processes that make them, for the explorer. */
import type { ChainOutcome } from "../../../src/adapters/fs/task/claim_chain.ts";
import type { ClaimChainFiles } from "../../../src/adapters/fs/task/claim/chain_files.ts";
import type { ListedClaim } from "../../../src/adapters/fs/task/claim/names.ts";
import * as rules from "../../../src/domain/task/claim.ts";
import type { ClaimRecord, TransitionRule } from "../../../src/domain/task/claim.ts";
import { recalling } from "../../../src/domain/task/keeping/recall.ts";
import { reprioritize, requeue } from "../../../src/domain/task/requeue.ts";
import type { TaskRecord } from "../../../src/domain/task/task.ts";
import { formatTime } from "../../../src/domain/time.ts";
import type { Call, Process } from "./explorer.ts";
import type { ForeignFiles } from "./model_files.ts";

/** What a protocol for the transitions of a task consists of. */
export interface Protocol {
  transition(files: ClaimChainFiles, stem: string, rule: TransitionRule): ChainOutcome;
  /** `undefined` when another process has touched the task. */
  firstTransition(
    files: ClaimChainFiles,
    stem: string,
    rule: TransitionRule,
  ): ChainOutcome | undefined;
  readHead(files: ClaimChainFiles, stem: string, listed?: ListedClaim): ClaimRecord | undefined;
  mend(files: ClaimChainFiles, stem: string): void;
  archive(files: ClaimChainFiles, stem: string, end: ClaimRecord): boolean;
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
export const LOST = { kind: "lost" } as const;

/** The answer of a call that others overtook after it had its effect. */
export interface Done {
  readonly kind: "done";
  readonly claim: ClaimRecord;
}

export type Outcome = ChainOutcome | Done | typeof LOST;

/** A call with the rule that says what it may do, `undefined` when it changes nothing. */
export interface ClaimCall extends Call {
  readonly rule: TransitionRule | undefined;
  /** Whether it answers with the state. */
  readonly reads: boolean;
  readonly grants: boolean;
  /** Whether what it writes is terminal. */
  readonly ends: boolean;
  /** Whether it is a sign of life, which may have its effect twice when others of its hold overtake it. */
  readonly repeats?: boolean;
  /** Whether what follows on it shows it, so that it learns what it did; perhaps only while the hold has ended. */
  readonly recalls?: "always" | "unless resumed" | undefined;
  /** Whether it keeps the end of the task from being followed; it answers whether it did. */
  readonly archives?: boolean;
  /** Another tool's, which knows the view alone; what it answers is what it did. */
  readonly foreign?: boolean;
}

/** A listing, name by name: the end first, so that it misses one that comes while it is made. */
function listed(files: ClaimChainFiles): ListedClaim | undefined {
  const isEnded = files.exists(END);
  const slots = [8, 7, 6, 5, 4, 3, 2].filter((slot) => files.exists(`${STEM}.${slot}`));
  const hasView = files.exists(VIEW);
  return hasView || isEnded || slots.length > 0 ? { hasView, slots, isEnded } : undefined;
}

/** What another tool left in the place of a view: another view, or none. */
export interface Left {
  readonly view: ClaimRecord | undefined;
}

/** The calls of a protocol by what they do, who does it and when. */
export function callsOf(protocol: Protocol) {
  const made = new Map<string, ClaimCall>(); // a process asks for its calls again and again
  const move = (
    name: string,
    rule: TransitionRule,
    more: Partial<ClaimCall> & { first?: boolean } = {},
  ): ClaimCall => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const { first = false, ...kind } = more;
    const way = first ? protocol.firstTransition : protocol.transition;
    const run = (files: ClaimChainFiles) => {
      let done: ClaimRecord | undefined;
      const recalled = recalling(() => rule, (noted) => void (done = noted))(0);
      const outcome = way(files, STEM, recalled) ?? LOST;
      if (done !== undefined) return { kind: "done", claim: done } as const;
      if (outcome.kind !== "written") return outcome;
      const { conclude, ...written } = outcome;
      conclude?.();
      return written;
    };
    const call: ClaimCall = { grants: false, ends: false, reads: false, ...kind, name, rule, run };
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
    /** Fails an attempt that is not the last. */
    retry: (runId: string, second: number) =>
      move(
        `retry after ${runId} at ${second}`,
        rules.finish(actor(runId, second), {
          status: "failed",
          error: `of ${runId}`,
          task: { ...TASK, max_attempts: 9 },
        }),
        { recalls: "always" },
      ),
    beat: (runId: string, second: number, fence?: number) =>
      move(
        `beat by ${runId} at ${second} with ${fence}`,
        rules.extend({ ...actor(runId, second), extensionSeconds: TTL_S, fence }),
        { repeats: true },
      ),
    giveBack: (runId: string, second: number) =>
      move(`give back by ${runId} at ${second}`, rules.giveBack(actor(runId, second)), {
        recalls: "unless resumed",
      }),
    cancel: (runId: string, second: number, force: boolean) =>
      move(
        `cancel by ${runId} at ${second}${force ? " by force" : ""}`,
        rules.cancel({ ...actor(runId, second), force, nonce: `${runId} ${second}` }),
        { ends: true },
      ),
    /** Puts the task back that has ended. */
    revive: (runId: string, second: number) =>
      move(
        `revival by ${runId} at ${second}`,
        requeue({
          ...actor(runId, second),
          nonce: `${runId} ${second}`,
          delaySeconds: 0,
          force: false,
          isBlocked: false,
        }),
      ),
    /** Gives the task another priority, where no agent has it. */
    aim: (runId: string, second: number, priority: number) =>
      move(
        `priority ${priority} by ${runId} at ${second}`,
        reprioritize({ ...actor(runId, second), nonce: `${runId} ${second}`, priority }),
        { recalls: "always" },
      ),
    /** Looks for the end, and archives it. */
    archive: {
      ...plain,
      name: "archive",
      reads: false,
      archives: true,
      run: (files) => {
        protocol.mend(files, STEM);
        const head = protocol.readHead(files, STEM);
        const isOver = head !== undefined && rules.isTerminal(head);
        return isOver && protocol.archive(files, STEM, head) ? head : undefined;
      },
    } satisfies ClaimCall as ClaimCall,
    /** Another tool reads the view, and replaces or removes it unless the task has ended. */
    foreign: (name: string, change: (view: ClaimRecord) => ClaimRecord | undefined): ClaimCall => {
      const known = made.get(name);
      if (known !== undefined) return known;
      const run = (files: ClaimChainFiles): Left | undefined => {
        const foreign = files as ClaimChainFiles & ForeignFiles;
        const view = foreign.read(VIEW);
        if (view === undefined || rules.isTerminal(view)) return undefined;
        const next = change(view);
        if (next === undefined) foreign.drop(VIEW);
        else foreign.overwrite(VIEW, next);
        return { view: next };
      };
      const call: ClaimCall = { ...plain, name, reads: false, foreign: true, run };
      made.set(name, call);
      return call;
    },
    read: {
      ...plain,
      name: "read",
      reads: true,
      run: (files) => protocol.readHead(files, STEM),
    } satisfies ClaimCall as ClaimCall,
    readListed: {
      ...plain,
      name: "readListed",
      reads: true,
      run: (files) => protocol.readHead(files, STEM, listed(files)),
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
