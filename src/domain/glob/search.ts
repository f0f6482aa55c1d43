/**
 * Whether two automata have a text in common, and whether one has a text that the other lacks: walks
 * over pairs of states, breadth first, so that the text found is a shortest one. Labels are compared
 * as sets of characters, and one member of what they share stands for all of it.
 */
import { type Automaton, eachEdge, move, settle, SILENT, takes } from "./automaton.ts";
import { type CharSet, complement, DOT, intersect, pick, SLASH } from "./chars.ts";
import { GLOB_STEPS } from "../limits.ts";

/** What a search found. */
export type SearchResult =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "none" }
  /** It would take too long to know. */
  | { readonly kind: "unknown" };

/** Steps that several searches may spend together; each takes at most {@link GLOB_STEPS} of them. */
export interface StepBudget {
  left: number;
}

/** Keys up to which those seen are bits; where there are more, few of them are met. */
const MAX_BITS = 1 << 22;

interface Seen {
  has(key: number): boolean;
  add(key: number): void;
}

class Bits implements Seen {
  readonly #words: Uint32Array;

  constructor(size: number) {
    this.#words = new Uint32Array((size >> 5) + 1);
  }

  has(key: number): boolean {
    return ((this.#words[key >> 5] ?? 0) & (1 << (key & 31))) !== 0;
  }

  add(key: number): void {
    this.#words[key >> 5] = (this.#words[key >> 5] ?? 0) | (1 << (key & 31));
  }
}

/** How the current segment stands: empty, `.`, `..`, or such that it may end. */
const STATUSES = 4;
const EMPTY = 0;
const FULL = 3;
const DEAD = -1;

/** The status after a character. A segment with any other character than dots is as good as any. */
function advance(status: number, point: number, paths: boolean): number {
  if (!paths) return FULL;
  if (point === SLASH) return status === FULL ? EMPTY : DEAD;
  return point === DOT && status !== FULL ? status + 1 : FULL;
}

/**
 * The nodes that a walk has met, in rounds of equal length of text, and how it came to each. All
 * nodes that silent moves reach are added before any that takes one character more.
 */
class Walk {
  readonly #seen: Seen;
  readonly #parents: number[] = [];
  readonly #points: number[] = [];
  /** What each node stands for. */
  readonly keys: number[] = [];
  /** What may still be spent. */
  left: number;

  /** @param size What every key is below. */
  constructor(size: number, steps = GLOB_STEPS) {
    this.left = steps;
    this.#seen = size <= MAX_BITS ? new Bits(size) : new Set<number>();
  }

  /** Adds a node; `point` is 0 for a silent move. */
  add(key: number, parent: number, point: number): void {
    this.left--;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.keys.push(key);
    this.#parents.push(parent);
    this.#points.push(point);
  }

  /**
   * Walks until `isFound` or until nothing new is met. `expand` adds the nodes that are one step
   * from a node, either the silent steps or the others.
   */
  run(
    isFound: (key: number) => boolean,
    expand: (key: number, node: number, silently: boolean) => void,
  ): SearchResult {
    for (let begin = 0; begin < this.keys.length;) {
      for (let node = begin; node < this.keys.length; node++) {
        const key = this.keys[node] ?? 0;
        if (isFound(key)) return { kind: "text", text: this.#textOf(node) };
        expand(key, node, true);
        if (this.left < 0) return { kind: "unknown" };
      }
      const end = this.keys.length;
      for (let node = begin; node < end; node++) {
        expand(this.keys[node] ?? 0, node, false);
        if (this.left < 0) return { kind: "unknown" };
      }
      begin = end;
    }
    return { kind: "none" };
  }

  /** The text that led to a node. */
  #textOf(node: number): string {
    const letters: string[] = [];
    for (let at = node; at >= 0; at = this.#parents[at] ?? -1) {
      const point = this.#points[at] ?? 0;
      if (point !== 0) letters.push(String.fromCodePoint(point));
    }
    return letters.reverse().join("");
  }
}

/** A shortest text that both automata accept. What the search spends is taken from `budget`. */
export function common(
  a: Automaton,
  b: Automaton,
  budget: StepBudget = { left: GLOB_STEPS },
): SearchResult {
  const steps = Math.min(GLOB_STEPS, budget.left);
  const walk = new Walk(a.first.length * b.first.length * STATUSES, steps);
  const found = search(a, b, walk);
  budget.left -= steps - walk.left;
  return found;
}

function search(a: Automaton, b: Automaton, walk: Walk): SearchResult {
  const shared = sharedCharacters(a, b, walk);
  const width = b.first.length;
  const rowLength = width * STATUSES;
  walk.add(EMPTY, -1, 0);
  return walk.run(
    (key) =>
      key % STATUSES === FULL && a.accepting[Math.floor(key / rowLength)] === true &&
      b.accepting[Math.floor(key / STATUSES) % width] === true,
    (key, node, silently) => {
      const status = key % STATUSES;
      const x = Math.floor(key / rowLength);
      const y = Math.floor(key / STATUSES) % width;
      if (silently) {
        const here = (i: number, j: number) =>
          walk.add(i * rowLength + j * STATUSES + status, node, 0);
        for (let i = a.first[x] ?? -1; i >= 0; i = a.next[i] ?? -1) {
          if (a.labels[i] === SILENT) here(a.targets[i] ?? 0, y);
        }
        for (let j = b.first[y] ?? -1; j >= 0; j = b.next[j] ?? -1) {
          if (b.labels[j] === SILENT) here(x, b.targets[j] ?? 0);
        }
        return;
      }
      for (let i = a.first[x] ?? -1; i >= 0 && walk.left >= 0; i = a.next[i] ?? -1) {
        for (let j = b.first[y] ?? -1; j >= 0; j = b.next[j] ?? -1) {
          walk.left--;
          const point = shared(a.labels[i] ?? SILENT, b.labels[j] ?? SILENT);
          const after = point === undefined ? DEAD : advance(status, point, a.paths);
          if (point === undefined || after === DEAD) continue;
          const [to, and] = [a.targets[i] ?? 0, b.targets[j] ?? 0];
          walk.add(to * rowLength + and * STATUSES + after, node, point);
        }
      }
    },
  );
}

/** One character that two labels both take, preferably no dot. */
function sharedCharacters(a: Automaton, b: Automaton, walk: Walk) {
  const known = new Map<number, number | undefined>();
  return (ours: number, theirs: number): number | undefined => {
    if (ours === SILENT || theirs === SILENT) return undefined;
    if (ours >= 0) return takes(b, theirs, ours) ? ours : undefined;
    if (theirs >= 0) return takes(a, ours, theirs) ? theirs : undefined;
    const pair = ~ours * b.sets.length + ~theirs;
    if (known.has(pair)) return known.get(pair);
    const [left, right] = [a.sets[~ours] ?? [], b.sets[~theirs] ?? []];
    walk.left -= left.length + right.length;
    const point = pick(intersect(left, right), a.paths);
    known.set(pair, point);
    return point;
  };
}

/** A shortest text that `a` accepts and `b` does not. What the search spends is taken from `budget`. */
export function surplus(
  a: Automaton,
  b: Automaton,
  budget: StepBudget = { left: GLOB_STEPS },
): SearchResult {
  const steps = Math.min(GLOB_STEPS, budget.left);
  const walk = new Walk(Infinity, steps);
  const found = searchSurplus(a, b, walk);
  budget.left -= steps - walk.left;
  return found;
}

function searchSurplus(a: Automaton, b: Automaton, walk: Walk): SearchResult {
  const subsets = new Subsets(b, walk);
  const width = a.first.length;
  const rowLength = width * STATUSES;
  walk.add(subsets.start * rowLength + EMPTY, -1, 0);
  return walk.run(
    (key) =>
      key % STATUSES === FULL && a.accepting[Math.floor(key / STATUSES) % width] === true &&
      !subsets.accepts(Math.floor(key / rowLength)),
    (key, node, silently) => {
      const status = key % STATUSES;
      const x = Math.floor(key / STATUSES) % width;
      const subset = Math.floor(key / rowLength);
      eachEdge(a, x, (label, target) => {
        if (silently !== (label === SILENT) || walk.left < 0) return;
        if (silently) return walk.add(subset * rowLength + target * STATUSES + status, node, 0);
        const points = label >= 0 ? [label] : subsets.split(subset, a.sets[~label] ?? []);
        for (const point of points) {
          const after = advance(status, point, a.paths);
          if (after === DEAD || walk.left < 0) continue;
          const row = subsets.after(subset, point);
          walk.add(row * rowLength + target * STATUSES + after, node, point);
        }
      });
    },
  );
}

/** The sets of states that an automaton can be in, numbered as they are met. */
class Subsets {
  readonly #numbers = new Map<string, number>();
  readonly #states: (readonly number[])[] = [];
  readonly #after = new Map<string, number>();
  readonly #splits = new Map<number, Map<CharSet, readonly number[]>>();
  readonly start: number;

  constructor(readonly automaton: Automaton, readonly walk: Walk) {
    this.start = this.#numberOf(settle(automaton, [0]));
  }

  accepts(subset: number): boolean {
    return this.#of(subset).some((state) => this.automaton.accepting[state]);
  }

  /** The subset after a character. */
  after(subset: number, point: number): number {
    const key = `${subset} ${point}`;
    const known = this.#after.get(key);
    if (known !== undefined) return known;
    const next = this.#numberOf(move(this.automaton, this.#of(subset), point));
    this.#after.set(key, next);
    return next;
  }

  /** Members of `among` such that the subset treats every other member like one of them. */
  split(subset: number, among: CharSet): readonly number[] {
    const known = this.#splits.get(subset) ?? new Map<CharSet, readonly number[]>();
    this.#splits.set(subset, known);
    const points = known.get(among) ?? this.#split(subset, among);
    known.set(among, points);
    return points;
  }

  #split(subset: number, among: CharSet): number[] {
    const { paths, sets } = this.automaton;
    const labels = new Set<number>();
    for (const state of this.#of(subset)) {
      eachEdge(this.automaton, state, (label) => labels.add(label));
    }
    labels.delete(SILENT);
    let parts = [among];
    for (const label of labels) {
      const set: CharSet = label >= 0 ? [label, label] : sets[~label] ?? [];
      const rest = complement(set);
      parts = parts.flatMap((part) => [intersect(part, set), intersect(part, rest)])
        .filter((part) => part.length > 0);
      for (const part of parts) this.walk.left -= 1 + part.length;
      if (this.walk.left < 0) return [];
    }
    return parts.flatMap((part) => pick(part, paths) ?? []);
  }

  #of(subset: number): readonly number[] {
    return this.#states[subset] ?? [];
  }

  #numberOf(set: ReadonlySet<number>): number {
    const states = [...set].sort((a, b) => a - b);
    this.walk.left -= 1 + states.length;
    const key = states.join();
    const known = this.#numbers.get(key) ?? this.#states.push(states) - 1;
    this.#numbers.set(key, known);
    return known;
  }
}
