/**
 * What compaction keeps of the history.
 *
 * The log that a checkpoint takes the place of lives on as `<log>.archive-<seq of its first entry>`:
 * the same file under a second name, which it gets before the log's name goes to the checkpoint. So
 * nothing is copied, and a crash between the two leaves a second name of the log, which the next
 * compaction finds and uses. The checkpoint says which archive it follows, and how many bytes of that
 * count: a writer who was overtaken may add lines to the archive that never were in the log.
 */
import { basename, dirname } from "../../../deps/path.ts";
import type { JournalEntry } from "../../../domain/journal/line.ts";
import type { HostFs } from "../../../ports/host.ts";
import { parseRaw, type RawLine } from "./journal_lines.ts";

/** The archive that a checkpoint follows. */
export interface Followed {
  readonly name: string;
  /** Bytes of it that count. */
  readonly bytes: number;
}

const PREFIX = ".archive-";

/** A second name for the log. */
export function archiveLog(fs: HostFs, path: string, firstSeq: number): string {
  const stem = `${path}${PREFIX}${String(firstSeq).padStart(12, "0")}`;
  for (let n = 1;; n++) {
    const name = n === 1 ? stem : `${stem}-${n}`;
    if (fs.link(path, name)) return name;
    const known = fs.lstat(name);
    if (known !== undefined && known.ino !== 0 && known.ino === fs.lstat(path)?.ino) return name;
  }
}

/** Names of all archives of a log, the oldest first. */
function archivesOf(fs: HostFs, path: string): string[] {
  const prefix = basename(path) + PREFIX;
  return (fs.list(dirname(path)) ?? []).flatMap(({ name }) => name.startsWith(prefix) ? [name] : [])
    .sort((a, b) => inOrder(a.slice(prefix.length), b.slice(prefix.length)));
}

/** By the number of the first entry, then by the number that follows where names were taken. */
function inOrder(a: string, b: string): number {
  const [seqA = NaN, againA = 1] = a.split("-").map(Number);
  const [seqB = NaN, againB = 1] = b.split("-").map(Number);
  return seqA - seqB || againA - againB || (a < b ? -1 : 1);
}

/** The archives of what a log was before, the oldest first. A second name of the log itself is none. */
export function archivesBefore(fs: HostFs, path: string): string[] {
  const log = fs.stat(path)?.ino;
  return archivesOf(fs, path).map((name) => `${dirname(path)}/${name}`)
    .filter((archive) => fs.stat(archive)?.ino !== log);
}

/** A checkpoint that says what it follows. */
export function following(checkpoint: JournalEntry, archive: string, bytes: number): JournalEntry {
  return { ...checkpoint, archive: basename(archive), archive_bytes: bytes };
}

/** What the checkpoint in the first line of a log follows, if there is one that says so. */
export function followedBy(first: RawLine | undefined): Followed | undefined {
  const content = first?.offset === 0 ? parseRaw(first) : undefined;
  if (content?.kind !== "entry" || content.entry.op !== "CHECKPOINT") return undefined;
  const { archive, archive_bytes } = content.entry;
  // A name of a file beside the log, and nothing that leads elsewhere.
  if (typeof archive !== "string" || basename(archive) !== archive) return undefined;
  const isSize = typeof archive_bytes === "number" && Number.isSafeInteger(archive_bytes);
  return { name: archive, bytes: isSize ? archive_bytes : Infinity };
}
