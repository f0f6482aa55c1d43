/** A reservation that is being added, with its entries in the address index. */
import type { Anchor } from "../../../domain/glob/address.ts";
import type { Stepwise } from "../../../domain/glob/steps.ts";
import type { ReservationRecord } from "../../../domain/reservation/reservation.ts";
import type { NoticePlacement, Placement } from "../../../ports/reservations.ts";
import { indexed, type IndexEntry } from "./address_index.ts";
import { recordName, releaseName } from "./chain.ts";
import { slotName, viewName } from "./newest.ts";
import type { ReservationFiles } from "./files.ts";
import type { Notice } from "./notice.ts";
import { type Addition, comingName } from "./order.ts";

/** Milliseconds after which entries are made sure of again: `gc` removes those of a day ago. */
const ENTRIES_TRUST_MS = 3_600_000;

/**
 * What the index knows that may be live, or must not come to life again beside an exclusive hold.
 *
 * @param asked When, and whether for an exclusive hold.
 */
export function* candidatesOf(
  files: ReservationFiles,
  anchors: readonly Anchor[],
  { now, exclusive: isExclusive }: { readonly now: number; readonly exclusive: boolean },
): Generator<string | undefined> {
  const released: string[] = [];
  for (const found of yield* files.index.find(anchors)) {
    const { stem, expiresMs, exclusive, paths } = found;
    if (files.exists(releaseName(stem))) {
      released.push(...paths);
      yield undefined;
      continue;
    }
    const isOver = expiresMs <= now && !(exclusive && isExclusive) &&
      !files.exists(viewName(stem)) && !files.exists(slotName(stem, 1));
    yield isOver ? undefined : stem;
  }
  // Who releases one takes its entries along once that is on the disk; this one perhaps died before.
  if (released.length > 0) files.sync("releases");
  for (const path of released) files.fs.remove(path);
}

/** What every addition has. */
export class FsNotice implements Notice {
  readonly reservation: ReservationRecord;
  readonly overlaps: NoticePlacement["overlaps"];
  protected readonly files: ReservationFiles;
  protected readonly entry: IndexEntry;
  protected readonly anchors: readonly Anchor[];
  #enteredAt = -Infinity;

  constructor(
    files: ReservationFiles,
    stem: string,
    placement: NoticePlacement,
    readonly now: number,
  ) {
    this.files = files;
    this.reservation = placement.reservation;
    this.overlaps = placement.overlaps;
    [this.entry, this.anchors] = indexed(stem, this.reservation);
  }

  candidates(): Iterable<string | undefined> {
    const exclusive = this.reservation.exclusive === true;
    return candidatesOf(this.files, this.anchors, { now: this.now, exclusive });
  }

  *enter(): Stepwise<void> {
    // Real time on purpose: it is about how long this call takes.
    if (Date.now() - this.#enteredAt < ENTRIES_TRUST_MS) return;
    const coming = this.files.path(comingName(this.entry.stem));
    yield* this.files.index.add(
      this.entry,
      this.anchors,
      (path) => this.files.fs.link(coming, path),
    );
    this.#enteredAt = Date.now();
  }

  persist(folders = ["reservations"]): void {
    const { index } = this.files;
    const entries = index.withAbove(index.foldersOf(this.anchors));
    this.files.syncNames(recordName(this.entry.stem), folders, entries);
  }
}

/** One that takes a place in the order. */
export class FsAddition extends FsNotice implements Addition {
  readonly admit: Placement["admit"];
  readonly excludes: Placement["excludes"];

  constructor(files: ReservationFiles, stem: string, placement: Placement, now: number) {
    super(files, stem, placement, now);
    this.admit = placement.admit;
    this.excludes = placement.excludes;
  }

  /** Gives it the number of its place for a fence, by another name of its file. */
  fence(place: number): void {
    const { entry: { stem }, anchors, files } = this;
    const path = files.index.fencePath(stem, anchors, place);
    files.link(recordName(stem), path.slice(files.layout.root.length + 1));
  }

  /** Takes the fence from one that is not held. */
  unfence(): void {
    this.files.index.removeFence(this.entry.stem, this.anchors);
  }

  leave(): void {
    this.files.index.remove(this.entry, this.anchors);
  }

  drop(stem: string, other: ReservationRecord): void {
    this.files.leave(stem, other);
  }
}
