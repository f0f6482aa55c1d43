/**
 * Lines of JSON that processes append to one file, while another one reads it and any may be killed.
 *
 * A file grows page by page, so a reader, and a kill, may meet a line of which a part is there. No
 * part of an object or a string is JSON by itself, so what does not parse was cut off.
 */
import { appendFileSync, readFileSync } from "node:fs";

/** A line to append by one write: behind what a killed process may have left of another one. */
export function lineOf(value: object | string): string {
  return `\n${JSON.stringify(value)}\n`;
}

export function appendLine(path: string, value: object | string): void {
  appendFileSync(path, lineOf(value));
}

/** The whole lines that are there. */
export function readLines<T extends object | string>(path: string): T[] {
  return readFileSync(path, "utf-8").split("\n").slice(0, -1).flatMap((line) => {
    try {
      return line === "" ? [] : [JSON.parse(line) as T];
    } catch {
      return [];
    }
  });
}
