/**
 * The protocol by which a plain notice is added. It refuses nothing and is granted in any case, so it
 * needs no place in the order of additions.
 *
 * 1. Write it to `reservations/order/<hex>`.
 * 2. Enter it into the address index by links to that file, so that no record is without its entries.
 * 3. Create its record by another, remove the file, and sync it with its names.
 * 4. Collect what overlaps: through the address index.
 *
 * So of two notices that come at once the one that looks later finds the other. An exclusive
 * reservation looks before it takes its place: one of the same moment may miss a notice, and be missed
 * by it.
 */
import { stemOfId } from "../../../domain/ids.ts";
import type { Stepwise } from "../../../domain/glob/steps.ts";
import type { ReservationEntry } from "../../../domain/reservation/reservation.ts";
import { isHeld, recordName } from "./chain.ts";
import { type Addition, comingName, findEntry, type OrderFiles } from "./order.ts";

/** A notice that is to be added. */
export interface Notice
  extends Pick<Addition, "reservation" | "now" | "candidates" | "overlaps" | "enter"> {
  /** Forces its record to the disk, with its entries in the address index. */
  persist(): void;
}

/** Adds a notice, durably; what is live and overlaps it. */
export function* addNotice(files: OrderFiles, notice: Notice): Stepwise<ReservationEntry[]> {
  yield* write(files, notice);
  return yield* look(files, notice);
}

function* write(files: OrderFiles, notice: Notice): Stepwise<void> {
  const stem = stemOfId(notice.reservation.reservation_id);
  const coming = comingName(stem);
  files.create(coming, notice.reservation);
  yield* notice.enter();
  files.link(coming, recordName(stem));
  files.remove(coming);
  notice.persist();
}

function* look(files: OrderFiles, notice: Notice): Stepwise<ReservationEntry[]> {
  const { reservation, now } = notice;
  const own = stemOfId(reservation.reservation_id);
  const found: ReservationEntry[] = [];
  for (const stem of notice.candidates()) {
    yield;
    if (stem === undefined || stem === own) continue;
    // Its record may be to come.
    const entry = findEntry(files, stem);
    if (entry === undefined || !isHeld(files, entry, now)) continue;
    if (yield* notice.overlaps(entry.reservation)) found.push(entry);
  }
  return found;
}
