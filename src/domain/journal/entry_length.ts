/** How long an entry may be, for journals that are no files. */
import { CoordError } from "../errors.ts";
import { encodeLine, type JournalEntry } from "./line.ts";
import { MAX_ENTRY_BYTES } from "../limits.ts";

const encoder = new TextEncoder();

/** Throws a `CoordError` `bad_args` when an entry is too long as a line. */
export function checkLength(entry: JournalEntry, path: string): void {
  if (encoder.encode(encodeLine(entry)).length <= MAX_ENTRY_BYTES) return;
  const message = `Cannot append ${entry.op} to the journal: ` +
    `it is longer than ${MAX_ENTRY_BYTES} bytes`;
  throw new CoordError("bad_args", message, { path });
}
