/** Imports of Go. */
import type { Tree } from "../../../deps/lezer.ts";
import { parser } from "../../../deps/lezer_go.ts";
import type { Import } from "../../../domain/imports.ts";
import type { Reader } from "./reader.ts";

export const go: Reader = { parser, mark: /\bimport\b/g, tail: 16_384, importsOf };

function importsOf(tree: Tree, text: string): Import[] {
  const imports: Import[] = [];
  tree.iterate({
    enter(visited) {
      if (visited.name !== "ImportSpec") return;
      const path = visited.node.getChild("String");
      if (path === null) return;
      imports.push({ module: text.slice(path.from + 1, path.to - 1), name: null });
    },
  });
  return imports;
}
