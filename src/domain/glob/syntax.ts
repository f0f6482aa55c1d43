/** What the readers of patterns have in common: the marks, and what stands in brackets. */
import { type CharSet, complement, intersect, pointsOf, setOf, universe } from "./chars.ts";

export const [STAR, QUESTION, OPEN, CLOSE, ESCAPE] = pointsOf("*?[]\\", false) as [
  number,
  number,
  number,
  number,
  number,
];
const [DASH] = pointsOf("-", false);
const NEGATIONS = pointsOf("!^", false);

/** Characters in brackets: those listed, or all others. */
export interface CharClass {
  readonly ranges: readonly (readonly [from: number, to: number])[];
  readonly negated: boolean;
  /** The place behind its `]`. */
  readonly end: number;
}

/**
 * Reads what stands in brackets.
 *
 * @param at The place behind the `[`.
 * @returns It, or what is wrong with the pattern.
 */
export function readClass(points: readonly number[], at: number): CharClass | string {
  const negated = NEGATIONS.includes(points[at] ?? 0);
  if (negated) at++;
  const ranges: [number, number][] = [];
  // A bracket that comes first stands for itself.
  for (const first = at; at === first || points[at] !== CLOSE;) {
    let from = points[at++];
    if (from === ESCAPE) from = points[at++];
    let to = from;
    if (points[at] === DASH && points[at + 1] !== CLOSE) {
      to = points[++at];
      if (to === ESCAPE) to = points[++at];
      at++;
    }
    if (from === undefined || to === undefined) return 'holds a "[" without its "]"';
    if (to < from) return "holds a range in [] that ends before it begins";
    ranges.push([from, to]);
  }
  return { ranges, negated, end: at + 1 };
}

/** The characters that a class stands for. */
export function membersOf({ ranges, negated }: CharClass, paths: boolean): CharSet {
  const listed = setOf(ranges, paths);
  return intersect(universe(paths), negated ? complement(listed) : listed);
}
