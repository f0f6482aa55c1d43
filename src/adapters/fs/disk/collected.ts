/**
 * When ended records were removed last: `index/collected`. It is written before the removal begins, so
 * that of many processes one removes. It grants nothing: without it the workspace's age counts.
 */
import { formatTime, parseTime } from "../../../domain/time.ts";
import type { HostFs } from "../../../ports/host.ts";
import { readNote } from "./record_file.ts";
import { writeNote } from "./staging.ts";
import type { Layout } from "../layout.ts";

const NAME = "collected";

/** Milliseconds since 1970; `undefined` where nothing says it. */
export function collectedAt(fs: HostFs, { root, index }: Layout): number | undefined {
  return parseTime(readNote(fs, `${index}/${NAME}`)?.trimEnd() ?? "") ??
    fs.lstat(`${root}/.gitignore`)?.mtimeMs;
}

/** Takes note of a removal that begins. */
export function noteCollection(fs: HostFs, layout: Layout, now: number): void {
  writeNote(fs, layout, NAME, `${formatTime(now)}\n`);
}
