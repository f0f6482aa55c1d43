/**
 * Where a repair keeps what it takes away: `quarantine/<repair>/`, by the path that it had in W, with
 * a note `<name>.note.json` beside it.
 *
 * Guarantees: nothing is removed; what was moved and is not what was looked at is put back.
 *
 * Moving, in order: the note is written, the thing is renamed, and looked at once more. A process may
 * have put something else under that name in the meantime: then that gets its name back by a link, unless
 * the name is taken again. Replacing: the broken file gets a second name in quarantine, and the new one is
 * renamed over it, so that the name is never free: in the protocols a name that was taken once stays taken.
 * A folder or a link cannot be kept that way, so it is moved, and the name is free for a moment.
 */
import { dirname } from "../../../deps/path.ts";
import type { DamageClass } from "../../../ports/upkeep.ts";
import type { FileStat, HostFs } from "../../../ports/host.ts";
import { formatTime } from "../../../domain/time.ts";
import { ensureDir, ensureLastingDir, isNotFound } from "../disk/ensure_dir.ts";
import { recordBytes } from "../disk/record_file.ts";
import { stageFile, uniqueName } from "../disk/staging.ts";
import type { Layout } from "../layout.ts";
import type { Mended } from "./damages.ts";

/** What is to be kept, and why. */
export interface Displaced {
  readonly class: DamageClass;
  /** Its path from W. */
  readonly file: string;
  readonly reason: string;
  /** As it was looked at. */
  readonly stat: FileStat;
}

export class Quarantine {
  /** From W. */
  readonly folder: string;

  constructor(readonly fs: HostFs, readonly layout: Layout, readonly now: () => number) {
    const at = formatTime(now()).replace(/[-:]|\.\d+/g, "");
    this.folder = `quarantine/fsck-${at}-${uniqueName().slice(0, 8)}`;
  }

  /** Takes it away; `undefined` when it has changed since. */
  move(broken: Displaced): Mended {
    const { fs } = this;
    const from = this.#path(broken.file);
    const { to, kept, note } = this.#reserve(broken);
    if (!fs.rename(from, to)) {
      fs.remove(note);
      return undefined;
    }
    const there = fs.lstat(to);
    if (there === undefined || !isSame(there, broken.stat)) {
      this.#putBack(to, from, there);
      fs.remove(note);
      return undefined;
    }
    this.#sync(dirname(to), dirname(from));
    return { repaired: "moved", kept };
  }

  /** Puts a content in its place, which is what readers take it for. */
  replace(broken: Displaced, content: object): Mended {
    const { fs, layout: { tmp } } = this;
    const path = this.#path(broken.file);
    const staged = stageFile(fs, tmp, recordBytes(content), true);
    try {
      let kept: string | undefined;
      if (broken.stat.kind === "file") {
        kept = this.keep(broken);
        if (kept === undefined || !fs.rename(staged, path)) return undefined;
      } else {
        kept = this.move(broken)?.kept;
        if (kept === undefined || !fs.link(staged, path)) return undefined;
      }
      this.#sync(dirname(path));
      return { repaired: "replaced", kept };
    } finally {
      fs.remove(staged);
    }
  }

  /** Gives a file a second name; `undefined` when it has changed since. */
  keep(broken: Displaced): string | undefined {
    const { fs } = this;
    const { to, kept, note } = this.#reserve(broken);
    try {
      fs.link(this.#path(broken.file), to);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    const there = fs.lstat(to);
    if (there !== undefined && isSame(there, broken.stat)) {
      this.#sync(dirname(to));
      return kept;
    }
    fs.remove(to);
    fs.remove(note);
    return undefined;
  }

  /** Writes the note, and so takes a name. */
  #reserve({ class: kind, file, reason, stat }: Displaced) {
    const { fs } = this;
    const target = stat.kind === "symlink" ? fs.readLink(this.#path(file)) : undefined;
    const about = {
      file,
      class: kind,
      reason,
      at: formatTime(this.now()),
      ...(target === undefined ? {} : { target }),
    };
    const bytes = recordBytes(about);
    for (let n = 1;; n++) {
      const kept = `${this.folder}/${file}${n === 1 ? "" : `~${n}`}`;
      const [to, note] = [this.#path(kept), this.#path(`${kept}.note.json`)];
      ensureLastingDir(fs, dirname(to));
      if (fs.lstat(to) === undefined && fs.createNew(note, bytes, true)) return { to, kept, note };
    }
  }

  #putBack(to: string, from: string, there: FileStat | undefined): void {
    if (there?.kind !== "file") return void (this.fs.lstat(from) ?? this.fs.rename(to, from));
    ensureDir(this.fs, dirname(from));
    if (this.fs.link(to, from)) this.fs.remove(to);
  }

  #sync(...folders: readonly string[]): void {
    for (const folder of folders) {
      try {
        this.fs.syncDir(folder);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
  }

  #path(file: string): string {
    return `${this.layout.root}/${file}`;
  }
}

/** Whether it is the very thing that was looked at. */
function isSame(a: FileStat, b: FileStat): boolean {
  const isOne = a.kind === b.kind && a.ino === b.ino;
  // To be renamed may change the time stamp of a folder.
  return isOne && (a.kind === "directory" || a.size === b.size && a.mtimeMs === b.mtimeMs);
}
