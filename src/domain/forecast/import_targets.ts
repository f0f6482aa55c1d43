/**
 * Which file an import means. Each language looks in several places and takes the first that is
 * there; what only its build knows (path mappings, installed packages, other crates) is not guessed.
 */
import { goTargets } from "./go_targets.ts";
import type { Exists, Import, Language, ReadText, Target } from "./imports.ts";
import { rustTargets } from "./rust_targets.ts";
import { folderOf, isName, joined, resolved } from "./source_path.ts";

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
      return goTargets(from, imported, exists, read);
    case "rust":
      return rustTargets(from, imported, exists, read);
    default:
      return javascript(from, language, imported, read);
  }
}

const TYPED = ["ts", "tsx", "d.ts", "mts", "cts", "d.mts", "d.cts"];
const PLAIN = ["js", "jsx", "mjs", "cjs"];

/** Endings that no import leaves out when another one follows. */
const ENDINGS: ReadonlySet<string> = new Set([...TYPED, ...PLAIN]);

/** What an ending may stand for: TypeScript is imported by the name of what it becomes. */
const SOURCES: Readonly<Record<string, readonly string[]>> = {
  js: ["ts", "tsx", "d.ts"],
  jsx: ["tsx", "d.ts"],
  mjs: ["mts", "d.mts"],
  cjs: ["cts", "d.cts"],
};

function javascript(
  from: string,
  language: Language,
  { module, name }: Import,
  read: ReadText,
): Target[] {
  const specifier = module.replace(/[?#].*$/s, "");
  if (!/^\.\.?(\/|$)/.test(specifier)) return [];
  const base = resolved(folderOf(from), specifier.split("/"));
  if (base === undefined) return [];
  const [, stem = "", ending = ""] = /^(.*[^/])\.([a-z]+)$/s.exec(base) ?? [];
  const sources = (SOURCES[ending] ?? []).map((source) => `${stem}.${source}`);
  const isFolder = base === "" || /(^|\/)\.{0,2}$/.test(specifier);
  const own = isFolder ? [] : [base];
  const paths = language === "js" ? [...own, ...sources] : [...sources, ...own];
  if (isFolder || !ENDINGS.has(ending)) {
    const endings = language === "js" ? [...PLAIN, "json", ...TYPED] : [...TYPED, ...PLAIN, "json"];
    const files = (path: string) => endings.map((each) => `${path}.${each}`);
    if (ending !== "") paths.push(`${stem}.d.${ending}.ts`);
    for (const path of own) paths.push(...files(path));
    if (isFolder || ending === "") {
      paths.push(...mainFiles(base, language, read).flatMap((main) => [main, ...files(main)]));
    }
    paths.push(...files(joined(base, "index")));
  }
  return paths.map((path) => ({ path, name }));
}

/** What `package.json` names as a folder's own file. */
function mainFiles(folder: string, language: Language, read: ReadText): string[] {
  const text = read(joined(folder, "package.json"));
  if (text === undefined) return [];
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return [];
  }
  const fields = language === "js" ? ["main"] : ["types", "typings", "main"];
  return fields.flatMap((field) => {
    const main: unknown = Object.entries(manifest ?? {}).find(([key]) => key === field)?.[1];
    const path = typeof main === "string" ? resolved(folder, main.split("/")) : undefined;
    return path === undefined ? [] : [path];
  });
}

function python(from: string, imported: Import, exists: Exists): Target[] {
  const { module, name } = imported;
  const [, dots = "", dotted = ""] = /^(\.*)(.*)$/s.exec(module) ?? [];
  const parts = dotted === "" ? [] : dotted.split(".");
  if (!parts.every(isName)) return [];
  const here = folderOf(from);
  const roots = dots === ""
    ? pythonRoots(here, parts[0] ?? "", imported.isInPackage ?? false, exists)
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

/**
 * Where absolute names are looked for: beside the outermost package, in the checkout, in `src`, and
 * where a folder of that name lies on the file's own way. A script finds what lies beside it; a
 * module of a package does not, and so `import typing` means the standard library there.
 */
function pythonRoots(here: string, first: string, isInPackage: boolean, exists: Exists): string[] {
  let top = here;
  while (top !== "" && exists(joined(top, "__init__.py"))) top = folderOf(top);
  const roots = top === here && isInPackage ? [] : [top];
  const way = here.split("/");
  const own = way.indexOf(first);
  if (own >= 0) roots.push(way.slice(0, own).join("/"));
  return [...new Set([...roots, "", "src"])];
}
