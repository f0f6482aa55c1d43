/** Characters as code points, the folding of their case, and sets of them. */

export const SLASH = 0x2f;
export const DOT = 0x2e;
const LAST = 0x10ffff;

/** A set of code points: first and last of each range, ascending, no two ranges touching. */
export type CharSet = readonly number[];

/** What a text can hold: well-formed Unicode without NUL. */
const EVERYTHING: CharSet = [1, 0xd7ff, 0xe000, LAST];
/** What a segment of a path can hold. */
const SEGMENT: CharSet = [1, SLASH - 1, SLASH + 1, 0xd7ff, 0xe000, LAST];

/** What a wildcard for one character stands for. */
export function universe(paths: boolean): CharSet {
  return paths ? SEGMENT : EVERYTHING;
}

/** C0, DEL, C1, and the line and paragraph separators. */
function isControl(point: number): boolean {
  return point < 0x20 || point >= 0x7f && point <= 0x9f || point === 0x2028 || point === 0x2029;
}

/** Pairs of Unicode's simple folding that upper and lower case of the runtime do not give. */
const EXTRA = new Map([[0x1fd3, 0x390], [0x1fe3, 0x3b0], [0xfb05, 0xfb06]]);

/**
 * Folds the case of one code point: two fold to the same one exactly if Unicode's simple case
 * folding (statuses C and S, the rule of `/iu`) equates them. So `ß` is not `ss`, and no form is
 * normalised. Folded text is lower case but for a few scripts without one.
 */
export function foldPoint(point: number): number {
  if (point < 0x80) return point >= 0x41 && point <= 0x5a ? point + 0x20 : point;
  // Dotted and dotless i have foldings for Turkic languages only.
  if (point === 0x130 || point === 0x131) return point;
  const upper = only(String.fromCodePoint(EXTRA.get(point) ?? point).toUpperCase());
  const cased = upper ?? EXTRA.get(point) ?? point;
  return only(String.fromCodePoint(cased).toLowerCase()) ?? cased;
}

function only(text: string): number | undefined {
  const point = text.codePointAt(0) ?? 0;
  return text.length === (point > 0xffff ? 2 : 1) ? point : undefined;
}

/** The code points of a text, folded if asked. */
export function pointsOf(text: string, folded: boolean): number[] {
  const points: number[] = [];
  for (let i = 0; i < text.length;) {
    const point = text.codePointAt(i) ?? 0;
    points.push(folded ? foldPoint(point) : point);
    i += point > 0xffff ? 2 : 1;
  }
  return points;
}

/** A text with its case folded. */
export function folded(text: string): string {
  if (isAscii(text)) return text.toLowerCase();
  return String.fromCodePoint(...pointsOf(text, true));
}

function isAscii(text: string): boolean {
  // deno-lint-ignore no-control-regex
  return /^[\x00-\x7f]*$/.test(text);
}

/**
 * A pattern in the form in which patterns are compared: with composed characters (NFC). In a path also
 * letters with marks are folded, since `J̌` takes two characters, and `ǰ` may be one; and `İ` is `i̇`.
 */
export function canonical(text: string, isPath: boolean): string {
  if (isAscii(text)) return text;
  const composed = text.normalize("NFC");
  if (!isPath || !/[\p{M}\u0130]/u.test(composed)) return composed;
  return composed.replaceAll("\u0130", "i\u0307")
    .replaceAll(/[\p{L}\p{N}]\p{M}+/gu, (letter) => folded(letter).normalize("NFC"));
}

/** Blocks that hold every code point above ASCII which folds to another. */
const CASED: CharSet = [
  ...[0x80, 0x58f, 0x10a0, 0x10ff, 0x13a0, 0x13ff, 0x1c80, 0x1cbf, 0x1e00, 0x218f, 0x24b0, 0x24ef],
  ...[0x2c00, 0x2cff, 0xa640, 0xa7ff, 0xab30, 0xabbf, 0xfb00, 0xfb0f, 0xff20, 0xff5f],
  ...[0x10400, 0x105bf, 0x10c80, 0x10d8f, 0x118a0, 0x118df, 0x16e40, 0x16edf, 0x1e900, 0x1e95f],
];

/** Code points above ASCII that fold to another, and to which; filled on first use. */
let foldings: [from: number[], to: number[]] | undefined;

function allFoldings(): [from: number[], to: number[]] {
  if (foldings !== undefined) return foldings;
  const from: number[] = [];
  const to: number[] = [];
  for (let i = 0; i < CASED.length; i += 2) {
    for (let point = first(CASED, i); point <= last(CASED, i); point++) {
      const folded = foldPoint(point);
      if (folded !== point) from.push(point), to.push(folded);
    }
  }
  return foldings = [from, to];
}

/** A set from its ranges in any order; with `folded` also what their members fold to. */
export function setOf(ranges: readonly (readonly [number, number])[], folded: boolean): CharSet {
  const all = [...ranges];
  for (const [from, to] of folded ? ranges : []) {
    const upper: [number, number] = [Math.max(from, 0x41), Math.min(to, 0x5a)];
    if (upper[0] <= upper[1]) all.push([upper[0] + 0x20, upper[1] + 0x20]);
    if (to < 0x80) continue;
    if (from === to) {
      all.push([foldPoint(from), foldPoint(from)]);
      continue;
    }
    const [points, images] = allFoldings();
    for (let i = 0; i < points.length; i++) {
      const point = points[i] ?? 0;
      const image = images[i] ?? 0;
      if (point >= from && point <= to && (image < from || image > to)) all.push([image, image]);
    }
  }
  all.sort((a, b) => a[0] - b[0]);
  const set: number[] = [];
  for (const [from, to] of all) {
    const end = set.at(-1);
    if (end !== undefined && from <= end + 1) set[set.length - 1] = Math.max(end, to);
    else set.push(from, to);
  }
  return set;
}

/** Everything that is not in a set. */
export function complement(set: CharSet): CharSet {
  const rest: number[] = [];
  let next = 0;
  for (let i = 0; i < set.length; i += 2) {
    if (next < first(set, i)) rest.push(next, first(set, i) - 1);
    next = last(set, i) + 1;
  }
  if (next <= LAST) rest.push(next, LAST);
  return rest;
}

/** What is in both sets. */
export function intersect(a: CharSet, b: CharSet): CharSet {
  const both: number[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const from = Math.max(first(a, i), first(b, j));
    const to = Math.min(last(a, i), last(b, j));
    if (from <= to) both.push(from, to);
    if (last(a, i) < last(b, j)) i += 2;
    else j += 2;
  }
  return both;
}

/** Whether a set holds a code point. */
export function has(set: CharSet, point: number): boolean {
  let low = 0;
  let high = set.length / 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (last(set, 2 * middle) < point) low = middle + 1;
    else high = middle;
  }
  return 2 * low < set.length && first(set, 2 * low) <= point;
}

const FAVOURITES = pointsOf("abcdefghijklmnopqrstuvwxyz0123456789_-", false);

/**
 * One member of a set, the easiest to read, and a dot only if nothing else is left, since a dot may
 * begin `.` or `..`. With `folded` one that is its own folding. `undefined` when there is none.
 */
export function pick(set: CharSet, folded: boolean): number | undefined {
  for (const point of FAVOURITES) if (has(set, point)) return point;
  let poor: number | undefined;
  for (let i = 0; i < set.length; i += 2) {
    for (let point = first(set, i); point <= last(set, i); point++) {
      if (folded && foldPoint(point) !== point) continue;
      if (point !== DOT && point !== 0x20 && !isControl(point)) return point;
      if (poor === undefined || poor === DOT) poor = point;
    }
  }
  return poor;
}

// Reads of an index that is in the set, for `noUncheckedIndexedAccess`.
function first(set: CharSet, index: number): number {
  return set[index] ?? 0;
}

function last(set: CharSet, index: number): number {
  return set[index + 1] ?? 0;
}
