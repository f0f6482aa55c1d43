/**
 * Imports of Go. They come before all else but the package's name, so no grammar is needed, and no
 * line after them is looked at.
 */
import type { Import } from "../../../../domain/forecast/imports.ts";
import { Cursor } from "./cursor.ts";
import type { Reader } from "./reader.ts";

export const go: Reader = (text) => {
  const cursor = new Cursor(text);
  const imports: Import[] = [];
  const next = () => {
    do cursor.gap(); while (cursor.eat(";"));
  };
  next();
  if (cursor.match(/package\b/y) !== undefined) {
    cursor.gap();
    cursor.word();
  }
  for (next(); cursor.word() === "import"; next()) {
    cursor.gap();
    if (!cursor.eat("(")) {
      if (!spec(cursor, imports)) break;
      continue;
    }
    next();
    while (!cursor.eat(")")) {
      // A line that is not understood must not hide those after it.
      if (!spec(cursor, imports)) cursor.match(/[^\n)]*\n?/y);
      if (cursor.isAtEnd) break;
      next();
    }
  }
  return imports;
};

/** A path, after the name that it has in this file, `_` or `.`. */
function spec(cursor: Cursor, imports: Import[]): boolean {
  if (!cursor.eat(".")) cursor.word();
  cursor.gap();
  const module = cursor.quoted('"`');
  if (module === undefined) return false;
  if (!module.includes("\\")) imports.push({ module, name: null });
  return true;
}
