/**
 * The protocol of `tasks/batches/`: how many tasks come into being together, and how each comes to
 * rest on a file of its own.
 *
 * A batch is a folder with one file of all its tasks. The folder's name counts turns: a process that
 * wants to work on a batch renames the folder from turn n to turn n + 1, which succeeds for exactly
 * one, and then works by that name alone. A process that sleeps in its turn and is taken for dead is
 * shut out by the same rename: every name that it gives to a task is a link from, or a rename of, a
 * file in the folder, and there is no folder of its turn's name any more. Turns are never given twice.
 *
 * So no task gets its name from a batch that is not there, and only from the process whose turn it is.
 * `gc`, which looks at the batches after it has listed the tasks, removes none that a batch may name
 * again, and what it has removed is gone for good.
 *
 * Functions that go over all tasks are generators, which stop after each, so that the caller can let
 * others run in between. FORMAT.md says what a crash between any two steps leaves behind.
 */
import type { Batch, BatchState } from "./batch_name.ts";

/** A line of a batch. */
export interface BatchLine {
  /** The id of its task as files are named by it; `undefined` when the line is damaged. */
  readonly stem: string | undefined;
  /** Where the next line begins. */
  readonly next: number;
}

/** The files of batches and tasks. Each call is atomic. */
export interface BatchFiles<Line extends BatchLine> {
  /** Renames the folder of a batch; `false` when it has another name by now. */
  move(from: Batch, to: Batch): boolean;
  /** The lines from `turn.batch.done` on; none when the folder is another's or has no file any more. */
  lines(turn: Turn): Iterable<Line>;
  /** What there is under the name of a line's task. */
  look(line: Line): "whole" | "missing" | "torn" | "foreign";
  /** Writes a task to the batch's folder; `false` when there is no such folder. */
  stage(batch: Batch, line: Line, sync: boolean): boolean;
  /** Gives the staged file the task's name, unless that is taken; `false` when there is none. */
  link(batch: Batch, line: Line): boolean;
  /** Gives the staged file the task's name, also when that is taken; `false` when there is none. */
  replace(batch: Batch, line: Line): boolean;
  /** Makes the staged file the task's entry in the index. */
  enter(batch: Batch, line: Line): void;
  /** Removes staged files. */
  clear(batch: Batch): void;
  /** Forces a task's own file to the disk. */
  sync(line: Line): void;
  /** Forces the names of the tasks to the disk. */
  syncNames(): void;
  /** Keeps a line that cannot be used, durably. */
  keep(batch: Batch, line: Line): void;
  /** Removes the folder with all that is in it. */
  remove(batch: Batch): void;
}

/** A turn that a process has; the name of the folder changes when it is renewed. */
export interface Turn {
  batch: Batch;
}

type Stamp = Pick<Batch, "at" | "who">;

/** Takes the next turn; `undefined` when another process was faster. */
export function takeTurn<Line extends BatchLine>(
  files: Pick<BatchFiles<Line>, "move">,
  batch: Batch,
  state: BatchState,
  change: Stamp & Partial<Pick<Batch, "done">>,
): Turn | undefined {
  const next = { ...batch, ...change, state, turn: batch.turn + 1 };
  return files.move(batch, next) ? { batch: next } : undefined;
}

/** Gives the tasks that were staged their names; `false` when another process has the turn. */
export function* linkTasks<Line extends BatchLine>(
  files: BatchFiles<Line>,
  turn: Turn,
  lines: Iterable<Line>,
): Generator<number, boolean> {
  for (const line of lines) {
    if (!files.link(turn.batch, line)) return false;
    files.enter(turn.batch, line);
    yield line.next;
  }
  return true;
}

/** Gives the tasks of a batch their names where they lack them; `false` as above. */
export function* repairTasks<Line extends BatchLine>(
  files: BatchFiles<Line>,
  turn: Turn,
): Generator<number, boolean> {
  files.clear(turn.batch);
  for (const line of files.lines(turn)) {
    if (line.stem !== undefined && !ensureTask(files, turn, line, false)) return false;
    yield line.next;
  }
  return true;
}

/** Makes the tasks of a batch durable by themselves; `false` as above. */
export function* settleTasks<Line extends BatchLine>(
  files: BatchFiles<Line>,
  turn: Turn,
): Generator<number, boolean> {
  files.clear(turn.batch);
  for (const line of files.lines(turn)) {
    if (line.stem === undefined) files.keep(turn.batch, line);
    else if (!ensureTask(files, turn, line, true)) return false;
    yield line.next;
  }
  return true;
}

/** Ends the life of a batch whose tasks are all settled; `false` as above. */
export function retire<Line extends BatchLine>(files: BatchFiles<Line>, turn: Turn): boolean {
  files.syncNames();
  const { at, who } = turn.batch;
  const last = takeTurn(files, turn.batch, "void", { at, who });
  if (last === undefined) return false;
  files.remove(last.batch);
  return true;
}

/** Stops settling for now; what was settled so far stays so. */
export function pauseSettling<Line extends BatchLine>(
  files: BatchFiles<Line>,
  turn: Turn,
  done: number,
  linked: Stamp,
): boolean {
  files.syncNames();
  return takeTurn(files, turn.batch, "linked", { ...linked, done }) !== undefined;
}

function ensureTask<Line extends BatchLine>(
  files: BatchFiles<Line>,
  { batch }: Turn,
  line: Line,
  sync: boolean,
): boolean {
  switch (files.look(line)) {
    case "whole":
      if (sync) files.sync(line);
      return true;
    case "missing":
      if (!files.stage(batch, line, sync) || !files.link(batch, line)) return false;
      files.enter(batch, line);
      return true;
    // A file torn by a power cut has nothing worth keeping: the batch holds the whole of it.
    case "torn":
      return files.stage(batch, line, sync) && files.replace(batch, line);
    case "foreign":
      if (sync) files.keep(batch, line);
      return true;
  }
}
