/** The types of the library for TypeScript on Node: a declaration file a module. */
import { ts } from "../deps.ts";

/** `using` is not in the library that TypeScript takes for the targets of today. */
const LIBRARY = '/// <reference lib="esnext.disposable" />\n';

/**
 * The declarations of the modules that `mod.ts` shows, by their paths from the root. They import each
 * other and nothing else.
 *
 * @throws {Error} where one imports a package, which callers do not have.
 */
export function declarations(root: string): ReadonlyMap<string, string> {
  const entry = "mod.d.ts";
  const made = emitted(root, "mod.ts");
  const found = new Map<string, string>();
  const reach = (path: string): void => {
    const text = made.get(path);
    if (text === undefined) throw new Error(`There is no declaration ${path}`);
    if (found.has(path)) return;
    found.set(path, path === entry ? LIBRARY + text : text);
    for (const { fileName } of ts.preProcessFile(text).importedFiles) {
      if (!fileName.startsWith(".")) throw new Error(`${path} imports ${fileName}`);
      const { pathname } = new URL(fileName, `file:///${path}`);
      reach(pathname.slice(1).replace(/\.ts$/, ".d.ts"));
    }
  };
  reach(entry);
  return found;
}

/** All declarations of an entry; `deno task check` has checked the types. */
function emitted(root: string, entry: string): Map<string, string> {
  const program = ts.createProgram([`${root}/${entry}`], {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ["lib.esnext.d.ts", "lib.dom.d.ts"],
    types: [],
    strict: true,
    noCheck: true,
    declaration: true,
    emitDeclarationOnly: true,
    allowImportingTsExtensions: true,
    rootDir: root,
    outDir: "/",
  });
  const made = new Map<string, string>();
  program.emit(undefined, (path, text) => made.set(path.slice(1), text));
  return made;
}
