/** What all paths of a glob have in common at their ends, to separate most globs at a glance. */
import { canonical, folded } from "./chars.ts";
import { isLiteral, spelledReadings, unescaped } from "./literal.ts";
import { MAX_FOLDERS, MAX_WAYS } from "../limits.ts";

/** Folded texts, each of which may be empty. */
export interface Bounds {
  /** The whole segments that every path begins with; not more than are worth an index. */
  readonly folders: readonly string[];
  /** What every path begins with; a path may lack the `/` at its end. */
  readonly prefix: string;
  /** What every path ends with. */
  readonly suffix: string;
  /** The segments that every path begins with, up to the first `**`; `undefined` for any. */
  readonly segments: readonly (string | undefined)[];
  /** The bounds of what braces stand for, and of what is spelled, each by itself. */
  readonly ways?: readonly Bounds[];
}

/** The bounds of a well-formed glob. */
export function boundsOf(text: string): Bounds {
  text = canonical(text, true);
  const spelled = spelledReadings(text);
  if (spelled.length === 0) return plainBounds(text);
  const ways = [...writtenOut(text) ?? [text], ...spelled];
  return { ...plainBounds(text), ways: ways.map(plainBounds) };
}

/** What the braces of a glob stand for; `undefined` where there are none, or more than are worth it. */
function writtenOut(text: string): string[] | undefined {
  if (!text.includes("{") || /[\\[]/.test(text)) return undefined;
  const done: string[] = [];
  for (const open = [text]; open.length > 0;) {
    const way = open.pop() ?? "";
    const braces = /\{([^{}]*)\}/.exec(way);
    if (braces === null) done.push(way);
    else {
      const [all, within = ""] = braces;
      const [before, after] = [way.slice(0, braces.index), way.slice(braces.index + all.length)];
      open.push(...within.split(",").map((one) => before + one + after));
    }
    if (open.length + done.length > MAX_WAYS) return undefined;
  }
  return done;
}

function plainBounds(text: string): Bounds {
  const special = text.search(/[*?[{\\]/);
  const literal = special < 0 ? text : text.slice(0, special);
  const segments = literal.split("/");
  const open = special < 0 ? "" : segments.pop() ?? "";
  const closed = segments.filter((segment) => segment !== "" && segment !== ".").map(folded);
  const prefix = special < 0
    ? closed.join("/")
    : closed.map((segment) => `${segment}/`).join("") + folded(open);
  return {
    folders: closed.slice(0, MAX_FOLDERS),
    prefix,
    suffix: folded(suffixOf(text)),
    segments: segmentsOf(text),
  };
}

/** What comes after braces, sets and an escaped `/` is left out. */
function segmentsOf(text: string): (string | undefined)[] {
  const segments: (string | undefined)[] = [];
  for (const segment of text.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segments.length >= MAX_FOLDERS) break;
    if (!/\*\*|[[{\\]/.test(segment)) {
      segments.push(/[*?]/.test(segment) ? undefined : folded(segment));
    } else if (isName(segment)) segments.push(folded(unescaped(segment)));
    else break;
  }
  return segments;
}

function isName(segment: string): boolean {
  return isLiteral(segment) && !/(^|[^\\])(\\\\)*\\$/.test(segment);
}

/** A glob without wildcards names also what is below it, so only one with wildcards has an end. */
function suffixOf(text: string): string {
  if (isLiteral(text)) return "";
  // An escape takes its place, as a wildcard does where it is that of a slash.
  const marked = text.replaceAll(/\\[^]/g, (escape) => escape === "\\/" ? "//" : "__");
  const tail = unescaped(text.slice(marked.search(/[^*?[\]{}/]*$/)));
  return tail === "." ? "" : tail;
}

/** False only if no path is matched by both globs. */
export function mayOverlap(a: Bounds, b: Bounds): boolean {
  if (a.ways !== undefined) return a.ways.some((way) => mayOverlap(way, b));
  if (b.ways !== undefined) return b.ways.some((way) => mayOverlap(a, way));
  return (a.prefix.startsWith(b.prefix) || b.prefix.startsWith(a.prefix)) &&
    (a.suffix.endsWith(b.suffix) || b.suffix.endsWith(a.suffix)) &&
    a.segments.every((mine, i) => {
      const theirs = b.segments[i];
      return mine === undefined || theirs === undefined || mine === theirs;
    });
}
