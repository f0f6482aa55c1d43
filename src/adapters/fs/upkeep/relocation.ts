/**
 * Moving records to a workspace of files, and from it.
 *
 * A task gets its state before its definition, so that it is never pending in between: the slot of that
 * state and the view of it, or its end. Nothing follows from a task that is added, since what followed is
 * moved as well. Reservations take places in the order of this workspace, and keep their fences. In the
 * end the floor of the order is raised, so that the next fence is above all of them.
 */
import { dirname } from "../../../deps/path.ts";
import { anchorOf } from "../../../domain/glob/address.ts";
import { stemOfId } from "../../../domain/ids.ts";
import {
  effectiveExpiry,
  type ReservationEntry,
  type ReservationRecord,
} from "../../../domain/reservation/reservation.ts";
import { type ClaimRecord, isTerminal } from "../../../domain/task/claim.ts";
import { isKeyed } from "../../../domain/task/key.ts";
import type { TaskEntry } from "../../../domain/task/listing.ts";
import { parseTime } from "../../../domain/time.ts";
import type { TaskRecord } from "../../../domain/task/task.ts";
import type { Host, HostFs } from "../../../ports/host.ts";
import type { Relocation, Store } from "../../../ports/store.ts";
import type { EndedTask } from "../../../ports/tasks.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { ensureLastingDir } from "../disk/ensure_dir.ts";
import { SharedSync } from "../disk/shared_sync.ts";
import { KeyedTasks } from "../key/add.ts";
import { enter, type Layout } from "../layout.ts";
import { confirm, recordName } from "../reservation/chain.ts";
import { viewName } from "../reservation/newest.ts";
import { ReservationFiles } from "../reservation/files.ts";
import { ensureRecord, findHead, INERT, ORDER } from "../reservation/order.ts";
import { FLOORS } from "../reservation/removal.ts";
import { FsReservationStore } from "../reservation/store.ts";
import { Batches } from "../task/batch.ts";
import { FirstEntry } from "../task/index/first_entry.ts";
import { ClaimFiles } from "../task/claim_files.ts";
import { endOf, slotName } from "../task/claim/names.ts";

/** Tasks that are read at once. */
const PAGE = 500;

export class FsRelocation implements Relocation {
  readonly #host: Host;
  readonly #layout: Layout;
  readonly #claims: ClaimFiles;
  readonly #sharedSync: SharedSync;
  readonly #places: ReservationFiles;
  readonly #reservations: FsReservationStore;
  readonly #makeFolders: () => void;
  /** The time by which reservations are added: that at which each of them was. */
  #now = 0;

  constructor(
    machine: Host,
    readonly store: Pick<Store, "location" | "tasks" | "reservations" | "lanes" | "checker">,
    readonly warn: Warn,
  ) {
    const { host, layout } = enter(machine, store.location);
    this.#host = host;
    this.#layout = layout;
    this.#sharedSync = new SharedSync(host.fs);
    this.#claims = new ClaimFiles(host.fs, layout, warn);
    this.#places = new ReservationFiles(host.fs, layout, warn);
    this.#reservations = new FsReservationStore(host, layout, () => this.#now, warn);
    this.#makeFolders = () => ensureLastingDir(host.fs, layout.folder("claim"));
  }

  async *tasks(): AsyncGenerator<readonly TaskEntry[], void> {
    const ids = await this.store.tasks.find("", Number.MAX_SAFE_INTEGER);
    for (let at = 0; at < ids.length; at += PAGE) {
      const page: TaskEntry[] = [];
      for (const id of ids.slice(at, at + PAGE)) {
        const entry = await this.store.tasks.get(id);
        if (entry !== undefined) page.push(entry);
      }
      yield page;
    }
  }

  async addTasks(entries: readonly TaskEntry[]): Promise<void> {
    this.#makeFolders();
    const left = new Set<TaskEntry>(await this.store.tasks.restore(entries.filter(isEnded)));
    const added = entries.filter((entry) => !isEnded(entry) || left.has(entry));
    const claims = new Map(added.map(({ task, claim }) => [task.task_id, claim]));
    const first = new EntryAfter(this.#host.fs, this.#layout, ({ task_id }) => {
      const claim = claims.get(task_id);
      if (claim !== undefined) this.#keep(claim);
    });
    const keyed = this.#keyedTasks(first);
    // What they sync is synced at once.
    await Promise.all(added.map(async ({ task }) => {
      if (isKeyed(task)) return void await keyed.add([task]);
      const path = this.#layout.record("task", stemOfId(task.task_id));
      first.make(task, path);
      await this.#sharedSync.names(path, this.#layout.folder("task"));
    }));
  }

  /** Adding tasks with keys, which finds each task as it is and ends none. */
  #keyedTasks(first: FirstEntry): KeyedTasks {
    const { tasks } = this.store;
    return new KeyedTasks({
      host: this.#host,
      layout: this.#layout,
      first,
      batches: new Batches(this.#host, this.#layout, this.warn),
      claims: this.#claims,
      sharedSync: this.#sharedSync,
      add: async () => {},
      revived: (claim) => tasks.announce(claim.task_id),
      definition: async (id) => (await tasks.get(id))?.task,
      apply: async (id) => {
        const { task, claim } = await tasks.get(id) ?? {};
        if (task === undefined) return { kind: "missing" };
        if (claim !== undefined && isTerminal(claim)) return { kind: "kept", claim, warning: "" };
        return { kind: "refused", refusal: { status: "taken", message: "", claim } };
      },
    });
  }

  /** Gives a task its state. */
  #keep(claim: ClaimRecord): void {
    const stem = stemOfId(claim.task_id);
    const view = slotName(stem, 1);
    const name = isTerminal(claim) ? endOf(claim) : slotName(stem, claim.transition);
    const staged = this.#claims.stage(claim);
    if (name !== view) {
      staged.create(name);
      this.#claims.sync(name);
    }
    staged.replace(view);
    this.#claims.sync(view);
    if (!isTerminal(claim)) this.#claims.ensureDue(claim);
  }

  async lastFence(): Promise<number> {
    return findHead(this.#places, 0);
  }

  async raiseFence(fence: number): Promise<void> {
    if (fence === 0 || this.#places.floor() >= fence) return;
    this.#places.create(`${FLOORS}/${fence}`, INERT);
    this.#places.sync(FLOORS);
  }

  async addReservations(entries: readonly ReservationEntry[]): Promise<void> {
    for (const entry of entries) await this.#add(entry);
  }

  /** As the store does it, but also for what another process has added. */
  #confirm(reservation: ReservationRecord, fence: number | undefined): void {
    const files = this.#places;
    const stem = stemOfId(reservation.reservation_id);
    const folders: string[] = [];
    ensureRecord(files, stem);
    if (fence !== undefined) {
      const path = files.index.fencePath(stem, reservation.addresses.map(anchorOf), fence);
      files.link(recordName(stem), path.slice(files.layout.root.length + 1));
      folders.push(dirname(path));
    }
    confirm(files, stem);
    files.syncNames(recordName(stem), ["reservations", ORDER, "heartbeats"], folders);
  }

  async #add({ reservation, heartbeat, release, fence }: ReservationEntry): Promise<void> {
    const { reservation_id: id } = reservation;
    const there = await this.#reservations.get(id);
    this.#now = parseTime(reservation.created_at) ?? 0;
    const apart = { reservation, overlaps: nothing, admit: () => true, excludes: () => false };
    if (there === undefined) {
      if (reservation.exclusive === true) await this.#reservations.add(apart);
      else await this.#reservations.addNotice(apart);
    }
    // It was confirmed, or it would not be moved.
    if (reservation.confirmation !== undefined) this.#confirm(reservation, fence);
    if (there?.heartbeat !== undefined) {
      // The process that has added it may have died before it showed it.
      this.#places.replace(viewName(stemOfId(id)), there.heartbeat);
    } else if (heartbeat !== undefined) {
      // An exclusive one takes none after its end.
      const end = effectiveExpiry({ reservation, heartbeat: undefined, release: undefined });
      this.#now = Math.min(parseTime(heartbeat.last_beat_at) ?? 0, end - 1);
      await this.#reservations.beat(id, () => heartbeat);
    }
    if (release !== undefined && there?.release === undefined) {
      await this.#reservations.release(release);
    }
  }
}

/** The entries of tasks in the index, each of which comes after something else. */
class EntryAfter extends FirstEntry {
  constructor(fs: HostFs, layout: Layout, readonly before: (task: TaskRecord) => void) {
    super(fs, layout);
  }

  override add(task: TaskRecord, create: (path: string) => boolean): boolean {
    this.before(task);
    return super.add(task, create);
  }
}

function isEnded(entry: TaskEntry): entry is EndedTask {
  return entry.claim !== undefined && isTerminal(entry.claim);
}

/** Overlaps nothing. */
function* nothing(): Generator<undefined, boolean> {
  yield undefined;
  return false;
}
