/**
 * Addresses as far as comparing them needs: by a glance first, parsed only where that says nothing.
 */
import { type Address, addressProblem, anchorOf, parseAddress, partsOf } from "./address.ts";
import { type Bounds, boundsOf, mayOverlap } from "./bounds.ts";
import type { Dialect } from "./compile.ts";
import { facing } from "./glob.ts";
import { isLiteral } from "./literal.ts";
import { common } from "./search.ts";
import { type Shape, shapeOf, shapesMeet } from "./shape.ts";

/** What may still be spent on comparing, in looks at two patterns. */
export interface CompareBudget {
  left: number;
}

/** Whether two addresses overlap; `unsure` where it would take too long to know. */
export type OutlineOverlap = "apart" | "meets" | "unsure";

/** Steps in two automata that take as long as a look. */
const STEPS_PER_LOOK = 2;

/** Characters of a pattern that are read in the time of a look. */
const CHARACTERS_PER_LOOK = 8;

/** Places of two shapes that are compared in the time of a look. */
const PLACES_PER_LOOK = 64;

/** An address, which may be bad. */
export class Outline {
  /** Segments with which every path begins that it names. */
  readonly segments: readonly string[];
  readonly path: Part;
  readonly symbol: Part | null;
  /** The one symbol that it names. */
  readonly only: string | undefined;
  #address: Address | null | undefined;
  #isGood: boolean | undefined;

  /** @param files Paths, as they are written in addresses, that are known to be files. */
  constructor(readonly text: string, readonly files?: ReadonlySet<string>) {
    const { segments, symbol: only } = anchorOf(text);
    const { path, symbol } = partsOf(text);
    this.segments = segments;
    this.only = only;
    this.path = new Part(path, files?.has(path) === true ? "file" : "path");
    this.symbol = symbol === null ? null : new Part(symbol, "symbol");
  }

  /** Whether it is an address at all: other tools do not check theirs. */
  get isGood(): boolean {
    return this.#isGood ??= addressProblem(this.text) === undefined;
  }

  /** The parsed address, `null` when it is bad. */
  get address(): Address | null {
    if (this.#address === undefined) {
      const parsed = parseAddress(this.text, this.files);
      this.#address = typeof parsed === "string" ? null : parsed;
    }
    return this.#address;
  }
}

/** One part of an address. */
class Part {
  #bounds: Bounds | undefined;
  readonly #shapes: { [dialect in Dialect]?: Shape | null } = {};
  #isLiteral: boolean | undefined;

  constructor(readonly text: string, readonly dialect: Dialect) {}

  get bounds(): Bounds {
    return this.#bounds ??= boundsOf(this.text);
  }

  get isLiteral(): boolean {
    return this.#isLiteral ??= isLiteral(this.text);
  }

  /** Its shape against another part, `null` where it has none. */
  shape(effort: CompareBudget, other: Part): Shape | null {
    const dialect = this.dialect === "file" && other.isLiteral ? "path" : this.dialect;
    const known = this.#shapes[dialect];
    if (known !== undefined) return known;
    effort.left -= this.text.length / CHARACTERS_PER_LOOK;
    return this.#shapes[dialect] = shapeOf(this.text, dialect) ?? null;
  }
}

/**
 * Whether two addresses overlap, of which the segments of one begin with those of the other.
 *
 * @param steps What may be spent in automata, besides the effort.
 */
export function outlinesMeet(
  a: Outline,
  b: Outline,
  effort: CompareBudget,
  steps: CompareBudget,
): OutlineOverlap {
  effort.left--;
  if (isSamePath(a, b)) return "meets";
  if (a.only !== undefined && b.only !== undefined && a.only !== b.only) return "apart";
  if (!mayOverlap(a.path.bounds, b.path.bounds)) return "apart";
  const budget = { effort, steps };
  const path = partsMeet(a, b, false, budget);
  if (path === "apart") return "apart";
  const symbol = a.symbol === null || b.symbol === null ? "meets" : partsMeet(a, b, true, budget);
  if (symbol === "apart") return "apart";
  if (path === "unsure" || symbol === "unsure") return "unsure";
  return a.isGood && b.isGood ? "meets" : "apart";
}

/** Whether two addresses are one path, letter for letter: what is said of it need not be worked out. */
export function isSamePath(a: Outline, b: Outline): boolean {
  return a.text === b.text && a.symbol === null && b.symbol === null && a.path.isLiteral &&
    a.isGood &&
    a.path.dialect === b.path.dialect;
}

interface SearchBudgets {
  readonly effort: CompareBudget;
  readonly steps: CompareBudget;
}

/** Whether the paths, or the symbols, of two addresses have something in common. */
function partsMeet(
  a: Outline,
  b: Outline,
  isSymbol: boolean,
  budget: SearchBudgets,
): OutlineOverlap {
  const [x, y] = isSymbol ? [a.symbol, b.symbol] : [a.path, b.path];
  if (x === null || y === null) return "meets";
  const { effort } = budget;
  const [ours, theirs] = [x.shape(effort, y), y.shape(effort, x)];
  const work = { left: 0 };
  const meet = ours === null || theirs === null ? undefined : shapesMeet(ours, theirs, work);
  effort.left += work.left / PLACES_PER_LOOK;
  if (meet !== undefined) return meet ? "meets" : "apart";
  return search(a, b, isSymbol, budget);
}

/** The same by the automata, as far as there is time. */
function search(
  a: Outline,
  b: Outline,
  isSymbol: boolean,
  { effort, steps }: SearchBudgets,
): OutlineOverlap {
  // Parsing takes time as well.
  if (steps.left <= 0) return "unsure";
  const { address: ours } = a;
  const { address: theirs } = b;
  if (ours === null || theirs === null) return "apart";
  const [one, other] = isSymbol
    ? [ours.symbol, theirs.symbol]
    : [facing(ours.path, theirs.path), facing(theirs.path, ours.path)];
  if (one === null || other === null) return "meets";
  const most = Math.max(0, Math.min(steps.left, effort.left * STEPS_PER_LOOK));
  const budget = { left: most };
  const { kind } = common(one, other, budget);
  steps.left -= most - budget.left;
  effort.left -= (most - budget.left) / STEPS_PER_LOOK;
  return kind === "none" ? "apart" : kind === "text" ? "meets" : "unsure";
}

/** Addresses by the segments with which their paths begin. */
export class OutlineTree {
  readonly #root = new OutlineNode();

  constructor(outlines: readonly Outline[]) {
    outlines.forEach((outline, index) => {
      let folder = this.#root;
      for (const segment of outline.segments) folder = folder.into(segment);
      folder.here.push(index);
    });
  }

  /** The indices of those that may overlap one. */
  near({ segments }: Outline): readonly number[] {
    const found: number[][] = [];
    let folder: OutlineNode | undefined = this.#root;
    for (const segment of segments) {
      found.push(folder.here);
      folder = folder.below.get(segment);
      if (folder === undefined) return found.flat();
    }
    const open = [folder];
    for (const each of open) {
      found.push(each.here);
      open.push(...each.below.values());
    }
    return found.flat();
  }
}

class OutlineNode {
  readonly here: number[] = [];
  readonly below = new Map<string, OutlineNode>();

  into(segment: string): OutlineNode {
    const next = this.below.get(segment) ?? new OutlineNode();
    this.below.set(segment, next);
    return next;
  }
}
