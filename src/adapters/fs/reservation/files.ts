/** The files of reservations on disk, for the protocols of chain.ts, order.ts and notice.ts. */
import type { JsonObject } from "../../../domain/json.ts";
import { idOfStem, isStem, stemOfId } from "../../../domain/ids.ts";
import { MAX_FOREIGN_COUNT, UNKNOWN_RUN } from "../../../domain/limits.ts";
import {
  parseHeartbeat,
  parseRelease,
  parseReservation,
  type ReleaseRecord,
  type ReservationRecord,
} from "../../../domain/reservation/reservation.ts";
import { formatTime, writable } from "../../../domain/time.ts";
import type { FileStat, HostFs } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { AddressIndex, indexed } from "./address_index.ts";
import { ensureLastingDir, inDir, isNotFound } from "../disk/ensure_dir.ts";
import type { Layout } from "../layout.ts";
import { idOfName, isSameFile, readParsed, readRecord, recordBytes } from "../disk/record_file.ts";
import { recordName, releaseName } from "./chain.ts";
import { isConfirmation, type Slot, viewName } from "./newest.ts";
import { INERT, ORDER } from "./order.ts";
import { FLOORS, type RemovalFiles } from "./removal.ts";
import { StagedFile, stageFile } from "../disk/staging.ts";
import { WrongClock } from "../disk/wrong_clock.ts";

/** How often a folder is made again when others remove it. */
const MAX_TRIES = 20;

export class ReservationFiles implements RemovalFiles {
  readonly index: AddressIndex;

  readonly #wrongClock: WrongClock;
  /** The files that were read last of one reservation's slots, by their names. */
  readonly #met = new Map<string, FileStat | undefined>();

  constructor(readonly fs: HostFs, readonly layout: Layout, readonly warn: Warn) {
    this.index = new AddressIndex(fs, layout.addresses);
    this.#wrongClock = new WrongClock(fs, layout.tmp, warn);
  }

  reservation(name: string): ReservationRecord | undefined {
    return this.#parsed(name, (value, id) => parseReservation(value, id));
  }

  place(name: string): ReservationRecord | typeof INERT | undefined {
    return this.#parsed(name, placeOf);
  }

  release(name: string): ReleaseRecord | undefined {
    const file = readRecord(this.fs, this.path(name));
    if (file.kind === "gone") return undefined;
    const id = idOfName(name);
    const release = file.kind === "record" ? parseRelease(file.value, id) : file.reason;
    if (typeof release !== "string") return release;
    // It takes the name that any other release would need.
    this.warn(`${name} ${release}: its reservation counts as released`);
    const released_at = formatTime(writable(file.stat.mtimeMs));
    return { reservation_id: id, run_id: UNKNOWN_RUN, released_at, reason: "unknown" };
  }

  slot(name: string): Slot | undefined {
    const file = readRecord(this.fs, this.path(name));
    this.#meet(name, file.kind === "gone" ? undefined : file.stat);
    if (file.kind === "gone") return undefined;
    const id = idOfName(name);
    const slot = file.kind !== "record" ? file.reason : slotOf(file.value, id);
    if (typeof slot !== "string") return slot;
    this.warn(`${name} ${slot}: skipped`);
    if (name.endsWith(".json")) return undefined;
    // A slot is taken, whatever is in it.
    const never = formatTime(0);
    return {
      reservation_id: id,
      run_id: UNKNOWN_RUN,
      last_beat_at: never,
      extended_expires_at: never,
    };
  }

  #meet(name: string, stat: FileStat | undefined): void {
    // All that read slots begin with the view.
    if (name.endsWith(".json")) this.#met.clear();
    this.#met.set(name, stat);
  }

  isStill(name: string, as: string): boolean {
    return isSameFile(this.fs, this.path(name), this.#met.get(as));
  }

  slots(stem: string): number[] {
    const names = this.fs.list(this.layout.folder("heartbeat")) ?? [];
    return names.flatMap(({ name }) => {
      const number = name.startsWith(`${stem}.`) ? name.slice(stem.length + 1) : "";
      return /^[1-9]\d{0,14}$/.test(number) && Number(number) <= MAX_FOREIGN_COUNT
        ? [Number(number)]
        : [];
    });
  }

  /** Whether some record of a reservation is there and says nothing that can be read. */
  isBroken(stem: string): boolean {
    const isReadable = (name: string, parse: (value: unknown, id: string) => object | string) => {
      const file = readRecord(this.fs, this.path(name));
      if (file.kind === "gone") return true;
      return file.kind === "record" && typeof parse(file.value, idOfStem(stem)) !== "string";
    };
    return !isReadable(recordName(stem), parseReservation) ||
      !isReadable(viewName(stem), parseHeartbeat) ||
      !isReadable(releaseName(stem), parseRelease);
  }

  exists(name: string): boolean {
    return this.fs.lstat(this.path(name)) !== undefined;
  }

  stage(content: object, durable: boolean): StagedFile {
    const { fs, layout } = this;
    const bytes = recordBytes(content);
    return new StagedFile(fs, layout.root, () => stageFile(fs, layout.tmp, bytes, durable));
  }

  create(name: string, content: object): boolean {
    const bytes = recordBytes(content);
    return this.#inFolderOf(name, (path) => this.fs.createNew(path, bytes));
  }

  replace(name: string, content: object): void {
    this.stage(content, false).replace(name);
  }

  link(from: string, to: string): boolean {
    return this.#inFolderOf(to, (path) => {
      try {
        return this.fs.link(this.path(from), path);
      } catch (error) {
        if (isNotFound(error) && !this.exists(from)) return false;
        throw error;
      }
    });
  }

  remove(name: string): void {
    this.fs.remove(this.path(name));
  }

  /** A folder that is missing, as the order is where other tools alone reserve, has nothing to lose. */
  isOver(what: string, at: string): boolean {
    return this.#wrongClock.isOver(what, at);
  }

  sync(folder: string): void {
    ifThere(() => this.fs.syncDir(this.path(folder)));
  }

  /**
   * One that is gone, as `gc` removes it, has nothing to lose.
   *
   * @param entries Folders of the address index.
   */
  syncNames(name: string, folders: readonly string[], entries: Iterable<string> = []): void {
    const inside = new Set([...folders.map((folder) => this.path(folder)), ...entries]);
    ifThere(() => this.fs.syncNames(this.path(name), [...inside]));
  }

  floor(): number {
    let floor = 0;
    for (const { name } of this.fs.list(this.path(FLOORS)) ?? []) {
      if (isFloor(name)) floor = Math.max(floor, Number(name));
    }
    return floor;
  }

  places(): number[] {
    const names = this.fs.list(this.path(ORDER)) ?? [];
    return names.filter(({ name }) => /^\d{16}$/.test(name)).map(({ name }) => Number(name));
  }

  leave(stem: string, reservation: ReservationRecord): void {
    this.index.remove(...indexed(stem, reservation));
  }

  path(name: string): string {
    return `${this.layout.root}/${name}`;
  }

  #inFolderOf<T>(name: string, body: (path: string) => T): T {
    const path = this.path(name);
    const folder = path.slice(0, path.lastIndexOf("/"));
    return inDir(this.fs, folder, MAX_TRIES, () => body(path), ensureLastingDir);
  }

  /** What a file says; what it is not is reported. */
  #parsed<T extends object>(
    name: string,
    parse: (value: JsonObject, id: string) => T | string,
  ): T | undefined {
    return readParsed(this.fs, this.layout.root, name, parse, this.warn);
  }
}

function ifThere(sync: () => void): void {
  try {
    sync();
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** Whether a name in the folder of the floors is one of ours. */
export function isFloor(name: string): boolean {
  return /^[1-9]\d{0,15}$/.test(name);
}

/** What a place says, or what is wrong with it. */
export function placeOf(value: JsonObject): ReservationRecord | typeof INERT | string {
  if ("inert" in value) return INERT;
  const id = value["reservation_id"];
  const isId = typeof id === "string" && isStem(stemOfId(id));
  return isId ? parseReservation(value, id) : "has no valid reservation_id";
}

/** A heartbeat, a seal, or in the first slot a confirmation. */
export function slotOf(value: JsonObject, id: string): Slot | string {
  if ("released_at" in value) return parseRelease(value, id);
  return isConfirmation(value) ? parseReservation(value, id) : parseHeartbeat(value, id);
}
