/** Imports of JavaScript and TypeScript. */
import type { SyntaxNode, Tree } from "../../../deps/lezer.ts";
import { parser } from "../../../deps/lezer_javascript.ts";
import type { Import } from "../../../domain/imports.ts";
import type { Reader } from "./reader.ts";

/** The last word of an import and the string after it. White space, `(`, `?.` or comments between. */
const MARK =
  /\b(?:import|from|require)(?:[\s(]|\?\.|\/\/[^\n]{0,512}\n|\/\*[^]{0,512}?\*\/){0,256}["'`][^"'`\n]*["'`]/g;

function reader(dialect: string): Reader {
  return { parser: parser.configure({ dialect }), mark: MARK, tail: 64, importsOf };
}

export const typescript = reader("ts");
export const tsx = reader("ts jsx");
export const javascript = reader("jsx");

/** What a tree has where something is imported. */
const IMPORTS = /^(?:(?:Import|Export)Declaration|DynamicImport|ImportType|CallExpression)$/;

function importsOf(tree: Tree, text: string): Import[] {
  const imports: Import[] = [];
  const add = (module: string | undefined, names: readonly (string | null)[]) => {
    if (module === undefined) return;
    for (const name of names) imports.push({ module, name });
  };
  tree.iterate({
    enter(visited) {
      const { name } = visited;
      if (!IMPORTS.test(name)) return;
      const { node } = visited;
      if (name === "ImportDeclaration" || name === "ExportDeclaration") {
        add(literal(node.getChild("String"), text), namesIn(node, text));
      } else if (name === "DynamicImport" || name === "ImportType") {
        add(literal(node.getChild("String") ?? node.getChild("TemplateString"), text), [null]);
      } else if (name === "CallExpression" && isRequire(node, text)) {
        const given = node.getChild("ArgList");
        add(literal(given?.getChild("String") ?? given?.getChild("TemplateString"), text), [null]);
      }
    },
  });
  return imports;
}

/** The names that are listed in braces; `null` for anything else that is taken. */
function namesIn(declaration: SyntaxNode, text: string): (string | null)[] {
  const group = declaration.getChild("ImportGroup") ?? declaration.getChild("ExportGroup");
  if (group === null) return [null];
  const names: (string | null)[] = [];
  if (declaration.getChild("VariableDefinition") !== null) names.push(null);
  let isNew = true;
  for (let node = group.firstChild; node !== null; node = node.nextSibling) {
    if (node.name === ",") isNew = true;
    // The first name of an entry is the other module's; the one after `as` is this one's.
    else if (isNew && node.name !== "type" && node.name !== "{" && node.name !== "}") {
      const name = text.slice(node.from, node.to);
      names.push(/^Variable/.test(node.name) ? name : null);
      isNew = false;
    }
  }
  return names;
}

function isRequire(call: SyntaxNode, text: string): boolean {
  const callee = call.firstChild;
  return callee?.name === "VariableName" && text.slice(callee.from, callee.to) === "require";
}

/** What a string says that is written plainly; one with escapes or parts to compute is left out. */
function literal(node: SyntaxNode | null | undefined, text: string): string | undefined {
  if (!node || node.firstChild !== null) return undefined;
  const inside = text.slice(node.from + 1, node.to - 1);
  return inside.includes("\\") ? undefined : inside;
}
