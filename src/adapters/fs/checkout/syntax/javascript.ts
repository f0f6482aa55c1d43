/**
 * Imports of JavaScript, TypeScript and Flow.
 *
 * They are read word by word wherever their words stand. Lezer's grammar then says which of them are
 * code. For it each one is replaced by a plain name of the same length: the grammar knows fewer forms
 * than the languages have, and it misreads what follows a form that it does not know.
 */
import type { Tree } from "../../../../deps/lezer.ts";
import { parser } from "../../../../deps/lezer_javascript.ts";
import { Cursor } from "./cursor.ts";
import { FORMS, type Found, references } from "./javascript_forms.ts";
import { docImports } from "./jsdoc.ts";
import type { Clock, Reader } from "./reader.ts";

function reader(dialect: string, isPlain: boolean): Reader {
  const configured = parser.configure({ dialect });
  return (text, clock) => {
    const found = candidates(text, clock);
    const docs = isPlain ? docImports(text, clock) : [];
    const head = references(text);
    const end = [...found, ...docs].reduce((end, each) => Math.max(end, each.end), 0);
    if (end === 0) return head;
    const part = masked(text.slice(0, end), found);
    const tree = clock.parse(configured, part);
    const isText = ({ start }: Found) => tree.resolveInner(start, 1).name === "JSXText";
    // Types of Flow that TypeScript lacks may look like elements, whose text never ends.
    const isDoubtful = isPlain && FLOW.test(text) && [...found, ...docs].some(isText);
    const second = isDoubtful ? clock.parse(withoutElements, part) : tree;
    const treeOf = (each: Found) => isDoubtful && isText(each) ? second : tree;
    const all = [
      ...inCode(found, treeOf, text),
      ...docs.filter((each) => isComment(treeOf(each), each.start)),
    ];
    all.sort((a, b) => a.start - b.start);
    return [...head, ...all.flatMap(({ imports }) => imports)];
  };
}

/** What Flow reads has this in the comment at its top. */
const FLOW = /^[^]{0,2000}@flow\b/;

const withoutElements = parser.configure({ dialect: "ts" });

export const typescript = reader("ts", false);
export const tsx = reader("ts jsx", false);
/** Flow's types are near to TypeScript's, and plain JavaScript reads the same with them. */
export const javascript = reader("ts jsx", true);

/** The words that imports begin with. */
const WORDS = /import|export|require|declare|new(?=\s+URL)/g;

/** Everything that reads like an import, in code or not. */
function candidates(text: string, clock: Clock): Found[] {
  const all: Found[] = [];
  for (const { 0: word, index } of text.matchAll(WORDS)) {
    if (!standsAlone(text, index, word.length)) continue;
    clock.check();
    const cursor = new Cursor(text, index + word.length);
    const imports = FORMS[word]?.(cursor);
    if (imports !== undefined) all.push({ start: index, end: cursor.at, imports });
  }
  return all;
}

/** Whether a word is no part of another one. */
function standsAlone(text: string, start: number, length: number): boolean {
  return !/[\w$]/.test(text.charAt(start + length)) && !/[\w$#@]/.test(text.charAt(start - 1));
}

/** Those that are code, and not part of another one. */
function inCode(found: readonly Found[], treeOf: (each: Found) => Tree, text: string): Found[] {
  let end = 0;
  return found.filter((each) => {
    const tree = treeOf(each);
    if (each.start < end || !isCode(tree, each.start) || isProperty(tree, each.start, text)) {
      return false;
    }
    end = each.end;
    return true;
  });
}

function isCode(tree: Tree, at: number): boolean {
  return !NO_CODE.test(tree.resolveInner(at, 1).name);
}

const NO_CODE =
  /^(?:LineComment|BlockComment|Hashbang|String|TemplateString|Escape|RegExp|JSXText|JSXAttributeValue)$/;

/** Whether there is a dot before it, and none of three. */
function isProperty(tree: Tree, start: number, text: string): boolean {
  let before = start - 1;
  while (/\s/.test(text.charAt(before))) before--;
  return text[before] === "." && text.slice(before - 2, before) !== ".." && isCode(tree, before);
}

function isComment(tree: Tree, start: number): boolean {
  const { name, from } = tree.resolveInner(start, 1);
  return name === "BlockComment" && from === start;
}

/** The text with names in place of the forms that the grammar may not know. */
function masked(text: string, found: readonly Found[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { start, end } of found) {
    const form = text.slice(start, end);
    if (start < at || !/^[ied]/.test(form)) continue;
    parts.push(text.slice(at, start), mask(form));
    at = end;
  }
  return parts.join("") + text.slice(at);
}

function mask(form: string): string {
  // The block that follows stays one: `declare module NAME {`.
  if (form.startsWith("declare")) {
    return form.replace(/["'].*$/, (name) => "i".repeat(name.length));
  }
  // The rest of a call whose end is not known stays one: `NAME("./x", `.
  if (/^import[^"'`]*\(/.test(form) && !form.endsWith(")")) return form.replace("import", "iiiiii");
  return "iiiiii" + form.slice(6).replaceAll(/[^\n]/g, " ");
}
