/** How an automaton is put together from the parts of a pattern, read from left to right. */
import { ANY, type Automaton, eachEdge, type Label, SILENT } from "./automaton.ts";
import { type CharSet, DOT, SLASH, universe } from "./chars.ts";

/** No state. */
export const NONE = -1;

/**
 * Where an automaton may stand after a part of its pattern, by what the next part would mean there.
 * Each is a state or {@link NONE}. A slash is owed until something follows it, so `a/` is `a` and
 * `a//b` is `a/b`, with alternatives between them too.
 */
export interface Front {
  /** In the middle of a segment. */
  readonly inside: number;
  /** At a boundary: behind the last segment, with a slash owed (none at the very start). */
  readonly end: number;
  /** At the same boundary, the slash paid: where the next segment begins. */
  readonly begin: number;
  /** As `end` and `begin`, behind a `**` that is a whole segment only if a boundary follows. */
  readonly treeEnd: number;
  readonly treeBegin: number;
  /** Whether some alternative has come here with nothing yet. */
  readonly first: boolean;
}

function within(inside: number): Front {
  return { inside, end: NONE, begin: NONE, treeEnd: NONE, treeBegin: NONE, first: false };
}

/** Puts an automaton together, front by front. */
export class Builder {
  readonly #sets: CharSet[];
  readonly #setLabels = new Map<string, Label>();
  readonly #first: number[] = [];
  readonly #next: number[] = [];
  readonly #labels: Label[] = [];
  readonly #targets: number[] = [];
  /** States at which a segment begins, and those with a loop of `*`. */
  readonly #begins = [0];
  readonly #loops = new Set<number>();
  /** A state that nothing but the last part leads to, so that a `*` may loop on it. */
  #fresh = NONE;
  /** The front before anything. */
  readonly start: Front;

  constructor(readonly paths: boolean) {
    this.#sets = [universe(paths)];
    const origin = this.#state();
    this.start = paths
      ? { ...within(NONE), begin: origin, first: true }
      : { ...within(origin), first: true };
  }

  /** The label of a set; equal sets have one. */
  label(set: CharSet): Label {
    const key = set.join();
    const known = this.#setLabels.get(key) ?? ~(this.#sets.push(set) - 1);
    this.#setLabels.set(key, known);
    return known;
  }

  /** One character. */
  character(front: Front, label: Label): Front {
    const inside = this.#state();
    this.#edge(front.inside, label, inside);
    this.#edge(front.begin, label, inside);
    this.#fresh = inside;
    return within(inside);
  }

  /** Any run within a segment. */
  star(front: Front): Front {
    let inside = front.inside;
    if (inside === NONE || inside !== this.#fresh) {
      inside = this.#state();
      this.#edge(front.inside, SILENT, inside);
      this.#edge(front.begin, SILENT, inside);
      this.#fresh = inside;
    }
    if (!this.#loops.has(inside)) this.#edge(inside, ANY, inside);
    this.#loops.add(inside);
    return within(inside);
  }

  /** `**`: where it is a whole segment any number of segments, elsewhere the same as `*`. */
  tree(front: Front): Front {
    const { inside } = this.star(front);
    if (front.begin === NONE) return within(inside);
    const below = this.#state();
    this.#edge(front.begin, ANY, below);
    this.#edge(below, ANY, below);
    this.#edge(below, SLASH, below);
    const treeEnd = this.#merge([front.end, below]);
    return { ...within(inside), treeEnd, treeBegin: front.begin };
  }

  /** A slash; at a boundary it changes nothing. */
  slash(front: Front): Front {
    const { inside, end, begin, treeEnd, treeBegin } = front;
    if (inside === NONE && treeEnd === NONE && treeBegin === NONE) {
      return { ...front, first: false };
    }
    const behind = this.#merge([inside, end, treeEnd]);
    const next = this.#state();
    this.#edge(behind, SLASH, next);
    this.#edge(begin, SILENT, next);
    this.#edge(treeBegin, SILENT, next);
    this.#begins.push(next);
    return { ...within(NONE), end: behind, begin: next };
  }

  /** To be called where alternatives fork, so that no loop of one reaches the others. */
  fork(): void {
    this.#fresh = NONE;
  }

  /** Any one of several fronts. */
  either(fronts: readonly Front[]): Front {
    this.#fresh = NONE;
    const [single] = fronts;
    if (single !== undefined && fronts.length === 1) return single;
    return {
      inside: this.#merge(fronts.map((front) => front.inside)),
      end: this.#merge(fronts.map((front) => front.end)),
      begin: this.#merge(fronts.map((front) => front.begin)),
      treeEnd: this.#merge(fronts.map((front) => front.treeEnd)),
      treeBegin: this.#merge(fronts.map((front) => front.treeBegin)),
      first: fronts.some((front) => front.first),
    };
  }

  /** The automaton of everything that ends in a front. */
  finish(front: Front): Automaton {
    const accepting = this.#first.map(() => false);
    for (const state of [front.inside, front.end, front.treeEnd]) {
      if (state !== NONE) accepting[state] = true;
    }
    return {
      paths: this.paths,
      sets: this.#sets,
      first: this.#first,
      next: this.#next,
      labels: this.#labels,
      targets: this.#targets,
      accepting,
    };
  }

  /** How many dots, one or two, some alternative writes for a whole segment; else 0. */
  dots(automaton: Automaton): 0 | 1 | 2 {
    if (!this.paths) return 0;
    let states = this.#plainly(automaton, this.#begins);
    for (const dots of [1, 2] as const) {
      const after: number[] = [];
      for (const state of states) {
        eachEdge(automaton, state, (label, target) => {
          if (label === DOT) after.push(target);
        });
      }
      states = this.#plainly(automaton, after);
      for (const state of states) {
        let ends = automaton.accepting[state] === true;
        eachEdge(automaton, state, (label) => ends ||= label === SLASH);
        if (ends) return dots;
      }
    }
    return 0;
  }

  /** All states that silent moves lead to without passing a `*`. */
  #plainly(automaton: Automaton, from: readonly number[]): Set<number> {
    const seen = new Set(from.filter((state) => !this.#loops.has(state)));
    for (const state of seen) {
      eachEdge(automaton, state, (label, target) => {
        if (label === SILENT && !this.#loops.has(target)) seen.add(target);
      });
    }
    return seen;
  }

  #state(): number {
    return this.#first.push(NONE) - 1;
  }

  #edge(from: number, label: Label, to: number): void {
    if (from === NONE) return;
    this.#next.push(this.#first[from] ?? NONE);
    this.#labels.push(label);
    this.#first[from] = this.#targets.push(to) - 1;
  }

  #merge(states: readonly number[]): number {
    const single = states.find((state) => state !== NONE) ?? NONE;
    if (states.every((state) => state === NONE || state === single)) return single;
    const state = this.#state();
    for (const each of new Set(states)) this.#edge(each, SILENT, state);
    return state;
  }
}
