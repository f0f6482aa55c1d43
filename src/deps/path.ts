// The npm copy of the standard library has no types; these are the ones that this project uses,
// and the JSR package satisfies them too.
import * as path from "jsr:@std/path@^1.1";

interface Path {
  basename(path: string, suffix?: string): string;
  dirname(path: string): string;
  isAbsolute(path: string): boolean;
  join(...parts: string[]): string;
  resolve(...parts: string[]): string;
}

const typed: Path = path;
export const { basename, dirname, isAbsolute, join, resolve } = typed;
