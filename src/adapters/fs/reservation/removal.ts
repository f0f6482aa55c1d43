/**
 * The protocol that removes reservations that have ended.
 *
 * 1. One that has only expired is sealed, so that no late heartbeat brings it back.
 * 2. The floor of the order is raised above its place; if that is the newest one, an inert place is
 *    taken first. Then the place is removed, and what it was taken with, so that no process that is
 *    slow to settle it gives the reservation its record again.
 * 3. Its record goes; that and what went before is synced.
 * 4. Its entries in the address index go: without them no process would meet a record that a power
 *    cut brought back. What happened to it goes, the release last: without it it would look live
 *    again.
 *
 * A crash between two steps leaves a reservation that has ended, or files of one that is gone; the
 * next sweep removes both.
 */
import type {
  ReservationEntry,
  ReservationRecord,
} from "../../../domain/reservation/reservation.ts";
import { recordName, releaseName, seal, sweep } from "./chain.ts";
import { newest, viewName } from "./newest.ts";
import {
  comingName,
  findHead,
  INERT,
  ORDER,
  type OrderFiles,
  placeName,
  settle,
  takePlace,
} from "./order.ts";

/** The files from which reservations are removed. Each call is atomic. */
export interface RemovalFiles extends OrderFiles {
  /** The numbers of all places that are there. */
  places(): readonly number[];
  /** Takes a reservation out of the address index. */
  leave(stem: string, reservation: ReservationRecord): void;
}

/** A reservation that has ended. */
export interface EndedReservation {
  readonly stem: string;
  readonly entry: ReservationEntry;
  /** Names in `heartbeats/` that are about it. */
  readonly beats: readonly string[];
}

/** The folder of the floors. */
export const FLOORS = `${ORDER}/floor`;

/** Who seals what is to be removed. */
const RUN_ID = "gc";

/** Removes reservations that have ended at `now`; those that a heartbeat has revived stay. */
export function removeReservations<T extends EndedReservation>(
  files: RemovalFiles,
  over: readonly T[],
  now: number,
): T[] {
  const ended = over.filter(({ stem, entry }) =>
    (entry.release ?? seal(files, stem, now, RUN_ID, false)?.release) !== undefined
  );
  if (ended.length === 0) return ended;
  const floor = raiseFloor(files);
  for (const place of files.places()) if (place <= floor) files.remove(placeName(place));
  for (const { stem } of ended) {
    files.remove(comingName(stem));
    files.remove(recordName(stem));
  }
  files.sync(ORDER);
  files.sync("reservations");
  for (const { stem, entry, beats } of ended) {
    files.leave(stem, entry.reservation);
    removeChain(files, stem, beats);
  }
  return ended;
}

/**
 * Makes the places of all that was granted so far removable: none of them is the newest then.
 *
 * @returns The floor.
 */
export function raiseFloor(files: OrderFiles): number {
  const staged = files.stage(INERT, false);
  let head = 0;
  while (true) {
    head = findHead(files, head);
    const placed = files.place(placeName(head));
    if (placed !== undefined && "inert" in placed) {
      head--;
      break;
    }
    if (head === 0 || placed === undefined) break;
    settle(files, head);
    if (takePlace(files, head, (name) => staged.create(name))) break;
  }
  if (head > files.floor()) {
    // A second name for the inert place, where one was taken: a full disk has room for that.
    staged.create(`${FLOORS}/${head}`);
  }
  staged.discard();
  // Also one that another process has raised, which may have died before it was on the disk.
  if (head > 0) {
    files.sync(FLOORS);
    files.sync(ORDER);
  }
  return Math.max(head, files.floor());
}

/** The release goes last, so that no process that has read the record before takes it for live. */
function removeChain(files: RemovalFiles, stem: string, beats: readonly string[]): void {
  sweep(files, stem, newest(files, stem).slot);
  for (const name of beats) files.remove(`heartbeats/${name}`);
  files.remove(viewName(stem));
  files.remove(releaseName(stem));
}
