/**
 * Modules and files that Rust code names: by `mod x;`, by `use`, in paths that begin with `crate`,
 * `self` or `super`, by `#[path]`, and by `include!`. Rust needs no grammar to be split into words, so
 * macro calls are read like all other code. Each is named from the crate or from the file's own
 * module, whatever module inside of the file it stands in.
 */
import type { Import } from "../../../../domain/forecast/imports.ts";
import { MAX_MODULE_DEPTH } from "../../../../domain/limits.ts";
import { declared, fileIn, fromFile, type Inline, usesOf } from "./rust_paths.ts";
import { type Token, tokensOf } from "./rust_tokens.ts";
import type { Clock, Reader } from "./reader.ts";

const MARK = /\b(?:use|mod|crate|super|self\s*[:/]|include)/g;

export const rust: Reader = (text, clock) => {
  let last = -1;
  for (const { index } of text.matchAll(MARK)) last = index;
  return last < 0 ? [] : new Walk(text, last, clock).imports();
};

/** A walk over all words of a file. */
class Walk {
  readonly #tokens: readonly Token[];
  readonly #modules = new Set<string>();
  readonly #inline: (Inline & { readonly depth: number })[] = [];
  #depth = 0;
  #at = 0;
  /** What the attributes before an item say of its file, and where the last of them ends. */
  #paths: { readonly path: string; readonly isCertain: boolean }[] = [];
  #attributesEnd = 0;

  constructor(text: string, last: number, readonly clock: Clock) {
    this.#tokens = tokensOf(text, last, () => clock.check());
  }

  imports(): Import[] {
    while (this.#at < this.#tokens.length) {
      if (this.#at % 4_096 === 0) this.clock.check();
      const at = this.#at;
      if (!this.#step() && at >= this.#attributesEnd) this.#paths = [];
    }
    return [...this.#modules].map((module) => ({ module, name: null }));
  }

  /** Goes one word or more ahead; whether an item may still follow to which attributes belong. */
  #step(): boolean {
    const at = this.#at++;
    const { kind, text } = this.#tokens[at] ?? { kind: "text", text: "" };
    if (kind === "text") return false;
    if (kind === "word") return this.#word(text, at);
    if (text === "{") this.#depth++;
    else if (text === "}") {
      this.#depth--;
      if ((this.#inline.at(-1)?.depth ?? -1) >= this.#depth) this.#inline.pop();
    } else if (text === "#" && this.#is(at + 1, "[")) {
      this.#attribute(at + 2);
      return true;
    }
    return false;
  }

  #word(text: string, at: number): boolean {
    switch (text) {
      case "pub":
        this.#visibility(at + 1);
        return true;
      case "unsafe":
        return true;
      case "mod":
        this.#module(this.#wordAt(at + 1), at + 2);
        return false;
      case "use":
        if (this.#is(at + 1, "<")) return false; // `impl T + use<'a>`
        this.#at = usesOf(this.#tokens, at + 1, (path) => this.#add(path));
        return false;
      case "crate":
      case "self":
      case "super":
        this.#path(at);
        return false;
      case "include":
      case "include_str":
      case "include_bytes":
        this.#include(at + 1);
        return false;
      default:
        return false;
    }
  }

  /** `(crate)` and `(in crate::a)`: a module that may look in is not one that is used. */
  #visibility(at: number): void {
    if (!this.#is(at, "(")) return;
    if (this.#wordAt(at + 1) !== "in" && !this.#is(at + 2, ")")) return;
    do this.#at++; while (this.#at < this.#tokens.length && !this.#is(this.#at - 1, ")"));
  }

  /** `mod x;` and `mod x {`. */
  #module(name: string, at: number): void {
    const paths = this.#paths;
    this.#paths = [];
    if (name === "") return;
    if (this.#is(at, "{")) {
      this.#at = at + 1;
      this.#inline.push({ name, path: paths[0]?.path, depth: this.#depth++ });
    } else if (this.#is(at, ";")) {
      this.#at = at + 1;
      for (const { path } of paths) this.#name(fileIn(path, this.#inline));
      if (paths.some(({ isCertain }) => isCertain)) return;
      declared(name, this.#inline).forEach((each) => this.#name(each));
    }
  }

  /** `#[path = "x"]` and `#[cfg_attr(y, path = "x")]`. */
  #attribute(start: number): void {
    this.clock.check();
    const isCertain = this.#wordAt(start) === "path";
    const mayName = isCertain || this.#wordAt(start) === "cfg_attr";
    let at = start;
    for (let depth = 1; at < this.#tokens.length && depth > 0; at++) {
      if (this.#is(at, "[")) depth++;
      else if (this.#is(at, "]")) depth--;
      else if (mayName && this.#wordAt(at) === "path" && this.#is(at + 1, "=")) {
        const path = this.#textAt(at + 2);
        if (path !== undefined) this.#paths.push({ path, isCertain });
      }
    }
    this.#attributesEnd = at;
  }

  /** `crate::a::b`, wherever it stands. */
  #path(start: number): void {
    if (this.#is(start - 1, "::")) return;
    const path = [this.#wordAt(start)];
    while (this.#is(this.#at, "::") && this.#wordAt(this.#at + 1) !== "") {
      if (path.length < MAX_MODULE_DEPTH) path.push(this.#wordAt(this.#at + 1));
      this.#at += 2;
    }
    if (path.length > 1) this.#add(path);
  }

  /** `include!("x")`, from the word on. */
  #include(at: number): void {
    if (!this.#is(at, "!") || !this.#isOneOf(at + 1, "([{")) return;
    const path = this.#textAt(at + 2);
    const end = this.#is(at + 3, ",") ? at + 4 : at + 3;
    if (path !== undefined && this.#isOneOf(end, ")]}")) this.#name(fileIn(path, []));
  }

  #add(path: readonly string[]): void {
    if (path.length > 0) fromFile(path, this.#inline).forEach((each) => this.#name(each));
  }

  #name(module: string): void {
    this.clock.check();
    this.#modules.add(module);
  }

  #is(at: number, sign: string): boolean {
    const token = this.#tokens[at];
    return token?.kind === "sign" && token.text === sign;
  }

  #isOneOf(at: number, signs: string): boolean {
    const token = this.#tokens[at];
    return token?.kind === "sign" && signs.includes(token.text);
  }

  #wordAt(at: number): string {
    const token = this.#tokens[at];
    return token?.kind === "word" ? token.text : "";
  }

  /** A text that is written plainly. */
  #textAt(at: number): string | undefined {
    const token = this.#tokens[at];
    return token?.kind === "text" && !token.text.includes("\\") ? token.text : undefined;
  }
}
