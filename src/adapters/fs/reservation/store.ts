/**
 * The store of reservations over plain files. FORMAT.md describes every file; order.ts is the protocol
 * by which additions are put into one order, notice.ts that of a plain notice, chain.ts that of a
 * reservation's heartbeats and end, and address_index.ts finds what may overlap.
 */
import { paced } from "../../../async/paced.ts";
import type { NamedAddresses } from "../../../domain/glob/holds/holds.ts";
import type { Stepwise } from "../../../domain/glob/steps.ts";
import { anchorOf } from "../../../domain/glob/address.ts";
import type { RecordKind } from "../../../domain/watch/event.ts";
import { idOfStem, stemOfId } from "../../../domain/ids.ts";
import {
  type HeartbeatRecord,
  type IntentRecord,
  isLive,
  parseIntent,
  type ReleaseRecord,
  type ReservationEntry,
  type ReservationRecord,
  wasConfirmed,
} from "../../../domain/reservation/reservation.ts";
import type { Clock } from "../../../domain/time.ts";
import type { Host, HostFs } from "../../../ports/host.ts";
import type {
  NoticePlacement,
  Placement,
  ReservationStore,
  Rival,
} from "../../../ports/reservations.ts";
import type { OnUnread, Warn } from "../../../ports/warnings.ts";
import { candidatesOf, FsAddition, FsNotice } from "./addition.ts";
import { BarrenFolders } from "../disk/folder_mark.ts";
import { ensureLastingDir } from "../disk/ensure_dir.ts";
import type { Layout } from "../layout.ts";
import { listStems, readParsed, recordBytes } from "../disk/record_file.ts";
import { beat, confirm, persistEnd, readEntry, recordName, release, seal } from "./chain.ts";
import { RecordWatch } from "../watch/record_watch.ts";
import { ReservationCheck } from "./check.ts";
import { ReservationFiles } from "./files.ts";
import { liveNear } from "./near.ts";
import { addNotice } from "./notice.ts";
import { add, comingEntry, ensureRecord, findEntry, granted, ORDER } from "./order.ts";
import { makeWay } from "./rival.ts";
import { StagedFile, stageFile } from "../disk/staging.ts";
import { ofFolder, ofRecord } from "../disk/unreadable.ts";

const KINDS = ["reservation", "heartbeat", "release", "intent"] as const;

export class FsReservationStore implements ReservationStore {
  readonly #fs: HostFs;
  readonly #files: ReservationFiles;
  readonly #check: ReservationCheck;
  readonly #watch: RecordWatch;
  readonly #barren: BarrenFolders;
  /** Those that this process has added and not confirmed yet, with their places. */
  readonly #added = new Map<string, { readonly place: number; readonly addition: FsAddition }>();
  /** The last place that this process took. */
  #place = 0;
  #isOpen = false;

  constructor(
    readonly host: Host,
    readonly layout: Layout,
    readonly clock: Clock,
    readonly warn: Warn,
  ) {
    this.#fs = host.fs;
    this.#barren = new BarrenFolders(host.fs);
    this.#files = new ReservationFiles(host.fs, layout, warn);
    this.#check = new ReservationCheck(this.#files, layout, warn);
    const watched = ["reservation", "release"] as const;
    this.#watch = new RecordWatch(host, watched.map((kind) => layout.folder(kind)));
  }

  async add(placement: Placement): Promise<boolean> {
    this.#openToWrite();
    await paced(this.#check.run());
    const stem = stemOfId(placement.reservation.reservation_id);
    const addition = new FsAddition(this.#files, stem, placement, this.clock());
    const place = await paced(add(this.#files, addition, this.#place));
    if (place === undefined) return false;
    this.#place = place;
    if (placement.reservation.confirmation === undefined) {
      addition.persist();
      this.#check.knows(stem);
    } else this.#added.set(stem, { place, addition });
    return true;
  }

  async addNotice(placement: NoticePlacement): Promise<readonly ReservationEntry[]> {
    this.#openToWrite();
    await paced(this.#check.run());
    const stem = stemOfId(placement.reservation.reservation_id);
    const notice = new FsNotice(this.#files, stem, placement, this.clock());
    const overlapping = await paced(addNotice(this.#files, notice));
    this.#check.knows(stem);
    return overlapping;
  }

  async near(
    { addresses }: NamedAddresses,
    now: number,
    overlaps: (other: ReservationRecord) => Stepwise<boolean>,
  ): Promise<ReservationEntry[]> {
    if (this.#isUnused()) return [];
    return await paced(liveNear(this.#files, this.#check, addresses, now, overlaps));
  }

  async confirm(id: string): Promise<number | undefined> {
    const stem = stemOfId(id);
    const added = this.#added.get(stem);
    if (added === undefined) return undefined;
    this.#added.delete(stem);
    const { place, addition } = added;
    addition.fence(place);
    if (!confirm(this.#files, stem)) {
      addition.unfence();
      return undefined;
    }
    addition.persist(["reservations", ORDER, "heartbeats"]);
    this.#check.knows(stem);
    return place;
  }

  async refuse(id: string, runId: string): Promise<void> {
    const stem = stemOfId(id);
    this.#added.delete(stem);
    const entry = seal(this.#files, stem, this.clock(), runId);
    if (entry?.release !== undefined) this.#files.leave(stem, entry.reservation);
  }

  async makeWay(rival: Rival): Promise<readonly ReservationEntry[]> {
    // What is reserved from now on finds the rival, whose record is written.
    if (this.#isUnused()) return [];
    this.#openToWrite();
    await paced(this.#check.run());
    const anchors = rival.named.addresses.map(anchorOf);
    const now = this.clock();
    const candidates = candidatesOf(this.#files, anchors, { now, exclusive: true });
    return await paced(makeWay(this.#files, { ...rival, now }, candidates));
  }

  async get(id: string): Promise<ReservationEntry | undefined> {
    const stem = stemOfId(id);
    const entry = findEntry(this.#files, stem);
    if (entry?.reservation.confirmation === undefined) return entry;
    const fence = this.#files.index.fence(stem, entry.reservation.addresses.map(anchorOf));
    return fence === undefined ? entry : { ...entry, fence };
  }

  async find(prefix: string, limit: number): Promise<string[]> {
    const { stems } = this.#granted();
    return stems.filter((stem) => stem.toLowerCase().startsWith(prefix))
      .sort().slice(0, limit).map(idOfStem);
  }

  async list(now: number, all: boolean, onUnread?: OnUnread): Promise<ReservationEntry[]> {
    // What was released before its record is read has ended; nothing else is known of it here.
    const released = this.#named("release", onUnread);
    const beaten = this.#named("heartbeat", onUnread);
    const entries: ReservationEntry[] = [];
    const { stems, coming } = this.#listable(onUnread);
    for (const stem of stems) {
      if (!all && released.has(stem)) continue;
      const entry = ofRecord(this.warn, () => {
        if (stem === coming?.stem) return comingEntry(this.#files, coming);
        if (released.has(stem) || beaten.has(stem)) return readEntry(this.#files, stem);
        const reservation = this.#files.reservation(recordName(stem));
        // Its confirmation may have come since, or its end.
        if (reservation?.confirmation !== undefined) return readEntry(this.#files, stem);
        return reservation && { reservation, heartbeat: undefined, release: undefined };
      }, onUnread);
      if (entry === undefined || !wasConfirmed(entry)) continue;
      if (all || isLive(entry, now)) entries.push(entry);
    }
    return entries;
  }

  async beat(id: string, heartbeat: (now: number) => HeartbeatRecord) {
    this.#openToWrite();
    const stem = stemOfId(id);
    ensureRecord(this.#files, stem);
    return beat(this.#files, stem, heartbeat(this.clock()), this.clock);
  }

  async release(record: ReleaseRecord): Promise<boolean> {
    this.#openToWrite();
    const stem = stemOfId(record.reservation_id);
    ensureRecord(this.#files, stem);
    const isFirst = release(this.#files, stem, record);
    const reservation = this.#files.reservation(recordName(stem));
    if (reservation !== undefined) this.#files.leave(stem, reservation);
    return isFirst;
  }

  async persistRelease(id: string): Promise<void> {
    this.#openToWrite();
    persistEnd(this.#files, stemOfId(id));
  }

  watch(id: string, onChange: () => void, onError: (error: unknown) => void): { close(): void } {
    return this.#watch.listen(stemOfId(id), onChange, onError);
  }

  async addIntent(intent: IntentRecord): Promise<void> {
    this.#openToWrite();
    const folder = this.layout.folder("intent");
    const bytes = recordBytes(intent);
    const stage = () => stageFile(this.#fs, this.layout.tmp, bytes, false);
    const staged = new StagedFile(this.#fs, folder, stage);
    const name = `${stemOfId(intent.intent_id)}.json`;
    staged.create(name);
    staged.discard();
    this.#fs.syncNames(`${folder}/${name}`, [folder]);
  }

  async listIntents(): Promise<IntentRecord[]> {
    const stems = ofFolder(this.warn, () => this.#stems("intent")) ?? [];
    const read = (stem: string) =>
      readParsed(this.#fs, this.layout.root, `intents/${stem}.json`, parseIntent, this.warn);
    return stems.map((stem) => ofRecord(this.warn, () => read(stem)))
      .filter((intent) => intent !== undefined);
  }

  /** Whether nothing was ever reserved: before anything is, it is in the address index. */
  #isUnused(): boolean {
    const folder = this.layout.folder("reservation");
    const any = () => this.#fs.lstat(this.layout.addresses) ?? this.#fs.list(folder)?.[0];
    return this.#barren.within(folder, any) === undefined;
  }

  /** Once a process, before it writes: makes the folders that are missing. */
  #openToWrite(): void {
    if (this.#isOpen) return;
    for (const kind of KINDS) ensureLastingDir(this.#fs, this.layout.folder(kind));
    this.#isOpen = true;
  }

  /** The stems of all records of a kind; what is none is reported. */
  #stems(kind: RecordKind): string[] {
    const folder = this.layout.folder(kind);
    return listStems(this.#fs, folder, (name, reason) => {
      this.warn(`${kind}s/${name} ${reason}: skipped`);
    });
  }

  #granted() {
    return granted(this.#files, () => this.#stems("reservation"));
  }

  /** The same as far as it can be read. */
  #listable(onUnread?: OnUnread) {
    const records = () => ofFolder(this.warn, () => this.#stems("reservation"), onUnread) ?? [];
    const all = () => ofRecord(this.warn, () => granted(this.#files, records), onUnread);
    return ofFolder(this.warn, all, onUnread) ?? { stems: records(), coming: undefined };
  }

  /** The stems of all files of a folder. */
  #named(kind: RecordKind, onUnread?: OnUnread): Set<string> {
    const list = () => this.#fs.list(this.layout.folder(kind));
    const names = ofFolder(this.warn, list, onUnread) ?? [];
    return new Set(names.map(({ name }) => name.slice(0, name.indexOf("."))));
  }
}
