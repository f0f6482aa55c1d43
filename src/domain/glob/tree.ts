/** Trees: what a lane holds, as a list of globs. */
import { foreignProblem } from "./foreign.ts";
import { covers, type Glob, type Overlap, overlap, parseGlob } from "./glob.ts";
import { type Bounds, boundsOf, mayOverlap } from "./bounds.ts";
import { isLiteral } from "./literal.ts";
import type { StepBudget } from "./search.ts";
import { type Shape, shapeOf, shapesMeet } from "./shape.ts";
import { MAX_TREE, MAX_TREE_BYTES } from "../limits.ts";
import { quoted } from "../text.ts";

/** What no glob at all stands for. */
export const WHOLE: readonly string[] = ["**"];

const DISJOINT: Overlap = { overlaps: false, witness: null, exhausted: false };

/** What is wrong with the globs of a tree; all of it. */
export function treeProblems(globs: readonly string[]): string[] {
  if (globs.length > MAX_TREE) return [`holds ${globs.length} globs, and ${MAX_TREE} are allowed`];
  return sizeProblems(globs).concat(globs.flatMap((glob) => {
    const parsed = foreignProblem(glob) ?? parseGlob(glob);
    return typeof parsed === "string" ? [`holds ${quoted(glob, 200)}, which ${parsed}`] : [];
  }));
}

/** What is wrong with what globs take in an entry. */
export function sizeProblems(globs: readonly string[]): string[] {
  const bytes = new TextEncoder().encode(JSON.stringify(globs)).length;
  return bytes > MAX_TREE_BYTES ? [`takes ${bytes} bytes, and ${MAX_TREE_BYTES} are allowed`] : [];
}

/** Globs that are good at a glance. */
const GOOD = /^(?!.*\.\.)[A-Za-z0-9_.*?][A-Za-z0-9_.*?/ @+-]{0,255}$/;

/** A tree to compare with others. Bounds separate most globs, which are then never parsed. */
export class Tree {
  /** As they were written; `**` when there were none. */
  readonly globs: readonly string[];
  readonly bounds: readonly Bounds[];
  readonly #parsed: Glob[] = [];
  readonly #shapes: Record<"path" | "file", (Shape | null)[]> = { path: [], file: [] };

  /**
   * A tree with a bad glob is the whole workspace: what it was to hold is unknown.
   *
   * @param globs None stands for the whole workspace, `null` for nothing at all.
   * @param files Those of its globs that are known to be files.
   */
  constructor(globs: readonly string[] | null, readonly files: readonly string[] = []) {
    const isBad = globs?.some((glob) => !GOOD.test(glob) && typeof parseGlob(glob) === "string");
    this.globs = globs === null ? [] : globs.length === 0 || isBad ? WHOLE : globs;
    this.bounds = this.globs.map(boundsOf);
  }

  /** One of its globs, parsed when it is first asked for. */
  #glob(i: number): Glob {
    const known = this.#parsed[i];
    if (known !== undefined) return known;
    const text = this.globs[i] ?? "";
    const glob = parseGlob(text, this.files.includes(text));
    if (typeof glob === "string") throw new TypeError(`Cannot parse "${text}": it ${glob}`);
    return this.#parsed[i] = glob;
  }

  /** The shape of one of its globs against another, `null` where it has none. */
  #shape(i: number, other: string): Shape | null {
    const text = this.globs[i] ?? "";
    const dialect = this.files.includes(text) && !isLiteral(other) ? "file" : "path";
    return this.#shapes[dialect][i] ??= shapeOf(text, dialect) ?? null;
  }

  /** Whether it holds nothing. */
  get isEmpty(): boolean {
    return this.globs.length === 0;
  }

  /** Whether some path is in both trees. Exact, unless the budget runs out. */
  meets(other: Tree, budget: StepBudget): Overlap {
    for (let i = 0; i < this.globs.length; i++) {
      for (let j = 0; j < other.globs.length; j++) {
        const found = this.globMeets(i, other, j, budget);
        if (found.overlaps) return found;
      }
    }
    return DISJOINT;
  }

  /** Whether some path is matched by one glob of this tree and by one of another. */
  globMeets(i: number, other: Tree, j: number, budget: StepBudget): Overlap {
    const [ours, theirs] = [this.bounds[i], other.bounds[j]];
    if (ours === undefined || theirs === undefined || !mayOverlap(ours, theirs)) return DISJOINT;
    const mine = this.#shape(i, other.globs[j] ?? "");
    const others = other.#shape(j, this.globs[i] ?? "");
    const meet = mine === null || others === null ? undefined : shapesMeet(mine, others);
    if (meet === false) return DISJOINT;
    const found = overlap(this.#glob(i), other.#glob(j), budget);
    // What the shapes say is sure, also where there was no time to find a path.
    return meet === true && found.exhausted ? { ...found, exhausted: false } : found;
  }

  /** Whether every glob of another tree is within one of this; never true by mistake. */
  holds(other: Tree): boolean {
    return other.globs.every((glob, i) =>
      this.globs.some((mine, j) => mine === glob || covers(this.#glob(j), other.#glob(i)))
    );
  }
}

/** What holds nothing. */
export const NO_TREE: Tree = new Tree(null);

/** The tree of a lease. */
export function leaseTree(
  { tree, files, name_only }: {
    readonly tree: readonly string[];
    readonly files?: readonly string[];
    readonly name_only?: boolean;
  },
): Tree {
  return name_only === true ? NO_TREE : new Tree(tree, files);
}
