/**
 * The protocol of `keys/`: which task of a queue has a key.
 *
 * Each key of a queue has names with numbers. A name is *free to be followed* when its task has ended, or
 * was never to be. The next task takes the number above the highest by exclusive creation, so of any
 * number of processes that add a task of one key exactly one gets it. A name is a link of the task's own
 * record. So a task whose process died before it had its definition gets that from the name, by the next
 * process that meets it.
 *
 * Lower names may go at any time. So a process that has slept may find a number free that was taken and
 * removed: it looks above after it took one, and gives it back, unless its task exists by now: then its
 * name was the highest, and was followed since. The highest name stays. Before the files
 * of an ended task go, a *tombstone* is put above its name, and the name goes: a process that slept cannot make
 * the task again. A tombstone has the number under which it was made. As the highest it is lifted to the next
 * number before a task follows it. A tombstone that is a day old at its own number may be removed: no process
 * is left that saw the names before it, and one that sees it has to lift it first.
 *
 * FORMAT.md says what a crash between any two steps leaves behind.
 */

/** What a name says. */
export type KeyName<Holder> =
  | { readonly kind: "holder"; readonly holder: Holder }
  | { readonly kind: "tombstone"; readonly number: number }
  /** A power cut took what it said: the call that gave it was never answered. */
  | { readonly kind: "torn" };

/** Where the task of a name stands. `unmade` is one that is to exist and has no definition yet. */
export type Standing = "unfinished" | "ended" | "unmade";

/** The names of one key of one queue. Each call is atomic. */
export interface KeyFiles<Holder> {
  /** The numbers that are there. */
  numbers(): readonly number[];
  /** What a name says; `undefined` when it is not there. */
  read(number: number): KeyName<Holder> | undefined;
  /** Gives the caller's task a name; `false` when it is taken. */
  link(number: number): boolean;
  /** Gives a tombstone the next number too, unless that is taken. */
  lift(number: number): void;
  /** Gives the task of a name its definition, from that name, unless it has one or the name is gone. */
  make(number: number, holder: Holder): void;
  /** Makes a tombstone, unless the number is taken. */
  bury(number: number, last: Holder | undefined): void;
  remove(number: number): void;
}

/** What a call finds: the task that has the key, or the number to take. */
export type FoundKey<Holder> = { readonly holder: Holder } | { readonly free: number };

/** Looks for the task that has the key. It asks where tasks stand, and ends those that are only due to. */
export function* findHolder<Holder>(
  files: KeyFiles<Holder>,
): Generator<Holder, FoundKey<Holder>, Standing> {
  while (true) {
    const number = Math.max(0, ...files.numbers());
    if (number === 0) return { free: 1 };
    const name = files.read(number);
    if (name === undefined) continue;
    if (name.kind === "holder") {
      const standing = yield name.holder;
      if (standing === "unfinished") return { holder: name.holder };
      if (standing === "unmade") {
        files.make(number, name.holder);
        continue;
      }
    }
    if (name.kind === "tombstone" && name.number === number) {
      files.lift(number);
      continue;
    }
    return { free: number + 1 };
  }
}

/**
 * Takes the key for the caller's task: its number, or the task that has it.
 *
 * @param own The caller's task, if others that meet its name make it.
 */
export function* takeKey<Holder>(
  files: KeyFiles<Holder>,
  own: Holder | undefined,
): Generator<Holder, { readonly holder: Holder } | { readonly number: number }, Standing> {
  while (true) {
    const found = yield* findHolder(files);
    if ("holder" in found) return found;
    const number = found.free;
    if (!files.link(number)) continue;
    const others = files.numbers();
    if (others.some((other) => other > number)) {
      const isMade = own !== undefined && (yield own) !== "unmade";
      if (isMade) return { number };
      files.remove(number);
      continue;
    }
    removeBelow(files, number, others);
    return { number };
  }
}

/** Takes the names of a task away whose files are about to go: it has ended, and that is on the disk. */
export function forgetKey<Holder>(
  files: KeyFiles<Holder>,
  isIts: (holder: Holder) => boolean,
): void {
  const number = Math.max(0, ...files.numbers());
  const name = number === 0 ? undefined : files.read(number);
  if (name?.kind === "holder" && isIts(name.holder)) files.bury(number + 1, name.holder);
  const others = files.numbers();
  removeBelow(files, Math.max(0, ...others), others);
}

/**
 * Removes what is left of a key that was not used for long, in two steps with a day between them.
 *
 * @param isOld Whether a name is older than any process may sleep in the middle of a call.
 * @param isGone Whether nothing is left of the task of a name, and it will never be made.
 */
export function collectKey<Holder>(
  files: KeyFiles<Holder>,
  isOld: (number: number) => boolean,
  isGone: (holder: Holder) => boolean,
): void {
  const others = files.numbers();
  const number = Math.max(0, ...others);
  const name = number === 0 || !isOld(number) ? undefined : files.read(number);
  if (name === undefined) return;
  removeBelow(files, number, others);
  if (name.kind === "tombstone" && name.number === number) files.remove(number);
  else if (name.kind !== "holder" || isGone(name.holder)) files.bury(number + 1, undefined);
}

function removeBelow(
  files: { remove(number: number): void },
  number: number,
  others: readonly number[],
): void {
  for (const other of others) if (other < number) files.remove(other);
}
