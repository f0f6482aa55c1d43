import type { Tree } from "../../../../deps/lezer.ts";
import type { Import } from "../../../../domain/forecast/imports.ts";

/** A parser in steps. */
interface Parser {
  startParse(text: string): { advance(): Tree | null };
}

/** What a reader may ask of those who call it; both throw `OutOfTime`. */
export interface Clock {
  /** Looks at the clock. */
  check(): void;
  /** The tree of a text. */
  parse(parser: Parser, text: string): Tree;
}

/** Thrown when a text takes longer to understand than it may. */
export class OutOfTime extends Error {
  override readonly name = "OutOfTime";
}

/** What the texts of one language import. */
export type Reader = (text: string, clock: Clock) => readonly Import[];
