/**
 * Modules that Rust code names: by `mod x;`, by `use`, and in paths that begin with `crate`, `self`
 * or `super`. Each is told from the crate or from the file's own module, whatever module inside of
 * the file it stands in.
 */
import type { SyntaxNode, Tree } from "../../../deps/lezer.ts";
import { parser } from "../../../deps/lezer_rust.ts";
import type { Import } from "../../../domain/imports.ts";
import type { Reader } from "./reader.ts";

const MARK = /\b(?:use|mod|crate|super|self\s*[:/])/g;

export const rust: Reader = { parser, mark: MARK, tail: 4_096, importsOf };

/** What a tree has where a module is named. */
const NAMING = /^(?:UseDeclaration|ModItem|Scoped(?:Type)?Identifier)$/;

function importsOf(tree: Tree, text: string): Import[] {
  const paths = new Set<string>();
  const inline: string[] = [];
  const add = (path: readonly string[]) => {
    if (path.length > 0) paths.add(fromFile(path, inline).join("::"));
  };
  tree.iterate({
    enter(visited) {
      const { name } = visited;
      if (!NAMING.test(name)) return;
      const { node } = visited;
      if (name === "UseDeclaration") {
        for (let child = node.firstChild; child !== null; child = child.nextSibling) {
          if (child.name !== "Vis") usesOf(child, text).forEach(add);
        }
        return false;
      }
      if (name === "ModItem") {
        const own = node.getChild("BoundIdentifier");
        if (own === null) return;
        if (node.getChild("DeclarationList") === null) add(["self", nameOf(own, text)]);
        else inline.push(nameOf(own, text));
      } else {
        const path = partsOf(node, text);
        if (/^(crate|self|super)$/.test(path[0] ?? "")) add(path);
        return false;
      }
    },
    leave(visited) {
      if (visited.name !== "ModItem") return;
      if (visited.node.getChild("DeclarationList") !== null) inline.pop();
    },
  });
  return [...paths].map((module) => ({ module, name: null }));
}

/** The paths that a tree of `use` names. */
function usesOf(tree: SyntaxNode, text: string): string[][] {
  switch (tree.name) {
    case "UseAsClause":
      return tree.firstChild === null ? [] : usesOf(tree.firstChild, text);
    case "UseList":
      return childrenOf(tree).flatMap((child) => usesOf(child, text));
    case "ScopedUseList": {
      const list = tree.getChild("UseList");
      const head = partsOf(tree, text);
      return (list === null ? [] : usesOf(list, text))
        .map((path) => [...head, ...path.filter((part, at) => part !== "self" || at > 0)]);
    }
    default: {
      const path = partsOf(tree, text);
      return path.length === 0 ? [] : [path];
    }
  }
}

/** The names in a path, in their order. */
function partsOf(path: SyntaxNode, text: string): string[] {
  if (PARTS.test(path.name)) return [nameOf(path, text)];
  return childrenOf(path).filter((child) => PARTS.test(child.name))
    .map((child) => nameOf(child, text));
}

const PARTS = /^(crate|self|super|(Scope|Bound|Type)?Identifier)$/;

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child);
  return children;
}

function nameOf(node: SyntaxNode, text: string): string {
  return text.slice(node.from, node.to).replace(/^r#/, "");
}

/** A path from a module inside of a file as one from the file: `crate`, `self` or `super` first. */
function fromFile(path: readonly string[], inline: readonly string[]): string[] {
  if (path[0] === "crate") return [...path];
  const module = [...inline];
  const above: string[] = [];
  let at = 0;
  for (; path[at] === "self" || path[at] === "super"; at++) {
    if (path[at] === "super" && module.pop() === undefined) above.push("super");
  }
  return [...(above.length > 0 ? above : ["self"]), ...module, ...path.slice(at)];
}
