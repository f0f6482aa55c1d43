/** Imports of Python. */
import type { SyntaxNode, Tree } from "../../../deps/lezer.ts";
import { parser } from "../../../deps/lezer_python.ts";
import type { Import } from "../../../domain/imports.ts";
import type { Reader } from "./reader.ts";

export const python: Reader = { parser, mark: /\bimport\b/g, tail: 4_096, importsOf };

function importsOf(tree: Tree, text: string): Import[] {
  const imports: Import[] = [];
  tree.iterate({
    enter(visited) {
      if (visited.name === "ImportStatement") imports.push(...importsIn(visited.node, text));
    },
  });
  return imports;
}

/** `import a.b as c, d` and `from ..a.b import c as d, e`. */
function importsIn(statement: SyntaxNode, text: string): Import[] {
  const [kind, ...rest] = partsOf(statement, text);
  const at = rest.indexOf("import");
  if (kind === "import") return namesIn(rest).map((module) => ({ module, name: null }));
  if (kind !== "from" || at <= 0) return [];
  const module = rest.slice(0, at).join("");
  return namesIn(rest.slice(at + 1)).map((name) => ({ module, name: name === "*" ? null : name }));
}

function partsOf(statement: SyntaxNode, text: string): string[] {
  const parts: string[] = [];
  for (let node = statement.firstChild; node !== null; node = node.nextSibling) {
    if (!/^(Comment|⚠|[()])$/.test(node.name)) parts.push(text.slice(node.from, node.to));
  }
  return parts;
}

/** What stands between commas, without what it is called here. */
function namesIn(parts: readonly string[]): string[] {
  const names: string[] = [];
  let name = "";
  let isRenamed = false;
  for (const part of [...parts, ","]) {
    if (part === ",") {
      if (name !== "") names.push(name);
      name = "";
      isRenamed = false;
    } else if (part === "as") isRenamed = true;
    else if (!isRenamed) name += part;
  }
  return names;
}
