// The only place in scripts/ that names third-party packages.
import * as fs from "jsr:@std/fs@^1.0";
import ts from "npm:typescript@^6.0";

// The npm copy has no types; these are the ones that this project uses, and the JSR package
// satisfies them too.
const typedFs: {
  /** Copies a file or a folder with all in it. */
  copy(from: string, to: string): Promise<void>;
  /** Removes what a folder holds; creates the folder when missing. */
  emptyDir(path: string): Promise<void>;
  /** Creates a folder with its parents; an existing one is fine. */
  ensureDir(path: string): Promise<void>;
  /** Renames a file or a folder. */
  move(from: string, to: string, options?: { readonly overwrite?: boolean }): Promise<void>;
} = fs;

export const { copy, emptyDir, ensureDir, move } = typedFs;
export { ts };
