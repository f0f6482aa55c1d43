/** From what a caller names as predecessors of a task to the tasks that are meant. */
import { taskStatus } from "../../domain/task/claim.ts";
import type { TaskContext } from "../context.ts";
import { CoordError } from "../../domain/errors.ts";
import { idProblem } from "../../domain/ids.ts";
import { quoted } from "../../domain/text.ts";
import { findId, notFound } from "../find_id.ts";
import { tasksByKey } from "./by_key.ts";
import type { TaskInput } from "./new_task.ts";

/** What says that a key is meant where an id might be. */
const KEY = "key:";

const ASKED = { field: "after", code: "bad_task_id" } as const;

/**
 * The inputs with their predecessors by whole ids, and the ids of those that were completed when they
 * were looked up.
 *
 * @throws {CoordError} `not_found` for a name that means no task.
 */
export async function withPredecessors(
  context: TaskContext,
  inputs: readonly TaskInput[],
): Promise<{ named: TaskInput[]; completed: ReadonlySet<string> }> {
  const predecessors = new Predecessors(context);
  const named: TaskInput[] = [];
  for (const input of inputs) named.push(await predecessors.resolved(input));
  return { named, completed: predecessors.completed };
}

/** Looks up what the tasks of one call name, each name once. */
class Predecessors {
  /** The ids of those that were completed when they were looked up. */
  readonly completed = new Set<string>();
  readonly #found = new Map<string, Promise<string>>();

  constructor(readonly context: TaskContext) {}

  /**
   * An input that names its predecessors by their whole ids. Only tasks that exist can be named, so no
   * task ever waits for itself.
   *
   * @throws {CoordError} `not_found` for a name that means no task.
   */
  async resolved<I extends Pick<TaskInput, "after" | "queue">>(input: I): Promise<I> {
    if (input.after === undefined) return input;
    const after: string[] = [];
    for (const name of input.after) after.push(await this.#idOf(name, input.queue));
    return { ...input, after };
  }

  #idOf(name: string, queue = "default"): Promise<string> {
    const asked = `${queue} ${name}`;
    const known = this.#found.get(asked);
    if (known !== undefined) return known;
    const found = this.#look(name, queue);
    this.#found.set(asked, found);
    return found;
  }

  async #look(name: string, queue: string): Promise<string> {
    const { store, clock } = this.context;
    const id = await this.#meant(name, queue);
    const entry = await store.tasks.get(id);
    if (entry === undefined) throw notFound(["task"], name);
    if (taskStatus(entry.task, entry.claim, clock()) === "completed") this.completed.add(id);
    return id;
  }

  /** The task that an id or a key means: of a key the unfinished one of the queue, or else the newest. */
  async #meant(name: string, queue: string): Promise<string> {
    const isKey = name.startsWith(KEY);
    if (!isKey && idProblem(name) === undefined) {
      try {
        return (await findId(name, ASKED, { task: this.context.store.tasks })).id;
      } catch (error) {
        if (!(error instanceof CoordError && error.code === "not_found")) throw error;
      }
    }
    const { unfinished, newest } = await tasksByKey(
      this.context,
      isKey ? name.slice(KEY.length) : name,
    );
    const meant = unfinished.find(({ task }) => task.queue === queue) ?? newest;
    if (meant !== undefined) return meant.task.task_id;
    const message = `No task has the id or the key ${quoted(name, 80)}`;
    throw new CoordError("not_found", message, { id: name });
  }
}
