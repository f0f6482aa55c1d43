/** Which reservations stand in each other's way. Whether that matters is for others to decide. */
import {
  type CompareBudget,
  type Outline,
  outlinesMeet,
  OutlineTree,
} from "../glob/address_outline.ts";
import { addressOutlines, type NamedAddresses } from "../glob/holds.ts";
import { sameRun } from "../input/run_id.ts";
import { COMPARE_EFFORT, COMPARE_STEPS, MAX_CONFLICTS } from "../limits.ts";
import { quoted } from "../text.ts";
import { effectiveExpiry, type ReservationEntry, type ReservationRecord } from "./reservation.ts";
import { inOneGo, type Stepwise } from "../glob/steps.ts";
import { formatTime, parseTime } from "../time.ts";

/** An address that is wanted, and one of another agent's live reservation that overlaps it. */
export interface ReservationConflict {
  /** The address that was asked for. */
  readonly address: string;
  /** The other agent's. */
  readonly their_address: string;
  /** The other agent's reservation. */
  readonly reservation_id: string;
  /** The other agent. */
  readonly run_id: string;
  /** The branch that the other agent works on. */
  readonly branch: string;
  /** What the other agent is about to do. */
  readonly operation: string | null;
  /** When the other reservation ends, its heartbeats counted, ISO 8601 UTC. */
  readonly expires_at: string;
  /** There was no time to know whether the two overlap, so they count as overlapping. */
  readonly unsure?: true;
}

/** What was found. */
export interface Conflicts {
  /**
   * One for each pair of addresses, in the order of those asked for, then of creation; at most
   * {@link MAX_CONFLICTS}.
   */
  readonly conflicts: readonly ReservationConflict[];
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

/** How a reservation lies to our addresses. */
interface Met {
  /** Of each of its addresses, as far as they were compared. */
  readonly hits: readonly Hits[];
  /** Whether all of them were; otherwise it counts as overlapping. */
  readonly isWhole: boolean;
}

/**
 * The comparison of what one agent names with reservations, within a budget. Each address is compared
 * once, in whatever reservation it stands. What there is no time for counts as overlapping.
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

  /** Whether a reservation overlaps; true also when there is no time to know. */
  *overlaps(other: ReservationRecord): Stepwise<boolean> {
    const { hits, isWhole } = yield* this.#meet(other);
    return !isWhole || hits.some(({ ours }) => ours.length > 0);
  }

  /** The conflicts with live reservations that were compared; those of the agent's own run are none. */
  conflicts(others: readonly ReservationEntry[]): Conflicts {
    const theirs = others.filter(({ reservation }) => !sameRun(reservation.run_id, this.runId))
      .sort(byCreation).map((entry) => ({ entry, met: inOneGo(this.#meet(entry.reservation)) }));
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

  /** The conflicts of our addresses up to one, and of what was not compared. */
  #first(theirs: readonly Compared[], last: number): ReservationConflict[] {
    const found: { readonly index: number; readonly conflict: ReservationConflict }[] = [];
    for (const { entry, met: { hits, isWhole } } of theirs) {
      let isNamed = false;
      const { addresses } = entry.reservation;
      const add = (index: number, their: number, isUnsure: boolean) => {
        const [address, theirAddress] = [this.#ours[index]?.text ?? "", addresses[their] ?? ""];
        const conflict = conflictOf(address, theirAddress, entry, isUnsure);
        found.push({ index, conflict });
      };
      for (const [their, { ours, unsure }] of hits.entries()) {
        isNamed ||= ours.length > 0;
        for (const index of ours) {
          if (index > last) break;
          add(index, their, unsure.has(index));
        }
      }
      if (!isWhole && !isNamed) add(0, hits.length, true);
    }
    // A stable sort keeps the order of creation, then of their addresses.
    return found.sort((a, b) => a.index - b.index).slice(0, MAX_CONFLICTS)
      .map(({ conflict }) => conflict);
  }

  *#meet(record: ReservationRecord): Stepwise<Met> {
    const { reservation_id: id, run_id } = record;
    const known = this.#met.get(id);
    if (known !== undefined) return known;
    const steps = { left: COMPARE_STEPS };
    const all: Hits[] = [];
    let isWhole = true;
    for (const their of addressOutlines(record)) {
      const key = `${their.path.dialect} ${their.text}`;
      const hits = this.#hits.get(key) ?? this.#compare(their, key, steps);
      if (hits === undefined) {
        isWhole = false;
        break;
      }
      all.push(hits);
      // An agent's own reservation never conflicts, so that one overlap says all.
      if (hits.ours.length > 0 && sameRun(run_id, this.runId)) break;
      yield;
    }
    const met = { hits: all, isWhole };
    this.#met.set(id, met);
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

/** The conflicts of an agent's addresses with live reservations; its own ones are none. */
export function findConflicts(
  runId: string,
  named: NamedAddresses,
  others: readonly ReservationEntry[],
): Conflicts {
  return new Comparison(runId, addressOutlines(named)).conflicts(others);
}

/** Another agent's reservation that was compared. */
interface Compared {
  readonly entry: ReservationEntry;
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

function conflictOf(
  address: string,
  theirAddress: string,
  entry: ReservationEntry,
  isUnsure: boolean,
): ReservationConflict {
  const { reservation_id, run_id, branch, operation } = entry.reservation;
  return {
    address,
    their_address: theirAddress,
    reservation_id,
    run_id,
    branch,
    operation,
    expires_at: formatTime(effectiveExpiry(entry)),
    ...(isUnsure ? { unsure: true } : {}),
  };
}

function doubtsOf(
  theirs: readonly Compared[],
  conflicts: readonly ReservationConflict[],
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
      `Cannot compare all addresses in time: ${cut} of ${theirs.length} reservations that may ` +
        "overlap were not compared to the end, and count as overlapping",
    );
  }
  return doubts;
}

function byCreation({ reservation: a }: ReservationEntry, { reservation: b }: ReservationEntry) {
  const apart = (parseTime(a.created_at) ?? 0) - (parseTime(b.created_at) ?? 0);
  return apart !== 0 ? apart : a.reservation_id < b.reservation_id ? -1 : 1;
}
