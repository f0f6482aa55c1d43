/**
 * The protocol of the mutex: who holds is decided by one exclusive creation, and by nothing else.
 *
 * The mutex is a folder. Hold number n is the file `n`; the process that creates it holds, until it
 * gives it the second name `n.free` (a release) or hold n + 1 begins. Hold n + 1 may begin when
 * `n.free` is there, or when the holder of n has gone or is stale. So of any number of late
 * holders, stealers and fresh acquirers that follow the same n exactly one goes on; the others find
 * the name taken. Renewing takes n + 1 as well, so a holder that renews late and a stealer race for
 * one name.
 *
 * Old files are removed, or the folder would grow. That frees names, and a process that slept since
 * it saw n may not create an n + 1 that was used up long ago. So an attempt is announced: the file
 * that is to become the hold is staged before the folder is looked at, and gets its name by a link,
 * which fails without it. A release that sweeps first removes what others have staged, as far as it
 * was there when its hold had begun, and only then the lower holds, the lowest first.
 *
 * - No number is used twice. Let g be the newest hold when an attempt looks. What sweeps g away is a
 *   hold above it, which begins later and so sees the staged file and removes it first. Therefore an
 *   attempt whose link succeeds has seen g, however long its listing took and whatever changed
 *   meanwhile, and its own number was never swept either.
 * - Hold n is the newest if `n + 1` is missing and after that `n` is still there: had n + 1 been
 *   swept, n would have gone before it.
 *
 * Neither needs a listing that shows one moment. The kernel makes none where a signal arrives: it
 * breaks off, and a process that is stopped then sees the rest of the names whenever it goes on.
 *
 * A file is replaced by staging it as `n.next`, looking whether n is still the newest, and renaming.
 * Who begins a hold removes the `.next` of all lower ones before doing anything else: had the look of
 * the older holder come first, its file was staged by then and is removed (or renamed already); had
 * it come later, it shows the new hold. Either way no older rename is to come.
 *
 * What a crash leaves: after the creation of `n`, a hold of a process that is gone; in a sweep, files
 * for the next sweep; a staged file, which a sweep removes; a `.next`, which the next hold removes.
 */
import { HostError } from "../../../ports/host.ts";

/** The files of the folder, as far as the protocol needs them. Each call but `list` is atomic. */
export interface MutexFiles {
  /** Makes the file of this attempt, with the caller's identity, unless it is there. */
  stage(): void;
  /** At least the names that are there from the begin of the call to its end. */
  list(): readonly string[];
  has(name: string): boolean;
  /** Gives the staged file a name; `false` when the name is taken, or the staged file has gone. */
  create(name: string): boolean;
  remove(name: string): void;
  /** Gives a file a second name; `false` when it is not there, or the name is taken. */
  link(name: string, to: string): boolean;
  /** Renames a file to a place outside of the folder; `false` when it is not there. */
  moveOut(name: string, target: string): boolean;
  /** Those of the names that are staged files of other attempts. */
  othersIn(names: readonly string[]): readonly string[];
}

/** What a process saw when its hold had begun. */
export interface Begun {
  readonly generation: number;
  readonly names: readonly string[];
}

/** What `take()` did. */
type Taken =
  | { readonly kind: "held"; readonly isClean: boolean; readonly seen: Begun }
  /** The newest hold is another process's and may not be followed. */
  | { readonly kind: "busy"; readonly generation: number }
  /** Another process was faster; it makes sense to try again at once. */
  | { readonly kind: "lost" };

/** A sweep waits until it removes more than this number of names for each attempt that it disturbs. */
const SPARED = 2;

/** The number of a hold's file, or of how it ended; `undefined` for other names. */
function numberOf(name: string): number | undefined {
  const found = /^([1-9]\d{0,14})(\.free|\.left)?$/.exec(name);
  return found === null ? undefined : Number(found[1]);
}

/** Whether a name says that a hold has ended. */
export function isEnd(name: string): boolean {
  return /\.(free|left)$/.test(name);
}

/** The name by which a hold was released. */
export function freeName(generation: number): string {
  return `${generation}.free`;
}

function newestOf(names: readonly string[]): number {
  let newest = 0;
  for (const name of names) newest = Math.max(newest, numberOf(name) ?? 0);
  return newest;
}

/** The name of a file that waits to replace another. */
export function nextName(generation: number): string {
  return `${generation}.next`;
}

/**
 * Tries to begin a hold.
 *
 * @param mayFollow Whether a hold that was not released may be followed all the same.
 */
export function take(files: MutexFiles, mayFollow: (generation: number) => boolean): Taken {
  files.stage();
  const names = files.list();
  const newest = newestOf(names);
  const isClean = names.includes(freeName(newest));
  const hasEnded = newest === 0 || isClean || names.includes(`${newest}.left`);
  if (!hasEnded && !mayFollow(newest)) return { kind: "busy", generation: newest };
  const generation = newest + 1;
  if (!files.create(`${generation}`)) return { kind: "lost" };
  return { kind: "held", isClean, seen: { generation, names: settled(files, generation) } };
}

/** Sees to it that no older hold acts any more; the names seen then. */
function settled(files: MutexFiles, generation: number): readonly string[] {
  try {
    const names = files.list();
    for (const name of names) {
      if (/^\d+\.next$/.test(name) && parseInt(name) < generation) files.remove(name);
    }
    return names;
  } catch (error) {
    // No process would ever release what none got. What the hold before left half done stays so.
    if (error instanceof HostError) files.link(`${generation}`, `${generation}.left`);
    throw error;
  }
}

/** Whether a hold that was not released is still the newest. */
export function isHeld(files: MutexFiles, generation: number): boolean {
  // In this order. Without its file it was swept, or another process has emptied the folder.
  return !files.has(`${generation + 1}`) && files.has(`${generation}`);
}

/** Goes on with the hold that follows one's own; `false` when another process has. */
export function renew(files: MutexFiles, generation: number): boolean {
  for (files.stage(); isHeld(files, generation); files.stage()) {
    if (files.create(`${generation + 1}`)) return true;
  }
  return false;
}

/** Renames the staged `n.next` to `target` unless a newer hold has begun. */
export function replace(files: MutexFiles, generation: number, target: string): boolean {
  const name = nextName(generation);
  if (isHeld(files, generation)) return files.moveOut(name, target);
  files.remove(name);
  return false;
}

/** Ends a hold and removes what is left of older ones; `false` when its file has gone. */
export function release(files: MutexFiles, generation: number, seen: Begun): boolean {
  // Without its own file a process knows nothing of those that are there.
  if (!files.link(`${generation}`, freeName(generation))) return false;
  const number = (name: string) => numberOf(name) ?? Infinity;
  const old = seen.names.filter((name) => number(name) < seen.generation);
  const others = files.othersIn(seen.names);
  if (old.length <= SPARED * others.length) return true;
  for (const name of others) files.remove(name);
  for (const name of old.sort((a, b) => number(a) - number(b))) files.remove(name);
  return true;
}
