/**
 * Globs over paths, and whether two of them can match one path, decided exactly.
 *
 * `*` is any run within a segment and `?` one character of it; `[a-z]` and `[!a-z]` (or `[^a-z]`) are
 * one character in or not in a set; `{a,b}` is any of its alternatives, which may be empty, hold `/`
 * and nest; `\` takes the next character as itself. `**` as a whole segment is any number of
 * segments, also none, so that `src/**` matches `src` itself too; any other run of stars is one `*`,
 * and alternatives never make a `**` of two `*`.
 * No wildcard matches `/`, and all of them match a leading dot.
 *
 * A glob without wildcards is that path and all below it; one with wildcards, braces among them,
 * matches whole paths only. A glob stands for all that its braces expand to, and none of it may be
 * absolute or hold `..`; an alternative that leaves nothing names no path. `./`, `//` and a trailing
 * `/` change nothing, and `.` is the whole workspace. Where two globs are compared, each stands also
 * for what it spells, its brackets and braces as plain characters. Case is folded character by character by
 * Unicode's simple folding, so witnesses are in folded form; `ß` is not `ss`. Characters are compared
 * in their composed form (NFC), so `é` in one code point is `é` in two.
 */
import { accepts, type Automaton } from "./automaton.ts";
import { canonical, pointsOf } from "./chars.ts";
import { compile, compileSpelled } from "./compile.ts";
import { isLiteral } from "./literal.ts";
import { common, type SearchResult, type StepBudget, surplus } from "./search.ts";

/** A parsed glob. */
export interface Glob {
  /** As it was written. */
  readonly text: string;
  /** What it matches as a pattern. */
  readonly automaton: Automaton;
  /** The same, and what it spells. */
  readonly spelled: Automaton;
  /** Whether it has no wildcards. */
  readonly isLiteral: boolean;
  /** Of a path that is known to be a file: the same without what would be below it. */
  readonly file?: Automaton;
}

/** Whether two things can name the same. */
export interface Overlap {
  /** True also when it would take too long to know. */
  readonly overlaps: boolean;
  /** One of the shortest that both name, or `null` when there is none or none is known. */
  readonly witness: string | null;
  /** Whether the search was given up; then `overlaps` is only the safe answer. */
  readonly exhausted: boolean;
}

/**
 * Reads a glob.
 *
 * @param isFile Whether it is known to be a file, where it has no wildcards.
 * @returns The glob, or what is wrong with it.
 */
export function parseGlob(text: string, isFile = false): Glob | string {
  const automaton = compile(text, "path");
  if (typeof automaton === "string") return automaton;
  const isPlain = isLiteral(text);
  if (!isPlain && /[[{]/.test(text)) return new SpelledGlob(text, automaton);
  const glob = { text, automaton, spelled: automaton, isLiteral: isPlain };
  const file = isFile && isPlain ? compile(text, "file") : undefined;
  return file === undefined || typeof file === "string" ? glob : { ...glob, file };
}

/** A glob with brackets or braces. What it spells is read when it is first compared. */
class SpelledGlob implements Glob {
  readonly isLiteral = false;
  #spelled: Automaton | undefined;

  constructor(readonly text: string, readonly automaton: Automaton) {}

  get spelled(): Automaton {
    return this.#spelled ??= compileSpelled(this.text) ?? this.automaton;
  }
}

/**
 * What a glob stands for against another: a file is that file alone to a pattern. To a path it is also
 * what is below, since an agent that names a path through it is about to put a folder in its place.
 */
export function facing(glob: Glob, other: Glob): Automaton {
  return other.isLiteral ? glob.spelled : glob.file ?? glob.spelled;
}

/** Whether a glob matches or spells a path in the workspace; no absolute path and none with `..` is in it. */
export function matches(glob: Glob, path: string): boolean {
  if (path.startsWith("/")) return false;
  const segments = path.split("/").filter((segment) => segment !== "" && segment !== ".");
  if (segments.length === 0 || segments.includes("..")) return false;
  return accepts(glob.spelled, pointsOf(canonical(segments.join("/"), true), true));
}

/** Whether some path is matched by both globs. Exact, unless `exhausted`. */
export function overlap(a: Glob, b: Glob, budget?: StepBudget): Overlap {
  return overlapOf(common(facing(a, b), facing(b, a), budget));
}

/** What a search for something in common says about the overlap. */
export function overlapOf(found: SearchResult): Overlap {
  return {
    overlaps: found.kind !== "none",
    witness: found.kind === "text" ? found.text : null,
    exhausted: found.kind === "unknown",
  };
}

/** Whether `a` as a pattern matches every path that `b` does; false also when it would take too long to know. */
export function covers(a: Glob, b: Glob, budget?: StepBudget): boolean {
  return surplus(b.file ?? b.automaton, a.file ?? a.automaton, budget).kind === "none";
}
