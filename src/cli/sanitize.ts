/**
 * What agents wrote, made harmless for a terminal: no escape sequence, no control character, nothing
 * that is invisible or turns the direction of the text. A line break becomes a visible mark.
 */

const LINE_BREAK = "␊";

// An operating-system command (title, link, clipboard), a device control string and their kin, up
// to their terminator; a control sequence (colour, cursor); a short escape. Each in its 7-bit and
// its 8-bit form. One without its terminator loses only its introducer.
const ESCAPES = new RegExp(
  [
    "(?:\\x1b\\]|\\x9d)[^\\x07\\x1b\\x80-\\x9f]*(?:\\x07|\\x1b\\\\|\\x9c)",
    "(?:\\x1b[PX^_]|[\\x90\\x98\\x9e\\x9f])[^\\x1b\\x80-\\x9f]*(?:\\x1b\\\\|\\x9c)",
    "(?:\\x1b\\[|\\x9b)[0-?]*[ -/]*[@-~]",
    "\\x1b[ -/]*[0-~]",
  ].join("|"),
  "g",
);

const LINE_BREAKS = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/g;

// Controls; characters that no font shows (joiners, bidi controls, fillers, variation selectors,
// tags); annotation marks.
const INVISIBLE = /[\p{Cc}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\ufff9-\ufffb]/gu;

// Plain text has none of these and is by far the most frequent.
const SUSPECT = /[^\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff]/;

/** Text that is safe to show on a terminal, on one line. */
export function sanitize(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return text.toWellFormed().replace(ESCAPES, "").replace(LINE_BREAKS, LINE_BREAK)
    .replaceAll("\t", " ").replace(INVISIBLE, "");
}

/** JSON text in which what {@link sanitize} would strip is escaped; its value stays the same. */
export function escapeInvisible(json: string): string {
  if (!SUSPECT.test(json)) return json;
  return json.replace(INVISIBLE, (character) => {
    let escaped = "";
    for (let at = 0; at < character.length; at++) {
      escaped += `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`;
    }
    return escaped;
  });
}

const SHORT: Readonly<Record<string, string>> = { "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/** Text in which each control character and line separator is written as JSON escapes it. */
export function escapeControls(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029]/gu,
    (character) =>
      SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A copy of a plain value in which all text is safe, keys too. */
export function sanitizeDeep<T>(value: T): T;
export function sanitizeDeep(value: unknown): unknown {
  if (typeof value === "string") return sanitize(value);
  if (Array.isArray(value)) return value.map((item: unknown) => sanitizeDeep(item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [sanitize(key), sanitizeDeep(item)]),
  );
}
