/**
 * Removal of ended records: reservations (reservation/gc.ts), tasks (task/gc.ts), intents, and
 * staging files that a crash has left.
 *
 * Some of it must write before it removes. On a full disk what needs no room goes first, then notes
 * that are made again at need, and then the rest is tried once more.
 */
import { stemOfId } from "../../../domain/ids.ts";
import { intentExpiry, parseIntent } from "../../../domain/reservation/reservation.ts";
import { type Clock, parseTime } from "../../../domain/time.ts";
import type { Collector, Sweep, Swept, TimedSweep } from "../../../ports/upkeep.ts";
import type { Host, HostFs } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { sweepSightings } from "../checkout/sightings.ts";
import { collectedAt, noteCollection } from "../disk/collected.ts";
import { Room } from "../disk/gc_room.ts";
import { removeEmptyDirs } from "../disk/time_index.ts";
import type { Layout } from "../layout.ts";
import { listStems, readParsed } from "../disk/record_file.ts";
import { ReservationFiles } from "../reservation/files.ts";
import { ReservationGc } from "../reservation/gc.ts";
import { removeTree } from "../disk/doctor/remove_tree.ts";
import { isUniqueName } from "../disk/staging.ts";
import { dueTree } from "../task/claim_files.ts";
import { TaskGc } from "../task/gc.ts";
import { sweepTags } from "../task/index/tag_sweep.ts";
import { ofRecord } from "../disk/unreadable.ts";

/** A staging file is needed for moments; after this number of milliseconds its process is gone. */
const STAGED_MS = 86_400_000;

export class FsCollector implements Collector {
  readonly #fs: HostFs;
  readonly #reservations: ReservationGc;
  readonly #tasks: TaskGc;

  readonly #room = new Room();

  constructor(
    host: Host,
    readonly layout: Layout,
    readonly clock: Clock,
    readonly warn: Warn,
  ) {
    this.#fs = host.fs;
    const files = new ReservationFiles(host.fs, layout, warn);
    this.#reservations = new ReservationGc(files, layout, this.#room);
    this.#tasks = new TaskGc(host, layout, warn, this.#room);
  }

  async collectedAt(): Promise<number | undefined> {
    return collectedAt(this.#fs, this.layout, this.clock());
  }

  async sweep(asked: Sweep): Promise<Swept[]> {
    const sweep = { ...asked, now: this.clock() };
    this.#room.begin();
    if (sweep.execute) {
      noteCollection(this.#fs, this.layout, sweep.now);
      this.#tidyStaging();
      sweepSightings(this.#fs, this.layout);
      this.#room.needed(() => sweepTags(this.#fs, this.layout));
      this.#room.needed(() => removeEmptyDirs(this.#fs, dueTree(this.layout)));
    }
    const swept = await this.#pass(sweep);
    if (this.#room.take() === undefined) return swept;
    this.#dropNotes();
    swept.push(...await this.#pass(sweep));
    const lack = this.#room.take();
    if (lack === undefined) return swept;
    if (swept.length === 0) throw lack;
    this.warn(`Some ended records stay, since removing them needs room: ${lack.message}`);
    return swept;
  }

  async #pass(sweep: TimedSweep): Promise<Swept[]> {
    const tasks = await this.#tasks.sweep(sweep);
    const { swept, left } = await this.#reservations.sweep(sweep);
    return [...swept, ...this.#intents(sweep, left), ...tasks];
  }

  /** Removes what says when the index was last compared with the records: it only saves time. */
  #dropNotes(): void {
    const notes = `${this.layout.index}/reservations`;
    for (const { name, isFile } of this.#fs.list(notes) ?? []) {
      if (isFile) this.#fs.remove(`${notes}/${name}`);
    }
    this.#fs.remove(`${this.layout.index}/checked`);
  }

  /** Intents whose reservation is gone, or which never had one. */
  #intents({ now, graceMs, execute }: TimedSweep, reservations: ReadonlySet<string>): Swept[] {
    const swept: Swept[] = [];
    for (const stem of listStems(this.#fs, this.layout.folder("intent"))) {
      const name = `intents/${stem}.json`;
      const { root } = this.layout;
      const intent = ofRecord(
        this.warn,
        () => readParsed(this.#fs, root, name, parseIntent, this.warn),
      );
      if (intent === undefined) continue;
      const { reservation_id: id, created_at } = intent;
      const end = id === null ? intentExpiry(intent) : parseTime(created_at) ?? now;
      if (end + graceMs > now) continue;
      if (id !== null && reservations.has(stemOfId(id))) continue;
      if (execute) this.#fs.remove(`${root}/${name}`);
      swept.push({ kind: "intent", id: intent.intent_id, reason: "ended" });
    }
    return swept;
  }

  #tidyStaging(): void {
    for (const { name, isFile, isDirectory } of this.#fs.list(this.layout.tmp) ?? []) {
      const path = `${this.layout.tmp}/${name}`;
      const changed = this.#fs.lstat(path)?.mtimeMs ?? Infinity;
      if (!isUniqueName(name) || Date.now() - changed <= STAGED_MS) continue;
      if (isFile) this.#fs.remove(path);
      // What `doctor` left when it was killed.
      else if (isDirectory) removeTree(this.#fs, path);
    }
  }
}
