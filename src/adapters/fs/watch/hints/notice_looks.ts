/**
 * What has changed in record folders, as the kernel has noted it: a look costs by what happened, and not by
 * what is there. Nothing that happens on this machine is missed, so a burst of hints is no sign of a loss.
 */
import type { DirHint, DirNotices } from "../../../../ports/host.ts";
import type { RecordKind } from "../../../../domain/watch/event.ts";
import type { IntervalWatch, NameLook, RecordHint } from "../records.ts";
import { explained } from "./name_looks.ts";

/** What it takes of a source of records. */
export interface NotedFolders {
  /** The kind whose records lie in a directory; `undefined` of one that has the folders in it. */
  kindOf(dir: string): RecordKind | undefined;
  /** Whether a name is that of a folder of records. */
  isFolder(name: string): boolean;
  /** What it hints at that something happened to these names. */
  hintsOf(kind: RecordKind, names: Iterable<string>): readonly RecordHint[];
}

export class NoticeLooks implements IntervalWatch {
  readonly isComplete = true;

  constructor(
    readonly folders: NotedFolders,
    readonly notices: DirNotices,
    readonly kinds: readonly RecordKind[],
    readonly onHint: (hint: RecordHint) => void,
  ) {}

  look(): NameLook {
    const noted = this.notices.take();
    const byKind = noted && this.#byKind(noted);
    if (byKind === undefined) {
      // The kernel's notification, which takes over, begins with new watches.
      for (const kind of this.kinds) this.onHint({ about: "kind", kind });
      return { listed: Infinity, changed: 0 };
    }
    let changed = 0;
    for (const [kind, names] of byKind) {
      changed += names.size;
      explained(kind, this.folders.hintsOf(kind, names)).forEach(this.onHint);
    }
    return { listed: 0, changed };
  }

  close(): void {
    this.notices.close();
  }

  /** The names, each once; `undefined` where a folder itself came or went. */
  #byKind(noted: readonly DirHint[]): Map<RecordKind, Set<string>> | undefined {
    const names = new Map<RecordKind, Set<string>>();
    for (const { dir, name = "" } of noted) {
      const kind = this.folders.kindOf(dir);
      if (kind === undefined) {
        if (this.folders.isFolder(name)) return undefined;
        continue;
      }
      const known = names.get(kind);
      if (known === undefined) names.set(kind, new Set([name]));
      else known.add(name);
    }
    return names;
  }
}
