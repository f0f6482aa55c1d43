/**
 * The protocol of what happens to one reservation: heartbeats, and its end.
 *
 * Heartbeat n is the file `heartbeats/<hex>.<n>`, taken by exclusive creation with its whole content;
 * `heartbeats/<hex>.json` is a view of the newest, for other tools and as a place to start from. A
 * release is the file `releases/<hex>.json`, created exclusively, and ends everything.
 *
 * An exclusive reservation that has expired has ended: a heartbeat looks at the clock just before
 * it takes its slot and again afterwards. When the end has come in between, it takes the slot that
 * follows with a seal (below) and does not count. So by the clock of the process that beats nothing
 * is revived; and what another process's clock says only matters with a seal.
 *
 * Who wants a reservation out of the way because it has expired *seals* it: takes the slot that
 * follows the state in which it has ended, with the release as its content, and then links that to
 * `releases/<hex>.json`. A late heartbeat wants the same slot, so only one of the two happens; nothing
 * follows a seal. A sealed reservation is released, whether the second step was done or not.
 *
 * An exclusive reservation is held from its confirmation, which takes the first slot. Before that any
 * process that it is in the way of may seal it, by the same slot; so one of the two happens.
 *
 * Slots are removed only after the release is there, so a process that finds none where one was,
 * and looks for the release afterwards, finds it. The record goes before the release does, so a
 * process that finds no release because it was removed finds no record either. A slot that was
 * taken too late, because the slots had been removed, is noticed by its writer in the same way.
 */
import { idOfStem } from "../../../domain/ids.ts";
import {
  effectiveExpiry,
  farther,
  type HeartbeatRecord,
  isLive,
  type ReleaseRecord,
  type ReservationEntry,
  type ReservationRecord,
  signOfLife,
} from "../../../domain/reservation/reservation.ts";
import { MAX_SWEPT_BY_NUMBER } from "../../../domain/limits.ts";
import { type Clock, formatTime } from "../../../domain/time.ts";
import { trim } from "../disk/trim.ts";
import { isLast, type Newest, newest, type SlotFiles, slotName, viewName } from "./newest.ts";

/** A content that lies ready, under no name yet. */
interface Staged {
  /** Creates `name`; `false` when it is taken. */
  create(name: string): boolean;
  /** Puts it under `name`, replacing what is there; the last call on it. */
  replace(name: string): void;
  /** The last call on it. */
  discard(): void;
}

/** The files of reservations, as far as the protocol needs them. Each call is atomic. */
export interface ReservationChainFiles extends SlotFiles {
  /** The reservation in a record; `undefined` when there is none or it cannot be read. */
  reservation(name: string): ReservationRecord | undefined;
  release(name: string): ReleaseRecord | undefined;
  exists(name: string): boolean;
  /** Prepares a content to be put under names; on the disk when `durable`. */
  stage(content: object, durable: boolean): Staged;
  /** A second name for a file; `false` when `to` is taken or there is no `from`. */
  link(from: string, to: string): boolean;
  /** Puts a content under `name`, replacing what is there. */
  replace(name: string, content: object): void;
  remove(name: string): void;
  /** Forces the names of a folder to the disk. */
  sync(folder: string): void;
  /** Forces a file to the disk, with the names in these folders that it was given before. */
  syncNames(name: string, folders: readonly string[]): void;
  /**
   * Whether what lies ahead of the clock has ended: unless this process's own clock is the wrong
   * one.
   */
  isOver(what: string, at: string): boolean;
}

export function recordName(stem: string): string {
  return `reservations/${stem}.json`;
}

export function releaseName(stem: string): string {
  return `releases/${stem}.json`;
}

/** Whether an exclusive reservation is neither confirmed nor refused yet. */
function isUnsettled(reservation: ReservationRecord, slot: number): boolean {
  return reservation.confirmation !== undefined && slot === 0;
}

/** A reservation with what its chain says. */
export function entryOf(
  reservation: ReservationRecord,
  { slot, heartbeat, seal }: Newest,
  end: ReleaseRecord | undefined,
): ReservationEntry {
  const entry = { reservation, heartbeat, release: end ?? seal };
  const unsettled = entry.release === undefined && isUnsettled(reservation, slot);
  return unsettled ? { ...entry, unsettled } : entry;
}

/** A reservation with what happened to it; `undefined` when there is none, or no longer. */
export function readEntry(
  files: ReservationChainFiles,
  stem: string,
): ReservationEntry | undefined {
  return read(files, stem)?.entry;
}

/** Whether a reservation stands in the way of others at `now`. */
export function isHeld(
  files: ReservationChainFiles,
  entry: ReservationEntry,
  now: number,
): boolean {
  if (isLive(entry, now)) return true;
  if (entry.release !== undefined || entry.unsettled === true) return false;
  if (effectiveExpiry(entry) <= now) return false;
  return !files.isOver(`Reservation ${entry.reservation.reservation_id}`, signOfLife(entry));
}

function read(
  files: ReservationChainFiles,
  stem: string,
): (Newest & { entry: ReservationEntry }) | undefined {
  const reservation = files.reservation(recordName(stem));
  if (reservation === undefined) return undefined;
  const state = newest(files, stem);
  const entry = entryOf(reservation, state, files.release(releaseName(stem)));
  if (entry.release === undefined && !files.exists(recordName(stem))) return undefined;
  return { ...state, entry };
}

/**
 * Adds a heartbeat.
 *
 * @returns It as it counts; `expired` when an exclusive reservation has lapsed, `released` when any is
 * over for good or gone.
 */
export function beat(
  files: ReservationChainFiles,
  stem: string,
  heartbeat: HeartbeatRecord,
  clock: Clock,
): HeartbeatRecord | "expired" | "released" {
  const reservation = files.reservation(recordName(stem));
  if (reservation === undefined) return "released";
  while (true) {
    const top = newest(files, stem);
    const { slot, heartbeat: last, seal } = top;
    if (seal !== undefined || files.exists(releaseName(stem))) return "released";
    if (isUnsettled(reservation, slot)) return "released";
    const end = effectiveExpiry({ reservation, heartbeat: last, release: undefined });
    const hasLapsed = () => reservation.exclusive === true && clock() >= end;
    if (hasLapsed()) return "expired";
    const until = last === undefined ? heartbeat : farther(heartbeat, last);
    const { extended_expires_at } = until;
    const next = { ...last, ...heartbeat, extended_expires_at, beat: slot + 1 };
    const staged = files.stage(next, false);
    if (!take(files, stem, top, staged)) continue;
    if (isOver(files, stem)) {
      files.remove(slotName(stem, slot + 1));
      staged.discard();
      return "released";
    }
    if (hasLapsed()) {
      staged.discard();
      const own = newest(files, stem);
      if (own.slot !== slot + 1) continue;
      const late = files.stage(expiredAt(stem, heartbeat.run_id, end), true);
      if (!take(files, stem, own, late)) continue;
      late.discard();
      files.link(slotName(stem, slot + 2), releaseName(stem));
      ended(files, stem, slot + 2);
      return "expired";
    }
    staged.replace(viewName(stem));
    refreshView(files, stem, slot + 1);
    trimBelow(files, stem, slot + 1, next);
    return next;
  }
}

/** Tries for the slot that follows the last one; `false` when another is there, or ours does not count. */
function take(
  files: ReservationChainFiles,
  stem: string,
  last: Newest,
  staged: Staged,
): boolean {
  const name = slotName(stem, last.slot + 1);
  const isTaken = staged.create(name);
  if (isTaken && isFollowed(files, stem, last)) return true;
  // It was free only because later heartbeats had removed it; no process follows it.
  if (isTaken) files.remove(name);
  staged.discard();
  return false;
}

/** Whether what follows a slot counts: otherwise ours was perhaps removed before. The second one stays. */
function isFollowed(files: ReservationChainFiles, stem: string, last: Newest): boolean {
  return last.slot < 2 || isLast(files, stem, last);
}

/** Whether a reservation has ended for good, or is gone. */
function isOver(files: ReservationChainFiles, stem: string): boolean {
  return files.exists(releaseName(stem)) || !files.exists(recordName(stem));
}

/** Removes slots of earlier heartbeats, when the view shows this one or a later one. */
function trimBelow(
  files: ReservationChainFiles,
  stem: string,
  slot: number,
  heartbeat: HeartbeatRecord,
): void {
  trim(
    {
      isOfHold: (number) => files.exists(slotName(stem, number)) || undefined,
      mark: (number) => files.replace(slotName(stem, number), heartbeat),
      remove: (number) => files.remove(slotName(stem, number)),
    },
    slot,
    1,
  );
}

/**
 * Confirms an exclusive reservation: takes the first slot with a second name of its record. A process
 * that wants it out of its way before takes the same slot with a seal.
 *
 * @returns Whether it is held from now on, once its record is on the disk with both names.
 */
export function confirm(files: ReservationChainFiles, stem: string): boolean {
  const isFirst = files.link(recordName(stem), slotName(stem, 1));
  // The slot may be free since a seal has its release, and the slots were removed.
  if (isOver(files, stem)) {
    if (isFirst) files.remove(slotName(stem, 1));
    return false;
  }
  if (isFirst) return true;
  const { slot, seal } = newest(files, stem);
  return slot > 0 && seal === undefined;
}

/** The release of a reservation that is refused before it was confirmed. */
export function refusedAt(stem: string, runId: string, now: number): ReleaseRecord {
  return {
    reservation_id: idOfStem(stem),
    run_id: runId,
    released_at: formatTime(now),
    reason: "conflict",
    confirmed: false,
  };
}

/** The release of a reservation that has expired. */
function expiredAt(stem: string, runId: string, end: number): ReleaseRecord {
  return {
    reservation_id: idOfStem(stem),
    run_id: runId,
    released_at: formatTime(end),
    reason: "expired",
  };
}

/** Replaces the view again while a later heartbeat is there, in case ours set it back. */
function refreshView(files: ReservationChainFiles, stem: string, written: number): void {
  let shown = written;
  const isOld = () =>
    files.exists(slotName(stem, shown + 1)) || shown > 2 && !files.exists(slotName(stem, shown));
  while (isOld()) {
    const { slot, heartbeat, seal } = newest(files, stem);
    if (seal !== undefined || heartbeat === undefined || slot <= shown) return;
    files.replace(viewName(stem), { ...heartbeat, beat: slot });
    shown = slot;
  }
}

/** Releases a reservation; `false` when it was released or sealed before. */
export function release(
  files: ReservationChainFiles,
  stem: string,
  record: ReleaseRecord,
): boolean {
  const { slot, seal } = newest(files, stem);
  if (seal !== undefined) files.link(slotName(stem, slot), releaseName(stem));
  const staged = files.stage(record, false);
  const created = staged.create(releaseName(stem));
  staged.discard();
  ended(files, stem, slot);
  return created;
}

/** Makes an end last that was only found: its writer may have died before it was on the disk. */
export function persistEnd(files: ReservationChainFiles, stem: string): void {
  const { slot, seal } = newest(files, stem);
  if (seal !== undefined) files.link(slotName(stem, slot), releaseName(stem));
  ended(files, stem, slot);
}

/**
 * Ends a reservation for good if it has expired, or is not confirmed.
 *
 * @param lasts Whether it is to last; not if all of it is about to be removed.
 * @returns How it stands then: with a release that lasts, or live; `undefined` when it is gone.
 */
export function seal(
  files: ReservationChainFiles,
  stem: string,
  now: number,
  runId: string,
  lasts = true,
): ReservationEntry | undefined {
  while (true) {
    const state = read(files, stem);
    if (state === undefined) return undefined;
    const { entry } = state;
    let { slot, seal } = state;
    if (seal === undefined) {
      if (entry.release !== undefined && lasts) persist(files, stem);
      if (entry.release !== undefined || isHeld(files, entry, now)) return entry;
      seal = entry.unsettled === true
        ? refusedAt(stem, runId, now)
        : expiredAt(stem, runId, Math.min(effectiveExpiry(entry), now));
      const staged = files.stage(seal, lasts);
      if (!take(files, stem, state, staged)) continue;
      staged.discard();
      slot++;
      if (!files.exists(recordName(stem))) {
        files.remove(slotName(stem, slot));
        return undefined;
      }
    }
    if (lasts) {
      files.link(slotName(stem, slot), releaseName(stem));
      ended(files, stem, slot);
    } else if (files.exists(releaseName(stem))) {
      // The slot was free because others had ended it, and removed the slots.
      files.remove(slotName(stem, slot));
    }
    return { ...entry, release: seal };
  }
}

/** The release is there: makes it last, and removes the slots, which no process needs any more. */
function ended(files: ReservationChainFiles, stem: string, slots: number): void {
  persist(files, stem);
  sweep(files, stem, slots);
}

/** Removes the slots of a reservation that has ended. */
export function sweep(files: ReservationChainFiles, stem: string, slots: number): void {
  const all = slots > MAX_SWEPT_BY_NUMBER
    ? files.slots(stem)
    : Array.from({ length: slots }, (_, n) => slots - n);
  for (const slot of all) files.remove(slotName(stem, slot));
}

/** Makes the release last, whichever process made it. */
function persist(files: ReservationChainFiles, stem: string): void {
  files.syncNames(releaseName(stem), ["releases"]);
}
