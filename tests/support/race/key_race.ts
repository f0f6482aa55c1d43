/** What racing processes did with tasks that have keys, and whether they may have. */
import { type Recorded, SLACK_MS } from "./recorder.ts";

export type KeyRequest =
  | { readonly kind: "add"; readonly keys: readonly string[] }
  | { readonly kind: "end"; readonly id: string }
  | { readonly kind: "revive"; readonly id: string; readonly key: string };

export interface KeyOutcome {
  /** Of each key in its order. */
  readonly added?: readonly { readonly id: string; readonly created: boolean }[];
  /** Of an end: whether the task has ended. */
  readonly isOver?: boolean;
  /** Of a revival: whether the task is in the queue. */
  readonly isBack?: boolean;
}

type Call = Recorded<KeyRequest, KeyOutcome>;

/** Between which instants a task surely was unfinished. */
interface Life {
  readonly id: string;
  readonly from: number;
  readonly until: number;
}

/** What is wrong with a history: two tasks of one key at a time, or an answer that was not so. */
export function keyProblems(history: readonly Call[]): string[] {
  const problems: string[] = [];
  // A call without an answer may have done it.
  const ends = callsById(history, "end", ({ isOver }) => isOver === true);
  const revivals = callsById(history, "revive", ({ isBack }) => isBack === true);
  const lives = new Map<string, Life[]>();
  const live = (key: string, id: string, { invoked, returned }: Call) => {
    const until = (ends.get(id) ?? []).filter((end) => end.returned + SLACK_MS > invoked)
      .reduce((first, end) => Math.min(first, end.invoked), Infinity);
    // One that may have ended before its call was answered was not surely there at any instant.
    if (returned < until) lives.set(key, [...lives.get(key) ?? [], { id, from: returned, until }]);
  };
  const made = new Set<string>();
  for (const call of history) {
    const { request, outcome, invoked, returned } = call;
    if (request.kind === "revive" && outcome?.isBack === true) live(request.key, request.id, call);
    if (request.kind !== "add") continue;
    for (const [n, { id, created }] of (outcome?.added ?? []).entries()) {
      live(request.keys[n] ?? "", id, call);
      if (created && made.has(id)) problems.push(`${id} was made twice`);
      if (created) made.add(id);
      const isOver = (ends.get(id) ?? []).some((end) =>
        end.outcome !== undefined && end.returned + SLACK_MS < invoked &&
        !(revivals.get(id) ?? []).some((revival) =>
          revival.returned + SLACK_MS > end.invoked && revival.invoked < returned + SLACK_MS
        )
      );
      if (!created && isOver) problems.push(`${id} had ended, and was answered`);
    }
  }
  for (const [key, all] of lives) {
    const sorted = all.sort((a, b) => a.from - b.from);
    for (const [n, { id, from }] of sorted.entries()) {
      const before = sorted.slice(0, n).find((life) =>
        life.id !== id && life.until > from + SLACK_MS
      );
      if (before !== undefined) problems.push(`${key} has ${before.id} and ${id} at a time`);
    }
  }
  return problems;
}

/** The calls of a kind that did something, or may have, by the task. */
function callsById(
  history: readonly Call[],
  kind: "end" | "revive",
  didIt: (outcome: KeyOutcome) => boolean,
): ReadonlyMap<string, readonly Call[]> {
  const calls = history.filter(({ request, outcome }) =>
    request.kind === kind && (outcome === undefined || didIt(outcome))
  );
  return Map.groupBy(calls, ({ request }) => request.kind === "add" ? "" : request.id);
}
