/** Which reservations have ended, and what is left in their folders; removal.ts removes. */
import { idOfStem, isStem } from "../../../domain/ids.ts";
import { effectiveExpiry } from "../../../domain/reservation/reservation.ts";
import { parseTime } from "../../../domain/time.ts";
import type { Swept, TimedSweep } from "../../../ports/upkeep.ts";
import type { HostFs } from "../../../ports/host.ts";
import { inChunks } from "../../../async/chunks.ts";
import type { Room } from "../disk/gc_room.ts";
import type { Layout } from "../layout.ts";
import { listStems } from "../disk/record_file.ts";
import { recordName, releaseName } from "./chain.ts";
import { isFloor, type ReservationFiles } from "./files.ts";
import { comingName, findEntry, findHead, granted, ORDER, settle } from "./order.ts";
import { ofRecord } from "../disk/unreadable.ts";
import { type EndedReservation, FLOORS, removeReservations } from "./removal.ts";

/** No process takes longer between an entry in the index and its reservation, milliseconds. */
const ENTRY_GRACE_MS = 86_400_000;

interface Dead extends Swept, EndedReservation {}

export class ReservationGc {
  readonly #fs: HostFs;
  /** Whether what is gone stays gone: a process that removed it may have died before it synced that. */
  #isGoneForGood = false;

  constructor(
    readonly files: ReservationFiles,
    readonly layout: Layout,
    readonly room: Room,
  ) {
    this.#fs = files.fs;
  }

  /** Sweeps reservations and all that belongs to them; returns which, and which there are left. */
  async sweep(sweep: TimedSweep): Promise<{ swept: Swept[]; left: Set<string> }> {
    this.#isGoneForGood = false;
    // What belongs to a reservation is listed before the reservations: whatever is new is not orphaned.
    const beats = this.#byStem("heartbeat");
    const releases = this.#byStem("release");
    if (sweep.execute) settle(this.files, findHead(this.files, 0));
    const { stems } = granted(
      this.files,
      () => listStems(this.#fs, this.layout.folder("reservation")),
    );
    const left = new Set(stems);
    const swept: Swept[] = [];
    await inChunks([...left], (stems) => {
      let dead = stems.flatMap((stem) =>
        ofRecord(this.files.warn, () => this.#dead(stem, beats.get(stem) ?? [], sweep)) ?? []
      );
      if (sweep.execute) dead = this.#remove(dead, sweep.now);
      for (const { stem, kind, id, reason } of dead) {
        left.delete(stem);
        swept.push({ kind, id, reason });
      }
    });
    swept.push(...this.#orphans("heartbeat", beats, sweep));
    swept.push(...this.#orphans("release", releases, sweep));
    if (sweep.execute) {
      this.#tidyIndex();
      this.room.needed(() => this.#tidyOrder());
    }
    return { swept, left };
  }

  #dead(stem: string, beats: readonly string[], { now, graceMs }: TimedSweep): Dead | undefined {
    const entry = findEntry(this.files, stem);
    if (entry === undefined) return undefined;
    const { release } = entry;
    const end = release === undefined
      ? effectiveExpiry(entry)
      : parseTime(release.released_at) ?? now;
    if (end > now || end + graceMs > now || this.files.isBroken(stem)) return undefined;
    const isExpired = release === undefined || release.reason === "expired";
    const reason = isExpired ? "expired" : "released";
    return { kind: "reservation", id: idOfStem(stem), reason, stem, entry, beats };
  }

  /** Removes reservations together; where room is short each frees some for the next. */
  #remove(dead: readonly Dead[], now: number): Dead[] {
    const parts = this.room.isTight ? dead.map((one) => [one]) : [dead];
    return parts.flatMap((some) =>
      this.room.needed(() => removeReservations(this.files, some, now)) ?? []
    );
  }

  /** What belongs to no reservation, and was last changed before the grace. */
  #orphans(
    kind: "heartbeat" | "release",
    names: ReadonlyMap<string, string[]>,
    { now, graceMs, execute }: TimedSweep,
  ): Swept[] {
    const swept: Swept[] = [];
    for (const [stem, files] of names) {
      for (const name of this.files.exists(recordName(stem)) ? [] : files) {
        const path = `${this.layout.folder(kind)}/${name}`;
        const stat = this.#fs.lstat(path);
        if (stat?.kind !== "file" || Math.min(stat.mtimeMs, now) + graceMs > now) continue;
        if (execute) this.#removeOrphan(path);
        if (name.endsWith(".json")) swept.push({ kind, id: idOfStem(stem), reason: "orphaned" });
      }
    }
    return swept;
  }

  /** Removes what belongs to a record that is gone, and would be missed if that came back. */
  #removeOrphan(path: string): void {
    if (!this.#isGoneForGood) {
      for (const folder of [ORDER, "reservations"]) {
        if (this.files.exists(folder)) this.files.sync(folder);
      }
      this.#isGoneForGood = true;
    }
    this.#fs.remove(path);
  }

  /** Entries of what is released, or was never granted, and folders without entries. */
  #tidyIndex(): void {
    const released: string[] = [];
    for (const { stem, path } of this.files.index.walk(true)) {
      if (this.files.exists(recordName(stem))) {
        if (this.files.exists(releaseName(stem))) released.push(path);
      } else if (Date.now() - (this.#fs.lstat(path)?.mtimeMs ?? Infinity) > ENTRY_GRACE_MS) {
        this.#removeOrphan(path);
      }
    }
    // A process that released one and died has left its entries, and perhaps not synced the release.
    if (released.length > 0) this.files.sync("releases");
    for (const path of released) this.#fs.remove(path);
  }

  /** What was on its way to a place when its process died, and floors that were raised. */
  #tidyOrder(): void {
    settle(this.files, findHead(this.files, 0));
    for (const { name: stem } of this.#fs.list(`${this.layout.root}/${ORDER}`) ?? []) {
      if (!isStem(stem)) continue;
      const path = `${this.layout.root}/${comingName(stem)}`;
      const age = Date.now() - (this.#fs.lstat(path)?.mtimeMs ?? Infinity);
      if (age > ENTRY_GRACE_MS) this.#fs.remove(path);
    }
    const floor = this.files.floor();
    for (const { name } of this.#fs.list(`${this.layout.root}/${FLOORS}`) ?? []) {
      if (isFloor(name) && Number(name) < floor) {
        this.#fs.remove(`${this.layout.root}/${FLOORS}/${name}`);
      }
    }
  }

  /** The names in a folder by the record that they are about. */
  #byStem(kind: "heartbeat" | "release"): Map<string, string[]> {
    const names = new Map<string, string[]>();
    for (const { name } of this.#fs.list(this.layout.folder(kind)) ?? []) {
      const stem = name.slice(0, Math.max(0, name.indexOf(".")));
      if (!isStem(stem) || !/^\.(json|[1-9]\d{0,15})$/.test(name.slice(stem.length))) {
        continue;
      }
      const known = names.get(stem);
      if (known === undefined) names.set(stem, [name]);
      else known.push(name);
    }
    return names;
  }
}
