/** What is likely to conflict: agents that touch the same names, or what others' files import. */
import {
  AddressMap,
  type ForecastBudget,
  type MappedAddress,
  type Relation,
} from "./address_map.ts";
import { compare, type Touch, type TouchMap } from "./touches.ts";
import type { Stepwise } from "../glob/steps.ts";
import { MAX_PREDICTED_PAIRS } from "../limits.ts";
import { quoted } from "../text.ts";

/** Why two agents are likely to get in each other's way. */
export type ConflictType =
  /** Both touch the same address, or addresses with names in common. */
  | "address_overlap"
  /** What one touches contains what the other does. */
  | "scope_overlap"
  /** One takes away, moves or renames what the other changes. */
  | "operation_conflict"
  /** A file that one touches imports a file that the other touches. */
  | "dependency_overlap";

/**
 * How sure a conflict is. Overlap is certain: both said so. What agents are about to do is declared
 * before they do it, and plans change. Who holds a file that contains a symbol is likely to come to
 * it; who holds a folder or a pattern has many other files to touch, so that is less likely than
 * trouble between a file and what it imports. An overlap that cannot be decided is as good as a coin.
 */
export const CONFIDENCE = {
  overlap: 1,
  operation: 0.9,
  file: 0.8,
  dependency: 0.75,
  folder: 0.6,
  unsure: 0.5,
} as const;

/** A predicted conflict between two agents. Where there are two of something, each agent's in turn. */
export interface PredictedConflict {
  /** Why it is predicted. */
  readonly type: ConflictType;
  /**
   * What each agent touches. First the one that contains the other, the one that goes away, or the
   * one that imports the other.
   */
  readonly addresses: readonly [string, string];
  /** The agents' run ids. */
  readonly agents: readonly [string, string];
  /** The branches that they work on; empty for a lane, which says of none. */
  readonly branches: readonly [string, string];
  /** The reservations that say so, of both. */
  readonly reservation_ids: readonly string[];
  /** The intents that say so, of both. */
  readonly intent_ids: readonly string[];
  /** The lanes whose leases say so, of both. */
  readonly lanes: readonly string[];
  /** How sure it is, above 0 and up to 1. */
  readonly confidence: number;
  /** One sentence for people. */
  readonly description: string;
}

/** All conflicts of one type between the holders of one thing and those of another. */
export interface Clash {
  readonly type: ConflictType;
  readonly confidence: number;
  /** What is held, to sort by. */
  readonly things: readonly [string, string];
  readonly first: readonly Touch[];
  /** The same list as `first` when both are one thing; then each pair counts once. */
  readonly second: readonly Touch[];
  /** Whether these two of different agents conflict; all do when it is missing. */
  admits?(first: Touch, second: Touch): boolean;
  describe(first: Touch, second: Touch): string;
}

/** Operations after which a name is no longer where it was. */
const TAKES_AWAY = ["delete", "move", "rename", "inline", "split", "merge"];

/** Operations that need the name to stay where it is. */
const CHANGES = ["modify", "extract"];

/** Whether a pair of holds is asked for. */
type PairFilter = (first: Touch, second: Touch) => boolean;

/** Visits the conflicts of clashes; false when there are too many to visit all. */
export function* eachConflict(
  clashes: readonly Clash[],
  filter: PairFilter,
  visit: (clash: Clash, first: Touch, second: Touch) => void,
): Stepwise<boolean> {
  let left = MAX_PREDICTED_PAIRS;
  for (const clash of clashes) {
    const { first, second } = clash;
    for (let i = 0; i < first.length; i++) {
      const ours = first[i];
      if (ours === undefined) continue;
      for (let j = first === second ? i + 1 : 0; j < second.length; j++) {
        if (left-- <= 0) return false;
        const theirs = second[j];
        if (theirs === undefined || ours.agent === theirs.agent || !filter(ours, theirs)) continue;
        if (clash.admits?.(ours, theirs) ?? true) visit(clash, ours, theirs);
      }
      yield;
    }
  }
  return true;
}

/** The surest first, then by address. */
export function sortClashes(clashes: Clash[]): Clash[] {
  return clashes.sort((a, b) =>
    b.confidence - a.confidence || compare(a.things[0], b.things[0]) ||
    compare(a.things[1], b.things[1]) || compare(a.type, b.type)
  );
}

/** A conflict as it is reported. */
export function conflictOf(clash: Clash, first: Touch, second: Touch): PredictedConflict {
  const { type, confidence } = clash;
  return {
    type,
    addresses: [first.address, second.address],
    agents: [first.run_id, second.run_id],
    branches: [first.branch, second.branch],
    reservation_ids: [...new Set([...first.reservationIds, ...second.reservationIds])],
    intent_ids: [...new Set([...first.intentIds, ...second.intentIds])],
    lanes: [...new Set([...first.lanes, ...second.lanes])],
    confidence,
    description: clash.describe(first, second),
  };
}

/** The clashes of holds whose addresses overlap. */
export function* overlapClashes(map: TouchMap, effort: ForecastBudget): Stepwise<Clash[]> {
  const clashes: Clash[] = [];
  const met: TouchMap = new AddressMap();
  for (const place of map.places()) {
    if (place.value.length > 1) clashes.push(...clashesOf(place, place, "same"));
    for (const meeting of met.meeting(place, effort, (other) => isOneHand(place, other))) {
      if (meeting === undefined) yield;
      else clashes.push(...clashesOf(place, meeting.other, meeting.relation));
    }
    met.put(place);
    yield;
  }
  return clashes;
}

/** Whether one agent alone touches two places, on one branch: that is no conflict. */
function isOneHand(a: MappedAddress<Touch[]>, b: MappedAddress<Touch[]>): boolean {
  const [[ours], [theirs]] = [a.value, b.value];
  return a.value.length === 1 && b.value.length === 1 && ours?.agent === theirs?.agent &&
    ours?.branch === theirs?.branch;
}

function clashesOf(
  a: MappedAddress<Touch[]>,
  b: MappedAddress<Touch[]>,
  relation: Relation,
): Clash[] {
  if (relation === "within") return clashesOf(b, a, "around");
  if (relation === "around") return [scopeClash(a, b), ...operationClashes(a, b, false)];
  const overlap = overlapClash(a, b, relation === "unsure");
  if (relation !== "same") return [overlap];
  const operations = operationClashes(a, b, true);
  return [overlap, ...operations, ...(a === b ? [] : operationClashes(b, a, true))];
}

function overlapClash(
  a: MappedAddress<Touch[]>,
  b: MappedAddress<Touch[]>,
  isUnsure: boolean,
): Clash {
  const [one, other] = a.address.text <= b.address.text ? [a, b] : [b, a];
  return {
    type: "address_overlap",
    confidence: isUnsure ? CONFIDENCE.unsure : CONFIDENCE.overlap,
    things: [one.address.text, other.address.text],
    first: one.value,
    second: other.value,
    describe(first, second) {
      if (first.address === second.address) {
        return `${who(first)} and ${who(second)} both touch ${what(first)}`;
      }
      const why = isUnsure
        ? "it takes too long to find out whether these overlap"
        : "these overlap";
      return `${who(first)} touches ${what(first)}, ${who(second)} ${what(second)}: ${why}`;
    },
  };
}

function scopeClash(around: MappedAddress<Touch[]>, within: MappedAddress<Touch[]>): Clash {
  const isFile = around.isOnePath && within.isOnePath &&
    around.segments.length === within.segments.length;
  const outer = agentsOf(around);
  const inner = agentsOf(within);
  return {
    type: "scope_overlap",
    confidence: isFile ? CONFIDENCE.file : CONFIDENCE.folder,
    things: [around.address.text, within.address.text],
    first: around.value,
    second: within.value,
    // For two that share one of the two addresses that one is reported already.
    admits: (first, second) => !inner.has(first.agent) && !outer.has(second.agent),
    describe: (first, second) =>
      `${what(first)}, which ${who(first)} touches, contains ${what(second)}, ` +
      `which ${who(second)} touches`,
  };
}

/** What those at `a` take away of what those at `b` change; `a` is all of `b` or more. */
function operationClashes(
  a: MappedAddress<Touch[]>,
  b: MappedAddress<Touch[]>,
  isMutual: boolean,
): Clash[] {
  const takes = (hold: Touch) => verb(hold, TAKES_AWAY) !== undefined;
  const changes = (hold: Touch) => verb(hold, CHANGES) !== undefined;
  const first = a.value.filter(takes);
  const second = b.value.filter(changes);
  if (first.length === 0 || second.length === 0) return [];
  return [{
    type: "operation_conflict",
    confidence: CONFIDENCE.operation,
    things: [a.address.text, b.address.text],
    first,
    second,
    // Two that each do both are reported once.
    admits: (ours, theirs) =>
      !isMutual || !takes(theirs) || !changes(ours) || ours.agent < theirs.agent,
    describe(first, second) {
      const [away, change] = [verb(first, TAKES_AWAY), verb(second, CHANGES)];
      return first.address === second.address
        ? `${who(first)} is about to ${away} ${what(first)}, ` +
          `which ${who(second)} is about to ${change}`
        : `${who(first)} is about to ${away} ${what(first)}, ` +
          `in which ${who(second)} is about to ${change} ${what(second)}`;
    },
  }];
}

function agentsOf(place: MappedAddress<Touch[]>): Set<string> {
  return new Set(place.value.map((hold) => hold.agent));
}

function verb(hold: Touch, verbs: readonly string[]): string | undefined {
  return verbs.find((each) => hold.operations.has(each));
}

/** An agent, as descriptions name it. */
export function who(hold: Touch): string {
  return quoted(hold.run_id);
}

function what(hold: Touch): string {
  return quoted(hold.address, 80);
}
