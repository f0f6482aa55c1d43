// Stands in for jsr:@std/cli/unicode-width where only the npm registry can be reached: the npm copy
// of the standard library ships that module without its data file.
import stringWidth from "npm:string-width@^8.1";

/** Columns that `text` takes in a terminal. */
export function unicodeWidth(text: string): number {
  return stringWidth(text);
}
