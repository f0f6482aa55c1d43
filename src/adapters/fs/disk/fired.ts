/**
 * When the host of an agent called its hook last: `index/fired-<host>`. It is a note for people, which
 * grants nothing, and is written once a minute at most.
 */
import { formatTime, parseTime } from "../../../domain/time.ts";
import type { HostFs } from "../../../ports/host.ts";
import type { Layout } from "../layout.ts";
import { readNote } from "./record_file.ts";
import { writeNote } from "./staging.ts";

const FRESH_MS = 60_000;

function nameOf(host: string): string {
  return `fired-${host}`;
}

/** Milliseconds since 1970; `undefined` where nothing says it. */
export function firedAt(fs: HostFs, { index }: Layout, host: string): number | undefined {
  return parseTime(readNote(fs, `${index}/${nameOf(host)}`)?.trimEnd() ?? "");
}

/** Takes note of a call. */
export function noteFired(fs: HostFs, layout: Layout, host: string, now: number): void {
  const stat = fs.lstat(`${layout.index}/${nameOf(host)}`);
  if (stat !== undefined && Math.abs(now - stat.mtimeMs) < FRESH_MS) return;
  writeNote(fs, layout, nameOf(host), `${formatTime(now)}\n`);
}
