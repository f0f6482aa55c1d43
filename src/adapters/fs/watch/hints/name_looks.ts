/**
 * What has changed in record folders, by their names alone. Each change that coord makes of a record
 * creates or removes a name; views are replaced beside that. So a folder whose mark is the same is not
 * listed, and of one that was only the records are hinted at whose names came or went.
 *
 * What another tool replaces in place changes the mark and no name: a hint says so, without a record.
 */
import { HostError } from "../../../../ports/host.ts";
import type { RecordKind } from "../../../../domain/watch/event.ts";
import type { IntervalWatch, NameLook, RecordHint, RecordSource } from "../records.ts";

/** A folder that holds that many times the names with which it may begin costs more than it is worth. */
const GROWN = 2;

/** A folder as it was seen last. */
interface SeenFolder {
  /** `undefined` where a further change might not show in it. */
  mark: string | undefined;
  /** In the order of the listing. */
  names: readonly string[];
}

/** What it takes of a source of records. */
export type Folders = Pick<RecordSource, "mark"> & {
  /** The names in the folder of a kind, and those that are as good as there. */
  names(kind: RecordKind): readonly string[];
  /** The names in the folder of a kind from which on to list them costs more than notifications. */
  most(kind: RecordKind): number;
  /** What it hints at that some names have come or gone. @param names All that are there now. */
  hintsOf(
    kind: RecordKind,
    differing: readonly string[],
    names: readonly string[],
  ): readonly RecordHint[];
};

export class NameLooks implements IntervalWatch {
  readonly isComplete = false;
  readonly #seen = new Map<RecordKind, SeenFolder>();

  constructor(
    readonly folders: Folders,
    kinds: readonly RecordKind[],
    readonly onHint: (hint: RecordHint) => void,
  ) {
    for (const kind of kinds) {
      const folder: SeenFolder = { mark: undefined, names: [] };
      const listed = this.#lookAt(kind, folder)?.names?.length ?? Infinity;
      if (listed <= this.folders.most(kind)) this.#seen.set(kind, folder);
    }
  }

  get kinds(): readonly RecordKind[] {
    return [...this.#seen.keys()];
  }

  look(): NameLook {
    let [listed, changed] = [0, 0];
    for (const [kind, folder] of this.#seen) {
      const found = this.#lookAt(kind, folder);
      if (folder.names.length > GROWN * this.folders.most(kind)) listed = Infinity;
      if (found === undefined) continue;
      const { names, differing } = found;
      listed += names?.length ?? 0;
      changed += differing.length;
      if (names === undefined) this.onHint({ about: "kind", kind });
      else explained(kind, this.folders.hintsOf(kind, differing, names)).forEach(this.onHint);
    }
    return { listed, changed };
  }

  close(): void {}

  /** Lists the names and compares them, unless the folder is as it was. */
  #lookAt(kind: RecordKind, folder: SeenFolder) {
    // The mark first: what comes while names are listed differs from it at the next look.
    const { mark, settled } = this.folders.mark(kind);
    if (folder.mark === mark) return undefined;
    folder.mark = settled ? mark : undefined;
    try {
      const names = this.folders.names(kind);
      const differing = differences(folder.names, names);
      folder.names = names;
      return { names, differing };
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      folder.mark = undefined;
      return { names: undefined, differing: [] };
    }
  }
}

/** These hints; where a change is that of no record, one that explains the folder's mark. */
export function explained(kind: RecordKind, hints: readonly RecordHint[]): readonly RecordHint[] {
  return hints.length > 0 ? hints : [{ about: "other", kind }];
}

/** Names that may come or go at one place of a listing for it to count as being in the same order. */
const NEAR = 8;

/**
 * The names that are in one listing alone. Listings nearly always keep their order, so they are walked side
 * by side, which computes no hash of each name. A name that has another place by now may be among them.
 */
export function differences(before: readonly string[], now: readonly string[]): string[] {
  const found: string[] = [];
  let [at, to] = [0, 0];
  while (at < before.length && to < now.length) {
    if (before[at] === now[to]) {
      at++;
      to++;
      continue;
    }
    const next = nextCommon(before, at, now, to);
    if (next === undefined) return [...found, ...inOne(before.slice(at), now.slice(to))];
    while (at < next.at) found.push(before[at++] ?? "");
    while (to < next.to) found.push(now[to++] ?? "");
  }
  return [...found, ...before.slice(at), ...now.slice(to)];
}

/** The next name near here that both have. */
function nextCommon(
  before: readonly string[],
  at: number,
  now: readonly string[],
  to: number,
): { readonly at: number; readonly to: number } | undefined {
  for (let sum = 1; sum <= 2 * NEAR; sum++) {
    for (let gone = Math.max(0, sum - NEAR); gone <= Math.min(sum, NEAR); gone++) {
      const name = before[at + gone];
      if (name !== undefined && name === now[to + sum - gone]) {
        return { at: at + gone, to: to + sum - gone };
      }
    }
  }
  return undefined;
}

/** The names that are in one of both, in whatever order. */
function inOne(before: readonly string[], now: readonly string[]): string[] {
  const [known, present] = [new Set(before), new Set(now)];
  return [
    ...before.filter((name) => !present.has(name)),
    ...now.filter((name) => !known.has(name)),
  ];
}
