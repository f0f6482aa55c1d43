/**
 * Histories of what processes did with tasks that have keys, attempts left, and revivals, checked against
 * a queue that does one call at a time.
 */
import { linearize, type Operation } from "./linearizable.ts";
import { type Recorded, SLACK_MS } from "./recorder.ts";

/** How often each task is handed out, before it has failed. */
export const MAX_ATTEMPTS = 2;

export type KeyedRequest =
  | { readonly kind: "add"; readonly keys: readonly string[] }
  | { readonly kind: "claim" }
  | { readonly kind: "complete" | "fail" | "requeue"; readonly id: string; readonly key: string };

/** What was answered: of an addition for each key, of a claim nothing where there was no task. */
export type KeyedOutcome =
  | { readonly added: readonly { readonly id: string; readonly created: boolean }[] }
  | { readonly claimed?: { readonly id: string; readonly key: string; readonly attempt: number } }
  | { readonly status: string };

export type KeyedCall = Recorded<KeyedRequest, KeyedOutcome>;

/** A task with a key. */
interface Keyed {
  readonly stage: "pending" | "claimed" | "failed" | "archived" | "completed";
  /** Who has claimed it. */
  readonly holder?: string;
  /** How many attempts were granted, and how many of them count. */
  readonly attempt: number;
  readonly counted: number;
}

/** The tasks of a key by their ids. */
type State = Readonly<Record<string, Keyed>>;

const UNFINISHED: readonly string[] = ["pending", "claimed"];

/** The unfinished task of a state. */
function holderOf(state: State): string | undefined {
  return Object.keys(state).find((id) => UNFINISHED.includes(state[id]?.stage ?? ""));
}

/** What one call did to one key; `undefined` where it would not have had that answer. */
type Effect = (state: State) => State | undefined;

/** The keys that a call was about, with what it did to them. */
function effects({ runId, request, outcome }: KeyedCall): [key: string, effect: Effect][] {
  if (request.kind === "add") {
    const added = outcome !== undefined && "added" in outcome ? outcome.added : [];
    return added.map(({ id, created }, n) => [request.keys[n] ?? "", (state) => {
      if (!created) return holderOf(state) === id ? state : undefined;
      if (holderOf(state) !== undefined || state[id] !== undefined) return undefined;
      return { ...state, [id]: { stage: "pending", attempt: 0, counted: 0 } };
    }]);
  }
  if (request.kind === "claim") {
    const claimed = outcome !== undefined && "claimed" in outcome ? outcome.claimed : undefined;
    if (claimed === undefined) return [];
    const { id, key, attempt } = claimed;
    return [[key, (state) => {
      const task = state[id];
      if (task?.stage !== "pending" || task.attempt + 1 !== attempt) return undefined;
      return { ...state, [id]: { ...task, stage: "claimed", holder: runId, attempt } };
    }]];
  }
  const { id, key, kind } = request;
  const status = outcome !== undefined && "status" in outcome ? outcome.status : "";
  return [[key, (state) => {
    const task = state[id];
    if (task === undefined) return undefined;
    const become = (next: Partial<Keyed>) => {
      const { holder: _, ...kept } = task;
      return { ...state, [id]: { ...kept, ...next } };
    };
    const isMine = task.stage === "claimed" && task.holder === runId;
    if (kind === "complete") {
      return isMine && status === "completed" ? become({ stage: "completed" }) : undefined;
    }
    if (kind === "fail") {
      const counted = task.counted + 1;
      const stage = counted < MAX_ATTEMPTS ? "pending" : "failed";
      return isMine && status === stage ? become({ stage, counted }) : undefined;
    }
    switch (status) {
      case "pending":
        if (isMine) return become({ stage: "pending" });
        if (task.stage === "pending") return state;
        return task.stage === "failed" && holderOf(state) === undefined
          ? become({ stage: "pending", counted: 0 })
          : undefined;
      case "key_conflict":
        return task.stage === "failed" && holderOf(state) !== undefined ? state : undefined;
      case "archived":
        return task.stage === "failed" || task.stage === "archived"
          ? become({ stage: "archived" })
          : undefined;
      case "not_holder":
        return task.stage === "claimed" && !isMine ? state : undefined;
      case "terminal":
        return task.stage === "completed" ? state : undefined;
      default:
        return undefined;
    }
  }]];
}

/**
 * What no order of the calls explains, key by key.
 *
 * @param finals The statuses that the tasks have in the end, by their ids.
 */
export function keyedProblems(
  history: readonly KeyedCall[],
  finals: ReadonlyMap<string, string>,
): string[] {
  const byKey = new Map<string, { call: KeyedCall; effect: Effect }[]>();
  for (const call of history) {
    for (const [key, effect] of effects(call)) {
      byKey.set(key, [...byKey.get(key) ?? [], { call, effect }]);
    }
  }
  return [...byKey].flatMap(([key, all]) => {
    const operations = all.map(({ call, effect }): Operation<State> => ({
      returned: true,
      after: all.flatMap((before, place) =>
        before.call.returned + SLACK_MS < call.invoked ? [place] : []
      ),
      apply(state) {
        const next = effect(state);
        return next && { next };
      },
    }));
    operations.push({
      returned: true,
      after: all.map((_, place) => place),
      apply: (state) => isFinal(state, finals) ? { next: state } : undefined,
    });
    const order = linearize(
      operations,
      {},
      (state) => JSON.stringify(Object.entries(state).sort()),
    );
    return order === undefined ? [`no order explains key ${key}:\n${described(all)}`] : [];
  });
}

function isFinal(state: State, finals: ReadonlyMap<string, string>): boolean {
  return Object.entries(state).every(([id, { stage }]) =>
    finals.get(id) === (stage === "archived" ? "failed" : stage)
  );
}

function described(all: readonly { readonly call: KeyedCall }[]): string {
  const base = Math.min(...all.map(({ call }) => call.invoked));
  return all.map(({ call }) => call).sort((a, b) => a.invoked - b.invoked)
    .map(({ runId, request, outcome, invoked, returned }) =>
      `  ${(invoked - base).toFixed(3)} to ${(returned - base).toFixed(3)} ms: ${runId} ` +
      `${JSON.stringify(request)} -> ${JSON.stringify(outcome)}`
    ).join("\n");
}
