/**
 * In which order to merge the branches of live records, so that as few predicted conflicts as can be
 * come late.
 *
 * Whatever the order, each conflict is met by the later of its two branches, at its turn. So the
 * order decides how many branches meet any, and have work to do again. First come the branches of
 * the largest set in which no two conflict: all of them merge cleanly, which makes those that do not
 * as few as in any order. Where such a set takes too long to find, the usual approximation of it
 * comes first. Of the others, next is always the one with the fewest conflicts with what is merged
 * already, among equals the one with the fewest with what is left, then by name.
 */
import type { Stepwise } from "../glob/steps.ts";
import { largestApart } from "./independent_set.ts";
import { type Clash, eachConflict } from "./clash.ts";
import { compare, type Touch, type TouchMap } from "./touches.ts";
import { MAX_HOTSPOTS } from "../limits.ts";
import { quoted } from "../text.ts";

/** How to merge a branch. */
export type MergeStrategy =
  /** Conflicts with no other branch: merge it any time. */
  | "independent"
  /** Conflicts only with branches that come later: merge it at its turn, and they adapt to it. */
  | "merge"
  /** Conflicts with branches that come earlier: rebase it onto them first. */
  | "rebase"
  /** One branch takes away what another changes: agree by hand, no order resolves that. */
  | "manual";

/** A branch in the order of merging. */
export interface MergeStep {
  /** The branch. */
  readonly branch: string;
  /** Its place in the order, from 1. */
  readonly position: number;
  /** Predicted conflicts with other branches. */
  readonly conflicts: number;
  /** Those of them that merging it at its place meets: with branches before it. */
  readonly conflicts_before: number;
  /** How to merge it. */
  readonly strategy: MergeStrategy;
  /** Why, one sentence for people. */
  readonly reason: string;
  /** The agents that work on it, sorted. */
  readonly agents: readonly string[];
}

/** An address that several agents touch. */
export interface Hotspot {
  /** As it is written. */
  readonly address: string;
  /** The agents that touch it, or something that contains it; sorted. */
  readonly agents: readonly string[];
  /** Their branches, sorted. */
  readonly branches: readonly string[];
  /** How many agents; each one that gave no name counts. */
  readonly count: number;
}

/** What is known of a branch. */
interface Branch {
  readonly name: string;
  readonly agents: Set<string>;
  /** Conflicts with each other branch. */
  readonly conflicts: Map<Branch, number>;
  /** Branches with which an operation conflicts. */
  readonly opposed: Set<Branch>;
}

/** The order of merging; false for `isWhole` when there are too many conflicts to count all. */
export function* mergeOrder(
  holds: TouchMap,
  clashes: readonly Clash[],
): Stepwise<
  { readonly steps: MergeStep[]; readonly conflicts: number; readonly isWhole: boolean }
> {
  const branches = new Map<string, Branch>();
  const branchOf = (name: string): Branch => {
    const known = branches.get(name) ??
      { name, agents: new Set(), conflicts: new Map(), opposed: new Set() };
    branches.set(name, known);
    return known;
  };
  for (const { value } of holds.places()) {
    for (const hold of value) branchOf(hold.branch).agents.add(hold.run_id);
  }
  let conflicts = 0;
  const isWhole = yield* eachConflict(clashes, () => true, ({ type }, first, second) => {
    conflicts++;
    if (first.branch === second.branch) return;
    const pair = [branchOf(first.branch), branchOf(second.branch)] as const;
    for (const [own, other] of [pair, pair.toReversed()] as Branch[][]) {
      if (own === undefined || other === undefined) continue;
      own.conflicts.set(other, (own.conflicts.get(other) ?? 0) + 1);
      if (type === "operation_conflict") own.opposed.add(other);
    }
  });
  return { steps: ordered([...branches.values()]), conflicts, isWhole };
}

function ordered(branches: readonly Branch[]): MergeStep[] {
  const byName = branches.toSorted((a, b) => compare(a.name, b.name));
  const clean = cleanMerges(byName);
  const left = new Map(
    byName.map((branch) => [branch, { before: 0, after: sum(branch.conflicts.values()) }]),
  );
  const steps: MergeStep[] = [];
  const merged = new Set<Branch>();
  const isNext = (branch: Branch) => clean.has(branch) || merged.size >= clean.size;
  while (left.size > 0) {
    let next: Branch | undefined;
    let least = { before: Infinity, after: Infinity };
    for (const [branch, counts] of left) {
      if (!isNext(branch)) continue;
      if ((counts.before - least.before || counts.after - least.after) >= 0) continue;
      next = branch;
      least = counts;
    }
    if (next === undefined) break;
    left.delete(next);
    for (const [other, count] of next.conflicts) {
      const counts = left.get(other);
      if (counts === undefined) continue;
      counts.before += count;
      counts.after -= count;
    }
    steps.push(stepOf(next, merged, least.before));
    merged.add(next);
  }
  return steps;
}

/** As many branches as can be of which no two conflict. */
function cleanMerges(branches: readonly Branch[]): ReadonlySet<Branch> {
  const numbers = new Map(branches.map((branch, at) => [branch, at]));
  const apart = largestApart(
    branches.map(({ conflicts }) =>
      new Set([...conflicts.keys()].flatMap((other) => numbers.get(other) ?? []))
    ),
  );
  return new Set(branches.filter((_, at) => apart.has(at)));
}

function stepOf(branch: Branch, merged: ReadonlySet<Branch>, before: number): MergeStep {
  const conflicts = sum(branch.conflicts.values());
  const strategy = branch.opposed.size > 0
    ? "manual"
    : conflicts === 0
    ? "independent"
    : before === 0
    ? "merge"
    : "rebase";
  return {
    branch: branch.name,
    position: merged.size + 1,
    conflicts,
    conflicts_before: before,
    strategy,
    reason: reasonOf(branch, merged, strategy, before),
    agents: [...branch.agents].sort(compare),
  };
}

function reasonOf(
  branch: Branch,
  merged: ReadonlySet<Branch>,
  strategy: MergeStrategy,
  before: number,
): string {
  const others = [...branch.conflicts.keys()];
  switch (strategy) {
    case "independent":
      return "conflicts with no other branch: merge any time";
    case "merge":
      return `conflicts with nothing before it: merge it before ${named(others)}`;
    case "rebase":
      return `meets ${counted(before, "conflict")}: rebase onto ` +
        `${named(others.filter((other) => merged.has(other)))} first`;
    case "manual":
      return "one takes away what the other changes: " +
        `agree with ${named([...branch.opposed])} first`;
  }
}

/** Some of these branches by name, and how many more there are. */
function named(branches: readonly Branch[]): string {
  const names = branches.map(({ name }) => quoted(name)).sort(compare);
  const more = names.length - MAX_NAMED;
  if (more > 0) names.splice(MAX_NAMED, more, counted(more, "other", "others"));
  const last = names.pop() ?? "";
  return names.length === 0 ? last : `${names.join(", ")} and ${last}`;
}

/** Branches that a reason names: what fits a line. */
const MAX_NAMED = 3;

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function sum(counts: Iterable<number>): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}

/** The addresses that most agents touch, by themselves or by something that contains them. */
export function hotspots(holds: TouchMap, clashes: readonly Clash[]): Hotspot[] {
  const holders = new Map<string, Set<Touch>>();
  for (const { address, value } of holds.places()) holders.set(address.text, new Set(value));
  for (const { type, things: [around, within], first, second } of clashes) {
    if (type !== "scope_overlap" && type !== "address_overlap") continue;
    for (const hold of first) holders.get(within)?.add(hold);
    if (type === "address_overlap") { for (const hold of second) holders.get(around)?.add(hold); }
  }
  return [...holders].map(([address, all]): Hotspot => ({
    address,
    agents: sorted(all, (hold) => hold.run_id),
    branches: sorted(all, (hold) => hold.branch),
    count: new Set([...all].map((hold) => hold.agent)).size,
  })).filter(({ count }) => count > 1).sort((a, b) =>
    b.count - a.count || b.branches.length - a.branches.length || compare(a.address, b.address)
  ).slice(0, MAX_HOTSPOTS);
}

function sorted(holds: ReadonlySet<Touch>, key: (hold: Touch) => string): string[] {
  return [...new Set([...holds].map(key))].sort(compare);
}
