/**
 * Globs and addresses decided the slow way, to check the fast one: braces are written out, and what
 * remains is matched by regular expressions and recursion. Also random ones of both.
 */
import process from "node:process";
import { newSeed, type Random } from "../random.ts";

/** Random choices that `COORD_SEED` repeats; the seed is printed. */
export function seeded(what: string): Random {
  return newSeed(what, process.env["COORD_SEED"]);
}

/** All texts over an alphabet up to a length, the shortest first. */
export function textsOver(alphabet: string, longest: number): string[] {
  const texts: string[] = [];
  let round = [""];
  for (let length = 1; length <= longest; length++) {
    round = round.flatMap((text) => [...alphabet].map((letter) => text + letter));
    texts.push(...round);
  }
  return texts;
}

/** Those that are paths in their shortest form. */
export function pathsOver(alphabet: string, longest: number): string[] {
  return textsOver(alphabet, longest).filter((text) =>
    text.split("/").every((segment) => !["", ".", ".."].includes(segment))
  );
}

/** Returns whether a glob matches a path. */
export function slowGlob(text: string): (path: string) => boolean {
  const isPlain = !/[*?[{]/.test(text.replaceAll(/\\./gu, ""));
  const ways = writtenOut(starsMarked(text)).flatMap((way) => {
    const segments = splitOutside(way, "/").filter((segment) => segment !== "" && segment !== ".");
    if (isPlain) segments.push(TREE);
    return segments.length === 0 ? [] : [segments.map(segmentTest)];
  });
  return (path) => ways.some((way) => walk(way, path.split("/")));
}

/** Returns whether a glob matches or spells a path. */
export function slowSpelled(text: string): (path: string) => boolean {
  const letters = (part: string) =>
    [...part.replaceAll(/\\(.)/gsu, "$1")].map((letter) =>
      /[\p{L}\p{N}/]/u.test(letter) ? letter : `\\${letter}`
    ).join("");
  const plain = (marks: RegExp) =>
    text.replaceAll(PART, (part) => marks.test(part) ? letters(part) : part);
  const ways = [text, plain(/^\[/), plain(/^[[{}]/)].filter((way) => !/(^|\/)\.\.(\/|$)/.test(way))
    .map(slowGlob);
  return (path) => ways.some((way) => way(path));
}

/** Returns whether a glob of symbols matches a name. */
export function slowSymbol(text: string): (name: string) => boolean {
  const tests = writtenOut(text).map((way) => new RegExp(`^${regexpOf(way, "[^]")}$`, "u"));
  return (name) => name !== "" && tests.some((test) => test.test(name));
}

/** Returns whether an address names a symbol in a file, or with `null` the file itself. */
export function slowAddress(text: string): (path: string, symbol: string | null) => boolean {
  const at = text.indexOf("::");
  const isPath = slowSpelled(at < 0 ? text : text.slice(0, at));
  if (at < 0) return isPath;
  const isSymbol = slowSymbol(text.slice(at + 2));
  return (path, symbol) => symbol !== null && isPath(path) && isSymbol(symbol);
}

type Test = "tree" | RegExp;

function segmentTest(segment: string): Test {
  return segment === TREE ? "tree" : new RegExp(`^${regexpOf(segment, "[^/]")}$`, "iu");
}

function walk(tests: readonly Test[], segments: readonly string[]): boolean {
  const [test, ...later] = tests;
  if (test === undefined) return segments.length === 0;
  const [segment, ...rest] = segments;
  if (test === "tree") {
    return walk(later, segments) || segment !== undefined && walk(tests, rest);
  }
  return segment !== undefined && test.test(segment) && walk(later, rest);
}

const TREE = "\u{f0000}";
const RUN = "\u{f0001}";

/** Puts marks for runs of stars, so that alternatives cannot make two of two single ones. */
function starsMarked(pattern: string): string {
  return pattern.replaceAll(
    PART,
    (part) => !part.startsWith("*") ? part : part === "**" ? TREE : RUN,
  );
}

const PART = /\*+|\?|\[([!^]?)(\]?(?:\\.|[^\]\\])*)\]|\\(.)|(.)/gsu;

function regexpOf(pattern: string, any: string): string {
  return pattern.replaceAll(PART, (part, negated, members, escaped, letter) => {
    if (part.startsWith("*") || part === TREE || part === RUN) return `${any}*`;
    if (part === "?") return any;
    if (members === undefined) return literal(escaped ?? letter);
    const set = members.replaceAll(
      /\\(.)|([^\\])/gsu,
      (_: string, one?: string, two?: string) => two === "-" ? "-" : literal(one ?? two ?? ""),
    );
    return `(?:(?=${any})[${negated === "" ? "" : "^"}${set}])`;
  });
}

function literal(letter: string): string {
  return `\\u{${(letter.codePointAt(0) ?? 0).toString(16)}}`;
}

/** The parts of a pattern that a character divides, outside of brackets, braces and escapes. */
function splitOutside(pattern: string, mark: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const [part] of pattern.matchAll(PART)) {
    if (part === "{") depth++;
    if (part === "}") depth--;
    if (part === mark && depth === 0) parts.push("");
    else parts.push((parts.pop() ?? "") + part);
  }
  return parts;
}

/** Everything that the braces of a pattern stand for. */
function writtenOut(pattern: string): string[] {
  let depth = 0;
  let open = -1;
  for (const { 0: part, index } of pattern.matchAll(PART)) {
    if (part === "{" && depth++ === 0) open = index;
    if (part !== "}" || --depth > 0) continue;
    const before = pattern.slice(0, open);
    const tails = writtenOut(pattern.slice(index + 1));
    return splitOutside(pattern.slice(open + 1, index), ",").flatMap(writtenOut)
      .flatMap((middle) => tails.map((tail) => before + middle + tail));
  }
  return [pattern];
}

const LETTERS = ["a", "b", "a", "b", "A", "B", "c", ".", "\\.", "\\*"];
const SETS = [
  "[ab]",
  "[!a]",
  "[^b]",
  "[a-b]",
  "[B]",
  "[!.]",
  "[.a]",
  "[-b]",
  "[]a]",
  "[+-a]",
  "[.]",
];

/** A random glob, which may be bad; with `slash` one of paths. */
export function randomGlob(random: Random, slash = "/"): string {
  let text = "";
  for (let parts = 1 + random.below(6); parts > 0; parts--) text += randomPart(random, slash, 2);
  return text;
}

function randomPart(random: Random, slash: string, depth: number): string {
  const dice = random.below(20);
  if (dice < 6) return random.pick(LETTERS);
  if (dice < 9) return slash;
  if (dice < 11) return "*";
  if (dice < 12) return "**";
  if (dice < 14) return slash + "**" + (random.chance(0.5) ? slash : "");
  if (dice < 15) return "?";
  if (dice < 17) return random.pick(SETS);
  if (dice < 18 || depth === 0) return random.pick(["./", "//", "***", "**/", "a/b"]);
  const ways: string[] = [];
  for (let count = 1 + random.below(3); count > 0; count--) {
    let way = "";
    for (let parts = random.below(3); parts > 0; parts--) {
      way += randomPart(random, slash, depth - 1);
    }
    ways.push(way);
  }
  return `{${ways.join()}}`;
}

/** For each of some things whether a test holds, as bits. */
export function bitsOf<T>(things: readonly T[], test: (thing: T) => boolean): Uint32Array {
  const bits = new Uint32Array(Math.ceil(things.length / 32));
  things.forEach((thing, i) => {
    if (test(thing)) bits[i >> 5] = (bits[i >> 5] ?? 0) | (1 << (i & 31));
  });
  return bits;
}

/** The index of the first thing that both have, or -1. */
export function firstCommon(a: Uint32Array, b: Uint32Array): number {
  for (let i = 0; i < a.length; i++) {
    const both = (a[i] ?? 0) & (b[i] ?? 0);
    if (both !== 0) return 32 * i + 31 - Math.clz32(both & -both);
  }
  return -1;
}

/** Whether `a` has everything that `b` has. */
export function hasAll(a: Uint32Array, b: Uint32Array): boolean {
  return b.every((bits, i) => (bits & ~(a[i] ?? 0)) === 0);
}
