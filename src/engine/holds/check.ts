/** Who holds what a caller is about to touch. It reads reservations and lanes, and writes nothing. */
import { paced } from "../../async/paced.ts";
import { Comparison } from "../../domain/glob/holds/comparison.ts";
import { addressOutlines, areCovered, treeOutlines } from "../../domain/glob/holds/holds.ts";
import { remarksOf } from "../../domain/input/progress.ts";
import * as fields from "../../domain/input/fields.ts";
import { sameRun } from "../../domain/input/run_id.ts";
import { MAX_CONFLICTS, UNKNOWN_RUN } from "../../domain/limits.ts";
import {
  elsewhere,
  heldBeside,
  locksBeside,
  overlapsRecord,
} from "../../domain/reservation/conflict.ts";
import { areApart, type ReservationEntry } from "../../domain/reservation/reservation.ts";
import { quoted } from "../../domain/text.ts";
import type { Clock } from "../../domain/time.ts";
import type { Agreement } from "../../ports/agreement.ts";
import type { Checkout } from "../../ports/checkout.ts";
import type { ReservationStore } from "../../ports/reservations.ts";
import type { Warn } from "../../ports/warnings.ts";
import { type Context, worktreesOf } from "../context.ts";
import type { LaneContext } from "../lane/turn.ts";
import { checkedNames, type NamingInput } from "../names.ts";
import type { CheckedHold, FoundHolds } from "./checked.ts";
import { ADDRESSES, RESERVATION_INPUTS } from "../reservation/types.ts";

/** What to ask about, and who asks. */
export interface CheckInput extends NamingInput {
  /** 1 to 1000 addresses: `path`, `path::symbol`, or globs in either part. */
  readonly addresses: readonly string[];
  /** Who asks; without it nothing counts as the caller's own. */
  readonly runId?: string;
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

/** What a look reads. */
export interface CheckContext {
  readonly reservations: Pick<ReservationStore, "near">;
  readonly checkout: Pick<Checkout, "named" | "worktree">;
  readonly agreement?: Agreement;
  readonly clock: Clock;
  readonly warn: Warn;
  /** The lanes; `undefined` where there are none. */
  lanes(): Promise<LaneContext | undefined>;
}

/** What a look reads, of a workspace of which all is open. */
export function checkContext(context: Context): CheckContext {
  const { reservations, lanes } = context.store;
  return { ...context, reservations, lanes: async () => ({ ...context, lanes }) };
}

const NO_LANES = { holds: [], mine: [], own: [], total: 0, others: 0, isCounted: true } as const;

/** Says who holds the addresses. */
export async function checkAddresses(
  context: CheckContext,
  input: CheckInput,
): Promise<CheckAnswer> {
  const { reservations, checkout, clock, warn } = context;
  const named = checkedNames(input, CHECK_FIELDS, ["addresses"], checkout, ADDRESSES);
  // In the same turn as the names, so that the checkouts are looked for once.
  const worktree = checkout.worktree();
  const runId = input.runId ?? UNKNOWN_RUN;
  const asked = { addresses: named.entries, files: named.files };
  const ours = addressOutlines(asked);
  // For an unknown run no reservation is its own: which are the caller's is asked below.
  const comparison = new Comparison(UNKNOWN_RUN, ours);
  const near = await reservations.near(
    asked,
    clock(),
    overlapsRecord(comparison),
  );
  const here = { confirmation: 1, ...(worktree === undefined ? {} : { worktree }) } as const;
  const isMine = (run: string) => sameRun(run, runId);
  const listed = (entries: readonly ReservationEntry[]): FoundHolds => {
    const { conflicts, total, isCounted, doubts } = comparison.conflicts(
      entries.map(heldBeside(here)),
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
  const isBeside = near.some(({ reservation }) => areApart(here, reservation));
  const keepsOut = locksBeside(here, isBeside ? await worktreesOf(context) : "block");
  const isLock = ({ reservation }: ReservationEntry) => keepsOut(reservation);
  const lanes = await context.lanes();
  const leases = lanes === undefined
    ? NO_LANES
    : await (await import("./check_lanes.ts")).lanesNear(lanes, asked, ours, isMine);
  const [locks, notices, mine] = [
    listed(others.filter(isLock)),
    listed(others.filter((entry) => !isLock(entry))),
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
    ...own.filter(isLock).flatMap(({ reservation }) => addressOutlines(reservation)),
    ...leases.own.flatMap(treeOutlines),
  ];
  return { status: await paced(areCovered(ours, holders)) ? "mine" : "free", ...answer };
}

/** Who is in the way. */
function whyHeld(held: readonly CheckedHold[], total: number): string {
  const named = held.slice(0, MAX_NAMED).map((hold) => {
    const lane = hold.lane === undefined ? "" : ` in lane ${quoted(hold.lane)}`;
    const until = hold.expires_at === null ? "" : ` until ${hold.expires_at}`;
    return `${quoted(hold.address, 80)} overlaps ${quoted(hold.their_address, 80)}${lane} of ` +
      `${quoted(hold.run_id)}${elsewhere(hold)}${until}`;
  });
  const rest = total > named.length ? [`and ${total - named.length} more`] : [];
  return `The addresses are held: ${[...named, ...rest].join("; ")}`;
}
