/**
 * From what a caller writes to the addresses that records have: paths from the top of the checkout.
 *
 * A path may be relative to the caller's folder or absolute, lie in any worktree, and lead through
 * symbolic links; all that name one file come to one address. Links are followed as far as the path
 * exists; in a pattern, as far as it is literal. A process that changes a link later changes what its
 * name means for later calls.
 */
import { dirname, join } from "../../../deps/path.ts";
import { addressProblem, partsOf } from "../../../domain/glob/address.ts";
import { canonical, folded } from "../../../domain/glob/chars.ts";
import { foreignProblem } from "../../../domain/glob/foreign.ts";
import { parseGlob } from "../../../domain/glob/glob.ts";
import {
  escapedPath,
  escapesOf,
  MAGIC,
  spellingOf,
  unescaped,
} from "../../../domain/glob/literal.ts";
import { MAX_LINKS } from "../../../domain/limits.ts";
import { quoted } from "../../../domain/text.ts";
import type { Named, Naming } from "../../../ports/checkout.ts";
import { type FileStat, type Host, HostError } from "../../../ports/host.ts";
import type { LocatedFile, MisnamedFile } from "../../../ports/sightings.ts";

/** What lies at a path whose folders are no links; `undefined` when nothing does. */
interface Place {
  readonly path: string;
  readonly kind: FileStat["kind"] | undefined;
}

/** The folder that addresses are relative to in one checkout, and the names on the way to it. */
interface Top {
  readonly path: string;
  readonly keys: readonly string[];
}

/** Names that need a look before they are taken for a pattern. */
const UNUSUAL = /[*?[\]{}\\\ufffd]|::|^!|[@+]\(|\([^()]*\|/;

/** Why a text names nothing here. */
class Misnamed extends Error {}

export class NameReader {
  readonly #places = new Map<string, Place>();
  readonly #lists = new Map<string, readonly string[]>();
  #tops: readonly Top[];
  #real: readonly Top[] | undefined;
  #farther: (() => readonly string[]) | undefined;
  #base: Place | undefined;

  /**
   * @param tops The folder that addresses are relative to, in each of the checkouts; ours first.
   * @param farther More of them, which lie in none of these.
   */
  constructor(
    readonly host: Pick<Host, "fs" | "os">,
    readonly tops: readonly [string, ...string[]],
    readonly how: Naming,
    farther?: () => readonly string[],
  ) {
    this.#tops = tops.map((path) => this.#topAt(path));
    this.#farther = farther;
  }

  read(texts: readonly string[]): Named {
    const entries = new Set<string>();
    const files = new Set<string>();
    const problems: string[] = [];
    for (const text of texts) {
      try {
        const { path, symbol, isFile } = this.#read(text);
        entries.add(symbol === null ? path : `${path}::${symbol}`);
        if (isFile) files.add(path);
      } catch (error) {
        if (!(error instanceof Misnamed)) throw error;
        problems.push(`${quoted(text, 200)} ${error.message}`);
      }
    }
    return { entries: [...entries], files: [...files], problems };
  }

  /** Where paths lead, each letter for letter, in their order. */
  locate(texts: readonly string[]): readonly (LocatedFile | MisnamedFile)[] {
    return texts.map((text) => {
      try {
        const place = this.#placeOf(text);
        const address = this.#fromTop(place);
        this.#check(address);
        return { text, address, path: place.path, isFile: this.#isFile(place) };
      } catch (error) {
        if (!(error instanceof Misnamed)) throw error;
        return { text, problem: `${quoted(text, 200)} ${error.message}` };
      }
    });
  }

  #read(text: string) {
    const isWhole = this.how.literal === true || this.how.kind === "glob";
    const { path, symbol } = isWhole ? { path: text, symbol: null } : this.#divided(text);
    const place = this.how.literal === true ? this.#placeOf(text) : this.#spelled(path);
    if (place?.kind === undefined && text.includes("\ufffd")) {
      throw new Misnamed("is no name in UTF-8: rename the file, or name its folder");
    }
    const read = place === undefined
      ? this.#pattern(path)
      : { path: this.#fromTop(place), isFile: this.#isFile(place) };
    this.#check(symbol === null ? read.path : `${read.path}::${symbol}`);
    return { ...read, symbol };
  }

  /** The parts of an address. A name may hold what divides them; the longest that exists is the path. */
  #divided(text: string): ReturnType<typeof partsOf> {
    const parts = partsOf(text);
    if (parts.symbol === null) return parts;
    for (let end = text.length; end > parts.path.length; end = text.lastIndexOf("::", end - 1)) {
      const path = text.slice(0, end);
      if (this.#spelled(path) === undefined) continue;
      return { path, symbol: end === text.length ? null : text.slice(end + 2) };
    }
    return parts;
  }

  #check(entry: string): void {
    const parsed = this.how.kind === "glob" ? parseGlob(entry) : addressProblem(entry);
    if (typeof parsed === "string") throw new Misnamed(parsed);
  }

  /** What exists under a name as it is written, letter for letter. */
  #spelled(path: string): Place | undefined {
    if (!UNUSUAL.test(path)) return undefined;
    let { place, names } = this.#start(path);
    for (const name of names) {
      if (MAGIC.test(name) && !this.#isListed(place, name)) return undefined;
      place = this.#step(place, name);
      if (place.kind === undefined) return undefined;
    }
    return place;
  }

  #isListed({ path, kind }: Place, name: string): boolean {
    if (kind !== "directory") return false;
    let names = this.#lists.get(path);
    if (names === undefined) {
      names = (this.host.fs.list(path) ?? []).map((entry) => entry.name.normalize("NFC"));
      this.#lists.set(path, names);
    }
    return names.includes(name.normalize("NFC"));
  }

  #pattern(pattern: string): { path: string; isFile: boolean } {
    if (pattern === "") throw new Misnamed("has a path that must not be empty");
    const foreign = foreignProblem(pattern);
    if (foreign !== undefined) throw new Misnamed(foreign);
    const { literal, rest } = spellingOf(pattern);
    for (const part of [escapesOf(literal), rest]) {
      const problem = part === "" ? undefined : parseGlob(part);
      if (typeof problem === "string") throw new Misnamed(problem);
    }
    const place = this.#placeOf(unescaped(literal));
    const path = this.#fromTop(place);
    if (rest === "") return { path, isFile: this.#isFile(place) };
    return { path: path === "." ? rest : `${path}/${rest}`, isFile: false };
  }

  #isFile({ kind }: Place): boolean {
    return kind === "file" || kind === undefined && this.how.file === true;
  }

  #placeOf(path: string): Place {
    const { place, names } = this.#start(path);
    return names.reduce((at, name) => this.#step(at, name), place);
  }

  /** Where a path begins, and what is to be followed from there. */
  #start(path: string): { place: Place; names: readonly string[] } {
    if (this.how.literal !== true && path.startsWith(":/")) {
      return { place: folder(this.tops[0]), names: path.split("/").slice(1) };
    }
    if (!path.startsWith("/") && !(this.host.os === "windows" && DRIVE.test(path))) {
      if (DRIVE.test(path)) throw new Misnamed("must not be absolute");
      this.#base ??= this.#baseOf(this.how.base);
      return { place: this.#base, names: path.split("/") };
    }
    return this.#absolute(path);
  }

  /** An absolute path. What is above the top need not be readable. */
  #absolute(path: string): { place: Place; names: readonly string[] } {
    for (const top of this.#tops) {
      const names = this.#namesBelow(top, namesOf(path));
      if (names !== undefined) return { place: folder(top.path), names };
    }
    if (this.#goFarther()) return this.#absolute(path);
    const [drive = "", ...names] = path.split(DRIVE.test(path) ? /[\\/]/ : "/");
    return { place: folder(`${drive}/`), names };
  }

  /** The folder that relative paths are meant from; the top where it lies outside of the checkout. */
  #baseOf(base: string | undefined): Place {
    const top = folder(this.tops[0]);
    if (base === undefined || base === "") return top;
    const isAbsolute = base.startsWith("/") || DRIVE.test(base);
    const start = isAbsolute ? this.#absolute(base) : { place: top, names: namesOf(base) };
    const place = start.names.reduce((at, name) => this.#step(at, name), start.place);
    return this.#inside(place) === undefined ? top : place;
  }

  /** One name further; a link is followed. */
  #step(at: Place, name: string, links = 0): Place {
    if (name === "" || name === ".") return at;
    if (name === "..") return folder(dirname(at.path));
    const path = join(at.path, name);
    // Nothing lies below a file, or below what is not there.
    if (at.kind !== "directory") return { path, kind: undefined };
    const known = this.#places.get(path);
    if (known !== undefined) return known;
    const kind = this.#kind(path);
    const place = kind === "symlink" ? this.#follow(at, path, links + 1) : { path, kind };
    this.#places.set(path, place);
    return place;
  }

  #follow(at: Place, path: string, links: number): Place {
    if (links > MAX_LINKS) throw new Misnamed("leads through too many symbolic links");
    const target = this.host.fs.readLink(path);
    if (target === undefined) return { path, kind: undefined };
    const names = target.split(this.host.os === "windows" ? /[\\/]/ : "/");
    const isAbsolute = target.startsWith("/") || DRIVE.test(target);
    const from = isAbsolute ? folder(`${names.shift() ?? ""}/`) : at;
    return names.reduce((place, name) => this.#step(place, name, links), from);
  }

  #kind(path: string): FileStat["kind"] | undefined {
    try {
      return this.host.fs.lstat(path)?.kind;
    } catch (error) {
      // A name that is too long for the file system is none that is there.
      if (error instanceof HostError && error.errno === "ENAMETOOLONG") return undefined;
      throw error;
    }
  }

  #fromTop(place: Place): string {
    const names = this.#inside(place);
    if (names === undefined) {
      throw new Misnamed(`leaves the checkout: it is ${quoted(place.path, 200)}`);
    }
    return escapedPath(names);
  }

  /** The names from the innermost top on; `undefined` when a place lies outside of all. */
  #inside({ path }: Pick<Place, "path">): readonly string[] | undefined {
    const names = namesOf(path);
    const found = this.#innermost(this.#tops, names);
    if (found !== undefined) return found;
    // A workspace may have been named by a path with links in it.
    this.#real ??= this.#tops.map(({ path: top }) =>
      this.#topAt(this.host.fs.realPath(top) ?? top)
    );
    return this.#innermost(this.#real, names) ??
      (this.#goFarther() ? this.#inside({ path }) : undefined);
  }

  /** Looks for more checkouts, once, where a path lies in none of those that are known. */
  #goFarther(): boolean {
    const more = this.#farther?.() ?? [];
    this.#farther = undefined;
    this.#tops = [...this.#tops, ...more.map((path) => this.#topAt(path))];
    this.#real = undefined;
    return more.length > 0;
  }

  #innermost(tops: readonly Top[], names: readonly string[]): readonly string[] | undefined {
    let innermost: readonly string[] | undefined;
    for (const top of tops) {
      const below = this.#namesBelow(top, names);
      if (below !== undefined && below.length < (innermost?.length ?? Infinity)) innermost = below;
    }
    return innermost;
  }

  #namesBelow({ keys }: Top, names: readonly string[]): readonly string[] | undefined {
    const isBelow = names.length >= keys.length &&
      keys.every((key, i) => key === this.#key(names[i] ?? ""));
    return isBelow ? names.slice(keys.length) : undefined;
  }

  #topAt(path: string): Top {
    return { path, keys: namesOf(path).map((name) => this.#key(name)) };
  }

  /** A name as it is compared: on some systems several spellings are one name. */
  #key(name: string): string {
    const isAlike = this.host.os === "darwin" || this.host.os === "windows";
    return isAlike ? folded(canonical(name, true)) : name;
  }
}

const DRIVE = /^[a-z]:(?:[\\/]|$)/i;

function folder(path: string): Place {
  return { path, kind: "directory" };
}

function namesOf(path: string): readonly string[] {
  return path.split(DRIVE.test(path) ? /[\\/]/ : "/").filter((name) => name !== "" && name !== ".");
}
