/**
 * The live reservations that overlap some addresses, found without writing anything.
 *
 * A reservation is in the address index before it is granted, so whatever was granted before the call is
 * found there, also the newest, which may have its place and not its record yet. What another tool
 * wrote may not be in it: the folder's names show that.
 */
import { anchorOf } from "../../../domain/glob/address.ts";
import type { Stepwise } from "../../../domain/glob/steps.ts";
import {
  isLive,
  type ReservationEntry,
  type ReservationRecord,
} from "../../../domain/reservation/reservation.ts";
import { slotName, viewName } from "./newest.ts";
import type { ReservationCheck } from "./check.ts";
import type { ReservationFiles } from "./files.ts";
import { findEntry, granted } from "./order.ts";

/** The live ones for which `overlaps` says so. */
export function* liveNear(
  files: ReservationFiles,
  check: ReservationCheck,
  addresses: readonly string[],
  now: number,
  overlaps: (other: ReservationRecord) => Stepwise<boolean>,
): Stepwise<ReservationEntry[]> {
  const unindexed = yield* check.unindexed();
  const stems = new Set(unindexed ?? granted(files, () => check.stems()).stems);
  for (const { stem, expiresMs } of yield* files.index.find(addresses.map(anchorOf), true)) {
    const isOver = expiresMs <= now && !files.exists(viewName(stem)) &&
      !files.exists(slotName(stem, 1));
    if (!isOver) stems.add(stem);
    yield;
  }
  const found: ReservationEntry[] = [];
  for (const stem of stems) {
    const entry = findEntry(files, stem);
    if (entry !== undefined && isLive(entry, now) && (yield* overlaps(entry.reservation))) {
      found.push(entry);
    }
    yield;
  }
  return found;
}
