/**
 * A consumer's position on disk.
 *
 * It is appended to, or replaced as a whole: a new file is written beside it and renamed over it, so
 * a reader meets one or the other. A crash may leave a torn last line, or a file `<name>.<token>.new`
 * that no process needs. Nothing is synced: what a power cut takes from the position is emitted
 * again.
 */
import { basename, dirname } from "../../../deps/path.ts";
import { CoordError } from "../../../domain/errors.ts";
import type { CursorFile } from "../../../ports/cursor_file.ts";
import type { HostFs } from "../../../ports/host.ts";
import { StagedFile, uniqueName } from "../disk/staging.ts";

/** Characters that are gathered before they are written. */
const CHUNK = 1_048_576;

export class FsCursorFile implements CursorFile {
  readonly #encoder = new TextEncoder();

  constructor(readonly fs: HostFs, readonly path: string) {}

  read(): string | undefined {
    const stat = this.fs.stat(this.path);
    if (stat === undefined) return undefined;
    if (stat.kind !== "file") {
      const message = `Cannot use cursor ${JSON.stringify(this.path)}: it is not a file`;
      throw new CoordError("bad_args", message, { path: this.path });
    }
    const bytes = this.fs.read(this.path);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  }

  append(text: string): void {
    this.fs.append(this.path, this.#encoder.encode(text));
  }

  replace(parts: Iterable<string>): void {
    const path = `${this.path}.${uniqueName().slice(0, 8)}.new`;
    const staged = new StagedFile(this.fs, dirname(this.path), path);
    try {
      let chunk = "";
      for (const part of parts) {
        chunk += part;
        if (chunk.length < CHUNK) continue;
        this.fs.append(path, this.#encoder.encode(chunk));
        chunk = "";
      }
      this.fs.append(path, this.#encoder.encode(chunk));
      staged.replace(basename(this.path));
    } catch (error) {
      staged.discard();
      throw error;
    }
  }
}
