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
 * Old files are removed, or the folder would grow. The newest hold never is. Removal frees names, and
 * a process that slept since hold n may create an n + 1 that had been used up before: one that
 * created a number therefore lists the folder afterwards, and if there is anything higher the
 * creation counts for nothing. A ghost of that kind is always lower than the newest hold, so it
 * misleads no process, and goes with the next sweep. The holds right below the newest are kept for
 * a while, so that a listing in which whatever changes meanwhile is missing still shows one of
 * them, unless several holds begin and end during that one listing. (So few names are listed in one
 * call of the kernel, during which nothing changes; and what is safe does not depend on it, since
 * the log decides.)
 *
 * A file is replaced by staging it as `n.next`, looking whether n is still the newest, and renaming.
 * Who begins a hold removes the `.next` of all lower ones before doing anything else: had the look of
 * the older holder come first, its file was staged by then and is removed (or renamed already); had
 * it come later, it shows the new hold. Either way no older rename is to come.
 *
 * What a crash leaves: after the creation of `n`, a hold of a process that is gone; in a sweep, files
 * for the next sweep; a `.next`, which the next hold removes.
 */
import { HostError } from "../../../ports/host.ts";

/** The files of the folder, as far as the protocol needs them. Each call but `list` is atomic. */
export interface MutexFiles {
  /** At least the names that are there from the begin of the call to its end. */
  list(): readonly string[];
  /** Creates `name` with the caller's identity as its content; `false` when the name is taken. */
  create(name: string): boolean;
  remove(name: string): void;
  /** Gives a file a second name; `false` when it is not there, or the name is taken. */
  link(name: string, to: string): boolean;
  /** Renames a file to a place outside of the folder; `false` when it is not there. */
  moveOut(name: string, target: string): boolean;
}

/** What `take()` did. */
type Taken =
  /** `names` are those seen when the hold began. */
  | {
    readonly kind: "held";
    readonly generation: number;
    readonly isClean: boolean;
    readonly names: readonly string[];
  }
  /** The newest hold is another process's and may not be followed. */
  | { readonly kind: "busy"; readonly generation: number }
  /** Another process was faster; it makes sense to try again at once. */
  | { readonly kind: "lost" };

/** Holds below the newest that a sweep leaves. */
const KEPT = 2;

/** The number of a hold's file, or of its release; `undefined` for other names. */
function numberOf(name: string): number | undefined {
  const found = /^([1-9]\d{0,14})(\.free)?$/.exec(name);
  return found === null ? undefined : Number(found[1]);
}

/** Whether a name says that a hold was released. */
export function isRelease(name: string): boolean {
  return name.endsWith(".free");
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
  const names = files.list();
  const newest = newestOf(names);
  const isClean = names.includes(`${newest}.free`);
  if (newest > 0 && !isClean && !mayFollow(newest)) return { kind: "busy", generation: newest };
  const seen = begin(files, newest + 1);
  if (seen === undefined) return { kind: "lost" };
  return { kind: "held", generation: newest + 1, isClean, names: seen };
}

/** Begins hold n, if that is what comes next; the names seen then. */
function begin(files: MutexFiles, generation: number): readonly string[] | undefined {
  if (!files.create(`${generation}`)) return undefined;
  try {
    return settled(files, generation);
  } catch (error) {
    // No process would ever release what none got.
    if (error instanceof HostError) files.remove(`${generation}`);
    throw error;
  }
}

/** Sees to it that no older hold acts any more, if a newer one has not begun. */
function settled(files: MutexFiles, generation: number): readonly string[] | undefined {
  const names = files.list();
  if (!isNewest(names, generation)) {
    files.remove(`${generation}`);
    return undefined;
  }
  for (const name of names) {
    if (/^\d+\.next$/.test(name) && parseInt(name) < generation) files.remove(name);
  }
  return names;
}

function isNewest(names: readonly string[], generation: number): boolean {
  return newestOf(names) <= generation;
}

/** Whether a hold that was not released is still the newest. */
export function isHeld(files: MutexFiles, generation: number): boolean {
  const names = files.list();
  // Without its file another process has emptied the folder, where the numbers now begin again.
  return isNewest(names, generation) && names.includes(`${generation}`);
}

/** Goes on with the hold that follows one's own; `undefined` when another process has. */
export function renew(files: MutexFiles, generation: number): readonly string[] | undefined {
  return begin(files, generation + 1);
}

/** Renames the staged `n.next` to `target` unless a newer hold has begun. */
export function replace(files: MutexFiles, generation: number, target: string): boolean {
  const name = nextName(generation);
  if (isHeld(files, generation)) return files.moveOut(name, target);
  files.remove(name);
  return false;
}

/** Ends a hold and removes what is left of far older ones. */
export function release(files: MutexFiles, generation: number, names: readonly string[]): void {
  // Without its own file a process knows nothing of those that are there.
  if (!files.link(`${generation}`, `${generation}.free`)) return;
  for (const name of names) {
    if ((numberOf(name) ?? Infinity) < generation - KEPT) files.remove(name);
  }
}
