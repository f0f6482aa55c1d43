/** Which holds stand in each other's way. Whether that matters is for others to decide. */
import { type CompareBudget, type Outline, outlinesMeet, OutlineTree } from "../address_outline.ts";
import { sameRun } from "../../input/run_id.ts";
import { COMPARE_EFFORT, COMPARE_STEPS, MAX_CONFLICTS } from "../../limits.ts";
import { quoted } from "../../text.ts";
import { inOneGo, type Stepwise } from "../steps.ts";

/** An address that is wanted, and what another agent holds there. */
export interface ConflictBase {
  /** The address that was asked for. */
  readonly address: string;
  /** The other agent's. */
  readonly their_address: string;
  /** The other agent. */
  readonly run_id: string;
  /** Whether it keeps others out; a notice does not. */
  readonly exclusive: boolean;
  /** There was no time to know whether the two overlap, so they count as overlapping. */
  readonly unsure?: true;
}

/** A live reservation of another agent that overlaps. */
export interface ReservationConflict extends ConflictBase {
  /** What it is. */
  readonly kind: "reservation";
  /** The other agent's reservation. */
  readonly reservation_id: string;
  /** The branch that the other agent works on. */
  readonly branch: string;
  /** The other agent works in another checkout of the repository: its files are apart until a merge. */
  readonly worktree?: true;
  /** What the other agent is about to do. */
  readonly operation: string | null;
  /** When the other reservation ends, its heartbeats counted, ISO 8601 UTC. */
  readonly expires_at: string;
}

/** A live lease of another agent's lane whose tree overlaps. */
export interface LeaseConflict extends ConflictBase {
  /** What it is. */
  readonly kind: "lane";
  /** The other agent's lane. */
  readonly lane: string;
  /** Its fencing token. */
  readonly fence: number;
  /** A lane has none. */
  readonly branch: null;
  /** A lane has none. */
  readonly operation: null;
  /** Until when its holder may be silent, by its own clock, ISO 8601 UTC; null when nothing shows it. */
  readonly expires_at: string | null;
}

/** Another agent that waits for what overlaps, and came first. */
export interface WaiterConflict extends ConflictBase {
  /** What it is. */
  readonly kind: "waiter";
  /** The lane that it waits for, if it is one. */
  readonly lane?: string;
  /** Since when it waits, ISO 8601 UTC. */
  readonly since: string;
  /** It has none. */
  readonly branch: null;
  /** It has none. */
  readonly operation: null;
  /** When its ticket lapses unless it is renewed, ISO 8601 UTC. */
  readonly expires_at: string;
}

/** An address that is wanted, and what stands there. */
export type HoldConflict = ReservationConflict | LeaseConflict | WaiterConflict;

/** What an agent holds, whatever it is, to be compared with what another one wants. */
export interface Holding<C extends HoldConflict = HoldConflict> {
  /** Separates it from all others. */
  readonly key: string;
  readonly runId: string;
  /** Milliseconds since 1970, or another number that grows: which came first. */
  readonly since: number;
  /** What it holds; made when it is compared. */
  outlines(): readonly Outline[];
  /** A conflict with it. */
  conflict(where: Where): C;
}

/** Two addresses that overlap. */
export type Where = Pick<ConflictBase, "address" | "their_address" | "unsure">;

/** What was found. */
export interface Conflicts<C extends HoldConflict = HoldConflict> {
  /**
   * One for each pair of addresses, in the order of those asked for, then of creation; at most
   * {@link MAX_CONFLICTS}.
   */
  readonly conflicts: readonly C[];
  /** How many there are; a lower bound when they were not all counted. */
  readonly total: number;
  /** Whether they were all counted. */
  readonly isCounted: boolean;
  /** What could not be decided, a sentence each. */
  readonly doubts: readonly string[];
}

/** Doubts that are worded; the others are counted. */
const MAX_DOUBTS = 3;

/** Which of our addresses one of theirs overlaps, by index, ascending. */
interface Hits {
  readonly ours: readonly number[];
  readonly unsure: ReadonlySet<number>;
}

/** How a hold lies to our addresses. */
interface Met {
  /** Of each of its addresses, as far as they were compared. */
  readonly hits: readonly Hits[];
  /** Its addresses. */
  readonly outlines: readonly Outline[];
  /** Whether all of them were; otherwise it counts as overlapping. */
  readonly isWhole: boolean;
}

/**
 * The comparison of what one agent names with what others hold, within a budget. Each address is
 * compared once, in whatever hold it stands. What there is no time for counts as overlapping.
 */
export class Comparison {
  readonly #ours: readonly Outline[];
  readonly #tree: OutlineTree;
  readonly #hits = new Map<string, Hits>();
  readonly #met = new Map<string, Met>();

  constructor(
    readonly runId: string,
    ours: readonly Outline[],
    readonly effort: CompareBudget = { left: COMPARE_EFFORT },
  ) {
    this.#ours = ours;
    this.#tree = new OutlineTree(this.#ours);
  }

  /** Whether a hold overlaps; true also when there is no time to know. */
  *overlaps(other: Holding): Stepwise<boolean> {
    const { hits, isWhole } = yield* this.#meet(other);
    return !isWhole || hits.some(({ ours }) => ours.length > 0);
  }

  /** The conflicts with live holds that were compared; those of the agent's own run are none. */
  conflicts<C extends HoldConflict>(others: readonly Holding<C>[]): Conflicts<C> {
    const theirs = others.filter(({ runId }) => !sameRun(runId, this.runId))
      .sort(bySince).map((held) => ({ held, met: inOneGo(this.#meet(held)) }));
    const counts = new Uint32Array(this.#ours.length);
    let total = 0;
    let isCounted = true;
    for (const { met: { hits, isWhole } } of theirs) {
      isCounted &&= isWhole;
      const before = total;
      for (const { ours } of hits) {
        total += ours.length;
        for (const index of ours) counts[index] = (counts[index] ?? 0) + 1;
      }
      if (!isWhole && total === before) total++;
    }
    const conflicts = this.#first(theirs, lastOf(counts));
    return { conflicts, total, isCounted, doubts: doubtsOf(theirs, conflicts) };
  }

  /** Where a hold of another run overlaps: pairs of addresses, at most {@link MAX_CONFLICTS}. */
  where(other: Holding): { readonly pairs: readonly Where[]; readonly isWhole: boolean } {
    const met = inOneGo(this.#meet(other));
    const pairs: Where[] = [];
    for (const { where } of this.#pairs(met, Infinity)) {
      if (pairs.push(where) === MAX_CONFLICTS) break;
    }
    return { pairs, isWhole: met.isWhole };
  }

  /** The conflicts of our addresses up to one, and of what was not compared. */
  #first<C extends HoldConflict>(theirs: readonly Compared<C>[], last: number): C[] {
    const found: { readonly index: number; readonly conflict: C }[] = [];
    for (const { held, met } of theirs) {
      for (const { index, where } of this.#pairs(met, last)) {
        found.push({ index, conflict: held.conflict(where) });
      }
    }
    // A stable sort keeps the order of creation, then of their addresses.
    return found.sort((a, b) => a.index - b.index).slice(0, MAX_CONFLICTS)
      .map(({ conflict }) => conflict);
  }

  /** The pairs of addresses that overlap, of ours those up to one, and of what was not compared. */
  *#pairs({ hits, outlines, isWhole }: Met, last: number): Generator<Indexed, undefined> {
    let isNamed = false;
    const pair = (index: number, their: number, isUnsure: boolean): Indexed => {
      const address = this.#ours[index]?.text ?? "";
      const where = { address, their_address: outlines[their]?.text ?? "" };
      return { index, where: isUnsure ? { ...where, unsure: true } : where };
    };
    for (const [their, { ours, unsure }] of hits.entries()) {
      isNamed ||= ours.length > 0;
      for (const index of ours) {
        if (index > last) break;
        yield pair(index, their, unsure.has(index));
      }
    }
    if (!isWhole && !isNamed) yield pair(0, hits.length, true);
  }

  *#meet(held: Holding): Stepwise<Met> {
    const known = this.#met.get(held.key);
    if (known !== undefined) return known;
    const steps = { left: COMPARE_STEPS };
    const all: Hits[] = [];
    let isWhole = true;
    const outlines = held.outlines();
    for (const their of outlines) {
      const key = `${their.path.dialect} ${their.text}`;
      const hits = this.#hits.get(key) ?? this.#compare(their, key, steps);
      if (hits === undefined) {
        isWhole = false;
        break;
      }
      all.push(hits);
      // An agent's own reservation never conflicts, so that one overlap says all.
      if (hits.ours.length > 0 && sameRun(held.runId, this.runId)) break;
      yield;
    }
    const met = { hits: all, outlines, isWhole };
    this.#met.set(held.key, met);
    return met;
  }

  /** `undefined` when there is no time for it. */
  #compare(their: Outline, key: string, steps: CompareBudget): Hits | undefined {
    const ours: number[] = [];
    const unsure = new Set<number>();
    let isSorted = true;
    this.effort.left--;
    for (const index of this.#tree.near(their)) {
      if (this.effort.left <= 0) return undefined;
      const our = this.#ours[index];
      if (our === undefined) continue;
      const meeting = outlinesMeet(our, their, this.effort, steps);
      if (meeting === "apart") continue;
      isSorted &&= index > (ours[ours.length - 1] ?? -1);
      ours.push(index);
      if (meeting === "unsure") unsure.add(index);
    }
    if (!isSorted) ours.sort((a, b) => a - b);
    const hits = { ours, unsure };
    this.#hits.set(key, hits);
    return hits;
  }
}

/** Two addresses that overlap, and the place of ours. */
interface Indexed {
  readonly index: number;
  readonly where: Where;
}

/** Another agent's hold that was compared. */
interface Compared<C extends HoldConflict> {
  readonly held: Holding<C>;
  readonly met: Met;
}

/** The index with which there are as many conflicts as are named; the last one when there are less. */
function lastOf(counts: Uint32Array): number {
  let sum = 0;
  for (const [index, count] of counts.entries()) {
    sum += count;
    if (sum >= MAX_CONFLICTS) return index;
  }
  return counts.length - 1;
}

function doubtsOf(
  theirs: readonly Compared<HoldConflict>[],
  conflicts: readonly HoldConflict[],
): string[] {
  const unsure = new Set(
    conflicts.filter((conflict) => conflict.unsure === true).map(({ address, their_address }) =>
      `Cannot compare ${quoted(address)} and ${quoted(their_address)} in time: ` +
      "counted as a conflict"
    ),
  );
  const doubts = [...unsure].slice(0, MAX_DOUBTS);
  if (unsure.size > doubts.length) {
    doubts.push(`Cannot compare ${unsure.size - doubts.length} more pairs in time`);
  }
  const cut = theirs.filter(({ met }) => !met.isWhole).length;
  if (cut > 0) {
    doubts.push(
      `Cannot compare all addresses in time: ${cut} of ${theirs.length} holds that may ` +
        "overlap were not compared to the end, and count as overlapping",
    );
  }
  return doubts;
}

function bySince(a: Holding, b: Holding): number {
  return a.since - b.since || (a.key < b.key ? -1 : 1);
}
