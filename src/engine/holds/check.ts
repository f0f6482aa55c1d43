/** Who holds what a caller is about to touch. It reads reservations and lanes, and writes nothing. */
import { paced } from "../../async/paced.ts";
import { partsOf } from "../../domain/glob/address.ts";
import { Comparison } from "../../domain/glob/holds/comparison.ts";
import type { Outline } from "../../domain/glob/address_outline.ts";
import {
  addressOutlines,
  areCovered,
  holdsMeet,
  type NamedAddresses,
  treeOutlines,
} from "../../domain/glob/holds/holds.ts";
import type { Stepwise } from "../../domain/glob/steps.ts";
import { Tree } from "../../domain/glob/tree.ts";
import { type HoldRemarks, remarksOf } from "../../domain/input/progress.ts";
import * as fields from "../../domain/input/fields.ts";
import { sameRun } from "../../domain/input/run_id.ts";
import {
  COMPARE_EFFORT,
  COMPARE_STEPS,
  LANE_STEPS,
  MAX_CONFLICTS,
  UNKNOWN_RUN,
} from "../../domain/limits.ts";
import { heldRecord, heldReservation } from "../../domain/reservation/conflict.ts";
import type { ReservationEntry } from "../../domain/reservation/reservation.ts";
import { quoted } from "../../domain/text.ts";
import type { Context } from "../context.ts";
import { leaseItem, restTime } from "../lane/answers.ts";
import type { LaneView } from "../../domain/journal/fold.ts";
import { type LaneContext, readJournal } from "../lane/turn.ts";
import type { LaneItem } from "../lane/types.ts";
import { checkedNames, type NamingInput } from "../names.ts";
import { ADDRESSES, RESERVATION_INPUTS } from "../reservation/types.ts";

/** What to ask about, and who asks. */
export interface CheckInput extends NamingInput {
  /** 1 to 1000 addresses: `path`, `path::symbol`, or globs in either part. */
  readonly addresses: readonly string[];
  /** Who asks; without it nothing counts as the caller's own. */
  readonly runId?: string;
}

/** A live hold that overlaps an address. */
export interface CheckedHold extends HoldRemarks {
  /** The address that was asked about. */
  readonly address: string;
  /** The address or glob of the hold. */
  readonly their_address: string;
  /** What holds it. */
  readonly kind: "reservation" | "lane";
  /** Whether others must keep off; of a lane always, of a notice never. */
  readonly exclusive: boolean;
  /** Whether the caller's own run has it, its session and its subagents counted. */
  readonly mine: boolean;
  /** Who holds it. */
  readonly run_id: string;
  /** Since when, ISO 8601 UTC; null where a lane's journal does not say. */
  readonly since: string | null;
  /** When it ends unless it is extended, ISO 8601 UTC; null where a lane's journal does not say. */
  readonly expires_at: string | null;
  /** The reservation. */
  readonly reservation_id?: string;
  /** The branch that the holder of a reservation works on. */
  readonly branch?: string;
  /** What the holder of a reservation is about to do. */
  readonly operation?: string | null;
  /** The lane. */
  readonly lane?: string;
  /** The lane's fencing token. */
  readonly fence?: number;
  /** There was no time to know whether the two overlap, so they count as overlapping. */
  readonly unsure?: true;
}

/** Who holds the addresses. */
export interface CheckAnswer {
  /**
   * `held` when another run's exclusive reservation or lane overlaps; `mine` when the caller's run holds
   * every address whole, exclusively or by a lane; else `free`.
   */
  readonly status: "free" | "mine" | "held";
  /** The addresses as a record would have them. */
  readonly addresses: readonly string[];
  /** What overlaps, the first 100: first what others must keep off, then notices, then the caller's. */
  readonly holds: readonly CheckedHold[];
  /** How many there are in all. */
  readonly holds_total: number;
  /** False when there was no time to count them all: then the number is a lower bound. */
  readonly holds_counted: boolean;
  /** Who is in the way, for people. */
  readonly error?: string;
}

/** The fields of the input. */
const CHECK_FIELDS = {
  addresses: RESERVATION_INPUTS.reserve.addresses,
  base: RESERVATION_INPUTS.reserve.base,
  literal: RESERVATION_INPUTS.reserve.literal,
  file: RESERVATION_INPUTS.reserve.file,
  runId: fields.identifier,
} as const;

/** Holds that a refusal names. */
const MAX_NAMED = 3;

/** What was found, as far as it is listed, and how much there is. */
interface FoundHolds {
  readonly holds: readonly CheckedHold[];
  readonly total: number;
  readonly isCounted: boolean;
}

/** Says who holds the addresses. */
export async function checkAddresses(context: Context, input: CheckInput): Promise<CheckAnswer> {
  const { store, checkout, clock, warn } = context;
  const named = checkedNames(input, CHECK_FIELDS, ["addresses"], checkout, ADDRESSES);
  const runId = input.runId ?? UNKNOWN_RUN;
  const asked = { addresses: named.entries, files: named.files };
  const ours = addressOutlines(asked);
  // For an unknown run no reservation is its own: which are the caller's is asked below.
  const comparison = new Comparison(UNKNOWN_RUN, ours);
  const near = await store.reservations.near(
    asked,
    clock(),
    (other) => comparison.overlaps(heldRecord(other)),
  );
  const isMine = (run: string) => sameRun(run, runId);
  const listed = (entries: readonly ReservationEntry[]): FoundHolds => {
    const { conflicts, total, isCounted, doubts } = comparison.conflicts(
      entries.map(heldReservation),
    );
    for (const doubt of doubts) warn(doubt);
    const byId = new Map(entries.map((entry) => [entry.reservation.reservation_id, entry]));
    const holds = conflicts.map(({ address, their_address, run_id, ...rest }): CheckedHold => {
      const entry = byId.get(rest.reservation_id);
      const record = entry?.reservation;
      return {
        address,
        their_address,
        mine: isMine(run_id),
        run_id,
        since: record?.created_at ?? null,
        ...rest,
        ...remarksOf(entry?.heartbeat, record),
      };
    });
    return { holds, total, isCounted };
  };
  const own = near.filter(({ reservation }) => isMine(reservation.run_id));
  const others = near.filter(({ reservation }) => !isMine(reservation.run_id));
  const isExclusive = ({ reservation }: ReservationEntry) => reservation.exclusive === true;
  const lanes = { ...context, lanes: store.lanes };
  const leases = await paced(
    lanesNear(lanes, (await readJournal(lanes)).fold, asked, ours, isMine),
  );
  const [locks, notices, mine] = [
    listed(others.filter(isExclusive)),
    listed(others.filter((entry) => !isExclusive(entry))),
    listed(own),
  ];
  const held = [...locks.holds, ...leases.holds];
  const all = [...held, ...notices.holds, ...mine.holds, ...leases.mine];
  const answer = {
    addresses: named.entries,
    holds: all.slice(0, MAX_CONFLICTS),
    holds_total: [locks, notices, mine, leases].reduce((sum, { total }) => sum + total, 0),
    holds_counted: [locks, notices, mine, leases].every(({ isCounted }) => isCounted),
  };
  if (held.length > 0) {
    return { status: "held", ...answer, error: whyHeld(held, locks.total + leases.others) };
  }
  const holders = [
    ...own.filter(isExclusive).flatMap(({ reservation }) => addressOutlines(reservation)),
    ...leases.own.flatMap(treeOutlines),
  ];
  return { status: await paced(areCovered(ours, holders)) ? "mine" : "free", ...answer };
}

/** The live leases whose trees meet the addresses. */
interface LanesNear extends FoundHolds {
  /** How many are other runs'; these alone are in `holds`. */
  readonly others: number;
  /** Those of the caller's run, as far as they are listed. */
  readonly mine: readonly CheckedHold[];
  /** All of its leases. */
  readonly own: readonly LaneItem[];
}

function* lanesNear(
  context: LaneContext,
  { leases }: LaneView,
  asked: Required<NamedAddresses>,
  ours: readonly Outline[],
  isMine: (run: string) => boolean,
): Stepwise<LanesNear> {
  const [holds, mine]: [CheckedHold[], CheckedHold[]] = [[], []];
  const own: LaneItem[] = [];
  const effort = { left: COMPARE_EFFORT };
  let [total, others] = [0, 0];
  const paths = (texts: readonly string[]) => texts.map((text) => partsOf(text).path);
  const tree = new Tree(paths(asked.addresses), asked.files);
  const met = [...leases.meeting(tree, { left: LANE_STEPS })].map(({ lease }) => lease);
  for (const lease of met.sort((a, b) => a.fence - b.fence)) {
    yield;
    const theirs = treeOutlines(lease);
    const steps = { left: COMPARE_STEPS };
    const pairs = ours.flatMap((our) => holdsMeet([our], theirs, effort, steps) ?? []);
    const item = pairs.length === 0 ? undefined : leaseItem(lease, context);
    if (item?.status !== "live") continue;
    const run = lease.run_id ?? lease.holder;
    const isOwn = isMine(run);
    if (isOwn) own.push(item);
    else others += pairs.length;
    total += pairs.length;
    const list = isOwn ? mine : holds;
    for (const { meeting, ours: our, theirs: their } of pairs) {
      if (list.length >= MAX_CONFLICTS) break;
      list.push({
        address: our.text,
        their_address: their.text,
        kind: "lane",
        exclusive: true,
        mine: isOwn,
        run_id: run,
        since: lease.adopted_at ?? lease.acquired_at ?? null,
        expires_at: restTime(lease),
        lane: lease.lane,
        fence: lease.fence,
        ...(meeting === "unsure" ? { unsure: true } : {}),
      });
    }
  }
  return { holds, mine, total, isCounted: effort.left > 0, others, own };
}

/** Who is in the way. */
function whyHeld(held: readonly CheckedHold[], total: number): string {
  const named = held.slice(0, MAX_NAMED).map((hold) => {
    const lane = hold.lane === undefined ? "" : ` in lane ${quoted(hold.lane)}`;
    const until = hold.expires_at === null ? "" : ` until ${hold.expires_at}`;
    return `${quoted(hold.address, 80)} overlaps ${quoted(hold.their_address, 80)}${lane} of ` +
      `${quoted(hold.run_id)}${until}`;
  });
  const rest = total > named.length ? [`and ${total - named.length} more`] : [];
  return `Cannot take the addresses: ${[...named, ...rest].join("; ")}`;
}
