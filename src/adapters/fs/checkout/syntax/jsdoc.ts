/** Imports in the comments by which JavaScript has its types: `@import`, and `import()` in braces. */
import type { Import } from "../../../../domain/forecast/imports.ts";
import { Cursor } from "./cursor.ts";
import { call, clause, type Found } from "./javascript_forms.ts";
import type { Clock } from "./reader.ts";

/** Every comment that reads as if it had imports, in code or not. */
export function docImports(text: string, clock: Clock): Found[] {
  const all: Found[] = [];
  for (let start = text.indexOf("/**"); start >= 0;) {
    const close = text.indexOf("*/", start + 3);
    if (close < 0) break;
    const end = close + 2;
    const comment = text.slice(start, close);
    if (comment.includes("import")) {
      const imports = importsOf(comment, clock);
      if (imports.length > 0) all.push({ start, end, imports });
    }
    start = text.indexOf("/**", end);
  }
  return all;
}

/** The tags that have a type in braces. */
const TYPED =
  /@(?:type|typedef|param|arg|argument|returns?|prop|property|template|satisfies|this|enum|throws|exception|yields?|callback|member|var|const|constant)\s*(?=\{)/g;

function importsOf(comment: string, clock: Clock): Import[] {
  const text = comment.replaceAll(/^[ \t]*\*+/gm, "");
  const imports: Import[] = [];
  for (const { index } of text.matchAll(/@import\b/g)) {
    clock.check();
    imports.push(...clause(new Cursor(text, index + "@import".length)) ?? []);
  }
  for (const { 0: tag, index } of text.matchAll(TYPED)) {
    clock.check();
    const type = inBraces(text, index + tag.length);
    for (const { index } of type.matchAll(/\bimport\b/g)) {
      clock.check();
      imports.push(...call(new Cursor(type, index + "import".length)) ?? []);
    }
  }
  return imports;
}

/** The text from a brace to the one that closes it. */
function inBraces(text: string, start: number): string {
  let depth = 0;
  for (let end = start; end < text.length; end++) {
    if (text[end] === "{") depth++;
    else if (text[end] === "}" && --depth === 0) return text.slice(start, end + 1);
  }
  return "";
}
