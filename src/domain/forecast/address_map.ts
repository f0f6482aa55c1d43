/** Addresses by where they lie, so that those which overlap are found without comparing all. */
import { type Address, addressesOverlap, anchorOf, contains } from "../glob/address.ts";
import { parseGlob } from "../glob/glob.ts";
import { MAGIC } from "../glob/literal.ts";
import { type Bounds, boundsOf, mayOverlap } from "../glob/bounds.ts";

/** An address on a map, and what is kept there. */
export interface MappedAddress<T> {
  readonly address: Address;
  readonly value: T;
  /** Segments with which every path begins that it names. */
  readonly segments: readonly string[];
  /** The one symbol that it names. */
  readonly symbol: string | undefined;
  /** Whether it names one path, and what is below. */
  readonly isOnePath: boolean;
  /** Whether it names one path with all that is below, which is what `src/**` says too, and one
   * symbol or none. */
  readonly isPlain: boolean;
  readonly bounds: Bounds;
}

/** How what one address names lies to what another names. */
export type Relation =
  | "apart"
  /** The same names. */
  | "same"
  /** All that the other names, and more. */
  | "around"
  | "within"
  /** Some names in common, and some of its own each. */
  | "across"
  /** It would take too long to know. */
  | "unsure";

/** What may still be spent on looking at places and comparing them. */
export interface ForecastBudget {
  left: number;
}

/** What the search for names in common costs, against a look at two bounds: 500 times the time. */
const SEARCH = 500;

/** What an overlap costs: the caller keeps it, and there must not be too many to keep. */
const FOUND = 100;

/** A folder of the map: what lies there by its symbol, and the folders below. */
interface AddressNode<T> {
  readonly here: Map<string | undefined, MappedAddress<T>[]>;
  readonly below: Map<string, AddressNode<T>>;
}

export class AddressMap<T> {
  readonly #root: AddressNode<T> = { here: new Map(), below: new Map() };
  readonly #places = new Map<string, MappedAddress<T>>();

  /** All places, the first added first. */
  places(): IterableIterator<MappedAddress<T>> {
    return this.#places.values();
  }

  /** The place of an address as it is written, and as it was meant. */
  get(text: string, isFile: boolean): MappedAddress<T> | undefined {
    return this.#places.get(keyOf(text, isFile));
  }

  /** Adds an address that is not there yet. */
  add(address: Address, value: T): MappedAddress<T> {
    return this.put(placeOf(address, value));
  }

  /** Adds a place that is not there yet, such as another map's. */
  put(place: MappedAddress<T>): MappedAddress<T> {
    const { text, path } = place.address;
    this.#places.set(keyOf(text, path.file !== undefined), place);
    let folder = this.#root;
    for (const segment of place.segments) {
      const next = folder.below.get(segment) ?? { here: new Map(), below: new Map() };
      folder.below.set(segment, next);
      folder = next;
    }
    const here = folder.here.get(place.symbol);
    if (here === undefined) folder.here.set(place.symbol, [place]);
    else here.push(place);
    return place;
  }

  /** The places that overlap one; not all of them when the effort is spent. */
  *meeting(
    place: MappedAddress<unknown>,
    effort: ForecastBudget,
  ): Generator<{ readonly other: MappedAddress<T>; readonly relation: Relation }> {
    for (const { here } of this.#near(place.segments)) {
      for (const places of candidates(here, place.symbol)) {
        for (const other of places) {
          if (effort.left <= 0) return;
          const relation = relate(place, other, effort);
          if (relation === "apart") continue;
          effort.left -= FOUND;
          yield { other, relation };
        }
      }
    }
  }

  /** The folders on the way to these segments, theirs, and all below. */
  *#near(segments: readonly string[]): Generator<AddressNode<T>> {
    let folder = this.#root;
    for (const segment of segments) {
      yield folder;
      const next = folder.below.get(segment);
      if (next === undefined) return;
      folder = next;
    }
    const below = [folder];
    for (const each of below) {
      yield each;
      for (const next of each.below.values()) below.push(next);
    }
  }
}

/** One path may be named as a file and, before it was there, as whatever it may become. */
function keyOf(text: string, isFile: boolean): string {
  return `${isFile ? "file" : "path"} ${text}`;
}

/** Two different symbols have nothing in common. */
function candidates<T>(
  here: ReadonlyMap<string | undefined, readonly MappedAddress<T>[]>,
  symbol: string | undefined,
): Iterable<readonly MappedAddress<T>[]> {
  if (symbol === undefined) return here.values();
  return [here.get(symbol) ?? [], here.get(undefined) ?? []];
}

/** Where an address lies. */
export function placeOf<T>(address: Address, value: T): MappedAddress<T> {
  const { segments, symbol } = anchorOf(address.text);
  const path = address.path.text;
  const isOnePath = !MAGIC.test(path);
  return {
    address,
    value,
    segments,
    symbol,
    isOnePath,
    isPlain: !MAGIC.test(path.replace(/(^|\/)\*\*$/, "")) &&
      (address.symbol === null || symbol !== undefined),
    bounds: boundsOf(path),
  };
}

/** How one address lies to another. */
export function relate(
  a: MappedAddress<unknown>,
  b: MappedAddress<unknown>,
  effort: ForecastBudget,
): Relation {
  effort.left--;
  if (a.isPlain && b.isPlain) return relatePlain(a, b);
  if (!mayOverlap(a.bounds, b.bounds)) return "apart";
  effort.left -= SEARCH;
  const { overlaps, exhausted } = addressesOverlap(a.address, b.address);
  if (!overlaps) return "apart";
  if (exhausted) return "unsure";
  const around = contains(a.address, asFile(b));
  const within = contains(b.address, asFile(a));
  return around ? within ? "same" : "around" : within ? "within" : "across";
}

/**
 * What an address stands for to people: `src/a.ts` could be a folder, and then `src/*.ts` would not
 * contain what is below it; but with an ending like that it is a file.
 */
function asFile({ address, isPlain }: MappedAddress<unknown>): Address {
  const { text } = address.path;
  if (!isPlain || !/[^/]\.[A-Za-z][A-Za-z0-9]*$/.test(text)) return address;
  // A pattern names nothing below what it matches.
  const path = parseGlob(`${text.slice(0, -1)}[${text.slice(-1)}]`);
  return typeof path === "string" ? address : { ...address, path };
}

/** One path, or a folder and all below it, against another. */
function relatePlain(a: MappedAddress<unknown>, b: MappedAddress<unknown>): Relation {
  const shorter = Math.min(a.segments.length, b.segments.length);
  for (let i = 0; i < shorter; i++) if (a.segments[i] !== b.segments[i]) return "apart";
  if (a.symbol !== undefined && b.symbol !== undefined && a.symbol !== b.symbol) return "apart";
  // More segments narrow an address, and so does a symbol where the other has none.
  const path = a.segments.length - b.segments.length;
  const symbol = (a.symbol === undefined ? 0 : 1) - (b.symbol === undefined ? 0 : 1);
  if (path === 0 && symbol === 0) return "same";
  if (path <= 0 && symbol <= 0) return "around";
  return path >= 0 && symbol >= 0 ? "within" : "across";
}
