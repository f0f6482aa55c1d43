/**
 * The heads of sealed segments, each read once, and `index/segments`, which has those of many.
 *
 * A line of that note holds for the file that it was written of: the name, inode, size and time stamp
 * are the same. The process that wrote it saw these before it read the head, and once more before it
 * wrote. So a line says nothing of a segment that has gone, nor of another one under its name, as a power
 * cut may leave one. While the folder has the time stamp that the note says, it has the same files, and
 * none is looked at. The note is derived, is not synced, and counts for nothing where it is torn.
 */
import { isSegmentHead, parseSegmentHead, type SegmentHead } from "../../../domain/task/segment.ts";
import { type FileStat, HostError, type HostFs } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { type FileId, type FolderMark, isSameFile, isUnchanged } from "../disk/folder_mark.ts";
import { readNote } from "../disk/record_file.ts";
import { writeNote } from "../disk/staging.ts";
import type { Layout } from "../layout.ts";
import { sealedName } from "./names.ts";

/** The name of the note in `index/`. */
export const HEADS = "segments";

/** Heads that a process reads before it reads the note. */
const FEW = 4;

/** Where there are no more segments there is no note. */
const MANY = 2 * FEW;

/** Bytes that are read of a segment for its head; a longer one takes more reads. */
const HEAD_BYTES = 4_096;

/** A sealed segment. */
export interface Sealed {
  readonly n: number;
  readonly version: number;
  readonly head: SegmentHead;
}

/** The same with the size of its head's line. */
export interface Opened extends Sealed {
  readonly start: number;
}

/** What the note says, as far as it is needed. */
interface Note {
  readonly folder: FolderMark | undefined;
  /** The lines by the names of segments. */
  readonly lines: ReadonlyMap<string, string>;
}

/** A line that names the folder. */
const FOLDER = "folder";

export class Heads {
  readonly #opened = new Map<string, Opened>();
  /** As the files were before their heads were read. */
  readonly #files = new Map<string, FileId>();
  #note: Note | undefined;
  #reads = 0;

  constructor(readonly fs: HostFs, readonly layout: Layout, readonly warn: Warn) {}

  /** One that was opened. */
  known({ n, version }: Pick<Sealed, "n" | "version">): Opened | undefined {
    return this.#opened.get(sealedName(n, version));
  }

  /**
   * @param folder How the folder is, where the names were listed after that.
   * @returns `undefined` when the segment was replaced.
   */
  open(n: number, version: number, folder?: FolderMark): Opened | "broken" | undefined {
    const name = sealedName(n, version);
    const known = this.#opened.get(name);
    if (known !== undefined) return known;
    const path = `${this.layout.segments}/${name}`;
    const noted = this.#reads < FEW ? undefined : this.#noted(name, folder);
    const file = this.#reads < FEW || noted !== undefined ? undefined : this.fs.lstat(path);
    const read = noted ?? readHead(this.fs, path);
    if (read === undefined) return undefined;
    if (read === "broken") {
      this.warn(`tasks/segments/${name} is damaged: skipped`);
      return "broken";
    }
    const opened = { n, version, head: read.head, start: read.start };
    this.#opened.set(name, opened);
    if (noted === undefined) this.#reads++;
    const id = noted?.file ?? file;
    if (id !== undefined) this.#files.set(name, id);
    return opened;
  }

  /** Writes the note where the folder is not as it says, once that has rested. */
  keep(all: readonly Sealed[], folder: FolderMark): void {
    const isSettled = isUnchanged(folder, folder);
    const isKept = this.#note?.folder?.mtimeMs === folder.mtimeMs;
    if (all.length <= MANY || !isSettled || isKept) return;
    const lines = all.flatMap(({ n, version }) => {
      const name = sealedName(n, version);
      const [opened, file] = [this.#opened.get(name), this.#files.get(name)];
      if (opened === undefined || file === undefined) return [];
      const now = this.fs.lstat(`${this.layout.segments}/${name}`);
      if (now === undefined || !isFile(now, file)) return [];
      const { ino, size, mtimeMs } = file;
      return [JSON.stringify([name, ino, size, mtimeMs, opened.start, opened.head])];
    });
    const text = [JSON.stringify([FOLDER, folder]), ...lines].map((line) => `${line}\n`).join("");
    this.#note = noteOf(text);
    try {
      writeNote(this.fs, this.layout, HEADS, text);
    } catch (error) {
      // A listing works where nothing can be written.
      if (!(error instanceof HostError)) throw error;
    }
  }

  #noted(name: string, folder: FolderMark | undefined): HeadLine | undefined {
    this.#note ??= this.#readNote();
    const line = this.#note.lines.get(name);
    const said = line === undefined ? undefined : parseHeadLine(line);
    if (said === undefined || folder && isUnchanged(this.#note.folder, folder)) return said;
    const now = this.fs.lstat(`${this.layout.segments}/${name}`);
    return now && isFile(now, said.file) ? said : undefined;
  }

  #readNote(): Note {
    try {
      return noteOf(readNote(this.fs, `${this.layout.index}/${HEADS}`));
    } catch (error) {
      // It only saves time.
      if (!(error instanceof HostError)) throw error;
      return noteOf(undefined);
    }
  }
}

/** What a line of the note says. */
interface HeadLine extends Pick<Opened, "head" | "start"> {
  readonly file: FileId;
}

/** Whether a file is the one that was seen before. */
export function isFile(now: FileStat, known: FileId): boolean {
  return now.kind === "file" && isSameFile(now, known);
}

export function noteOf(text: string | undefined): Note {
  const lines = new Map(
    (text ?? "").split("\n").map((line) => [line.slice(2, line.indexOf('"', 2)), line]),
  );
  const [, folder] = parsed(lines.get(FOLDER)) ?? [];
  return { lines, folder: folder as FolderMark | undefined };
}

/** `undefined` of a line that is torn. */
export function parseHeadLine(line: string): HeadLine | undefined {
  const [, ino, size, mtimeMs, start, head] = parsed(line) ?? [];
  const isWhole = [ino, size, mtimeMs, start].every((each) => typeof each === "number");
  if (!isWhole || !isSegmentHead(head)) return undefined;
  return { file: { ino, size, mtimeMs } as FileId, start: Number(start), head };
}

function parsed(line = ""): unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return Array.isArray(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Reads the head of a segment; `undefined` when it was replaced. */
export function readHead(
  fs: HostFs,
  path: string,
): Pick<Opened, "head" | "start"> | "broken" | undefined {
  for (let length = HEAD_BYTES;; length *= 4) {
    const read = fs.readRange(path, 0, length);
    if (read === undefined) return undefined;
    const end = read.bytes.indexOf(0x0a);
    if (end < 0 && read.size > length) continue;
    const text = new TextDecoder().decode(read.bytes.subarray(0, Math.max(0, end)));
    const head = parseSegmentHead(text);
    return head === undefined ? "broken" : { head, start: end + 1 };
  }
}
