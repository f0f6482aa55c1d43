/** From the text of a pattern to its automaton, in one pass and without recursion. */
import { ANY, type Automaton } from "./automaton.ts";
import { Builder, type Front, NONE } from "./builder.ts";
import {
  canonical,
  complement,
  DOT,
  foldPoint,
  intersect,
  pick,
  pointsOf,
  SLASH,
} from "./chars.ts";
import { isOfWindows, spelledReadings } from "./literal.ts";
import {
  type CharClass,
  CLOSE,
  ESCAPE,
  membersOf,
  OPEN,
  QUESTION,
  readClass,
  STAR,
} from "./syntax.ts";
import { MAX_GLOB } from "../limits.ts";

/**
 * What a pattern matches: paths; paths, and where it has no wildcards one file and nothing below; or
 * names of symbols, where `/` is like any other character.
 */
export type Dialect = "path" | "file" | "symbol";

const [FORK, COMMA, JOIN] = pointsOf("{,}", false) as [number, number, number];

// Control characters (C0, DEL, C1) and the line and paragraph separators.
// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** What is wrong with any pattern, whatever its syntax. */
export function textProblem(text: string, longest: number): string | undefined {
  if (text === "") return "must not be empty";
  // No character takes less than one unit, so most texts need not be counted.
  const length = text.length > longest ? pointsOf(text, false).length : 0;
  if (length > longest) return `is longer than ${longest} characters (${length})`;
  if (!text.isWellFormed()) return "must be well-formed Unicode";
  if (CONTROL.test(text)) {
    return "must not hold control or line-separator characters";
  }
  return undefined;
}

/**
 * Reads a pattern.
 *
 * @returns Its automaton, or what is wrong with it.
 */
export function compile(text: string, dialect: Dialect): Automaton | string {
  const problem = textProblem(text, MAX_GLOB);
  if (problem !== undefined) return problem;
  const paths = dialect !== "symbol";
  if (paths && isOfWindows(text)) return ABSOLUTE;
  return finished(new Builder(paths), [canonical(text, paths)], dialect);
}

/**
 * Reads a well-formed pattern of paths as that and as what it spells. One that spells nothing else has
 * no other automaton.
 */
export function compileSpelled(text: string): Automaton | undefined {
  const pattern = canonical(text, true);
  const readings = spelledReadings(pattern)
    .filter((reading) => typeof finished(new Builder(true), [reading], "path") !== "string");
  if (readings.length === 0) return undefined;
  const automaton = finished(new Builder(true), [pattern, ...readings], "path");
  return typeof automaton === "string" ? undefined : automaton;
}

/** The automaton of all that some patterns match. */
function finished(
  builder: Builder,
  patterns: readonly string[],
  dialect: Dialect,
): Automaton | string {
  const fronts: Front[] = [];
  for (const pattern of patterns) {
    builder.fork();
    const front = new Compiler(builder, pointsOf(pattern, false), dialect).run();
    if (typeof front === "string") return front;
    fronts.push(front);
  }
  const automaton = builder.finish(builder.either(fronts));
  const dots = builder.dots(automaton);
  if (dots === 2) return 'must not hold ".."';
  if (dots === 1) return 'must not hold "." as the end of an alternative';
  return automaton;
}

const ABSOLUTE = "must not be absolute";

/** An open brace: where its alternatives begin, and where those before the last comma end. */
interface Group {
  readonly entry: Front;
  readonly exits: Front[];
}

class Compiler {
  readonly #builder: Builder;
  readonly #groups: Group[] = [];
  readonly #classes = new Map<string, number>();
  #at = 0;
  #front: Front;
  #hasWildcard = false;

  readonly paths: boolean;

  constructor(builder: Builder, readonly points: readonly number[], readonly dialect: Dialect) {
    this.paths = dialect !== "symbol";
    this.#builder = builder;
    this.#front = builder.start;
  }

  /** Where the pattern ends, or what is wrong with it. */
  run(): Front | string {
    while (this.#at < this.points.length) {
      const problem = this.#part(this.points[this.#at++] ?? 0);
      if (problem !== undefined) return problem;
    }
    if (this.#groups.length > 0) return 'holds a "{" without its "}"';
    return this.#finish();
  }

  #finish(): Front | string {
    const builder = this.#builder;
    if (this.dialect === "path" && !this.#hasWildcard) {
      this.#front = builder.tree(builder.slash(this.#front));
    }
    const isEmpty = this.paths
      ? Math.max(this.#front.inside, this.#front.end, this.#front.treeEnd) === NONE
      : this.#front.inside === builder.start.inside;
    return isEmpty ? "must not be empty in all its alternatives" : this.#front;
  }

  /** Takes one part of the pattern, whose first character is already taken. */
  #part(point: number): string | undefined {
    const builder = this.#builder;
    switch (point) {
      case STAR:
        return this.#stars();
      case QUESTION:
        this.#hasWildcard = true;
        this.#front = builder.character(this.#front, ANY);
        return undefined;
      case OPEN:
        this.#hasWildcard = true;
        return this.#class();
      case FORK:
        this.#hasWildcard = true;
        builder.fork();
        this.#groups.push({ entry: this.#front, exits: [] });
        return undefined;
      case CLOSE:
        return 'holds a "]" without its "["';
      case ESCAPE:
        return this.#escape();
    }
    const group = this.#groups.at(-1);
    if (point === COMMA && group !== undefined) {
      group.exits.push(this.#front);
      this.#front = group.entry;
    } else if (point === JOIN) {
      if (group === undefined) return 'holds a "}" without its "{"';
      this.#groups.pop();
      this.#front = builder.either([...group.exits, this.#front]);
    } else if (point === SLASH && this.paths) {
      if (this.#front.first) return ABSOLUTE;
      this.#front = builder.slash(this.#front);
    } else if (point === DOT && this.#isHere()) {
      // `./` and a last `.` name where we are already.
      this.#front = { ...this.#front, first: false };
    } else this.#character(point);
    return undefined;
  }

  #character(point: number): void {
    this.#front = this.#builder.character(this.#front, this.paths ? foldPoint(point) : point);
  }

  /** A run of stars: two that are a whole segment are a tree, any other run is one star. */
  #stars(): undefined {
    this.#hasWildcard = true;
    const start = this.#at - 1;
    while (this.points[this.#at] === STAR) this.#at++;
    if (!this.paths || this.#at - start !== 2) {
      this.#front = this.#builder.star(this.#front);
      return;
    }
    // Any number of segments, twice: the same as once.
    if (this.#atBoundary()) { while (this.#repeats()) this.#at += 3; }
    this.#front = this.#builder.tree(this.#front);
  }

  /** Whether the text goes on with another whole segment `**`. */
  #repeats(): boolean {
    const [slash, one, two, next = SLASH] = this.points.slice(this.#at, this.#at + 4);
    return slash === SLASH && one === STAR && two === STAR && next === SLASH;
  }

  #atBoundary(): boolean {
    const { begin, inside, treeBegin } = this.#front;
    return begin !== NONE && inside === NONE && treeBegin === NONE;
  }

  /** Whether a dot that was just taken is a whole segment. */
  #isHere(): boolean {
    if (!this.paths || !this.#atBoundary()) return false;
    const next = this.points[this.#at];
    return next === SLASH || next === undefined && this.#groups.length === 0;
  }

  #escape(): string | undefined {
    const point = this.points[this.#at++];
    if (point === undefined) return 'must not end with a "\\"';
    if (point === SLASH && this.paths) {
      this.#at--;
      return undefined;
    }
    // No letter needs to be escaped, but `src\api` is how Windows writes paths.
    if (/[\p{L}\p{N}]/u.test(String.fromCodePoint(point))) {
      return `must not hold a "\\" before a letter or digit${
        this.paths ? ': folders are divided by "/"' : ""
      }`;
    }
    this.#character(point);
    return undefined;
  }

  #class(): string | undefined {
    const start = this.#at;
    const found = readClass(this.points, start);
    if (typeof found === "string") return found;
    this.#at = found.end;
    const key = this.points.slice(start, this.#at).join();
    const known = this.#classes.get(key) ?? this.#label(found);
    if (known === undefined) return "holds a [] that no character is in";
    this.#classes.set(key, known);
    this.#front = this.#builder.character(this.#front, known);
    return undefined;
  }

  #label(found: CharClass): number | undefined {
    const set = membersOf(found, this.paths);
    const single = pick(set, this.paths);
    if (single === undefined) return undefined;
    // A set of one letter in both cases is that letter: cheaper, and a lone dot is seen as such.
    const rest = intersect(set, complement([single, single]));
    return pick(rest, this.paths) === undefined ? single : this.#builder.label(set);
  }
}
