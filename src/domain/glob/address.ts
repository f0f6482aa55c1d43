/**
 * Addresses: what an agent says it will touch. `path::symbol` names the symbols of that name in the
 * files at that path; `path` alone names the files themselves and all their symbols.
 *
 * The first `::` divides, so symbols may hold more of them (`src/a.rs::mod::f`); in a path it is
 * written `\:\:`. The path is a glob as in trees: without wildcards it is a file, or a directory and
 * all below it. The symbol is a glob over one name, in which `/` and `.` are like any other
 * character: `*` matches `Foo.bar` as a whole, and `Foo` does not name `Foo.bar`. Case is folded in
 * paths, since file systems may do so, and kept in symbols, since languages distinguish `Foo` and
 * `foo`.
 */
import { covers, type Glob, type Overlap, overlap, overlapOf, parseGlob } from "./glob.ts";
import type { Automaton } from "./automaton.ts";
import { canonical, folded } from "./chars.ts";
import { compile, textProblem } from "./compile.ts";
import { MAGIC } from "./literal.ts";
import { common, type StepBudget, surplus } from "./search.ts";
import { MAX_ADDRESS } from "../limits.ts";

/** A parsed address. */
export interface Address {
  /** As it was written. */
  readonly text: string;
  /** The files. */
  readonly path: Glob;
  /** Their symbols, or `null` for the files themselves and everything in them. */
  readonly symbol: Automaton | null;
}

/**
 * Reads an address.
 *
 * @param files Paths, as they are written in addresses, that are known to be files.
 * @returns The address, or what is wrong with it.
 */
export function parseAddress(text: string, files?: ReadonlySet<string>): Address | string {
  const problem = textProblem(text, MAX_ADDRESS);
  if (problem !== undefined) return problem;
  const parts = partsOf(text);
  const path = parseGlob(parts.path, files?.has(parts.path));
  if (typeof path === "string") return `has a path that ${path}`;
  if (parts.symbol === null) return { text, path, symbol: null };
  const symbol = compile(parts.symbol, "symbol");
  if (typeof symbol === "string") return `has a symbol that ${symbol}`;
  return { text, path, symbol };
}

/** The two parts of an address as they are written; there may be no symbol. */
export function partsOf(text: string): { readonly path: string; readonly symbol: string | null } {
  if (!text.includes("::")) return { path: text, symbol: null };
  // An escaped character never begins the mark that divides.
  const path = /^(?:\\[^]|(?!::)[^\\]|\\$)*/.exec(text)?.[0] ?? "";
  return { path, symbol: path.length === text.length ? null : text.slice(path.length + 2) };
}

/** Addresses that are good at a glance. */
const GOOD =
  /^(?!.*\.\.)[A-Za-z0-9_.*?][A-Za-z0-9_.*?/ @+-]{0,255}(::[A-Za-z0-9_.*?/ @+-]{1,255})?$/;

/** What is wrong with an address. */
export function addressProblem(text: string): string | undefined {
  if (GOOD.test(text)) return undefined;
  const address = parseAddress(text);
  return typeof address === "string" ? address : undefined;
}

/**
 * Whether some file or symbol is named by both. Exact, unless `exhausted`.
 *
 * @returns With a witness, `path` or `path::symbol` in plain characters, nothing escaped.
 */
export function addressesOverlap(a: Address, b: Address): Overlap {
  const path = overlap(a.path, b.path);
  const symbol = a.symbol ?? b.symbol;
  if (!path.overlaps || symbol === null) return path;
  const name = overlapOf(common(symbol, b.symbol ?? symbol));
  if (!name.overlaps) return name;
  const isKnown = path.witness !== null && name.witness !== null;
  return {
    overlaps: true,
    witness: isKnown ? `${path.witness}::${name.witness}` : null,
    exhausted: !isKnown,
  };
}

/**
 * Whether `a` names everything that `b` names. `src/a.py` contains `src/a.py::*`, and not the other
 * way round. False also when it would take too long to know, so never true by mistake.
 */
export function contains(a: Address, b: Address, budget?: StepBudget): boolean {
  if (a.symbol !== null) {
    if (b.symbol === null || surplus(b.symbol, a.symbol, budget).kind !== "none") return false;
  }
  return covers(a.path, b.path, budget);
}

/** Where an address lies among all addresses. */
export interface Anchor {
  /** Segments, case folded, with which every path begins that the address names. */
  readonly segments: readonly string[];
  /** The one symbol that it names; `undefined` when it may name others, or the files themselves. */
  readonly symbol: string | undefined;
}

/**
 * The literal part of an address. Of two addresses that overlap, the segments of one begin with
 * those of the other, and if both have a symbol it is the same.
 */
export function anchorOf(address: string): Anchor {
  const { path, symbol } = partsOf(address);
  const segments: string[] = [];
  for (const segment of canonical(path, true).split("/")) {
    if (MAGIC.test(segment)) break;
    if (segment === "" || segment === ".") continue;
    segments.push(folded(segment));
  }
  const only = symbol === null || MAGIC.test(symbol) ? undefined : canonical(symbol, false);
  return { segments, symbol: only };
}
