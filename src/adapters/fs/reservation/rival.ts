/**
 * The look of a hold of another kind, a lane's, at the reservations in its way.
 *
 * Its own record is written before: a reservation that takes its place later finds that when it looks,
 * before it is confirmed. So of what is found here, one that is confirmed stays, and the rival must go;
 * one that is not is sealed, by the slot that its confirmation would take, and never will be. Whichever
 * of the two dies in between is in no other process's way.
 */
import type { ReservationEntry } from "../../../domain/reservation/reservation.ts";
import type { Stepwise } from "../../../domain/glob/steps.ts";
import type { Rival } from "../../../ports/reservations.ts";
import { readEntry, seal } from "./chain.ts";
import { ensureRecord, type OrderFiles } from "./order.ts";

/**
 * The confirmed ones; what has expired or is not confirmed is ended for good.
 *
 * @param candidates The stems of all that may overlap it; with `undefined` between them where that
 *   takes long.
 */
export function* makeWay(
  files: OrderFiles,
  { now, runId, overlaps, excludes }: Omit<Rival, "named"> & { readonly now: number },
  candidates: Iterable<string | undefined>,
): Stepwise<ReservationEntry[]> {
  const held: ReservationEntry[] = [];
  for (const stem of candidates) {
    yield;
    if (stem === undefined) continue;
    // It may be granted, by a process that is slow to write its record, or dead.
    ensureRecord(files, stem);
    const entry = readEntry(files, stem);
    if (entry?.reservation.exclusive !== true || !excludes(entry.reservation)) continue;
    if (!(yield* overlaps(entry.reservation))) continue;
    const after = seal(files, stem, now, runId);
    if (after !== undefined && after.release === undefined) held.push(after);
  }
  return held;
}
