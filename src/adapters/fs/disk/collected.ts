/**
 * When ended records were removed last: `index/collected`. It is written before the removal begins, so
 * that of many processes one removes. It grants nothing: without it the workspace's age counts.
 */
import { formatTime, isAhead, parseTime } from "../../../domain/time.ts";
import type { HostFs } from "../../../ports/host.ts";
import { readNote } from "./record_file.ts";
import { writeNote } from "./staging.ts";
import type { Layout } from "../layout.ts";

const NAME = "collected";

/**
 * Milliseconds since 1970; `undefined` where nothing says it. A note of an instant that is yet to come was
 * made by a clock that was wrong, and a workspace was not made after now, whatever the file system says.
 */
export function collectedAt(
  fs: HostFs,
  { root, index }: Layout,
  now: number,
): number | undefined {
  const noted = parseTime(readNote(fs, `${index}/${NAME}`)?.trimEnd() ?? "");
  if (noted !== undefined && !isAhead(noted, now)) return noted;
  const made = fs.lstat(`${root}/.gitignore`)?.mtimeMs;
  return made === undefined ? undefined : Math.min(made, now);
}

/** Takes note of a removal that begins. */
export function noteCollection(fs: HostFs, layout: Layout, now: number): void {
  writeNote(fs, layout, NAME, `${formatTime(now)}\n`);
}
