/** Paths of Rust: what a `use` names, and where it leads from the module that it stands in. */
import { MAX_MODULE_DEPTH } from "../../../../domain/limits.ts";
import type { Token } from "./rust_tokens.ts";

/** A module that has its text inside of the file. */
export interface Inline {
  readonly name: string;
  /** The folder that `#[path]` gives it. */
  readonly path: string | undefined;
}

/**
 * Reads the tree of a `use`, and names each path in it; one that begins with `::` has `""` first.
 *
 * @returns the position after it.
 */
export function usesOf(
  tokens: readonly Token[],
  start: number,
  add: (path: readonly string[]) => void,
): number {
  const is = (at: number, sign: string) => tokens[at]?.kind === "sign" && tokens[at]?.text === sign;
  const wordAt = (at: number) => tokens[at]?.kind === "word" ? tokens[at]?.text : undefined;

  const tree = (start: number, prefix: readonly string[]): number => {
    const path = [...prefix];
    let at = start;
    if (is(at, "::")) {
      at++;
      if (path.length === 0) path.push("");
    }
    for (;;) {
      if (is(at, "{")) return list(at + 1, path);
      if (is(at, "*")) {
        add(path);
        return at + 1;
      }
      if (is(at, "$") && wordAt(at + 1) === "crate") at++;
      const word = wordAt(at);
      if (word === undefined) {
        // The rest is what a macro is given.
        if (is(at, "$")) add(path);
        return at;
      }
      if ((word !== "self" || path.length === 0) && path.length < MAX_MODULE_DEPTH) path.push(word);
      at++;
      if (is(at, "::")) at++;
      else {
        if (wordAt(at) === "as") at += 2;
        add(path);
        return at;
      }
    }
  };
  const list = (start: number, prefix: readonly string[]): number => {
    for (let at = start;;) {
      if (is(at, "}")) return at + 1;
      const next = is(at, ",") ? at + 1 : tree(at, prefix);
      if (next === at) return at;
      at = next;
    }
  };
  return tree(start, []);
}

/** A path as seen from the file, in each way that it may be meant. */
export function fromFile(path: readonly string[], inline: readonly Inline[]): string[] {
  const head = path[0] ?? "";
  if (head === "crate") return [join(path)];
  const module = inline.map(({ name }) => name);
  if (head !== "self" && head !== "super") {
    // In the first edition of Rust all paths of `use` begin at the crate.
    if (head === "" || module.length === 0) return [join(path)];
    return [join(["self", ...module, ...path]), join(["", ...path])];
  }
  const above: string[] = [];
  let at = 0;
  for (; path[at] === "self" || path[at] === "super"; at++) {
    if (path[at] === "super" && module.pop() === undefined) above.push("super");
  }
  return [join([...(above.length > 0 ? above : ["self"]), ...module, ...path.slice(at)])];
}

/** The files of a module that is declared without a path of its own. */
export function declared(name: string, inline: readonly Inline[]): string[] {
  if (inline.every(({ path }) => path === undefined)) {
    return [`mod ${join([...inline.map(({ name }) => name), name])}`];
  }
  return [fileIn(`${name}.rs`, inline), fileIn(`${name}/mod.rs`, inline)];
}

/**
 * A file that is named by its path: from the folder of the source, or of a module inside of it.
 * `./a.rs` is the one, `self::inner::/a.rs` the other.
 */
export function fileIn(path: string, inline: readonly Inline[]): string {
  let folder = "./";
  for (const [depth, { name, path: own }] of inline.entries()) {
    if (own !== undefined) folder += `${own}/`;
    else if (depth === 0) folder = `self::${name}::/`;
    else if (folder.endsWith("::/")) folder = `${folder.slice(0, -1)}${name}::/`;
    else folder += `${name}/`;
  }
  return folder + path;
}

function join(parts: readonly string[]): string {
  return parts.slice(0, MAX_MODULE_DEPTH).join("::");
}
