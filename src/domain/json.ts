/**
 * JSON values, their canonical form, and the form in which they go into files.
 *
 * One rule for numbers: a number goes out as it came in, or it is refused; it is never rounded in
 * silence. "As it came" means the same decimal value: `1.0` may become `1`, and `-0` may become `0`.
 * What a caller hands in is refused when a number would change. What another tool wrote is kept: such
 * a number becomes a `JSON.rawJSON()`, which every serialisation writes with the digits it had.
 */
import { MAX_JSON_DEPTH } from "./limits.ts";
import { quoted } from "./text.ts";

/** Any JSON value. */
export type JsonValue = string | number | boolean | null | JsonValue[] | {
  [key: string]: JsonValue;
};

/** A JSON object. */
export type JsonObject = { [key: string]: JsonValue };

/** Two functions of ES2026 that the compiler's library does not know yet, nor Node before version 22. */
const raw = JSON as typeof JSON & {
  rawJSON?(text: string): unknown;
  isRawJSON?(value: unknown): boolean;
};

function isRaw(value: unknown): boolean {
  return raw.isRawJSON?.(value) ?? false;
}

/** Whether a value is an object, and neither an array, nor null, nor a number that is kept as text. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !isRaw(value);
}

/** Whether a value is a number, be it one that is kept as text. */
export function isNumber(value: unknown): boolean {
  return typeof value === "number" || isRaw(value);
}

/** What may be a number that does not survive: many digits, or an exponent. May hit inside strings. */
const SUSPECT = /(?:^|[:,[\s])-?(?:\d[\d.]{15,}|\d[\d.]*[eE])/;

/**
 * Reads JSON that is there already. Numbers that a double cannot hold are kept as they are written.
 *
 * @throws {SyntaxError} when the text is not JSON, and where the runtime cannot keep such a number.
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  // The second reading recurses, so what is nested too deep to be used stays as it is.
  if (!SUSPECT.test(text) || isTooDeep(value)) return value;
  const { rawJSON } = raw;
  if (rawJSON === undefined) {
    const problem = lossProblem(text);
    if (problem === undefined) return value;
    throw new SyntaxError(`The text ${problem}`);
  }
  const keep = (_key: string, item: unknown, context?: { source?: string }): unknown => {
    const source = context?.source;
    return typeof item === "number" && source !== undefined && !survives(source)
      ? rawJSON(source)
      : item;
  };
  return JSON.parse(text, keep);
}

/** A copy of an object, as it would be read after it was written. */
export function jsonCopy(value: object): JsonObject {
  return parseJson(JSON.stringify(value)) as JsonObject;
}

/** Reads an object that was written by {@link canonicalJson} or `JSON.stringify()`. */
export function readObject(text: string): JsonObject {
  return parseJson(text) as JsonObject;
}

/** The object that a text is as JSON, as {@link parseJson} reads it; `undefined` when it is none. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    const value = parseJson(text);
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Reads JSON that a caller hands in: what would not come out again as it is becomes a problem.
 *
 * @throws {SyntaxError} when the text is not JSON.
 */
export function parseInput(text: string): { readonly value: unknown } | string {
  const value: unknown = JSON.parse(text);
  return lossProblem(text) ?? { value };
}

/** The first number that would change, or key that is there twice, in a text that is JSON. */
function lossProblem(text: string): string | undefined {
  const objects: (Set<string> | undefined)[] = []; // the keys met in what is open; none of an array
  let last = ""; // the last string, with its quotes
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (character === "{") objects.push(new Set());
    else if (character === "[") objects.push(undefined);
    else if (character === "}" || character === "]") objects.pop();
    else if (character === '"') {
      const end = endOfString(text, at);
      last = text.slice(at, end + 1);
      at = end;
    } else if (character === ":") {
      const key: string = JSON.parse(last);
      const keys = objects.at(-1);
      if (keys?.has(key)) return `holds the key ${quoted(key)} twice in one object`;
      keys?.add(key);
    } else if (character === "-" || character >= "0" && character <= "9") {
      const end = endOfNumber(text, at);
      const number = text.slice(at, end + 1);
      if (!survives(number)) return changedNumber(number);
      at = end;
    }
  }
  return undefined;
}

/** Where a string ends whose first quote is at `from`: at the next quote that is not escaped. */
function endOfString(text: string, from: number): number {
  for (let end = text.indexOf('"', from + 1);; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return end;
  }
}

function endOfNumber(text: string, from: number): number {
  let end = from;
  while ("0123456789.eE+-".includes(text[end + 1] ?? " ")) end++;
  return end;
}

function changedNumber(number: string): string {
  const value = Number(number);
  const becomes = Number.isFinite(value) ? `which would become ${value}` : "which is too large";
  return `holds the number ${shortened(number)}, ${becomes}; put it in quotes to keep it as it is`;
}

function shortened(number: string): string {
  return number.length > 40 ? `${number.slice(0, 40)}…` : number;
}

/** Whether the number that a literal stands for is written again with the same value. */
function survives(literal: string): boolean {
  const value = Number(literal);
  const written = String(value);
  return written === literal || Number.isFinite(value) && decimal(written) === decimal(literal);
}

/** A decimal literal without what does not change its value: its digits and its exponent. */
function decimal(literal: string): string {
  const negative = literal.startsWith("-");
  const [mantissa = "", exponent = "0"] = literal.slice(negative ? 1 : 0).toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const digits = whole + fraction;
  let [from, to] = [0, digits.length];
  while (from < to && digits[from] === "0") from++;
  while (to > from && digits[to - 1] === "0") to--;
  if (from === to) return "0";
  const scale = Number(exponent) - fraction.length + (digits.length - to);
  return `${negative ? "-" : ""}${digits.slice(from, to)}e${scale}`;
}

/**
 * Why a value cannot be kept as JSON exactly, or `undefined`. Numbers must be finite, text must be
 * well-formed Unicode (both RFC 8785 §3.2), nesting is bounded.
 */
export function jsonProblem(value: unknown, depth = 0): string | undefined {
  if (value === null || typeof value === "boolean") return undefined;
  if (typeof value === "number") {
    return Number.isFinite(value) ? undefined : "holds a number that JSON cannot express";
  }
  if (typeof value === "string") {
    return value.isWellFormed() ? undefined : "holds a lone surrogate, which is not Unicode text";
  }
  if (typeof value !== "object") return `holds a value of type ${typeof value}`;
  if (depth >= MAX_JSON_DEPTH) return `is nested deeper than ${MAX_JSON_DEPTH} levels`;
  if (Array.isArray(value)) {
    for (const item of value) {
      const problem = jsonProblem(item, depth + 1);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  for (const [key, item] of Object.entries(value)) {
    if (!key.isWellFormed()) return "holds a lone surrogate, which is not Unicode text";
    const problem = jsonProblem(item, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Whether a value from elsewhere is nested so deep that walking it is not safe. */
export function isTooDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth >= MAX_JSON_DEPTH) return true;
  for (const item of Object.values(value)) {
    if (isTooDeep(item, depth + 1)) return true;
  }
  return false;
}

/**
 * The canonical form of RFC 8785: no white space, keys in the order of their UTF-16 units, numbers
 * and strings as ECMAScript serialises them. Fields that are `undefined` are left out.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  let text = "{";
  for (const key of Object.keys(value).sort()) {
    const item: unknown = value[key];
    if (item === undefined) continue;
    text += `${text.length > 1 ? "," : ""}${JSON.stringify(key)}:${canonicalJson(item)}`;
  }
  return text + "}";
}

// Control characters above U+007E and the line separators are legal in JSON text, but some readers
// split lines at them. (U+0000 to U+001F are escaped by JSON itself.)
const UNSAFE = /[\u007f-\u009f\u2028\u2029]/g;

/** Escapes what a reader might take for the end of a line. The value stays the same. */
export function escapeLines(json: string): string {
  return json.replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** One line of compact JSON, safe for readers that split lines generously. */
export function jsonLine(value: unknown): string {
  return escapeLines(JSON.stringify(value));
}
