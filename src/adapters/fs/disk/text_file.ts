/**
 * Files of others, replaced in steps: the new content is staged beside the file and synced, gets its mode,
 * the file is compared with what was read, and a rename puts the new one into its place. A change
 * between the comparison and the rename is lost; all before is noticed.
 */
import { dirname } from "../../../deps/path.ts";
import { UnfitFile } from "../../../domain/errors.ts";
import { MAX_RECORD_BYTES } from "../../../domain/limits.ts";
import type { HostFs } from "../../../ports/host.ts";
import type { TextFile } from "../../../ports/host_settings.ts";
import { ensureLastingDir } from "./ensure_dir.ts";
import { stageFile } from "./staging.ts";

const BOM = "\uFEFF";

export class FsTextFile implements TextFile {
  readonly target: string;
  readonly text: string | undefined;
  readonly bom: string;
  readonly #mode: number | undefined;

  /** @throws {UnfitFile} where there is something that is no file of text. */
  constructor(readonly fs: HostFs, readonly path: string) {
    const isLink = fs.lstat(path)?.kind === "symlink";
    const target = isLink ? fs.realPath(path) : path;
    if (target === undefined) throw new UnfitFile("it is a symbolic link that leads nowhere");
    const stat = fs.stat(target);
    if (stat !== undefined && stat.kind !== "file") throw new UnfitFile("it is no regular file");
    if (stat !== undefined && stat.size > MAX_RECORD_BYTES) {
      throw new UnfitFile(`it has more than ${MAX_RECORD_BYTES} bytes`);
    }
    const whole = decoded(stat && fs.read(target));
    this.target = target;
    this.bom = whole?.startsWith(BOM) ? BOM : "";
    this.text = whole?.slice(this.bom.length);
    this.#mode = stat?.mode;
  }

  get isWritable(): boolean {
    return this.#mode === undefined || (this.#mode & 0o222) !== 0;
  }

  replace(text: string | undefined, mode?: number): boolean {
    const { fs, path, target, bom } = this;
    const isChanged = () => new FsTextFile(fs, path).text !== this.text;
    const folder = dirname(target);
    if (text === undefined) {
      if (isChanged()) return false;
      fs.remove(target);
      // A link to it would lead nowhere.
      if (path !== target) fs.remove(path);
    } else {
      ensureLastingDir(fs, folder);
      const staged = stageFile(fs, folder, new TextEncoder().encode(`${bom}${text}`), true);
      try {
        const kept = this.#mode ?? mode;
        if (kept !== undefined) fs.setMode(staged, kept);
        if (isChanged() || !fs.rename(staged, target)) return false;
      } finally {
        fs.remove(staged);
      }
    }
    fs.syncDir(folder);
    return true;
  }
}

function decoded(bytes: Uint8Array | undefined): string | undefined {
  try {
    return bytes && new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UnfitFile("it is not UTF-8");
  }
}
