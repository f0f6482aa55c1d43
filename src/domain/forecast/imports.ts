/** Imports: what a source file takes from others, and the languages that coord reads them in. */

/** A language whose imports are read, as its grammar distinguishes it. */
export type Language = "ts" | "tsx" | "js" | "python" | "go" | "rust";

/** One thing that a file imports. */
export interface Import {
  /**
   * Where from, in the language's own words: `./a.js`; `..pkg.mod`; `example.com/m/pkg`. In Rust
   * `crate::a::B`, whose last parts may name things in a module and not modules; `mod a` where the
   * module is declared; `a::B` and `::a::B` as a `use` has it; `./a.rs` where a file is named.
   */
  readonly module: string;
  /** The one name that is taken from there; `null` for all, or where the module's text says it. */
  readonly name: string | null;
  /** Whether other imports show that the file is part of a package of Python. */
  readonly isInPackage?: boolean;
}

/** A place where an import may lead. */
export interface Target {
  /** A file, or with `*` as its name's stem all files of that ending in a folder. */
  readonly path: string;
  /** The one name in it that is meant; `null` for all of it. */
  readonly name: string | null;
}

/** Whether there is a file of this path in the checkout. */
export type Exists = (path: string) => boolean;

/** What some languages say in a file of their own about the folder that it lies in. */
export type ReadText = (path: string) => string | undefined;

const LANGUAGES: Readonly<Record<string, Language>> = {
  ts: "ts",
  mts: "ts",
  cts: "ts",
  tsx: "tsx",
  js: "js",
  mjs: "js",
  cjs: "js",
  jsx: "js",
  py: "python",
  pyi: "python",
  go: "go",
  rs: "rust",
};

/** The language of a file by the end of its name. */
export function languageOf(path: string): Language | undefined {
  const ending = /[^/]\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? "";
  return Object.hasOwn(LANGUAGES, ending) ? LANGUAGES[ending] : undefined;
}
