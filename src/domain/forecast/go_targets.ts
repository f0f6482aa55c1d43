/**
 * Which folder a package of Go means: by `go.mod` and its replacements, by `go.work`, and by what is
 * vendored. The longest module whose path the package's begins with has it.
 */
import type { Exists, Import, ReadText, Target } from "./imports.ts";
import { folderOf, joined, resolved } from "./source_path.ts";

/** A module, or what is imported under its name, and the folder that it lies in. */
interface Module {
  readonly path: string;
  readonly folder: string;
}

/** The files of a package. */
export function goTargets(
  from: string,
  { module }: Import,
  exists: Exists,
  read: ReadText,
): Target[] {
  const here = folderOf(from);
  if (/^\.\.?(\/|$)/.test(module)) return filesIn(resolved(here, module.split("/")));
  const own = upwards(here, (folder) => read(joined(folder, "go.mod")));
  const work = upwards(here, (folder) => read(joined(folder, "go.work")));
  let best: Module | undefined;
  for (const each of [...modulesOf(own, read), ...modulesOf(work, read)]) {
    const isIn = module === each.path || module.startsWith(`${each.path}/`);
    if (isIn && each.path.length > (best?.path.length ?? 0)) best = each;
  }
  if (best !== undefined) {
    return filesIn(resolved(best.folder, module.slice(best.path.length).split("/")));
  }
  const vendored = [work, own].find((each) =>
    each !== undefined && exists(joined(each.folder, "vendor/modules.txt"))
  );
  // Packages of the standard library have no dot in their first part.
  return vendored === undefined || !/^[^/]*\./.test(module)
    ? []
    : filesIn(resolved(joined(vendored.folder, "vendor"), module.split("/")));
}

function filesIn(folder: string | undefined): Target[] {
  return folder === undefined ? [] : [{ path: joined(folder, "*.go"), name: null }];
}

/** A file of Go's own, and its folder. */
interface GoFile {
  readonly folder: string;
  readonly text: string;
}

function upwards(start: string, read: (folder: string) => string | undefined): GoFile | undefined {
  for (let folder = start;; folder = folderOf(folder)) {
    const text = read(folder);
    if (text !== undefined) return { folder, text };
    if (folder === "") return undefined;
  }
}

/** The module that a file declares, those it uses, and those it replaces by folders. */
function modulesOf(found: GoFile | undefined, read: ReadText): Module[] {
  if (found === undefined) return [];
  return directivesIn(found.text).flatMap(([verb, ...words]): Module[] => {
    const at = words.indexOf("=>");
    const [first = "", named = ""] = [words[0], words[at + 1]];
    if (verb === "module") return [{ path: first, folder: found.folder }];
    if (verb === "use") {
      const folder = resolved(found.folder, first.split("/"));
      const text = folder === undefined ? undefined : read(joined(folder, "go.mod"));
      const path = text && directivesIn(text).find(([verb]) => verb === "module")?.[1];
      return folder !== undefined && path ? [{ path, folder }] : [];
    }
    if (verb !== "replace" || at < 1 || !/^\.\.?(\/|$)/.test(named)) return [];
    const folder = resolved(found.folder, named.split("/"));
    return folder === undefined ? [] : [{ path: first, folder }];
  });
}

/** The words of each directive, its verb first, also of those in blocks. */
function directivesIn(text: string): string[][] {
  const directives: string[][] = [];
  let block: string | undefined;
  for (const line of text.split("\n")) {
    const words = [...line.replace(/\/\/.*$/, "").matchAll(/"([^"]*)"|`([^`]*)`|[()]|[^\s"`()]+/g)]
      .map(({ 0: word, 1: quoted, 2: raw }) => quoted ?? raw ?? word);
    const [verb = ""] = words;
    if (verb === ")") block = undefined;
    else if (words[1] === "(") block = verb;
    else if (verb !== "") directives.push(block === undefined ? words : [block, ...words]);
  }
  return directives;
}
