/** Steps through source text, for the parts of a language that need no grammar. */
export class Cursor {
  /**
   * @param hasNested Whether block comments nest, as in Rust.
   */
  constructor(readonly text: string, public at = 0, readonly hasNested = false) {}

  get isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  /** Skips white space and comments. */
  gap(): void {
    const { text } = this;
    for (;;) {
      const code = text.charCodeAt(this.at);
      if (isSpace(code)) this.at++;
      else if (code === SLASH && text.charCodeAt(this.at + 1) === SLASH) this.#skipTo("\n", 0);
      else if (code === SLASH && text.charCodeAt(this.at + 1) === STAR) this.#blockComment();
      else return;
    }
  }

  /** Skips these characters if they come next. */
  eat(characters: string): boolean {
    if (!this.text.startsWith(characters, this.at)) return false;
    this.at += characters.length;
    return true;
  }

  /** Skips a word, or nothing. */
  word(): string {
    return this.match(WORD) ?? "";
  }

  /** Skips what a sticky pattern matches here. */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  /** Skips a text in these quotes that ends on its line; what stands in it, with its escapes. */
  quoted(quotes: string): string | undefined {
    const quote = this.text[this.at];
    if (quote === undefined || !quotes.includes(quote)) return undefined;
    for (let end = this.at + 1; end < this.text.length; end++) {
      const character = this.text[end];
      if (character === "\\") end++;
      else if (character === quote) {
        const inside = this.text.slice(this.at + 1, end);
        this.at = end + 1;
        return inside;
      } else if (character === "\n") return undefined;
    }
    return undefined;
  }

  /** Skips up to these characters, and `past` characters more; to the end where there are none. */
  #skipTo(characters: string, past: number, from = this.at): void {
    const end = this.text.indexOf(characters, from);
    this.at = end < 0 ? this.text.length : end + past;
  }

  #blockComment(): void {
    if (!this.hasNested) return this.#skipTo("*/", 2, this.at + 2);
    let depth = 0;
    do {
      EDGE.lastIndex = this.at;
      const edge = EDGE.exec(this.text);
      if (edge === null) {
        this.at = this.text.length;
        return;
      }
      this.at = EDGE.lastIndex;
      depth += edge[0] === "/*" ? 1 : -1;
    } while (depth > 0);
  }
}

const SLASH = 0x2f;
const STAR = 0x2a;
const EDGE = /\/\*|\*\//g;
const WORD = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy;

function isSpace(code: number): boolean {
  return code === 0x20 || code >= 9 && code <= 13 || code === 0xa0 || code === 0xfeff ||
    code === 0x2028 || code === 0x2029 || code === 0x85;
}
