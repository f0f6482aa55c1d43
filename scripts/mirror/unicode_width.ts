// Stands in for jsr:@std/cli/unicode-width where only the npm registry can be reached: the npm copy
// of the standard library ships that module without its data file. As there, widths are those of
// single characters, added up.
import { eastAsianWidth } from "npm:get-east-asian-width@^1.7";

const TAKES_NO_COLUMN = /[\p{Default_Ignorable_Code_Point}\p{Control}\p{Mn}\p{Me}\p{Cs}]/u;

/** Columns that `text` takes in a terminal. */
export function unicodeWidth(text: string): number {
  let columns = 0;
  for (const character of text) {
    if (!TAKES_NO_COLUMN.test(character)) columns += eastAsianWidth(character.codePointAt(0) ?? 0);
  }
  return columns;
}
