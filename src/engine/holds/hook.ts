/**
 * What a hook does at an edit: the files are reserved for the run, all of them or none, or the edit is
 * denied. A run that holds them for long enough only reads.
 */
import { addressOutlines } from "../../domain/glob/holds/holds.ts";
import { Comparison, type HoldConflict } from "../../domain/glob/holds/comparison.ts";
import type { Sweep } from "../../domain/git/sweep.ts";
import { HOOK_TTL_S } from "../../domain/input/hook/settings.ts";
import { endsWith, type HookRun } from "../../domain/input/hook/run.ts";
import { remarksOf } from "../../domain/input/progress.ts";
import { sameAgent, SERVER_RUN } from "../../domain/input/run_id.ts";
import { overlapsRecord } from "../../domain/reservation/conflict.ts";
import {
  effectiveExpiry,
  isLive,
  type ReservationEntry,
  reservationTtl,
} from "../../domain/reservation/reservation.ts";
import { quoted } from "../../domain/text.ts";
import { formatTime } from "../../domain/time.ts";
import type { Agreement } from "../../ports/agreement.ts";
import type { LocatedFile } from "../../ports/sightings.ts";
import type { ReservationContext } from "../context.ts";
import {
  beginEdit,
  changedSince,
  concerned,
  type HookFilesContext,
  type HookUse,
} from "./hook_files.ts";
import type { Reservations } from "../reservation/reservations.ts";
import { lieWithin } from "./edited.ts";
import { heldLine, waitCommand } from "./wording.ts";

/** What a hook works with. */
export interface HookContext extends ReservationContext, HookFilesContext {
  readonly agreement: Agreement;
  readonly reservations: Pick<Reservations, "reserve" | "release">;
}

/** What a hook does in a workspace. */
export interface Hook {
  before(run: HookRun, edit: HookEdit): Promise<HookVerdict>;
  remember(run: HookRun, use: HookUse): Promise<void>;
  /** Says whether the run may have git do this; its folder is absolute. */
  sweep(run: HookRun, sweep: Sweep): Promise<HookVerdict>;
  /** What the run is to know when it begins, as lines. */
  prime(run: HookRun): Promise<readonly string[]>;
  ended(run: HookRun): Promise<void>;
}

/** What is to become of an edit: `warn` lets it go on and says why it should not. */
export type HookVerdict =
  | { readonly verdict: "pass" }
  | { readonly verdict: "deny" | "warn"; readonly reason: string };

/** The files that are about to be written. */
export interface HookEdit {
  readonly paths: readonly string[];
  /** The folder that they are relative to. */
  readonly base: string;
  /** Ends the call, which reserves nothing then. */
  readonly signal: AbortSignal;
  /** Is awaited before the files are reserved; a run that holds them only reads, without it. */
  readonly onReserving?: () => Promise<void>;
}

const PASS: HookVerdict = { verdict: "pass" };

/** Reserves the files that an agent is about to write, or says why it is not to. */
export async function beforeEdit(
  context: HookContext,
  run: HookRun,
  edit: HookEdit,
): Promise<HookVerdict> {
  const { mode, ignore } = context.agreement.hook();
  if (mode === "off") return PASS;
  const wanted = concerned(await context.sightings(), ignore, edit.paths, edit.base);
  // In the same turn as the names, so that the checkouts are looked for once.
  const worktree = context.checkout.worktree();
  if (wanted.length === 0) return PASS;
  const verdict = await verdictOn(context, run, edit, mode, wanted, worktree);
  if (verdict.verdict !== "deny") await beginEdit(context, run, wanted);
  return verdict;
}

async function verdictOn(
  context: HookContext,
  run: HookRun,
  { base, signal, onReserving }: HookEdit,
  mode: "deny" | "warn",
  wanted: readonly LocatedFile[],
  worktree: string | undefined,
): Promise<HookVerdict> {
  const { clock, store, reservations } = context;
  const { runId, maker } = run;
  const stale = async (): Promise<HookVerdict> => {
    const reason = await changedSince(context, run, wanted);
    return reason === undefined ? PASS : { verdict: mode, reason };
  };
  const first = await stale();
  if (first.verdict === "deny") return first;
  const addresses = wanted.map(({ address }) => address);
  const files = wanted.filter(({ isFile }) => isFile).map(({ address }) => address);
  const ours = addressOutlines({ addresses, files });
  const near = await store.reservations.near(
    { addresses, files },
    clock(),
    overlapsRecord(new Comparison(runId, ours)),
  );
  const kept = near.filter((entry) =>
    sameAgent(entry.reservation.run_id, runId) && entry.reservation.exclusive === true &&
    entry.reservation.worktree === worktree && isFresh(entry, clock())
  );
  if (lieWithin(ours, kept.flatMap(({ reservation }) => addressOutlines(reservation)))) {
    return first;
  }
  signal.throwIfAborted();
  await onReserving?.();
  const answer = await reservations.reserve({
    addresses: wanted.map(({ text }) => text),
    base,
    literal: true,
    file: true,
    runId,
    exclusive: true,
    renew: true,
    ttl: HOOK_TTL_S,
    auto: maker,
    signal,
  });
  if (answer.status !== "reserved") {
    return { verdict: mode, reason: whyDenied(runId, answer.conflicts, near, clock()) };
  }
  const sightings = await context.sightings();
  const id = answer.reservation_id;
  if (await sightings.seenBy(runId, id) === undefined) {
    const seen_at = formatTime(clock());
    const hold = {
      run_id: runId,
      auto: maker,
      path: id,
      state: null,
      seen_at,
      by: "hold",
    } as const;
    await sightings.add(hold);
  }
  // Before the reservation was there, another run may have edited the file and ended.
  return first === PASS ? await stale() : first;
}

/** Releases and forgets what hooks reserved and saw for a session with all its subagents, or for one subagent. */
export async function afterEnd(context: HookContext, { runId, maker }: HookRun): Promise<void> {
  const { store, clock, reservations } = context;
  // Of one that is not known any more nothing is left but its 15 minutes.
  for (const id of await (await context.sightings()).forget(runId, maker)) {
    const entry = await store.reservations.get(id);
    if (entry === undefined || !isLive(entry, clock())) continue;
    const { run_id, auto } = entry.reservation;
    if (typeof auto !== "string" || !endsWith(auto, maker)) continue;
    await reservations.release({ id, runId: run_id });
  }
}

/** Whether more than a third of its time is left. */
function isFresh(entry: ReservationEntry, now: number): boolean {
  const ttl = Math.min(reservationTtl(entry.reservation), HOOK_TTL_S);
  return effectiveExpiry(entry) - now > ttl * 1000 / 3;
}

/** Holders that a denial names. */
const MAX_NAMED = 3;

/** Who holds the files, until when, and what to do now. */
function whyDenied(
  runId: string,
  conflicts: readonly HoldConflict[],
  near: readonly ReservationEntry[],
  now: number,
): string {
  const locks = conflicts.filter(({ exclusive, kind }) => exclusive || kind === "waiter");
  const [first] = locks;
  if (first === undefined) {
    return "Another agent is about to edit the same file at this moment. Try again in a second.";
  }
  const notes = new Map(near.map(({ reservation, heartbeat }) => [
    reservation.reservation_id,
    remarksOf(heartbeat, reservation).note,
  ]));
  const lines = locks.slice(0, MAX_NAMED).map((conflict) => {
    const { address, run_id } = conflict;
    if (conflict.kind === "waiter") {
      return `${quoted(run_id, 80)} waits for ${quoted(address, 200)}.`;
    }
    const note = conflict.kind === "reservation" ? notes.get(conflict.reservation_id) : undefined;
    return heldLine({ ...conflict, ...(note === undefined ? {} : { note }) }, now);
  });
  const more = locks.length - lines.length;
  const rest = more > 0 ? [`${more} more are held.`] : [];
  return [
    ...lines,
    ...rest,
    ...ownServer(runId, first.run_id),
    `Work on something else, or wait: ${waitCommand(first.address)}. ` +
    "Do not edit it through the shell.",
  ].join(" ");
}

/** What to do for an agent whose tools hold the file, since their server did not know whose they are. */
function ownServer(runId: string, holder: string): string[] {
  if (!holder.startsWith(SERVER_RUN)) return [];
  return [
    `If that is your own server of tools, call coord_release with all, and then give it run_id ` +
    `${quoted(runId, 80)}.`,
  ];
}
