/** Opens a file that belongs to others, which needs no workspace. */
import { FsTextFile } from "../adapters/fs/disk/text_file.ts";
import { resolve } from "../deps/path.ts";
import { type Host, HostError } from "../ports/host.ts";
import type { TextFile } from "../ports/host_settings.ts";

/** Bytes that are read of a file at once. */
const CHUNK = 2 ** 20;

export function openTextFileOn({ fs }: Host, path: string): TextFile {
  return new FsTextFile(fs, path);
}

/** The bytes of a file from its beginning to its end, some of them at a time. */
export function* bytesOn(host: Host, file: string): Generator<Uint8Array, void> {
  const { fs } = host;
  const path = resolve(host.cwd(), file);
  for (let from = 0;; from += CHUNK) {
    const read = fs.readRange(path, from, CHUNK);
    if (read === undefined) throw new HostError("not_found", "read", path);
    yield read.bytes;
    if (read.bytes.length < CHUNK) return;
  }
}
