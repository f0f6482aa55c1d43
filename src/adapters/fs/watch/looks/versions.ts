/**
 * Versions of records. Whether a record still says the same is decided by a hash over what it says; for
 * claims the number of the transition goes before it. After an `@` a version carries the inode, size and
 * time of the file that said so, by which an unchanged file is known without opening it, and a `?`
 * when the file had changed so shortly before that its time stamp may hide one more change: then it
 * is opened again. Hashes hold across restarts, restored backups and moved workspaces.
 */
import { hash } from "../../../../domain/journal/hash.ts";
import type { JsonObject } from "../../../../domain/json.ts";
import type { Clock } from "../../../../domain/time.ts";
import { FOLDERS, type RecordKind } from "../../../../domain/watch/event.ts";
import { type FileStat, HostError } from "../../../../ports/host.ts";
import { isSettled } from "../../disk/folder_mark.ts";
import type { RecordLook } from "../records.ts";

export const GONE = { kind: "gone" } as const;
export const SAME = { kind: "same" } as const;

/** The file part of versions, by the clock that file times are compared with. */
export class Versions {
  constructor(readonly clock: Clock) {}

  /** The version of what a file says. @param before What goes before the hash. */
  of(text: string, stat: FileStat, before = ""): string {
    const mark = this.isSettled(stat) ? "" : "?";
    return `${before}${hash(text)}@${signatureOf(stat)}${mark}`;
  }

  /** Whether a later change would show in the time stamp. */
  isSettled({ mtimeMs }: FileStat): boolean {
    return isSettled(mtimeMs, this.clock());
  }
}

function signatureOf({ ino, size, mtimeMs }: Pick<FileStat, "ino" | "size" | "mtimeMs">): string {
  return `${ino}:${size}:${mtimeMs}`;
}

/** Whether a file is without doubt the one that a version speaks of, unchanged. */
export function isSure(version: string, stat: FileStat): boolean {
  return version.endsWith(`@${signatureOf(stat)}`);
}

/** A record that was found. @param text What it says, as JSON. */
export function found(
  version: string,
  data: JsonObject,
  text: string,
  known: string | undefined,
): RecordLook {
  return known !== undefined && contentOf(known) === contentOf(version)
    ? { kind: "same", version }
    : { kind: "record", version, data, text };
}

function contentOf(version: string): string {
  return version.slice(0, version.indexOf("@"));
}

/** What is broken is always opened again: its permissions may have changed, and nothing else. */
export function broken(
  kind: RecordKind,
  name: string,
  reason: string,
  known: string | undefined,
): RecordLook {
  const version = `!${hash(reason)}`;
  if (known === version) return SAME;
  return { kind: "broken", version, problem: `${FOLDERS[kind]}/${name} ${reason}: skipped` };
}

/** A failure of the machine breaks one record, not the stream; it is tried again. */
export function guarded(
  kind: RecordKind,
  name: string,
  known: string | undefined,
  body: () => RecordLook,
): RecordLook {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return broken(kind, name, `cannot be read: ${error.message}`, known);
  }
}
