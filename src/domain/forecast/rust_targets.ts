/** Which files a path of Rust means: modules by their names, and files by their paths. */
import type { Exists, Import, ReadText, Target } from "./imports.ts";
import { folderOf, isName, joined, resolved } from "./source_path.ts";

/** The files that a path may mean, the likeliest first. */
export function rustTargets(
  from: string,
  { module }: Import,
  exists: Exists,
  read: ReadText,
): Target[] {
  if (module.includes("/")) return fileOf(from, module);
  if (module.startsWith("mod ")) return declared(from, module.slice("mod ".length).split("::"));
  const [head = "", ...path] = module.split("::");
  switch (head) {
    case "crate":
      return inCrate(from, path, exists);
    case "self":
      return inModule(ownModule(from), path, []);
    case "super":
      return above(from, path);
    case "":
      return isFirstEdition(from, read) ? inCrate(from, path, exists) : [];
    default:
      return isFirstEdition(from, read)
        ? inCrate(from, [head, ...path], exists)
        : inModule(ownModule(from), [head, ...path], []);
  }
}

/** `./a.rs` from the folder of the source; `self::inner::/a.rs` from that of a module in it. */
function fileOf(from: string, module: string): Target[] {
  const [, inner = "", path = ""] = /^self::([^/]*)::\/(.*)$/s.exec(module) ?? [, "", module];
  if (path.startsWith("/")) return [];
  const folder = inner === "" ? folderOf(from) : joined(ownModule(from), ...inner.split("::"));
  const file = resolved(folder, path.split("/"));
  return file === undefined ? [] : [{ path: file, name: null }];
}

/** The files of `mod x;`. */
function declared(from: string, path: readonly string[]): Target[] {
  if (!path.every(isName)) return [];
  // A file that `#[path]` leads to, or a crate's of unusual name, has its modules beside it.
  const folders = [...new Set([ownModule(from), folderOf(from)])];
  return folders.flatMap((folder) =>
    moduleFiles(joined(folder, ...path)).map((path) => ({ path, name: null }))
  );
}

function inCrate(from: string, path: readonly string[], exists: Exists): Target[] {
  const root = crateRoot(from, exists);
  return inModule(root, path, [joined(root, "lib.rs"), joined(root, "main.rs")]);
}

/** `super::x`; the path holds what follows the first `super`. */
function above(from: string, path: readonly string[]): Target[] {
  let base = ownModule(from);
  let rest = ["super", ...path];
  for (; rest[0] === "super"; rest = rest.slice(1)) {
    if (base === "") return [];
    base = folderOf(base);
  }
  const files = moduleFiles(base);
  // The module above may be the crate's root.
  if (base !== "") files.push(joined(base, "lib.rs"), joined(base, "main.rs"));
  return inModule(base, rest, files);
}

/** What a path names below a module: the last of its parts that is a module, else the module. */
function inModule(
  base: string,
  path: readonly string[],
  files: readonly string[],
): Target[] {
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

/** Whether the nearest package is of the edition in which all paths of `use` begin at the crate. */
function isFirstEdition(from: string, read: ReadText): boolean {
  for (let folder = folderOf(from);; folder = folderOf(folder)) {
    const text = read(joined(folder, "Cargo.toml"));
    if (text !== undefined && /^[ \t]*\[package\]/m.test(text)) {
      const edition = /^[ \t]*edition[ \t]*(?:\.|=[ \t]*(?:["'](\d+))?)/m.exec(text);
      return edition === null || edition[1] === "2015";
    }
    if (folder === "") return false;
  }
}
