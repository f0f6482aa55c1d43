/**
 * The protocol that puts additions of reservations into one order: all but plain notices (notice.ts),
 * which keep none out and are kept out by none.
 *
 * Place n of the order is the file `reservations/order/<n>`, without gaps. It is taken by exclusive
 * creation with the whole reservation as its content, by a process that has seen all that was
 * granted up to place n - 1; if another process was faster, what came is looked at and then the
 * next place is tried. So of two additions one has seen the other.
 *
 * 1. Find the newest place, and *settle* it: give the reservation there its record, since the
 *    process that took it may have died before that. Every lower place was settled by the process
 *    that took the one above it. A process first guesses that it is the last one that it took itself.
 * 2. Collect what overlaps: from the address index, and later from the places that were taken since.
 *    Ask whether the addition is admitted.
 * 3. An exclusive one seals those exclusive ones in its way that have expired or are not confirmed, or
 *    takes them for live; what lets it through was released, and that is on the disk before it is
 *    granted.
 * 4. Write the reservation to `reservations/order/<hex>`, and enter it into the address index by links
 *    to that file, so that it is there before it is granted.
 * 5. Take the next place by a link to that file; settle it by another; remove the file.
 *
 * The *floor* is a number up to which places are no longer needed, because they are settled and not
 * the newest; it is raised by exclusive creation, before the places are removed. A process that
 * takes a place and then finds it at or below the floor had slept since it was free: the place
 * counts for nothing. Only if the reservation has its record by then it was in time, since a good
 * place is settled before the floor is raised above it. So what a place says is only believed when
 * the floor is still below it afterwards, and a record is never a link to a place, whose name
 * another process may have by then.
 *
 * A reservation is granted with its place, and its record may be *to come*, since its writer is slow
 * or dead. Only that at the newest place can be. So a listing first looks at that place, then lists
 * the records, and shows what it saw there if its record was not among them. What is to be extended or
 * released is settled first.
 */
import { stemOfId } from "../../../domain/ids.ts";
import type {
  ReservationEntry,
  ReservationRecord,
} from "../../../domain/reservation/reservation.ts";
import type { Stepwise } from "../../../domain/glob/steps.ts";
import {
  entryOf,
  isHeld,
  readEntry,
  recordName,
  releaseName,
  type ReservationChainFiles,
  seal,
} from "./chain.ts";
import { newest } from "./newest.ts";

/** A place that no reservation has: it makes the one before it removable. */
export const INERT = { inert: true } as const;

/** The files that the order is made of. Each call is atomic. */
export interface OrderFiles extends ReservationChainFiles {
  /** What a process took a place for; `undefined` when none has, or it was removed. */
  place(name: string): ReservationRecord | typeof INERT | undefined;
  /** The highest floor, 0 when there is none. */
  floor(): number;
  /** Creates a file with a content; `false` when it is there. */
  create(name: string, content: object): boolean;
}

/** A reservation that is to be added. */
export interface Addition {
  readonly reservation: ReservationRecord;
  /** Milliseconds since 1970. */
  readonly now: number;
  /**
   * The stems of all reservations that may overlap it and were entered before the call; with
   * `undefined` between them where that takes long.
   */
  candidates(): Iterable<string | undefined>;
  overlaps(other: ReservationRecord): Stepwise<boolean>;
  admit(others: readonly ReservationEntry[]): boolean;
  /** Whether the two cannot both be held: they are exclusive, and of different runs. */
  excludes(other: ReservationRecord): boolean;
  /** Makes sure that it is in the address index, by names of the file that it is to come by. */
  enter(): Stepwise<void>;
  /** Takes it out of the address index. */
  leave(): void;
  /** Takes another one out of it, whose end is on the disk. */
  drop(stem: string, other: ReservationRecord): void;
}

/** The folder of the places. */
export const ORDER = "reservations/order";

export function placeName(place: number): string {
  return `${ORDER}/${String(place).padStart(16, "0")}`;
}

/** A reservation on its way to a place and to its record. */
export function comingName(stem: string): string {
  return `${ORDER}/${stem}`;
}

/**
 * The newest place, or the floor when that is the newest thing known; `known` is one to start from, if
 * it is still there.
 */
export function findHead(files: OrderFiles, known: number): number {
  const floor = files.floor();
  let taken = known > floor && files.exists(placeName(known)) ? known : floor;
  let step = 1;
  while (files.exists(placeName(taken + step))) {
    taken += step;
    step *= 2;
  }
  while (step > 1) {
    step /= 2;
    if (files.exists(placeName(taken + step))) taken += step;
  }
  return taken;
}

/** Gives the reservation at a place its record, unless that was done before. */
export function settle(files: OrderFiles, place: number): void {
  const placed = files.place(placeName(place));
  if (placed === undefined || "inert" in placed) return;
  const stem = stemOfId(placed.reservation_id);
  if (files.exists(recordName(stem)) || files.floor() >= place) return;
  giveRecord(files, stem);
}

/** A reservation that was granted and whose record is to come. */
interface Coming {
  readonly stem: string;
  readonly place: number;
  readonly reservation: ReservationRecord;
}

/** The reservation at the newest place if its record is to come. */
export function findComing(
  files: OrderFiles,
  place: number = findHead(files, 0),
): Coming | undefined {
  const placed = files.place(placeName(place));
  if (placed === undefined || "inert" in placed) return undefined;
  const stem = stemOfId(placed.reservation_id);
  if (files.exists(recordName(stem)) || !files.exists(comingName(stem))) return undefined;
  return files.floor() < place ? { stem, place, reservation: placed } : undefined;
}

/** A reservation whose record was to come, with what happened to it; `undefined` when it is gone. */
export function comingEntry(
  files: OrderFiles,
  { stem, place, reservation }: Coming,
): ReservationEntry | undefined {
  const entry = readEntry(files, stem);
  if (entry !== undefined) return entry;
  const state = newest(files, stem);
  const coming = entryOf(reservation, state, files.release(releaseName(stem)));
  return files.floor() < place ? coming : undefined;
}

/** All that was granted: what has a record, and what is to have one. */
export function granted(
  files: OrderFiles,
  records: () => readonly string[],
): { readonly stems: readonly string[]; readonly coming: Coming | undefined } {
  const coming = findComing(files);
  const stems = records();
  if (coming === undefined || stems.includes(coming.stem)) return { stems, coming: undefined };
  return { stems: [...stems, coming.stem], coming };
}

/** One reservation with what happened to it, whether it has its record or not. */
export function findEntry(files: OrderFiles, stem: string): ReservationEntry | undefined {
  const entry = readEntry(files, stem);
  if (entry !== undefined) return entry;
  const coming = files.exists(comingName(stem)) ? findComing(files) : undefined;
  // In between it may have got its record.
  return coming?.stem === stem ? comingEntry(files, coming) : readEntry(files, stem);
}

/** Gives a reservation its record if that is to come. */
export function ensureRecord(files: OrderFiles, stem: string): void {
  if (files.exists(recordName(stem)) || !files.exists(comingName(stem))) return;
  settle(files, findHead(files, 0));
}

function giveRecord(files: OrderFiles, stem: string): void {
  files.link(comingName(stem), recordName(stem));
}

/** Takes the place after `head` by `create`; `false` when it is taken or counts for nothing. */
export function takePlace(
  files: OrderFiles,
  head: number,
  create: (name: string) => boolean,
): boolean {
  const name = placeName(head + 1);
  if (!create(name)) return false;
  if (files.floor() <= head) return true;
  files.remove(name);
  return false;
}

/**
 * Adds a reservation if it is admitted; the place that it got. Wherever it pauses, others may go on:
 * it makes no difference whether they are of this process.
 *
 * @param known A place that the caller took and settled before.
 */
export function* add(
  files: OrderFiles,
  addition: Addition,
  known = 0,
): Stepwise<number | undefined> {
  const stem = stemOfId(addition.reservation.reservation_id);
  const coming = comingName(stem);
  const others = new Others(files, addition);
  let head = known;
  let isFirst = true;
  while (true) {
    // What the caller settled itself is the newest place more often than not. A guess that is wrong takes
    // none: the name is taken, or below the floor.
    const isGuess = isFirst && known > 0;
    const newestPlace = isGuess ? known : findHead(files, head);
    if (!isGuess) settle(files, newestPlace);
    if (isFirst || !(yield* others.addPlaces(head, newestPlace))) yield* others.addAll();
    head = newestPlace;
    if (!others.admitted()) {
      if (!isFirst) {
        addition.leave();
        files.remove(coming);
      }
      return undefined;
    }
    isFirst = false;
    files.create(coming, addition.reservation);
    yield* addition.enter();
    if (takePlace(files, head, (name) => files.link(coming, name))) giveRecord(files, stem);
    else if (!files.exists(recordName(stem))) continue;
    files.remove(coming);
    return head + 1;
  }
}

/** What was granted before and overlaps an addition. */
class Others {
  readonly #entries = new Map<string, ReservationEntry>();
  /** Exclusive ones whose end is on the disk. */
  readonly #ended = new Set<string>();
  readonly #own: string;

  constructor(readonly files: OrderFiles, readonly addition: Addition) {
    this.#own = stemOfId(addition.reservation.reservation_id);
  }

  *addAll(): Stepwise<void> {
    for (const stem of this.addition.candidates()) {
      if (stem !== undefined) yield* this.#add(stem);
      yield;
    }
  }

  /** Adds those at the places after one and up to another; `false` when some place is gone. */
  *addPlaces(after: number, upTo: number): Stepwise<boolean> {
    for (let place = after + 1; place <= upTo; place++) {
      const placed = this.files.place(placeName(place));
      if (placed === undefined) return false;
      if (!("inert" in placed)) yield* this.#add(stemOfId(placed.reservation_id));
    }
    return this.files.floor() <= after;
  }

  /** Whether the addition may go on; then no exclusive one that has ended can come back. */
  admitted(): boolean {
    const { addition: { reservation, now, admit }, files } = this;
    while (true) {
      const entries = [...this.#entries];
      const present = entries.map(([, entry]) => entry)
        .filter((entry) => isHeld(files, entry, now) || this.#isComing(entry));
      if (!admit(present)) return false;
      if (reservation.exclusive !== true) return true;
      let isRevived = false;
      for (const [stem, entry] of entries) {
        if (entry.reservation.exclusive !== true || this.#ended.has(stem)) continue;
        if (isHeld(files, entry, now)) continue;
        if (entry.unsettled === true && !this.#isComing(entry)) continue;
        const after = seal(files, stem, now, reservation.run_id);
        if (after?.release !== undefined) {
          this.#ended.add(stem);
          this.addition.drop(stem, entry.reservation);
        }
        if (after === undefined) this.#entries.delete(stem);
        else this.#entries.set(stem, after);
        isRevived ||= after !== undefined && isHeld(files, after, now);
      }
      if (!isRevived) return true;
    }
  }

  *#add(stem: string): Stepwise<void> {
    if (stem === this.#own) return;
    const entry = readEntry(this.files, stem);
    if (entry === undefined || !this.#matters(entry)) return;
    if (yield* this.addition.overlaps(entry.reservation)) this.#entries.set(stem, entry);
  }

  /** Whether it may be confirmed any moment, and then one of the two must go. */
  #isComing({ unsettled, reservation }: ReservationEntry): boolean {
    return unsettled === true && this.addition.excludes(reservation);
  }

  /** Whether it is live, or exclusive and its end has to be on the disk before it is overlooked. */
  #matters(entry: ReservationEntry): boolean {
    const { reservation, now } = this.addition;
    const bothExclusive = reservation.exclusive === true && entry.reservation.exclusive === true;
    return bothExclusive || isHeld(this.files, entry, now);
  }
}
