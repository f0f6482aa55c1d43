/**
 * The record folders of a workspace, as the feed looks at them.
 *
 * Marks. Creating, renaming and removing change a folder's modification time; the mark is that time
 * and the folder's inode. It is settled once the time stamp is older than its own granularity.
 *
 * Reservations. One that was granted and whose record is to come (reservation/order.ts) is among
 * them, and belongs to the mark, since its folder does not change with it. So do those that were met
 * before they were confirmed, which are not among them (settled.ts).
 *
 * Only real folders are looked into and only regular files are opened: a record folder that is a
 * symbolic link is reported and its kind is left out.
 */
import { FOLDERS, RECORD_KINDS, type RecordKind } from "../../../domain/watch/event.ts";
import { hash } from "../../../domain/journal/hash.ts";
import { idOfStem, isStem, stemOfId } from "../../../domain/ids.ts";
import type { JsonObject } from "../../../domain/json.ts";
import { parseClaim } from "../../../domain/task/parse_claim.ts";
import { recordsOf } from "../../../domain/task/segment.ts";
import type { Clock } from "../../../domain/time.ts";
import type { Host, HostFs } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { Batches } from "../task/batch.ts";
import { parseClaimName } from "../task/claim/names.ts";
import type { Segments } from "../segment/segments.ts";
import { FolderWatch } from "./folder_watch.ts";
import { RecordFolders } from "./looks/record_folders.ts";
import { type Folders, NameLooks } from "./hints/name_looks.ts";
import { NoticeLooks } from "./hints/notice_looks.ts";
import type {
  IntervalWatch,
  RecordHint,
  RecordListing,
  RecordLook,
  RecordSource,
} from "./records.ts";
import { ClaimLooks } from "./looks/claim_looks.ts";
import { Settled } from "./looks/settled.ts";
import { broken, found, GONE, guarded, isSure, SAME, Versions } from "./looks/versions.ts";
import type { Layout } from "../layout.ts";
import { idOfName, parseRecordName, readRecord } from "../disk/record_file.ts";
import { comingName } from "../reservation/order.ts";
import { ofFolder } from "../disk/unreadable.ts";

/** Milliseconds between two looks at names for which it was measured how many are worth it. */
const PACE_MS = 150;

export class FsRecordSource implements RecordSource {
  readonly #fs: HostFs;
  readonly #folders: RecordFolders;
  readonly #settled: Settled;
  readonly #versions: Versions;
  readonly #claims: ClaimLooks;
  readonly #lookAtClaim = (id: string, known: string | undefined) => this.look("claim", id, known);
  readonly #segments: Segments;
  /** The reservation that was to come when the mark was read last. */
  #marked: string | undefined;

  constructor(
    readonly host: Host,
    readonly layout: Layout,
    readonly warn: Warn,
    /** The clock that file times are compared with. */
    readonly clock: Clock = Date.now,
  ) {
    this.#fs = host.fs;
    this.#folders = new RecordFolders(host.fs, layout, warn);
    this.#settled = new Settled(this.#folders.reservations);
    this.#segments = this.#folders.segments;
    this.#versions = new Versions(clock);
    this.#claims = new ClaimLooks(host.fs, layout.folder("claim"), this.#versions);
  }

  async prepare(): Promise<void> {
    await new Batches(this.host, this.layout, this.warn).fileAll();
  }

  count(kind: RecordKind): number {
    return this.#folders.count(kind);
  }

  list(kind: RecordKind): RecordListing {
    if (!this.#folders.isFolder(kind)) {
      return { ids: [], look: (id, known) => this.look(kind, id, known) };
    }
    const coming = this.#folders.coming(kind);
    const names = (this.#fs.list(this.layout.folder(kind)) ?? []).map(({ name }) => name);
    if (kind === "claim") return this.#claims.list(names);
    const ids = names.flatMap((name) => parseRecordName(name) ?? []).map(idOfStem);
    if (coming !== undefined && !ids.includes(idOfStem(coming))) ids.push(idOfStem(coming));
    if (kind === "reservation") this.#settled.keep(ids);
    return { ids, look: (id, known) => this.#lookFile(kind, id, known) };
  }

  look(kind: RecordKind, id: string, known: string | undefined): RecordLook {
    if (!this.#folders.isFolder(kind)) return GONE;
    const look = kind === "claim" ? this.#claims.look(id, known) : this.#lookFile(kind, id, known);
    return look.kind === "gone" && known !== undefined ? this.#lookMoved(kind, id) : look;
  }

  /** What has no file any more; a claim goes after its task. */
  #lookMoved(kind: RecordKind, id: string): RecordLook {
    if (kind !== "task" && kind !== "claim") return GONE;
    return guarded(kind, stemOfId(id), undefined, () => {
      const line = this.#segments.recent(stemOfId(id)) ?? this.#segments.find(stemOfId(id));
      const records = line && recordsOf(line);
      if (line === undefined || records === undefined) return GONE;
      const { endedMs } = line;
      if (kind === "task") {
        const data = records.task;
        return { kind: "moved", version: `${hash(JSON.stringify(data))}@`, data, endedMs };
      }
      const state = parseClaim(records.claim, id);
      if (typeof state === "string") return GONE;
      const version = `${state.transition}.${hash(JSON.stringify(state))}@`;
      return { kind: "moved", version, data: state as unknown as JsonObject, endedMs };
    });
  }

  moved(kind: RecordKind, since: number): string[] {
    if (kind !== "task" && kind !== "claim") return [];
    return (ofFolder(this.warn, () => this.#segments.since(since)) ?? []).map(idOfStem);
  }

  mark(kind: RecordKind): { mark: string; settled: boolean } {
    const stat = this.#folders.stat(this.layout.folder(kind));
    if (stat === undefined) return { mark: "none", settled: true };
    if (stat.kind !== "directory") return { mark: stat.kind, settled: true };
    const coming = this.#folders.coming(kind);
    if (kind === "reservation") this.#marked = coming;
    const pending = kind === "reservation" ? this.#settled.mark() : "";
    const mark = `${stat.ino}:${stat.mtimeMs}${coming === undefined ? "" : `:${coming}`}${pending}`;
    return { mark, settled: this.#versions.isSettled(stat) };
  }

  replaced(kind: RecordKind): boolean {
    return kind === "claim" || kind === "heartbeat";
  }

  watch(
    kinds: readonly RecordKind[],
    onHint: (hint: RecordHint) => void,
    onError: (error: unknown) => void,
  ): { close(): void } {
    const watch = new FolderWatch(this.host, this.layout, (dir, name) => {
      if (dir === undefined) {
        for (const kind of kinds) onHint({ about: "kind", kind });
        return;
      }
      const kind = RECORD_KINDS.find((each) => FOLDERS[each] === dir);
      if (kind === undefined) return onHint({ about: "other", kind: undefined });
      if (name === undefined) return onHint({ about: "kind", kind });
      hintsOf(kind, name).forEach(onHint);
    }, onError);
    watch.start(kinds.map((kind) => FOLDERS[kind]));
    return watch;
  }

  byNames(
    kinds: readonly RecordKind[],
    onHint: (hint: RecordHint) => void,
    gatherMs: number,
  ): IntervalWatch {
    const folders: Folders = {
      mark: (kind) => this.mark(kind),
      names: (kind) => this.#names(kind),
      most: (kind) => this.#most(kind) * Math.max(1, gatherMs / PACE_MS),
      hintsOf: (kind, differing, names) =>
        kind === "claim"
          ? this.#claims.hintsOfListed(differing, names, this.#lookAtClaim)
          : differing.flatMap((name) => hintsOf(kind, name)),
    };
    return new NameLooks(folders, kinds, onHint);
  }

  async byNotices(
    kinds: readonly RecordKind[],
    onHint: (hint: RecordHint) => void,
  ): Promise<IntervalWatch | undefined> {
    const { layout } = this;
    const byDir = new Map(kinds.map((kind) => [layout.folder(kind), kind]));
    const notices = await this.host.notices?.([layout.root, ...byDir.keys()]);
    return notices && new NoticeLooks(
      {
        kindOf: (dir) => byDir.get(dir),
        isFolder: (name) => byDir.has(`${layout.root}/${name}`),
        hintsOf: (kind, names) =>
          kind === "claim"
            ? this.#claims.hintsOfNoted(names, this.#lookAtClaim)
            : [...names].flatMap((name) => hintsOf(kind, name)),
      },
      notices,
      kinds,
      onHint,
    );
  }

  /**
   * At a look each {@link PACE_MS}. A record with a chain makes many notifications; on Deno so does each
   * reading of a record.
   */
  #most(kind: RecordKind): number {
    return this.replaced(kind) ? 2_000 : this.host.runtime === "deno" ? 1_000 : 250;
  }

  #names(kind: RecordKind): string[] {
    if (!this.#folders.isFolder(kind)) return [];
    const names = (this.#fs.list(this.layout.folder(kind)) ?? []).map(({ name }) => name);
    const coming = kind === "reservation" ? this.#marked : undefined;
    if (coming !== undefined) names.push(`${coming}.json`);
    return names;
  }

  identity(): readonly string[] {
    const ino = this.#folders.stat(this.layout.root)?.ino ?? 0;
    return ino === 0 ? [this.layout.root] : [this.layout.root, `inode ${ino}`];
  }

  #lookFile(kind: RecordKind, id: string, known: string | undefined): RecordLook {
    const name = `${stemOfId(id)}.json`;
    const path = `${this.layout.folder(kind)}/${name}`;
    const look = this.#lookAt(kind, name, path, known);
    // It is a link to what is to become the record, so its version is the same.
    const isComing = look.kind === "gone" && this.#folders.coming(kind) === stemOfId(id);
    if (!isComing) return look;
    const coming = `${this.layout.root}/${comingName(stemOfId(id))}`;
    const found = this.#lookAt(kind, name, coming, known);
    return found.kind === "gone" ? this.#lookAt(kind, name, path, known) : found;
  }

  #lookAt(kind: RecordKind, name: string, path: string, known: string | undefined): RecordLook {
    return guarded(kind, name, known, () => {
      const id = idOfName(name);
      if (this.#settled.isRefused(kind, id)) return GONE;
      if (known !== undefined) {
        const stat = this.#fs.lstat(path);
        if (stat === undefined) return GONE;
        if (isSure(known, stat)) return SAME;
      }
      const file = readRecord(this.#fs, path);
      if (file.kind === "gone") return GONE;
      if (file.kind === "broken") return broken(kind, name, file.reason, known);
      if (!this.#settled.shows(kind, id, file.value)) return GONE;
      const text = JSON.stringify(file.value);
      const version = this.#versions.of(text, file.stat);
      return found(version, file.value, text, known);
    });
  }
}

/** The stem of the record that a file's name speaks of; `undefined` when it speaks of none. */
function parseName(kind: RecordKind, name: string): string | undefined {
  return kind === "claim" ? parseClaimName(name)?.stem : parseRecordName(name);
}

/** What a name in the folder of a kind hints at when it comes or goes. */
function hintsOf(kind: RecordKind, name: string): RecordHint[] {
  const [, beaten = "", slot] = kind === "heartbeat" && /^(.+)\.(\d+)$/.exec(name) || [];
  const stem = isStem(beaten) ? beaten : parseName(kind, name);
  if (stem === undefined) return [{ about: "other", kind }];
  const hint = { about: "record", kind, id: idOfStem(stem) } as const;
  // The first slot confirms a reservation.
  return slot === "1" ? [{ ...hint, kind: "reservation" }, hint] : [hint];
}
