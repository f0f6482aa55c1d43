/**
 * The record folders of a workspace, as the feed looks at them.
 *
 * Versions. Whether a record still says the same is decided by a hash over what it says; for claims
 * the number of the transition goes before it. After an `@` a version carries the inode, size and
 * time of the file that said so, by which an unchanged file is known without opening it, and a `?`
 * when the file had changed so shortly before that its time stamp may hide one more change: then it
 * is opened again. Hashes hold across restarts, restored backups and moved workspaces.
 *
 * Claims. Their newest states are found by claim_chain.ts. A listing knows which slots there are, so comparing a
 * claim that did not change costs one look at its view.
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
import type { ClaimRecord } from "../../../domain/task/claim.ts";
import { unmarked } from "../../../domain/task/foreign_claim.ts";
import { parseClaim } from "../../../domain/task/parse_claim.ts";
import { recordsOf } from "../../../domain/task/segment.ts";
import type { Clock } from "../../../domain/time.ts";
import { type FileStat, type Host, HostError, type HostFs } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { Batches } from "../task/batch.ts";
import { readHead } from "../task/claim_chain.ts";
import {
  endName,
  groupClaims,
  type ListedClaim,
  parseClaimName,
  slotName,
} from "../task/claim/names.ts";
import { ReadClaim, readClaim } from "../task/claim/read_claim.ts";
import type { Segments } from "../segment/segments.ts";
import { FolderWatch } from "./folder_watch.ts";
import { RecordFolders } from "./record_folders.ts";
import { type Folders, NameLooks } from "./hints/name_looks.ts";
import type { NamesWatch, RecordHint, RecordListing, RecordLook, RecordSource } from "./records.ts";
import { Settled } from "./settled.ts";
import type { Layout } from "../layout.ts";
import { isSettled } from "../disk/folder_mark.ts";
import { idOfName, parseRecordName, readRecord } from "../disk/record_file.ts";
import { comingName } from "../reservation/order.ts";
import { ofFolder } from "../disk/unreadable.ts";

/** Milliseconds between two looks at names for which it was measured how many are worth it. */
const PACE_MS = 150;

export class FsRecordSource implements RecordSource {
  readonly #fs: HostFs;
  readonly #folders: RecordFolders;
  readonly #settled: Settled;
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
    if (kind === "claim") return this.#listClaims(names);
    const ids = names.flatMap((name) => parseRecordName(name) ?? []).map(idOfStem);
    if (coming !== undefined && !ids.includes(idOfStem(coming))) ids.push(idOfStem(coming));
    if (kind === "reservation") this.#settled.keep(ids);
    return { ids, look: (id, known) => this.#lookFile(kind, id, known) };
  }

  #listClaims(names: readonly string[]): RecordListing {
    const claims = groupClaims(names);
    const none = { hasView: false, slots: [], isEnded: false };
    return {
      ids: [...claims.keys()].map(idOfStem),
      look: (id, known) => this.#lookClaim(stemOfId(id), known, claims.get(stemOfId(id)) ?? none),
    };
  }

  look(kind: RecordKind, id: string, known: string | undefined): RecordLook {
    if (!this.#folders.isFolder(kind)) return GONE;
    const look = kind === "claim"
      ? this.#lookClaim(stemOfId(id), known, undefined)
      : this.#lookFile(kind, id, known);
    return look.kind === "gone" && known !== undefined ? this.#lookMoved(kind, id) : look;
  }

  /** What has no file any more; a claim goes after its task. */
  #lookMoved(kind: RecordKind, id: string): RecordLook {
    if (kind !== "task" && kind !== "claim") return GONE;
    return this.#guarded(kind, stemOfId(id), undefined, () => {
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
    return { mark, settled: this.#isSettled(stat) };
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
  ): NamesWatch {
    const folders: Folders = {
      mark: (kind) => this.mark(kind),
      names: (kind) => this.#names(kind),
      most: (kind) => this.#most(kind) * Math.max(1, gatherMs / PACE_MS),
      hintsOf: (kind, differing, names) =>
        kind === "claim"
          ? this.#claimHints(differing, names)
          : differing.flatMap((name) => hintsOf(kind, name)),
    };
    return new NameLooks(folders, kinds, onHint);
  }

  /**
   * At a look each {@link PACE_MS}. A record with a chain makes many notifications; on Deno so does each
   * reading of a record.
   */
  #most(kind: RecordKind): number {
    return this.replaced(kind) ? 2_000 : this.host.runtime === "deno" ? 1_000 : 250;
  }

  /** The names of a claim say where its newest state is. */
  #claimHints(differing: readonly string[], names: readonly string[]): RecordHint[] {
    const stemIn = (name: string) => name.slice(0, name.indexOf("."));
    const stems = new Set(differing.map(stemIn));
    const listed = groupClaims(names.filter((name) => stems.has(stemIn(name))));
    return differing.flatMap((name) => hintsOf("claim", name)).map((hint) => {
      const claim = hint.about === "record" ? listed.get(stemOfId(hint.id)) : undefined;
      if (hint.about !== "record" || claim === undefined) return hint;
      const { id } = hint;
      return { ...hint, look: (known) => this.#lookNewest(stemOfId(id), known, claim) };
    });
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
    return this.#guarded(kind, name, known, () => {
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
      const version = `${hash(text)}@${this.#signature(file.stat)}`;
      return found(version, file.value, text, known);
    });
  }

  /** @param listed What a listing showed; without it slots are looked for. */
  #lookClaim(stem: string, known: string | undefined, listed: ListedClaim | undefined): RecordLook {
    return this.#guarded("claim", slotName(stem, 1), known, () => {
      const folder = this.layout.folder("claim");
      if (known !== undefined && listed !== undefined) {
        // The slot of a revival stays, so without a slot there was none.
        const isOver = listed.isEnded && listed.slots.length === 0;
        const name = isOver ? endName(stem) : slotName(stem, 1);
        const stat = this.#fs.lstat(`${folder}/${name}`);
        const isNewest = isOver ||
          !listed.isEnded && listed.slots.every((slot) => slot <= Number.parseInt(known));
        if (stat !== undefined && isNewest && isSure(known, stat)) return SAME;
      }
      const files = new ReadClaim(this.#fs, folder);
      const state = readHead(files, stem, listed);
      if (state === undefined) return GONE;
      const { name, problem, stat } = files.sourceOf(stem, state);
      if (problem !== undefined) return broken("claim", name, problem, known);
      return this.#foundClaim(state, stat, known);
    });
  }

  /**
   * The same for a claim whose names have changed. A slot beyond the known ones says the newest state in
   * one reading; the end that may overrule it has a name too, and is met at the next look at the latest.
   */
  #lookNewest(stem: string, known: string | undefined, listed: ListedClaim): RecordLook {
    const slot = listed.isEnded ? 0 : Math.max(0, ...listed.slots);
    if (slot <= (known === undefined ? 1 : Number.parseInt(known))) {
      return this.#lookClaim(stem, known, listed);
    }
    return this.#guarded("claim", slotName(stem, slot), known, () => {
      const file = readClaim(this.#fs, this.layout.folder("claim"), slotName(stem, slot));
      const isState = file !== undefined && file.problem === undefined &&
        file.claim.transition === slot;
      return isState
        ? this.#foundClaim(unmarked(file.claim), file.stat, known)
        : this.#lookClaim(stem, known, listed);
    });
  }

  #foundClaim(state: ClaimRecord, stat: FileStat, known: string | undefined): RecordLook {
    const text = JSON.stringify(state);
    const version = `${state.transition}.${hash(text)}@${this.#signature(stat)}`;
    // The parser only adds fields that JSON can hold.
    return found(version, state as unknown as JsonObject, text, known);
  }

  /** A failure of the machine breaks one record, not the stream; it is tried again. */
  #guarded(
    kind: RecordKind,
    name: string,
    known: string | undefined,
    body: () => RecordLook,
  ): RecordLook {
    try {
      return body();
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      return broken(kind, name, `cannot be read: ${error.message}`, known);
    }
  }

  #signature(stat: FileStat): string {
    return `${signatureOf(stat)}${this.#isSettled(stat) ? "" : "?"}`;
  }

  /** Whether a later change would show in the time stamp. */
  #isSettled({ mtimeMs }: FileStat): boolean {
    return isSettled(mtimeMs, this.clock());
  }
}

const GONE = { kind: "gone" } as const;
const SAME = { kind: "same" } as const;

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

function signatureOf({ ino, size, mtimeMs }: Pick<FileStat, "ino" | "size" | "mtimeMs">): string {
  return `${ino}:${size}:${mtimeMs}`;
}

/** Whether a file is without doubt the one that a version speaks of, unchanged. */
function isSure(version: string, stat: FileStat): boolean {
  return version.endsWith(`@${signatureOf(stat)}`);
}

function found(
  version: string,
  data: JsonObject,
  text: string,
  known: string | undefined,
): RecordLook {
  return known !== undefined && contentOf(known) === contentOf(version)
    ? { kind: "same", version }
    : { kind: "record", version, data, text };
}

/** What is broken is always opened again: its permissions may have changed, and nothing else. */
function broken(
  kind: RecordKind,
  name: string,
  reason: string,
  known: string | undefined,
): RecordLook {
  const version = `!${hash(reason)}`;
  if (known === version) return SAME;
  return { kind: "broken", version, problem: `${FOLDERS[kind]}/${name} ${reason}: skipped` };
}

function contentOf(version: string): string {
  return version.slice(0, version.indexOf("@"));
}
