/**
 * The shape of a pattern: runs of segments between its `**`, and in each segment runs of characters
 * between its stars. From two shapes it follows at a glance and exactly whether something is matched by
 * both; most patterns have one, and the others are left to the automata.
 *
 * Why that is exact: where both have a gap that takes anything, something is matched by both as soon as
 * what comes before the first gaps agrees, place by place, and so does what comes after the last ones;
 * whatever lies in between fits one after the other into the gaps. Where one has no gap it is as long
 * as it is, each place by itself, so the runs of the other are laid on it from the left.
 */
import { canonical, type CharSet, DOT, foldPoint, has, intersect } from "./chars.ts";
import { pick, pointsOf, SLASH } from "./chars.ts";
import type { Dialect } from "./compile.ts";
import { isLiteral, spelledReadings } from "./literal.ts";
import { ESCAPE, membersOf, OPEN, QUESTION, readClass, STAR } from "./syntax.ts";

/** A code point, a set of them, or {@link ANY}. */
type CharMatcher = number | CharSet;

/** Any one character. */
const ANY = -1;

/** What lies between gaps; one run is no gap. */
type Runs<T> = readonly (readonly T[])[];

/** A segment of a path, or the name of a symbol. */
type Segment = Runs<CharMatcher>;

/** The shape of a pattern: that of each alternative that its braces stand for. */
export interface Shape {
  readonly paths: boolean;
  /** The runs of segments; of symbols there is one run of one. */
  readonly ways: readonly Runs<Segment>[];
}

/** Alternatives that have a shape each; patterns with more are left to the automata. */
const MAX_SHAPED = 16;

/** The shape of a well-formed pattern and of what it spells; `undefined` where it has none that a glance shows. */
export function shapeOf(text: string, dialect: Dialect): Shape | undefined {
  const paths = dialect !== "symbol";
  text = canonical(text, paths);
  const ways: Runs<Segment>[] = [];
  for (const reading of dialect === "path" ? [text, ...spelledReadings(text)] : [text]) {
    const texts = writtenOut(reading);
    if (texts === undefined) return undefined;
    const isPlain = dialect === "path" && isLiteral(reading);
    for (const way of texts) {
      const runs = new Reader(pointsOf(way, false), paths).read();
      if (runs === undefined) return undefined;
      // A path without wildcards is all below it, too.
      ways.push(isPlain ? [...runs, []] : runs);
    }
  }
  return { paths, ways };
}

/** What braces stand for; not where they put stars side by side, or where one stands for nothing. */
function writtenOut(text: string): string[] | undefined {
  if (!text.includes("{") || !text.replaceAll(/\\[^]/gu, "").includes("{")) return [text];
  if (/[\\[]|[{,][,}]/.test(text)) return undefined;
  const done: string[] = [];
  for (const open = [text]; open.length > 0;) {
    const way = open.pop() ?? "";
    const braces = /\{([^{}]*)\}/.exec(way);
    if (braces === null) {
      if (doubleStars(way) !== doubleStars(text)) return undefined;
      done.push(way);
      if (open.length + done.length > MAX_SHAPED) return undefined;
      continue;
    }
    const [all, within = ""] = braces;
    if (/\*\*|(^|,)\.\.?(,|$)/.test(within)) return undefined;
    const [before, after] = [way.slice(0, braces.index), way.slice(braces.index + all.length)];
    open.push(...within.split(",").map((one) => before + one + after));
    if (open.length + done.length > MAX_SHAPED) return undefined;
  }
  return done;
}

function doubleStars(text: string): string {
  return text.match(/\*{2,}/g)?.join() ?? "";
}

/** Reads one pattern without braces. */
class Reader {
  #at = 0;
  #runs: Segment[][] = [[]];
  #segment: CharMatcher[][] = [[]];

  constructor(readonly points: readonly number[], readonly paths: boolean) {}

  read(): Runs<Segment> | undefined {
    while (this.#at < this.points.length) {
      const start = this.#at;
      const point = this.points[this.#at++] ?? 0;
      if (point === STAR) this.#stars(start);
      else if (point === QUESTION) this.#put(ANY);
      else if (point === SLASH && this.paths) this.#end();
      else if (point === DOT && this.#isHere(start)) continue;
      else if (point === OPEN) {
        const found = readClass(this.points, this.#at);
        if (typeof found === "string") return undefined;
        this.#at = found.end;
        this.#put(membersOf(found, this.paths));
      } else if (point === ESCAPE) {
        const next = this.points[this.#at];
        if (next === undefined) return undefined;
        if (next === SLASH && this.paths) continue;
        this.#at++;
        this.#put(this.#folded(next));
      } else this.#put(this.#folded(point));
    }
    this.#end();
    return this.#runs;
  }

  #folded(point: number): number {
    return this.paths ? foldPoint(point) : point;
  }

  #put(place: CharMatcher): void {
    this.#segment.at(-1)?.push(place);
  }

  #isEmpty(): boolean {
    return this.#segment.length === 1 && this.#segment[0]?.length === 0;
  }

  #isBoundary(at: number): boolean {
    return this.points[at] === SLASH || this.points[at] === undefined;
  }

  /** Whether a dot is a whole segment, and means where we are already. */
  #isHere(start: number): boolean {
    return this.paths && this.#isEmpty() && this.points[start - 1] !== ESCAPE &&
      this.#isBoundary(this.#at);
  }

  #stars(start: number): void {
    while (this.points[this.#at] === STAR) this.#at++;
    const isTree = this.paths && this.#at - start === 2 && this.#isEmpty() &&
      this.#isBoundary(this.#at);
    if (isTree) this.#runs.push([]);
    else if (this.#segment.at(-1)?.length !== 0 || this.#segment.length === 1) {
      this.#segment.push([]);
    }
  }

  #end(): void {
    if (!this.#isEmpty()) this.#runs.at(-1)?.push(this.#segment);
    this.#segment = [[]];
  }
}

/** Counts down with each place that is compared. */
interface Work {
  left: number;
}

/** Whether two things meet; `undefined` where it takes more to know. */
type Meet<T> = (x: T, y: T, work: Work) => boolean | undefined;

/**
 * Whether two shapes of one dialect have something in common; `undefined` where it takes more.
 *
 * @param work Is reduced by the places that were compared; it sets no limit.
 */
export function shapesMeet(a: Shape, b: Shape, work: Work = { left: 0 }): boolean | undefined {
  let isUnsure = false;
  const segments = a.paths ? pathSegmentsMeet : namesMeet;
  for (const mine of a.ways) {
    for (const theirs of b.ways) {
      const found = runsMeet(mine, theirs, segments, work);
      if (found === true) return true;
      isUnsure ||= found === undefined;
    }
  }
  return isUnsure ? undefined : false;
}

function inPath(a: CharMatcher, b: CharMatcher): boolean {
  return placesMeet(a, b, true);
}

function inName(a: CharMatcher, b: CharMatcher): boolean {
  return placesMeet(a, b, false);
}

function namesMeet(a: Segment, b: Segment, work: Work): boolean | undefined {
  return runsMeet(a, b, inName, work);
}

function placesMeet(a: CharMatcher, b: CharMatcher, paths: boolean): boolean {
  if (a === b) return true;
  if (typeof a === "number" && typeof b === "number") return a === ANY || b === ANY;
  if (typeof a === "number") return a === ANY || has(b as CharSet, a);
  if (typeof b === "number") return b === ANY || has(a, b);
  return pick(intersect(a, b), paths) !== undefined;
}

/** As {@link runsMeet}, where no segment of a path is `.` or `..`. */
function pathSegmentsMeet(a: Segment, b: Segment, work: Work): boolean | undefined {
  const found = runsMeet(a, b, inPath, work);
  if (found !== true) return found;
  const fixed = a.length === 1 ? a[0] : b.length === 1 ? b[0] : undefined;
  if (fixed === undefined || fixed.length > 2) return true;
  const isNamed = (place: CharMatcher) =>
    typeof place === "number" && place !== ANY && place !== DOT;
  if (fixed.some(isNamed) || a.length === b.length && b[0]?.some(isNamed)) return true;
  return undefined;
}

function runsMeet<T>(
  a: Runs<T>,
  b: Runs<T>,
  meet: Meet<T>,
  work: Work,
): boolean | undefined {
  const ours = a[0] ?? [];
  const theirs = b[0] ?? [];
  if (a.length > 1 && b.length > 1) {
    const before = agree(ours, theirs, 0, meet, work);
    if (before === false) return false;
    const end = a[a.length - 1] ?? [];
    const otherEnd = b[b.length - 1] ?? [];
    const after = agree(end, otherEnd, otherEnd.length - end.length, meet, work);
    return after === false ? false : before === undefined ? undefined : after;
  }
  if (a.length > 1) return laid(a, theirs, meet, work);
  if (b.length > 1) return laid(b, ours, meet, work);
  return ours.length === theirs.length ? agree(ours, theirs, 0, meet, work) : false;
}

/** Whether two runs agree where both have places, the first moved by so much. */
function agree<T>(
  a: readonly T[],
  b: readonly T[],
  shift: number,
  meet: Meet<T>,
  work: Work,
): boolean | undefined {
  let isUnsure = false;
  for (let i = Math.max(0, -shift); i < a.length && i + shift < b.length; i++) {
    work.left--;
    const found = meet(a[i] as T, b[i + shift] as T, work);
    if (found === false) return false;
    isUnsure ||= found === undefined;
  }
  return isUnsure ? undefined : true;
}

/** Whether runs with gaps between them can be laid on places without one. */
function laid<T>(
  runs: Runs<T>,
  on: readonly T[],
  meet: Meet<T>,
  work: Work,
): boolean | undefined {
  const [first = [], last = []] = [runs[0], runs.at(-1)];
  const end = on.length - last.length;
  if (end < first.length) return false;
  let isUnsure = false;
  for (const found of [agree(first, on, 0, meet, work), agree(last, on, end, meet, work)]) {
    if (found === false) return false;
    isUnsure ||= found === undefined;
  }
  let at = first.length;
  for (const run of runs.slice(1, -1)) {
    while (true) {
      if (at + run.length > end) return isUnsure ? undefined : false;
      const found = agree(run, on, at, meet, work);
      if (found === true) break;
      isUnsure ||= found === undefined;
      at++;
    }
    at += run.length;
  }
  return isUnsure ? undefined : true;
}
