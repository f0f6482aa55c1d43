/** A reservation on its way into the order, with its entries in the address index. */
import type { Anchor } from "../../../domain/glob/address.ts";
import type { Stepwise } from "../../../domain/glob/steps.ts";
import type { ReservationRecord } from "../../../domain/reservation/reservation.ts";
import { parseTime } from "../../../domain/time.ts";
import type { Placement } from "../../../ports/reservations.ts";
import { indexed, type IndexEntry } from "./address_index.ts";
import { releaseName, slotName, viewName } from "./chain.ts";
import type { ReservationFiles } from "./files.ts";
import type { Addition } from "./order.ts";

/** Milliseconds after which entries are made sure of again: `gc` removes those of a day ago. */
const ENTRIES_TRUST_MS = 3_600_000;

export class FsAddition implements Addition {
  readonly reservation: ReservationRecord;
  readonly now: number;
  readonly overlaps: Placement["overlaps"];
  readonly admit: Placement["admit"];
  readonly #files: ReservationFiles;
  readonly #entry: IndexEntry;
  readonly #anchors: readonly Anchor[];
  #enteredAt = -Infinity;

  constructor(files: ReservationFiles, stem: string, { reservation, overlaps, admit }: Placement) {
    this.#files = files;
    this.reservation = reservation;
    this.overlaps = overlaps;
    this.admit = admit;
    this.now = parseTime(reservation.created_at) ?? 0;
    [this.#entry, this.#anchors] = indexed(stem, reservation);
  }

  /** What the index knows that may be live, or must not come to life again. */
  *candidates(): Generator<string | undefined> {
    const released: string[] = [];
    for (const found of yield* this.#files.index.find(this.#anchors)) {
      const { stem, expiresMs, exclusive, paths } = found;
      if (this.#files.exists(releaseName(stem))) {
        released.push(...paths);
        yield undefined;
        continue;
      }
      const isOver = expiresMs <= this.now && !(exclusive && this.reservation.exclusive === true) &&
        !this.#files.exists(viewName(stem)) && !this.#files.exists(slotName(stem, 1));
      yield isOver ? undefined : stem;
    }
    // Who releases one takes its entries along once that is on the disk; this one perhaps died before.
    if (released.length > 0) this.#files.sync("releases");
    for (const path of released) this.#files.fs.remove(path);
  }

  *enter(): Stepwise<void> {
    // Real time on purpose: it is about how long this call takes.
    if (Date.now() - this.#enteredAt < ENTRIES_TRUST_MS) return;
    for (const folder of yield* this.#files.index.add(this.#entry, this.#anchors)) {
      this.#files.fs.syncDir(folder);
      yield;
    }
    this.#enteredAt = Date.now();
  }

  leave(): void {
    this.#files.index.remove(this.#entry, this.#anchors);
  }

  drop(stem: string, other: ReservationRecord): void {
    this.#files.leave(stem, other);
  }
}
