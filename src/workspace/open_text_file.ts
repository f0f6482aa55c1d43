/** Opens a file of text that belongs to others, which needs no workspace. */
import { FsTextFile } from "../adapters/fs/disk/text_file.ts";
import type { Host } from "../ports/host.ts";
import type { TextFile } from "../ports/host_settings.ts";

export function openTextFileOn({ fs }: Host, path: string): TextFile {
  return new FsTextFile(fs, path);
}
