/**
 * What source texts import. What stands in comments and in other texts does not count; code with
 * errors gives what can be understood of it. Go and Rust are read word by word. Of Python, TypeScript
 * and JavaScript, Lezer's grammars say what is code: parsers in plain JavaScript that make sense of
 * any text, step by step. Each language is loaded when a file of it is read.
 */
import type { Import, Language } from "../../../../domain/forecast/imports.ts";
import { HostError } from "../../../../ports/host.ts";
import { type Clock, OutOfTime, type Reader } from "./reader.ts";

const READERS: Record<Language, () => Promise<Reader>> = {
  ts: () => import("./javascript.ts").then((module) => module.typescript),
  tsx: () => import("./javascript.ts").then((module) => module.tsx),
  js: () => import("./javascript.ts").then((module) => module.javascript),
  python: () => import("./python.ts").then((module) => module.python),
  go: () => import("./go.ts").then((module) => module.go),
  rust: () => import("./rust.ts").then((module) => module.rust),
};

/** Steps of a parser between two looks at the clock. */
const STEPS = 64;

async function readerOf(language: Language): Promise<Reader> {
  try {
    return await READERS[language]();
  } catch (error) {
    // Lezer asks for this variable while it loads, and Deno refuses what it was not allowed.
    if (!(error instanceof Error) || error.name !== "NotCapable") throw error;
    throw new HostError("permission", "ask for the variable", "LOG", { cause: error });
  }
}

/**
 * The imports of a text; `undefined` when it takes too long, or more memory than there is.
 *
 * @throws {HostError} when the language cannot be loaded for want of a permission.
 */
export async function importsIn(
  language: Language,
  text: string,
  ms: number,
): Promise<readonly Import[] | undefined> {
  const read = await readerOf(language);
  const end = performance.now() + ms;
  const clock: Clock = {
    check() {
      if (performance.now() > end) throw new OutOfTime();
    },
    parse(parser, part) {
      const parse = parser.startParse(part);
      let tree = parse.advance();
      for (let step = 1; tree === null; step++) {
        if (step % STEPS === 0) clock.check();
        tree = parse.advance();
      }
      return tree;
    },
  };
  try {
    return read(text, clock);
  } catch (error) {
    // Lezer puts a tree together by recursion, and deep nesting exhausts the stack.
    if (error instanceof OutOfTime || error instanceof RangeError) return undefined;
    throw error;
  }
}
