/** JSON values, their canonical form, and the form in which they go into files. */
import { MAX_JSON_DEPTH } from "./limits.ts";

/** Any JSON value. */
export type JsonValue = string | number | boolean | null | JsonValue[] | {
  [key: string]: JsonValue;
};

/** A JSON object. */
export type JsonObject = { [key: string]: JsonValue };

/** Whether a value is an object, and neither an array nor null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
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
