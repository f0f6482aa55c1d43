/** How messages repeat what a user or another tool wrote. */

/** A text in quotes, escaped, and cut where it is longer than a message should be. */
export function quoted(text: string, max = 40): string {
  return JSON.stringify(text.length > max ? `${text.slice(0, max)}…` : text);
}

/** A text as one word of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w./@+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
