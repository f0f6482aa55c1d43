/** The forms of imports in JavaScript, TypeScript and Flow, read word by word. */
import type { Import } from "../../../../domain/forecast/imports.ts";
import { Cursor } from "./cursor.ts";

/** What reads like an import, and where. */
export interface Found {
  readonly start: number;
  readonly end: number;
  readonly imports: readonly Import[];
}

/** What stands after the first word of each form; `undefined` where it is none. */
export const FORMS: Readonly<Record<string, (cursor: Cursor) => Import[] | undefined>> = {
  import(cursor) {
    const isStatement = beginsStatement(cursor.text, cursor.at - "import".length);
    cursor.gap();
    if (cursor.eat(".")) {
      cursor.gap();
      const word = cursor.word();
      if (word === "meta") return resolve(cursor);
      return word === "source" || word === "defer" ? call(cursor) : undefined;
    }
    return call(cursor) ?? (isStatement ? clause(cursor) : undefined);
  },
  export(cursor) {
    const isStatement = beginsStatement(cursor.text, cursor.at - "export".length);
    return isStatement ? clause(cursor) : undefined;
  },
  require: (cursor) => call(cursor) ?? resolve(cursor),
  declare(cursor) {
    cursor.gap();
    if (cursor.word() !== "module") return undefined;
    cursor.gap();
    const module = cursor.quoted(`"'`);
    // Another name is a package's, which is declared here.
    return module === undefined ? undefined : isRelative(module) ? whole(module) : [];
  },
  new(cursor) {
    cursor.gap();
    if (cursor.word() !== "URL") return undefined;
    cursor.gap();
    const module = cursor.eat("(") ? literal(cursor) : undefined;
    if (module === undefined || cursor.match(OWN_URL) === undefined) return undefined;
    return isRelative(module) ? whole(module) : [];
  },
};

/** Whether a statement can begin here: on a line of its own, or behind the end of another one. */
function beginsStatement(text: string, start: number): boolean {
  let before = start - 1;
  // Zero bytes, as in a file that a power cut tore, are skipped as blanks are.
  while (/[^\S\n\r]/.test(text.charAt(before)) || text.charAt(before) === "\0") before--;
  return /^[;{}\n\r/\u2028\u2029]?$/.test(text.charAt(before)) ||
    /\b(?:export|declare)$/.test(text.slice(Math.max(0, before - 8), before + 1));
}

const OWN_URL = /,\s*import\s*\.\s*meta\s*\.\s*url\s*,?\s*\)/y;

/** `.resolve("./x")`. */
function resolve(cursor: Cursor): Import[] | undefined {
  cursor.gap();
  if (!cursor.eat(".")) return undefined;
  cursor.gap();
  return cursor.word() === "resolve" ? call(cursor) : undefined;
}

/** `("./x")`, with `?.` before it or a second argument; leaves the cursor where it is else. */
export function call(cursor: Cursor): Import[] | undefined {
  const { at } = cursor;
  cursor.gap();
  if (cursor.eat("?.")) cursor.gap();
  const module = cursor.eat("(") ? literal(cursor) : undefined;
  const isCall = module !== undefined &&
    (cursor.match(CLOSED) !== undefined || cursor.text[cursor.at] === ",");
  if (isCall) return whole(module);
  cursor.at = at;
  return undefined;
}

/** The end of a call, with attributes or without. */
const CLOSED = /(?:,\s*\{[^(){}]*(?:\{[^(){}]*\}[^(){}]*)?\}\s*)?,?\s*\)/y;

/** A text that is written plainly, and the gaps around it. */
function literal(cursor: Cursor): string | undefined {
  cursor.gap();
  const inside = cursor.quoted("\"'`");
  cursor.gap();
  return inside?.includes("${") ? undefined : inside;
}

/** `"./x"`, or names and `from "./x"`. */
export function clause(cursor: Cursor): Import[] | undefined {
  cursor.gap();
  const alone = cursor.quoted(`"'`);
  if (alone !== undefined) {
    attributes(cursor);
    return whole(alone);
  }
  const names: (string | null)[] = [];
  let words: string[] = [];
  for (let isGroup = false;;) {
    cursor.gap();
    if (cursor.eat(",")) {
      if (!addDefault(words, names)) return undefined;
      words = [];
    } else if (cursor.eat("{") || cursor.eat("*")) {
      if (words.length > 1 || words.length === 1 && !MODIFIER.test(words[0] ?? "")) {
        return undefined;
      }
      words = [];
      const listed = cursor.text[cursor.at - 1] === "*" ? star(cursor) : group(cursor);
      if (listed === undefined) return undefined;
      names.push(...listed);
      isGroup = true;
    } else {
      const word = cursor.word();
      if (word === "") return undefined;
      const module = word === "from" ? source(cursor) : undefined;
      if (module !== undefined) {
        if (!addDefault(words, names) || !isGroup && names.length === 0) return undefined;
        return named(module, names.length === 0 ? [null] : names);
      }
      if (words.push(word) > 2) return undefined;
    }
  }
}

/** What may stand before the names. */
const MODIFIER = /^(?:type|typeof|defer|source|module)$/;

/** What is called here by one name, if words are such a name. */
function addDefault(words: readonly string[], names: (string | null)[]): boolean {
  if (words.length > 0) names.push(null);
  return words.length < 2 || MODIFIER.test(words[0] ?? "");
}

/** What follows `from`; leaves the cursor where it is if that is no module. */
function source(cursor: Cursor): string | undefined {
  const { at } = cursor;
  cursor.gap();
  const module = cursor.quoted(`"'`);
  if (module === undefined) cursor.at = at;
  else attributes(cursor);
  return module;
}

/** `with { type: "json" }`, if it is there. */
function attributes(cursor: Cursor): void {
  cursor.match(/\s*\b(?:with|assert)\s*\{[^{}]*\}/y);
}

/** What follows `*`. */
function star(cursor: Cursor): null[] | undefined {
  const { at } = cursor;
  cursor.gap();
  if (cursor.word() !== "as") {
    cursor.at = at;
    return [null];
  }
  cursor.gap();
  return cursor.quoted(`"'`) === undefined && cursor.word() === "" ? undefined : [null];
}

/** The other module's names in braces; `null` for one that no address can name. */
function group(cursor: Cursor): (string | null)[] | undefined {
  const names: (string | null)[] = [];
  let entry: string[] = [];
  for (;;) {
    cursor.gap();
    const end = cursor.eat(",") ? "," : cursor.eat("}") ? "}" : undefined;
    if (end === undefined) {
      const text = cursor.quoted(`"'`);
      const word = text === undefined ? cursor.word() : `"${text}"`;
      if (word === "" || entry.push(word) > 4) return undefined;
      continue;
    }
    if (entry.length > 0) {
      const isMarked = entry.length % 2 === 0;
      if (isMarked && !MODIFIER.test(entry[0] ?? "")) return undefined;
      if (entry.length > 2 && entry.at(-2) !== "as") return undefined;
      const name = entry[isMarked ? 1 : 0] ?? "";
      names.push(name === "default" || name.startsWith('"') ? null : name);
    }
    if (end === "}") return names;
    entry = [];
  }
}

function named(module: string, names: readonly (string | null)[]): Import[] {
  return module.includes("\\") ? [] : names.map((name) => ({ module, name }));
}

function whole(module: string): Import[] {
  return named(module, [null]);
}

function isRelative(module: string): boolean {
  return /^\.\.?\//.test(module);
}

/** `/// <reference path="x" />` in the comments before all code. */
export function references(text: string): Import[] {
  const imports: Import[] = [];
  const cursor = new Cursor(text);
  cursor.match(/\ufeff?#!.*/y);
  for (;;) {
    cursor.match(/\s+/y);
    const comment = cursor.match(COMMENT);
    if (comment === undefined) return imports;
    const [, key = "", , path = ""] = REFERENCE.exec(comment) ?? [];
    if (key === "path") imports.push(...whole(isRelative(path) ? path : `./${path}`));
    else if (isRelative(path)) imports.push(...whole(path));
  }
}

const COMMENT = /\/\/.*|\/\*[^]*?\*\//y;
const REFERENCE = /^\/\/\/[ \t]*<reference[ \t]+(path|types)[ \t]*=[ \t]*(["'])(.*?)\2/;
