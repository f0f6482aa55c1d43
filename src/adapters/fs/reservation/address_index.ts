/**
 * The index over the addresses of reservations: `reservations/addresses/`, with a folder for each
 * literal segment of a path (`_<hash>`), in it the entries of what is anchored there (`here/`), and
 * the entries of what names one symbol (`symbols/<hash>/`). An entry is a file `<expiry>-<hex>`, or
 * `<expiry>x<hex>` for an exclusive reservation, so what is long over is skipped unread. Only its name
 * counts. It is another name of the reservation's own file, so that the sync of that makes it last; an
 * empty file where it is made later, for a record of another tool.
 *
 * Two addresses can only overlap if the segments of one begin with those of the other, so whatever may
 * overlap an address lies in the folders on the way to its own, in its own, or below; and only there
 * is looked. Hashes may collide: what is found is then compared in vain, and nothing is missed.
 */
import { type Anchor, anchorOf } from "../../../domain/glob/address.ts";
import { hash } from "../../../domain/journal/hash.ts";
import { isStem } from "../../../domain/ids.ts";
import type { ReservationRecord } from "../../../domain/reservation/reservation.ts";
import type { Stepwise } from "../../../domain/glob/steps.ts";
import { parseTime } from "../../../domain/time.ts";
import type { HostFs } from "../../../ports/host.ts";
import { ensureDir, inDir } from "../disk/ensure_dir.ts";
import { type FolderMark, isUnchanged, markOf } from "../disk/folder_mark.ts";

/** Folders on the way to an entry; deeper addresses lie at the last. */
const MAX_DEPTH = 16;

/** Digits of an expiry, so that all names are alike. */
const WIDTH = 16;

/** Marks a name that says the fence of a reservation. */
const FENCE = "f";

/** How often a folder is made again when others remove it, since it is empty. */
const MAX_TRIES = 100;

/** `_<hash>`, `here`, `symbols` and `<hash>`; no other folder is one of ours. */
const FOLDER = /^_?[0-9a-z]+$/;

/** Folders on the way that are remembered. */
const MAX_WAYS = 200;

/** The size of a folder that is listed on the way, rather than asked for names: one block, some 150 names. */
const MAX_LISTED_BYTES = 4_096;

/** The folders of entries in that of a segment. */
const BOTH: ReadonlySet<string> = new Set(["here", "symbols"]);

const NOTHING = new Uint8Array();

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** What an entry's name says. */
export interface IndexEntry {
  readonly stem: string;
  /** When the reservation ends if no heartbeat extends it. */
  readonly expiresMs: number;
  readonly exclusive: boolean;
}

/** An entry, with where it was found. */
interface FoundEntry extends IndexEntry {
  readonly paths: string[];
}

/** A folder on the way to some addresses. */
interface Way extends FolderMark {
  /** `here` and `symbols`, if it has them; all its names where it {@link isWhole}. */
  readonly names: ReadonlySet<string>;
  readonly isWhole: boolean;
}

/** The entry of a reservation in the index, and where it belongs; what is no address does no harm. */
export function indexed(stem: string, record: ReservationRecord): [IndexEntry, Anchor[]] {
  const expiresMs = parseTime(record.expires_at) ?? 0;
  return [
    { stem, expiresMs, exclusive: record.exclusive === true },
    record.addresses.map(anchorOf),
  ];
}

/** Where version 0.1.0 entered an address whose names came decomposed, as macOS gives them. */
function decomposed({ segments, symbol }: Anchor): Anchor[] {
  const old = {
    segments: segments.map((each) => each.normalize("NFD")),
    symbol: symbol?.normalize("NFD"),
  };
  const isSame = old.symbol === symbol && old.segments.every((each, i) => each === segments[i]);
  return isSame ? [] : [old];
}

function nameOf({ stem, expiresMs, exclusive }: IndexEntry): string {
  const at = Math.min(Math.max(0, expiresMs), Number.MAX_SAFE_INTEGER);
  return `${String(at).padStart(WIDTH, "0")}${exclusive ? "x" : "-"}${stem}`;
}

/** What a name of ours says: a number, what that is, and of which reservation. */
function parseParts(name: string): { number: number; mark: string; stem: string } | undefined {
  const number = Number(name.slice(0, WIDTH));
  const mark = name.slice(WIDTH, WIDTH + 1);
  const stem = name.slice(WIDTH + 1);
  return Number.isSafeInteger(number) && isStem(stem) ? { number, mark, stem } : undefined;
}

function parseName(name: string): IndexEntry | undefined {
  const { number: expiresMs, mark, stem } = parseParts(name) ?? {};
  if (expiresMs === undefined || stem === undefined || mark !== "x" && mark !== "-") {
    return undefined;
  }
  return { stem, expiresMs, exclusive: mark === "x" };
}

/** The fence that a name gives a reservation. */
function parseFence(name: string) {
  const parts = parseParts(name);
  return parts?.mark === FENCE ? parts : undefined;
}

export class AddressIndex {
  /** What the folders on the way to some addresses held beside deeper ones, and when. */
  readonly #ways = new Map<string, Way>();
  /** Folders that the last search found missing. */
  readonly #missing = new Set<string>();

  constructor(readonly fs: HostFs, readonly root: string) {}

  /**
   * Enters a reservation under each of its addresses.
   *
   * @param create What makes an entry; `false` when it is there.
   * @returns The folders in which it made one.
   */
  *add(
    entry: IndexEntry,
    anchors: readonly Anchor[],
    create = (path: string) => this.fs.createNew(path, NOTHING),
  ): Stepwise<string[]> {
    const name = nameOf(entry);
    const changed: string[] = [];
    for (const folder of this.foldersOf(anchors)) {
      yield;
      // To try in vain first, and to look why, costs more than to make it.
      if (this.#isMissing(folder)) ensureDir(this.fs, folder);
      if (inDir(this.fs, folder, MAX_TRIES, () => create(`${folder}/${name}`))) {
        changed.push(folder);
      }
    }
    return changed;
  }

  /**
   * These folders of entries with all above: the names that a power cut must not take, since the process
   * that made one of them may not have synced it yet.
   */
  withAbove(folders: readonly string[]): ReadonlySet<string> {
    const all = new Set<string>();
    for (const folder of folders) {
      for (let at = folder; at.length >= this.root.length && !all.has(at); at = parentOf(at)) {
        all.add(at);
      }
    }
    if (all.size > 0) all.add(parentOf(this.root));
    return all;
  }

  /** Whether a reservation is entered under all its addresses. */
  has(entry: IndexEntry, anchors: readonly Anchor[]): boolean {
    const name = nameOf(entry);
    return this.foldersOf(anchors).every((folder) =>
      this.fs.lstat(`${folder}/${name}`) !== undefined
    );
  }

  remove(entry: IndexEntry, anchors: readonly Anchor[]): void {
    const name = nameOf(entry);
    for (const folder of this.foldersOf(anchors)) this.fs.remove(`${folder}/${name}`);
    if (entry.exclusive) this.removeFence(entry.stem, anchors);
  }

  /** The name that says the fence of a reservation, beside its first entry. */
  fencePath(stem: string, anchors: readonly Anchor[], fence: number): string {
    return `${this.foldersOf(anchors)[0]}/${String(fence).padStart(WIDTH, "0")}${FENCE}${stem}`;
  }

  /** The fence of a reservation; `undefined` where no name says it. */
  fence(stem: string, anchors: readonly Anchor[]): number | undefined {
    return this.#fences(stem, anchors)[0]?.fence;
  }

  removeFence(stem: string, anchors: readonly Anchor[]): void {
    for (const { path } of this.#fences(stem, anchors)) this.fs.remove(path);
  }

  #fences(stem: string, anchors: readonly Anchor[]): { fence: number; path: string }[] {
    return this.foldersOf(anchors).slice(0, 1).flatMap((folder) =>
      (this.fs.list(folder) ?? []).flatMap(({ name, isFile }) => {
        const found = isFile ? parseFence(name) : undefined;
        return found?.stem === stem ? { fence: found.number, path: `${folder}/${name}` } : [];
      })
    );
  }

  /**
   * All reservations that may overlap one of the addresses, and were entered before the call.
   *
   * @param isAdvice Nothing is granted by the answer: a folder on the way whose time stamp is what it was
   * has what it had.
   */
  *find(anchors: readonly Anchor[], isAdvice = false): Stepwise<FoundEntry[]> {
    this.#missing.clear();
    const found = new Map<string, FoundEntry>();
    const read = new Set<string>();
    const collect = (folder: string) => {
      if (read.has(folder)) return;
      read.add(folder);
      for (const { name, isFile } of this.fs.list(folder) ?? []) {
        const entry = isFile ? parseName(name) : undefined;
        if (entry === undefined) continue;
        const known = found.get(entry.stem) ?? { ...entry, paths: [] };
        known.paths.push(`${folder}/${name}`);
        found.set(entry.stem, known);
      }
    };
    const collectNode = (node: string, symbol: string | undefined, has = BOTH) => {
      if (has.has("here")) collect(`${node}/here`);
      const symbols = `${node}/symbols`;
      if (!has.has("symbols")) return;
      if (symbol !== undefined) return collect(`${symbols}/${hash(symbol)}`);
      for (const { name } of this.fs.list(symbols) ?? []) collect(`${symbols}/${name}`);
    };
    for (const { segments, symbol } of [...anchors, ...anchors.flatMap(decomposed)]) {
      let node = this.root;
      let isThere = true;
      for (const segment of segments.slice(0, MAX_DEPTH)) {
        const { names, isWhole } = this.#way(node, isAdvice);
        collectNode(node, symbol, names);
        const next = `_${hash(segment)}`;
        node += `/${next}`;
        isThere = !isWhole || names.has(next);
        if (isThere) continue;
        this.#missing.add(node);
        break;
      }
      const nodes = isThere ? [node] : [];
      for (const below of nodes) {
        yield;
        const listed = this.fs.list(below);
        if (listed === undefined) this.#missing.add(below);
        const folders = (listed ?? []).filter(({ isDirectory }) => isDirectory);
        collectNode(below, symbol, new Set(folders.map(({ name }) => name)));
        for (const { name } of folders) {
          if (name.startsWith("_")) nodes.push(`${below}/${name}`);
        }
      }
    }
    return [...found.values()];
  }

  /** Visits every entry; with `prune` folders that are empty then are removed. */
  *walk(prune: boolean, folder = this.root): Generator<{ stem: string; path: string }> {
    for (const { name, isDirectory, isFile } of this.fs.list(folder) ?? []) {
      const path = `${folder}/${name}`;
      if (isDirectory) {
        if (!FOLDER.test(name)) continue;
        yield* this.walk(prune, path);
        if (prune) this.fs.removeDir(path);
      } else {
        const found = isFile ? parseName(name) ?? parseFence(name) : undefined;
        if (found !== undefined) yield { stem: found.stem, path };
      }
    }
  }

  /**
   * What a folder on the way has. A look at a name that is missing costs several times one at a name that
   * is there, and as much as a short listing.
   */
  #way(node: string, isAdvice: boolean): Way {
    const stat = this.fs.lstat(node);
    const mark = markOf(stat);
    const known = isAdvice ? this.#ways.get(node) : undefined;
    if (known !== undefined && isUnchanged(known, mark)) return known;
    // Where the system gives no size, it may be a long one.
    const isWhole = stat === undefined || stat.size > 0 && stat.size <= MAX_LISTED_BYTES;
    const names = isWhole
      ? (stat && this.fs.list(node) || []).map(({ name }) => name)
      : [...BOTH].filter((name) => this.fs.lstat(`${node}/${name}`) !== undefined);
    const way = { ...mark, names: new Set(names), isWhole };
    if (this.#ways.size >= MAX_WAYS) this.#ways.clear();
    if (isAdvice) this.#ways.set(node, way);
    return way;
  }

  #isMissing(folder: string): boolean {
    return [...this.#missing].some((missing) => folder.startsWith(`${missing}/`));
  }

  /** The folders of the entries under these addresses. */
  foldersOf(anchors: readonly Anchor[]): string[] {
    const folders = anchors.map(({ segments, symbol }) => {
      let node = this.root;
      for (const segment of segments.slice(0, MAX_DEPTH)) node += `/_${hash(segment)}`;
      return symbol === undefined ? `${node}/here` : `${node}/symbols/${hash(symbol)}`;
    });
    return [...new Set(folders)];
  }
}
