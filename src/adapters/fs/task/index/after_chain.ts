/**
 * The protocol of tasks that wait for others.
 *
 * A task that waits has entries in `index/after/` before it has its name. A process that has made it
 * looks at the tasks that it waits for; a process that has ended one of these looks for entries. Both
 * write first and look afterwards, so of an end and an addition that come at once at least one process
 * sees both. Of two ends the later one finds the other.
 *
 * A process that sees that a task need not wait any more lets it go: that is the first transition of
 * the task, slot 1 of its chain, which a cancel wants as well. Before that the ends which it rests on
 * are on the disk, whichever process made them. No rule grants a task that waits for others and has no
 * slot, so it runs early under no interleaving, whatever the index says.
 *
 * A process that dies between an end and this leaves entries of a task that has ended. The comparison
 * of index and records looks for those (check.ts). FORMAT.md says what else a crash leaves behind.
 */
import { stemOfId } from "../../../../domain/ids.ts";
import { afterOf, type Predecessor, verdict } from "../../../../domain/task/after.ts";

/** What happened to tasks, by their stems. */
export class Moved {
  /** Those that have ended, or may expire at another instant. */
  readonly ended = new Set<string>();
  /** Those whose ends are on the disk. */
  readonly lasting = new Set<string>();
  /** Those that wait for others, and are to be looked at. */
  readonly waiting = new Set<string>();
  /** The same, whose entries may be missing. */
  readonly lacking = new Set<string>();

  /** Notes an end that is on the disk. */
  end(stem: string): void {
    this.ended.add(stem);
    this.lasting.add(stem);
  }

  get isNothing(): boolean {
    return this.ended.size + this.waiting.size + this.lacking.size === 0;
  }
}

/** A task that others wait for, and when it expires if nothing happens to it. */
export interface Stand extends Predecessor {
  /** Milliseconds since 1970; infinity for never. */
  readonly expiresMs: number;
}

/** A task that waits for others. */
interface WaitingTask {
  readonly task_id: string;
  readonly after?: readonly string[];
  readonly on_failure?: string;
}

/** What the protocol needs of the files. Each call is atomic, but for those that go over all entries. */
export interface WaitingFiles<Task extends WaitingTask> {
  /** The stems of the tasks that have an entry for one. */
  successors(stem: string): readonly string[];
  /** Makes all entries of a task. */
  enter(stem: string): void;
  /** A task by its file. */
  task(stem: string): Task | undefined;
  /** Whether a task has had its first transition. */
  isTouched(stem: string): boolean;
  /** Makes the end of a task last. */
  sync(stem: string): void;
  /** Makes the first transition, as these say; `false` when another process has made one. */
  letGo(task: Task, standings: readonly Stand[]): boolean;
  /** Has a task looked at again when one of these expires, where that matters. */
  lookLater(task: Task, standings: readonly Stand[]): void;
  /** Removes the entries of a task. */
  drop(task: Task): void;
  /** Removes the entry of a task that has no file, once it cannot be one that is being added. */
  forget(predecessor: string, stem: string): void;
  /** What cannot be done now is done by another process later: the caller's own task has moved. */
  failed(stem: string, error: unknown): void;
}

/**
 * Does all that follows from what happened, and forgets it. It asks for the standing of the tasks whose
 * ids it yields, and yields `undefined` for a pause.
 */
export function* follow<Task extends WaitingTask>(
  files: WaitingFiles<Task>,
  { ended, waiting, lacking, lasting }: Moved,
): Generator<string | undefined, void, Stand | undefined> {
  /** The tasks to look at, and whose end led to them. */
  const next = new Map<string, string | undefined>();
  for (const stem of lacking) attempt(files, stem, () => files.enter(stem));
  for (const stem of [...waiting, ...lacking]) next.set(stem, undefined);
  waiting.clear();
  lacking.clear();
  while (ended.size + next.size > 0) {
    for (const stem of ended) {
      ended.delete(stem);
      const found = attempt(files, stem, () => files.successors(stem)) ?? [];
      for (const each of found) next.set(each, stem);
    }
    // What was read before these tasks had their entries may have changed unseen.
    const seen = new Map<string, Stand>();
    for (const [stem, because] of next) {
      next.delete(stem);
      try {
        if (yield* look(files, stem, because, seen, lasting)) ended.add(stem);
      } catch (error) {
        files.failed(stem, error);
      }
      yield undefined;
    }
  }
}

/** Looks at one task that waits, and lets it go if it may; whether it did. */
function* look<Task extends WaitingTask>(
  files: WaitingFiles<Task>,
  stem: string,
  because: string | undefined,
  seen: Map<string, Stand>,
  lasting: Set<string>,
): Generator<string, boolean, Stand | undefined> {
  const task = files.task(stem);
  if (task === undefined) {
    // Its writer may be about to give it its name, and looks afterwards.
    if (because !== undefined) files.forget(because, stem);
    return false;
  }
  if (files.isTouched(stem)) {
    files.drop(task);
    return false;
  }
  const standings: Stand[] = [];
  for (const id of afterOf(task)) {
    const standing = seen.get(id) ?? (yield id);
    if (standing === undefined) return false;
    seen.set(id, standing);
    standings.push(standing);
  }
  if (verdict(task, standings) === "blocked") {
    files.lookLater(task, standings);
    return false;
  }
  for (const { task_id } of standings) {
    const predecessor = stemOfId(task_id);
    if (!lasting.has(predecessor)) files.sync(predecessor);
    lasting.add(predecessor);
  }
  const isMoved = files.letGo(task, standings);
  if (isMoved) seen.delete(task.task_id);
  files.drop(task);
  return isMoved;
}

function attempt<T>(
  files: Pick<WaitingFiles<never>, "failed">,
  stem: string,
  body: () => T,
): T | undefined {
  try {
    return body();
  } catch (error) {
    files.failed(stem, error);
    return undefined;
  }
}
