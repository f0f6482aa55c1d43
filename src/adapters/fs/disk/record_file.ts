/**
 * Reading and writing record files.
 *
 * Nothing but a regular file is ever opened: a FIFO would block without end and a symbolic link
 * could lead anywhere. Whatever is no record is reported with its name and the reason, and hides
 * nothing.
 */
import { idOfStem, isStem } from "../../../domain/ids.ts";
import {
  canonicalJson,
  escapeLines,
  isObject,
  isTooDeep,
  type JsonObject,
  parseJson,
} from "../../../domain/json.ts";
import { MAX_JSON_DEPTH, MAX_RECORD_BYTES } from "../../../domain/limits.ts";
import { HostError } from "../../../ports/host.ts";
import type { FileStat, HostFs } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { UnreadableRecord } from "./unreadable.ts";

/** What lies under a record's name. */
type RecordFile =
  | { readonly kind: "record"; readonly value: JsonObject; readonly stat: FileStat }
  | { readonly kind: "gone" }
  | { readonly kind: "broken"; readonly reason: string; readonly stat: FileStat };

const decoder = new TextDecoder("utf-8", { fatal: true });
const encoder = new TextEncoder();
const GONE = { kind: "gone" } as const;

/**
 * Reads one record.
 *
 * @throws {UnreadableRecord} When the machine fails, or does not allow it: that is not damage.
 */
export function readRecord(fs: HostFs, path: string): RecordFile {
  try {
    return readFile(fs, path);
  } catch (error) {
    if (error instanceof HostError) throw new UnreadableRecord(error);
    throw error;
  }
}

/**
 * Reads one record by its name below `root`, `<folder>/<stem>.json` or a slot's; what is none is
 * reported and counts as missing.
 *
 * @throws {UnreadableRecord} As {@link readRecord} does.
 */
export function readParsed<T extends object>(
  fs: HostFs,
  root: string,
  name: string,
  parse: (value: JsonObject, id: string) => T | string,
  warn: Warn,
): T | undefined {
  const file = readRecord(fs, `${root}/${name}`);
  if (file.kind === "gone") return undefined;
  const parsed = file.kind === "record" ? parse(file.value, idOfName(name)) : file.reason;
  if (typeof parsed !== "string") return parsed;
  warn(`${name} ${parsed}: skipped`);
  return undefined;
}

/** The id that the name of a record or slot speaks of. */
export function idOfName(name: string): string {
  return idOfStem(name.slice(name.lastIndexOf("/") + 1, name.lastIndexOf(".")));
}

/** A small file of ours that is no record; `undefined` when it is missing, or no regular file. */
export function readNote(fs: HostFs, path: string): string | undefined {
  const stat = fs.lstat(path);
  const bytes = stat?.kind === "file" ? fs.read(path) : undefined;
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

function readFile(fs: HostFs, path: string): RecordFile {
  const stat = fs.lstat(path);
  if (stat === undefined) return GONE;
  const broken = (reason: string): RecordFile => ({ kind: "broken", reason, stat });
  if (stat.kind !== "file") return broken(`is ${OTHER_KINDS[stat.kind]}, not a file`);
  if (stat.size > MAX_RECORD_BYTES) return broken(`is larger than ${MAX_RECORD_BYTES} bytes`);
  const bytes = fs.read(path);
  if (bytes === undefined) return GONE;
  if (bytes.length === 0) return broken("is empty");
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return broken("is not UTF-8");
    throw error;
  }
  try {
    const value = parseJson(text);
    if (!isObject(value)) return broken("is not a JSON object");
    if (isTooDeep(value)) return broken(`is nested deeper than ${MAX_JSON_DEPTH} levels`);
    return { kind: "record", value, stat };
  } catch (error) {
    if (error instanceof SyntaxError) return broken("is not JSON");
    throw error;
  }
}

/** Whether a name stands for the file that was met there, `undefined` for none. */
export function isSameFile(fs: HostFs, path: string, met: FileStat | undefined): boolean {
  const stat = fs.lstat(path);
  if (stat === undefined || met === undefined) return stat === met;
  return stat.ino === met.ino && stat.mtimeMs === met.mtimeMs && stat.size === met.size;
}

/** What a thing is that is no record. */
export const OTHER_KINDS = {
  file: "a file",
  directory: "a directory",
  symlink: "a symbolic link",
  other: "a special file",
};

/** The bytes of a record: canonical JSON on one line. */
export function recordBytes(record: object): Uint8Array {
  return encoder.encode(escapeLines(canonicalJson(record)) + "\n");
}

/** The stem of a record file's name; `undefined` for any other name. */
export function parseRecordName(name: string): string | undefined {
  const stem = name.slice(0, -5);
  return name.endsWith(".json") && isStem(stem) ? stem : undefined;
}

/** The stems of the record files in a folder; what else ends in `.json` goes to `onOther`. */
export function listStems(
  fs: HostFs,
  folder: string,
  onOther: (name: string, reason: string) => void = () => {},
): string[] {
  const stems: string[] = [];
  for (const entry of fs.list(folder) ?? []) {
    if (!entry.name.endsWith(".json")) continue;
    const stem = entry.name.slice(0, -5);
    if (!isStem(stem)) onOther(entry.name, "is not named by an id");
    else if (entry.isFile) stems.push(stem);
    else onOther(entry.name, entry.isSymlink ? "is a symbolic link" : "is not a file");
  }
  return stems;
}
