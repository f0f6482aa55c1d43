/**
 * Records from the future. Either the clock that made them was wrong, or the one of this process is. The
 * file system has a clock too, by which its files are stamped: where that is ahead of this process's
 * clock as well, this process is wrong, and takes nothing away from others.
 */
import { isAhead } from "../../../domain/time.ts";
import type { HostFs } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { stageFile } from "./staging.ts";

export class WrongClock {
  readonly #reported = new Set<string>();

  constructor(readonly fs: HostFs, readonly tmp: string, readonly warn: Warn) {}

  /**
   * Whether what lies ahead has ended because its maker's clock was wrong; it is reported, once.
   */
  isOver(what: string, at: string): boolean {
    if (this.#reported.has(what)) return true;
    const staged = stageFile(this.fs, this.tmp, new Uint8Array(), false);
    const stamp = this.fs.lstat(staged)?.mtimeMs ?? 0;
    this.fs.remove(staged);
    if (isAhead(stamp, Date.now())) {
      this.warn(`This process's clock is behind the file system's: ${what} counts as held`);
      return false;
    }
    this.#reported.add(what);
    this.warn(`${what} was made at ${at}, which is yet to come: it counts as timed out`);
    return true;
  }
}
