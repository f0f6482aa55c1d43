/** Addresses by where they lie, so that those which overlap are found without comparing all. */
import { type Address, contains } from "../glob/address.ts";
import { type CompareBudget, Outline, outlinesMeet } from "../glob/address_outline.ts";
import { accepts, type Automaton } from "../glob/automaton.ts";
import { pointsOf } from "../glob/chars.ts";
import { type Glob, parseGlob } from "../glob/glob.ts";
import { MAGIC } from "../glob/literal.ts";
import { common } from "../glob/search.ts";

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
  /** The same address, to be compared. */
  readonly outline: Outline;
  /** What it stands for where another may contain it. */
  readonly extent: Extent;
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

/** A place that another overlaps, and how. */
interface Meeting<T> {
  readonly other: MappedAddress<T>;
  readonly relation: Relation;
}

/** What may still be spent on looking at places and comparing them. */
export interface ForecastBudget {
  left: number;
  /** What of it may be spent in the automata of patterns; after that only glances decide. */
  readonly steps: CompareBudget;
}

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

  /**
   * The places that overlap one; not all of them when the effort is spent. It may pause where it
   * yields nothing.
   *
   * @param skips Places that do not matter.
   */
  *meeting(
    place: MappedAddress<unknown>,
    effort: ForecastBudget,
    skips: (other: MappedAddress<T>) => boolean = () => false,
  ): Generator<Meeting<T> | undefined> {
    for (const { here } of this.#near(place.segments)) {
      for (const places of candidates(here, place.symbol)) {
        for (const other of places) {
          if (effort.left <= 0) return;
          if (skips(other)) {
            effort.left--;
            continue;
          }
          const before = effort.steps.left;
          const relation = relate(place, other, effort);
          if (effort.steps.left < before) yield undefined;
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
  const { text, path: { text: path, file } } = address;
  const outline = new Outline(text, file === undefined ? undefined : new Set([path]));
  const { segments, only } = outline;
  const isPlain = !MAGIC.test(path.replace(/(^|\/)\*\*$/, "")) &&
    (address.symbol === null || only !== undefined);
  return {
    ...{ address, value, segments, symbol: only, isOnePath: !MAGIC.test(path), isPlain, outline },
    extent: new Extent(address, isPlain),
  };
}

/** How one address lies to another. */
export function relate(
  a: MappedAddress<unknown>,
  b: MappedAddress<unknown>,
  effort: ForecastBudget,
): Relation {
  if (a.isPlain && b.isPlain) {
    effort.left--;
    return relatePlain(a, b);
  }
  const { steps } = effort;
  const meeting = outlinesMeet(a.outline, b.outline, effort, steps);
  if (meeting !== "meets") return meeting;
  const before = steps.left;
  const around = b.extent.isWithin(a.address, steps);
  const within = a.extent.isWithin(b.address, steps);
  effort.left -= before - steps.left;
  return around ? within ? "same" : "around" : within ? "within" : "across";
}

/** Steps that take as long as one character in an automaton. */
const STEPS_PER_CHARACTER = 4;

/** What an address stands for to people, and whether another contains that. */
class Extent {
  #names: Address | undefined;
  #example: { readonly path: readonly number[]; readonly symbol: readonly number[] } | undefined;

  constructor(readonly address: Address, readonly isPlain: boolean) {}

  /** Whether another address names all of it; false also where there are no steps to know. */
  isWithin(other: Address, steps: CompareBudget): boolean {
    if (steps.left <= 0) return false;
    // Most that do not contain it lack an example of it, which is much faster to find out.
    this.#example ??= this.#findExample(steps);
    const { path, symbol } = this.#example;
    steps.left -= (path.length + symbol.length) * STEPS_PER_CHARACTER;
    const isNamed = (automaton: Automaton, points: readonly number[]) =>
      points.length === 0 || accepts(automaton, points);
    return isNamed(automatonOf(other.path), path) &&
      (other.symbol === null || isNamed(other.symbol, symbol)) &&
      contains(other, this.#named, steps);
  }

  /**
   * `src/a.ts` could be a folder, and then `src/*.ts` would not contain what is below it; but with an
   * ending like that it is a file.
   */
  get #named(): Address {
    return this.#names ??= this.#asFile() ?? this.address;
  }

  #asFile(): Address | undefined {
    const { text } = this.address.path;
    if (!this.isPlain || !/[^/]\.[A-Za-z][A-Za-z0-9]*$/.test(text)) return undefined;
    // A pattern names nothing below what it matches.
    const path = parseGlob(`${text.slice(0, -1)}[${text.slice(-1)}]`);
    return typeof path === "string" ? undefined : { ...this.address, path };
  }

  /** A shortest name; nothing where none is found in time. */
  #findExample(steps: CompareBudget) {
    const { path, symbol } = this.#named;
    const textOf = (automaton: Automaton | null) => {
      const found = automaton === null ? undefined : common(automaton, automaton, steps);
      return found?.kind === "text" ? pointsOf(found.text, false) : [];
    };
    return { path: textOf(automatonOf(path)), symbol: textOf(symbol) };
  }
}

function automatonOf(path: Glob): Automaton {
  return path.file ?? path.automaton;
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
