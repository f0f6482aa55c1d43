/** Imports of Python. */
import type { SyntaxNode, Tree } from "../../../../deps/lezer.ts";
import { parser } from "../../../../deps/lezer_python.ts";
import type { Import } from "../../../../domain/forecast/imports.ts";
import type { Reader } from "./reader.ts";

export const python: Reader = (text, clock) => {
  const end = endOfMarks(text);
  if (end === 0) return [];
  const part = text.slice(0, end);
  const imports = importsOf(clock.parse(parser, part), part);
  if (!imports.some(({ module }) => module.startsWith("."))) return imports;
  return imports.map((each) => each.module.startsWith(".") ? each : { ...each, isInPackage: true });
};

/** The words of imports; other text may have them too. */
const MARK = /\b(?:import(?:_module)?|__import__)\b/g;

/** Where the last import of a text has ended for sure: most files have theirs at the top. */
function endOfMarks(text: string): number {
  let end = 0;
  for (const { 0: found, index } of text.matchAll(MARK)) {
    if (index >= end) end = endOfLine(text, index + found.length);
  }
  return end;
}

/** Where a line ends that may go on behind `\` and in parentheses. */
function endOfLine(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === "\\") at++;
    else if (character === "(") depth++;
    else if (character === ")") depth--;
    else if (character === "\n" && depth <= 0) return at;
    else if (character === "#") {
      const end = text.indexOf("\n", at);
      if (end < 0) break;
      at = end - 1;
    }
  }
  return text.length;
}

function importsOf(tree: Tree, text: string): Import[] {
  const imports: Import[] = [];
  tree.iterate({
    enter({ name, node }) {
      if (name === "ImportStatement") imports.push(...importsIn(node, text));
      if (name === "CallExpression") imports.push(...calledIn(node, text));
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

/** `__import__("a")`, `importlib.import_module("a.b")`, `import_module(".b", __package__)`. */
function calledIn(call: SyntaxNode, text: string): Import[] {
  const [callee, ...args] = [call.firstChild, ...partsOf(call.getChild("ArgList"), text)];
  if (callee === null || !CALLEE.test(text.slice(callee.from, callee.to))) return [];
  const [, , module = ""] = LITERAL.exec(args[0] ?? "") ?? [];
  const isRelative = module.startsWith(".");
  if (module === "" || isRelative && !/^__(?:package|name)__$/.test(args[2] ?? "")) return [];
  return [{ module, name: null }];
}

const CALLEE = /^(?:__import__|(?:importlib\.)?import_module)$/;
const LITERAL = /^[rRuU]?(["'])([\w.]+)\1$/;

function partsOf(node: SyntaxNode | null, text: string): string[] {
  const parts: string[] = [];
  for (let part = node?.firstChild ?? null; part !== null; part = part.nextSibling) {
    if (!/^(Comment|⚠|[()])$/.test(part.name)) parts.push(text.slice(part.from, part.to));
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
