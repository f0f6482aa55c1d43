/**
 * Which file an import means. Each language looks in several places and takes the first that is
 * there; what only its build knows (path mappings, installed packages, other crates) is not guessed.
 */
import type { Import, Language } from "./imports.ts";

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

/** The places that an import may mean, the likeliest first. */
export function targetsOf(
  from: string,
  language: Language,
  imported: Import,
  exists: Exists,
  read: ReadText,
): Target[] {
  switch (language) {
    case "python":
      return python(from, imported, exists);
    case "go":
      return go(from, imported, read);
    case "rust":
      return rust(from, imported, exists);
    default:
      return javascript(from, language, imported);
  }
}

const TYPED = ["ts", "tsx", "mts", "cts", "d.ts"];
const PLAIN = ["js", "jsx", "mjs", "cjs"];

/** Endings that nobody leaves out when another one follows. */
const ENDINGS: ReadonlySet<string> = new Set([...TYPED, ...PLAIN]);

/** What an ending may stand for: TypeScript is imported by the name of what it becomes. */
const SOURCES: Readonly<Record<string, readonly string[]>> = {
  js: ["ts", "tsx"],
  jsx: ["tsx"],
  mjs: ["mts"],
  cjs: ["cts"],
};

function javascript(from: string, language: Language, { module, name }: Import): Target[] {
  const specifier = module.replace(/[?#].*$/s, "");
  if (!/^\.\.?(\/|$)/.test(specifier)) return [];
  const base = resolved(folderOf(from), specifier.split("/"));
  if (base === undefined) return [];
  const [, stem = "", ending = ""] = /^(.*[^/])\.([a-z]+)$/s.exec(base) ?? [];
  const sources = (SOURCES[ending] ?? []).map((source) => `${stem}.${source}`);
  const own = base === "" || specifier.endsWith("/") ? [] : [base];
  const paths = language === "js" ? [...own, ...sources] : [...sources, ...own];
  if (own.length === 0 || !ENDINGS.has(ending)) {
    const endings = language === "js" ? [...PLAIN, ...TYPED] : [...TYPED, ...PLAIN];
    for (const path of own) for (const each of endings) paths.push(`${path}.${each}`);
    for (const each of endings) paths.push(joined(base, `index.${each}`));
  }
  return paths.map((path) => ({ path, name }));
}

function python(from: string, { module, name }: Import, exists: Exists): Target[] {
  const [, dots = "", dotted = ""] = /^(\.*)(.*)$/s.exec(module) ?? [];
  const parts = dotted === "" ? [] : dotted.split(".");
  if (!parts.every(isName)) return [];
  const here = folderOf(from);
  const roots = dots === ""
    ? pythonRoots(here, exists)
    : [resolved(here, Array<string>(dots.length - 1).fill(".."))];
  return roots.flatMap((root) => {
    if (root === undefined) return [];
    const base = joined(root, ...parts);
    const inside = name !== null && isName(name) ? pythonModule(joined(base, name), null) : [];
    if (base === "") return inside;
    const own = pythonModule(base, name);
    // A folder that is only known by dots is a package, and never a file.
    return [...inside, ...(parts.length > 0 ? own : own.slice(0, 1))];
  });
}

function pythonModule(base: string, name: string | null): Target[] {
  return ["/__init__.py", ".py", ".pyi"].map((end) => ({ path: base + end, name }));
}

/** Where absolute names are looked for: beside the outermost package, in the checkout, in `src`. */
function pythonRoots(here: string, exists: Exists): string[] {
  let top = here;
  while (top !== "" && exists(joined(top, "__init__.py"))) top = folderOf(top);
  return [...new Set([top, here, "", "src"])];
}

function go(from: string, { module }: Import, read: ReadText): Target[] {
  for (let folder = folderOf(from);; folder = folderOf(folder)) {
    const text = read(joined(folder, "go.mod"));
    if (text !== undefined) {
      const own = /^[ \t]*module[ \t]+(?:"([^"\s]+)"|([^"\s]+))/m.exec(text);
      const root = own?.[1] ?? own?.[2];
      if (root === undefined || module !== root && !module.startsWith(`${root}/`)) return [];
      const below = resolved(folder, module.slice(root.length).split("/"));
      return below === undefined ? [] : [{ path: joined(below, "*.go"), name: null }];
    }
    if (folder === "") return [];
  }
}

function rust(from: string, { module }: Import, exists: Exists): Target[] {
  const [head, ...path] = module.split("::");
  let base: string | undefined;
  let files: string[] = [];
  if (head === "crate") {
    base = crateRoot(from, exists);
    files = [joined(base, "lib.rs"), joined(base, "main.rs")];
  } else {
    base = ownModule(from);
    if (head === "super") {
      for (path.unshift("super"); path[0] === "super"; path.shift()) {
        if (base === undefined || base === "") return [];
        base = folderOf(base);
      }
      files = moduleFiles(base);
      // The module above may be the crate's root.
      if (base !== "") files.push(joined(base, "lib.rs"), joined(base, "main.rs"));
    }
  }
  if (!path.every(isName)) return [];
  const targets: Target[] = [];
  for (let length = path.length; length > 0; length--) {
    const name = path[length] ?? null;
    for (const file of moduleFiles(joined(base, ...path.slice(0, length)))) {
      targets.push({ path: file, name });
    }
  }
  return [...targets, ...files.map((file) => ({ path: file, name: path[0] ?? null }))];
}

function moduleFiles(module: string): string[] {
  return module === "" ? ["lib.rs", "main.rs"] : [`${module}.rs`, `${module}/mod.rs`];
}

/** The folder in which a file's own modules lie. */
function ownModule(from: string): string {
  const isFolder = /(^|\/)(mod|lib|main)\.rs$/.test(from) || CRATE.test(from);
  return isFolder ? folderOf(from) : from.replace(/\.rs$/, "");
}

/** Files that are crates of their own. */
const CRATE = /(^|\/)(tests|benches|examples|bin)\/[^/]+$/;

function crateRoot(from: string, exists: Exists): string {
  if (CRATE.test(from)) return folderOf(from);
  for (let folder = folderOf(from);; folder = folderOf(folder)) {
    if (["lib.rs", "main.rs"].some((file) => exists(joined(folder, file)))) return folder;
    if (folder === "") return folderOf(from);
  }
}

/** The folder of a path, `""` for the checkout itself. */
export function folderOf(path: string): string {
  const cut = path.lastIndexOf("/");
  return cut < 0 ? "" : path.slice(0, cut);
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("/");
}

/** A path from a folder; `undefined` when it leads out of the checkout. */
function resolved(folder: string, steps: readonly string[]): string | undefined {
  const segments = folder === "" ? [] : folder.split("/");
  for (const step of steps) {
    if (step === "" || step === ".") continue;
    if (step !== "..") segments.push(step);
    else if (segments.pop() === undefined) return undefined;
  }
  return segments.join("/");
}

/** Whether this can be the name of a module. */
function isName(text: string): boolean {
  return /^[\p{L}_][\p{L}\p{N}\p{M}_]*$/u.test(text);
}
