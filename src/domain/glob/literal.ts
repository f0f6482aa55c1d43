/** Paths that stand for themselves, and how they are written where patterns may stand. */

/** Everything that may stand for something else than itself; more than enough. */
export const MAGIC = /[*?[\]{}\\]/;

/** Whether a pattern has no wildcards: it is one path, with all that is below. */
export function isLiteral(text: string): boolean {
  return !/[*?[{]/.test(text) || !/[*?[{]/.test(withoutEscapes(text));
}

/** A pattern with something harmless where it has escapes; as long as before. */
export function withoutEscapes(text: string): string {
  return text.replaceAll(/\\[^]/g, "__");
}

/**
 * The patterns that a text may stand for besides: its brackets, or these and its braces, are plain
 * characters of a name. An agent that is about to make `app/[id]/page.tsx` names just that.
 */
export function spelledReadings(pattern: string): string[] {
  if (!/[[{]/.test(pattern) || !/[[{]/.test(withoutEscapes(pattern))) return [];
  const readings = new Set([asPlain(pattern, "[]"), asPlain(pattern, "[]{}")]);
  readings.delete(pattern);
  return [...readings].filter((reading) => !/(^|\/)\.\.(\/|$)/.test(unescaped(reading)));
}

/** A pattern in which some marks stand for themselves. A set may escape letters, and a name may not. */
function asPlain(pattern: string, marks: string): string {
  return pattern.replaceAll(/\\([^])|[[\]{}]/gu, (part, escaped?: string) => {
    if (escaped !== undefined) return /[\p{L}\p{N}]/u.test(escaped) ? escaped : part;
    return marks.includes(part) ? `\\${part}` : part;
  });
}

/** Whether a path begins as an absolute one of Windows does. */
export function isOfWindows(path: string): boolean {
  return /^(?:[a-z]:(?:[\\/]|$)|\\\\)/i.test(path);
}

/** Names of folders, the last one perhaps a file's, as the path that matches just them. */
export function escapedPath(names: readonly string[]): string {
  if (names.length === 0) return ".";
  const text = names.join("/").replaceAll(
    /[*?[\]{}|\\]|[@+!](?=\()|^[!:]|::/g,
    (part) => part === "::" ? "\\:\\:" : `\\${part}`,
  );
  return isOfWindows(text) ? `./${text}` : text;
}

/** A path or pattern: the folders that it certainly begins with, and what may stand for several. */
interface Spelling {
  readonly literal: string;
  /** Empty where there are no wildcards. */
  readonly rest: string;
}

/** Takes a pattern apart. */
export function spellingOf(pattern: string): Spelling {
  const segments = pattern.split("/");
  const at = segments.findIndex((segment) => !isLiteral(segment));
  if (at < 0) return { literal: pattern, rest: "" };
  const literal = segments.slice(0, at).map((segment) => `${segment}/`).join("");
  return { literal, rest: segments.slice(at).join("/") };
}

/** The path that a literal pattern stands for. */
export function unescaped(literal: string): string {
  return literal.replaceAll(/\\([^]?)/g, "$1");
}

/** The part of a literal pattern in which escapes may be wrong; empty where there are none. */
export function escapesOf(literal: string): string {
  if (!literal.includes("\\")) return "";
  return literal.split("/").filter((name) => !["", ".", ".."].includes(name)).join("/");
}
