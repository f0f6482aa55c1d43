/** Text that was looked at once, in a file; UPDATE_TRANSCRIPTS=1 writes it again, to be read. */
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";

/** What a file says. Where it is to be written again, that is the text. */
export function golden(path: string, text: string): string {
  if (process.env["UPDATE_TRANSCRIPTS"] === "1") writeFileSync(path, text);
  return readFileSync(path, "utf-8");
}
