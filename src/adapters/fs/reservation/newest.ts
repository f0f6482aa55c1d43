/**
 * The way to the newest slot of a reservation: from the one that the view shows upwards, otherwise from
 * the first one. Slots of earlier heartbeats were removed perhaps (disk/trim.ts).
 *
 * A view is a start while it is another name of its slot's file. So one that a slow process has set
 * back is none, where its slot was removed. From below a reader comes to a mark, or to a slot that a
 * power cut has torn. Slots above that may be gone, so it lists the folder and goes on from the highest one.
 */
import {
  farther,
  type HeartbeatRecord,
  type ReleaseRecord,
  type ReservationRecord,
} from "../../../domain/reservation/reservation.ts";
import { MAX_FOREIGN_COUNT } from "../../../domain/limits.ts";

/** What a slot of the chain holds: a heartbeat, a seal, or in the first one a confirmation. */
export type Slot = HeartbeatRecord | ReleaseRecord | ReservationRecord;

/** What the way to the newest slot needs of the files. Each call is atomic. */
export interface SlotFiles {
  slot(name: string): Slot | undefined;
  /** Whether `name` stands for the very file that `slot` last found under `as`; for none where it found none. */
  isStill(name: string, as: string): boolean;
  /** The numbers of a reservation's slots, from a listing: it may miss what comes or goes meanwhile. */
  slots(stem: string): number[];
}

/** Where the chain ends. */
export interface Newest {
  /** The number of the last slot, 0 when there is none. */
  readonly slot: number;
  /** The name under which its file was read: its own, or the view's. */
  readonly readAs: string;
  /** The heartbeat that reaches farthest. */
  readonly heartbeat: HeartbeatRecord | undefined;
  readonly seal: ReleaseRecord | undefined;
}

export function viewName(stem: string): string {
  return `heartbeats/${stem}.json`;
}

export function slotName(stem: string, slot: number): string {
  return `heartbeats/${stem}.${slot}`;
}

function isSeal(slot: Slot): slot is ReleaseRecord {
  return "released_at" in slot;
}

/** Whether the content of a slot is a confirmation: another name of the record. */
export function isConfirmation(slot: object): slot is ReservationRecord {
  return "addresses" in slot && !("last_beat_at" in slot);
}

function isHeartbeat(slot: Slot): slot is HeartbeatRecord {
  return !isSeal(slot) && !isConfirmation(slot);
}

/** The number that a heartbeat says it has; 0 of another tool's, and of one that cannot be read. */
function numberOf({ beat = 0 }: HeartbeatRecord): number {
  return Number.isInteger(beat) && beat > 0 && beat <= MAX_FOREIGN_COUNT ? beat : 0;
}

/** Where the chain ends. It is looked for once more when others moved it meanwhile. */
export function newest(files: SlotFiles, stem: string): Newest {
  while (true) {
    const found = look(files, stem);
    if (found !== undefined) return found;
  }
}

/** Whether the slot that was the last one is still the same file; otherwise what follows it may be void. */
export function isLast(files: SlotFiles, stem: string, { slot, readAs }: Newest): boolean {
  return slot === 0 || files.isStill(slotName(stem, slot), readAs);
}

/** `undefined` when others moved it meanwhile. */
function look(files: SlotFiles, stem: string): Newest | undefined {
  const readAs = viewName(stem);
  const view = files.slot(readAs);
  const heartbeat = view !== undefined && isHeartbeat(view) ? view : undefined;
  const start = { slot: 0, readAs, heartbeat, seal: undefined };
  const shown = heartbeat === undefined ? 0 : numberOf(heartbeat);
  const top = (shown > 0 ? climb(files, stem, { ...start, slot: shown }) : undefined) ??
    climb(files, stem, start);
  if (top?.isTrimmed !== true) return top;
  const found = descend(files, stem, start);
  // None removes what was the newest then before the view is another file.
  return files.isStill(readAs, readAs) ? found : undefined;
}

/** The last slot above one; `undefined` when that, or one on the way, is not the file that was read. */
function climb(
  files: SlotFiles,
  stem: string,
  from: Newest,
): Newest & { isTrimmed?: boolean } | undefined {
  let top: ReturnType<typeof climb> & object = from;
  while (true) {
    const slot = top.slot + 1;
    const readAs = slotName(stem, slot);
    const next = files.slot(readAs);
    if (!isLast(files, stem, top)) return undefined;
    if (next === undefined) return top;
    if (isSeal(next)) return { ...top, slot, readAs, seal: next };
    top = { ...top, slot, readAs };
    if (isConfirmation(next)) continue;
    const number = numberOf(next);
    // A mark, or what was one before a power cut.
    if (number !== slot) top = { ...top, isTrimmed: true };
    if (number > 0) top = { ...top, heartbeat: farther(next, top.heartbeat) };
  }
}

/** The end from a listing, where slots above the first ones are gone. */
function descend(files: SlotFiles, stem: string, start: Newest): Newest | undefined {
  let highest: Newest | undefined;
  let { heartbeat } = start;
  for (const slot of files.slots(stem).sort((a, b) => b - a)) {
    const readAs = slotName(stem, slot);
    const there = files.slot(readAs);
    if (there === undefined) return undefined;
    highest ??= { ...start, slot, readAs, seal: isSeal(there) ? there : undefined };
    if (isSeal(there)) continue;
    if (isConfirmation(there)) break;
    // One that cannot be read does not say how far it reaches, but the one below does.
    if (numberOf(there) === 0) continue;
    heartbeat = farther(there, heartbeat);
    break;
  }
  if (highest === undefined) return undefined;
  const top = { ...highest, heartbeat };
  return top.seal === undefined ? climb(files, stem, top) : top;
}
