/** Words and signs of Rust: all that stands outside of comments, also inside of macro calls. */
import { Cursor } from "./cursor.ts";

/** One of them. */
export interface Token {
  readonly kind: "word" | "text" | "sign";
  /** A word without `r#`, what stands in a text, or one sign; `::` is one. */
  readonly text: string;
}

/** Those of a text up to the first `;` after a position. */
export function tokensOf(text: string, last: number, check: () => void): Token[] {
  const cursor = new Cursor(text, 0, true);
  cursor.match(/\ufeff?#!(?!\s*\[).*/y);
  const tokens: Token[] = [];
  for (;;) {
    if (tokens.length % 4_096 === 0) check();
    cursor.gap();
    if (cursor.isAtEnd) return tokens;
    const { at } = cursor;
    const token = tokenAt(cursor);
    if (token === undefined) continue;
    tokens.push(token);
    if (at > last && token.kind === "sign" && token.text === ";") return tokens;
  }
}

function tokenAt(cursor: Cursor): Token | undefined {
  const raw = cursor.match(/[bc]?r#*"/y);
  if (raw !== undefined) return { kind: "text", text: rawText(cursor, raw) };
  if (cursor.match(/[bc]?"/y) !== undefined) {
    const inside = cursor.match(/[^"\\]*(?:\\[^][^"\\]*)*/y) ?? "";
    cursor.eat('"');
    return { kind: "text", text: inside };
  }
  // A character, else a lifetime.
  if (cursor.match(/b?'(?:\\x[0-9a-f]{2}|\\u\{[^}]*\}|\\[^]|[^\\'])'/iuy) !== undefined) return;
  if (cursor.match(/'[\p{ID_Continue}]*/uy) !== undefined) return;
  if (cursor.match(/[0-9][\p{ID_Continue}]*/uy) !== undefined) return { kind: "sign", text: "0" };
  cursor.match(/r#(?=[\p{ID_Start}_])/uy);
  const word = cursor.match(/[\p{ID_Start}_][\p{ID_Continue}]*/uy);
  if (word !== undefined) return { kind: "word", text: word };
  const sign = cursor.eat("::") ? "::" : cursor.text.charAt(cursor.at++);
  return { kind: "sign", text: sign };
}

/** What stands in a text without escapes, after `r##"`. */
function rawText(cursor: Cursor, opening: string): string {
  const closing = `"${"#".repeat(opening.split("#").length - 1)}`;
  const end = cursor.text.indexOf(closing, cursor.at);
  const inside = cursor.text.slice(cursor.at, end < 0 ? undefined : end);
  cursor.at += inside.length + closing.length;
  return inside;
}
