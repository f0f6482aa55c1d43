import type { Tree } from "../../../deps/lezer.ts";
import type { Import } from "../../../domain/imports.ts";

/** A language's grammar, and what its trees say of imports. */
export interface Reader {
  readonly parser: {
    startParse(text: string): { advance(): Tree | null };
  };
  /** What every import has in it, comments allowed for; other text may have it too. */
  readonly mark: RegExp;
  /** Characters from the last mark's end to the import's, with much room for comments. */
  readonly tail: number;
  importsOf(tree: Tree, text: string): Import[];
}
