/**
 * Manual pages in the man(7) macros, as groff and mandoc both read them. Every text is escaped, so
 * that it is shown as it stands and never read as a request.
 */
import { wrap } from "./help.ts";

/** What stands for a character that roff reads as something else, or shows as another one. */
const ESCAPED: Readonly<Record<string, string>> = {
  "\\": "\\e",
  "-": "\\-",
  "'": "\\(aq",
  '"': "\\(dq",
  "`": "\\(ga",
  "^": "\\(ha",
  "~": "\\(ti",
  "…": "...",
};

/** Columns of a line of the source; long lines are frowned upon. */
const SOURCE_WIDTH = 76;

/** Text on one line, escaped; characters beyond ASCII by their code points. */
export function roffText(text: string): string {
  let escaped = "";
  for (const character of text.toWellFormed().replace(/[\p{Cc}\u2028\u2029]/gu, " ")) {
    const code = character.codePointAt(0) ?? 0;
    escaped += ESCAPED[character] ??
      (code < 0x7f ? character : `\\[u${code.toString(16).toUpperCase().padStart(4, "0")}]`);
  }
  return escaped;
}

export function bold(text: string): string {
  return `\\fB${roffText(text)}\\fR`;
}

export function italic(text: string): string {
  return `\\fI${roffText(text)}\\fR`;
}

/** A request with arguments that are escaped already. */
export function request(name: string, ...words: readonly string[]): string {
  return [`.${name}`, ...words.map((word) => /^\w+$/.test(word) ? word : `"${word}"`)].join(" ") +
    "\n";
}

/** A line of escaped text that is no request, whatever it begins with. */
function line(escaped: string): string {
  return `${escaped.startsWith(".") ? "\\&" : ""}${escaped}\n`;
}

/** Escaped text that is filled. */
export function filled(escaped: string): string {
  return wrap(escaped, SOURCE_WIDTH).split("\n").map(line).join("");
}

/** A paragraph for each line of a text, with the macro before it. */
export function paragraphs(text: string, macro = "PP"): string {
  return text.split("\n").filter((part) => part.trim() !== "")
    .map((part) => request(macro) + filled(roffText(part.trim()))).join("");
}

/** Something and what is said of it; both are escaped. */
export function tagged(tag: string, escaped: string): string {
  return request("TP") + line(tag) + filled(escaped);
}

/** Lines that stay as they are. */
export function verbatim(lines: readonly string[]): string {
  return request("EX") + lines.map((each) => line(roffText(each))).join("") + request("EE");
}

/** What stands further in. */
export function indented(body: string): string {
  return body === "" ? "" : request("RS") + body + request("RE");
}
