/** From what a caller names as predecessors of tasks to the tasks that are meant. */
import { taskStatus } from "../../domain/task/claim.ts";
import { isKeyed, keyText } from "../../domain/task/key.ts";
import type { TaskRecord } from "../../domain/task/task.ts";
import type { Preceding } from "../../ports/tasks.ts";
import type { TaskContext } from "../context.ts";
import { CoordError } from "../../domain/errors.ts";
import { idProblem } from "../../domain/ids.ts";
import { findId, notFound } from "../find_id.ts";
import { KEY, tasksByKey, unknownTask } from "./by_key.ts";
import type { TaskInput } from "./new_task.ts";

const ASKED = { field: "after", code: "bad_task_id" } as const;

/** What a name means among the tasks that were there before the call. */
interface Meant {
  /** The task whose id it is. */
  readonly id?: string;
  /** The unfinished task of the queue that has the key. */
  readonly unfinished?: string;
  /** The newest task that had the key. */
  readonly newest?: string;
}

/**
 * The tasks of one call, some of which wait for others: for tasks that exist, or for earlier ones of
 * the call by their keys. So no task ever waits for itself.
 */
export class Plan implements Preceding {
  readonly completed = new Set<string>();
  readonly #looked = new Map<string, Promise<Meant>>();
  /** By key and queue, the task that has the key in the place of the one of the call. */
  readonly #holders = new Map<string, string>();
  /** By key and queue, the tasks of the call so far; by key alone, the last. */
  #ids = new Map<string, string>();
  #last = new Map<string, string>();

  constructor(readonly context: TaskContext, readonly inputs: readonly TaskInput[]) {}

  get standIns(): ReadonlyMap<string, string> {
    const standIns = new Map<string, string>();
    for (const [text, id] of this.#ids) {
      const holder = this.#holders.get(text);
      if (holder !== undefined) standIns.set(id, holder);
    }
    return standIns;
  }

  /**
   * The tasks as records that name their predecessors by whole ids.
   *
   * @throws {CoordError} `not_found` for a name that means no task.
   */
  async records(
    make: (input: TaskInput, index: number) => Promise<TaskRecord>,
  ): Promise<TaskRecord[]> {
    this.#ids = new Map();
    this.#last = new Map();
    const records: TaskRecord[] = [];
    for (const [index, input] of this.inputs.entries()) {
      const after: string[] = [];
      for (const name of input.after ?? []) after.push(await this.#idOf(name, input.queue));
      const record = await make(input.after === undefined ? input : { ...input, after }, index);
      records.push(record);
      if (!isKeyed(record)) continue;
      const text = keyText(record);
      if (!this.#ids.has(text)) this.#ids.set(text, record.task_id);
      this.#last.set(record.key, text);
    }
    return records;
  }

  /** Learns which tasks have the keys of some of the call; the records are to be made again. */
  learn(standIns: ReadonlyMap<string, string>): void {
    for (const [text, id] of this.#ids) {
      const holder = standIns.get(id);
      if (holder === id) this.#holders.delete(text);
      else if (holder !== undefined) this.#holders.set(text, holder);
    }
  }

  /** The task that an id or a key means: of a key the unfinished one of the queue, or else the newest. */
  async #idOf(name: string, queue = "default"): Promise<string> {
    const key = name.startsWith(KEY) ? name.slice(KEY.length) : name;
    const asked = keyText({ queue, key: name });
    const looking = this.#looked.get(asked) ?? this.#look(name, key, queue);
    this.#looked.set(asked, looking);
    const meant = await looking;
    const before = meant.id ?? this.#ofCall(keyText({ queue, key })) ?? meant.unfinished ??
      this.#ofCall(this.#last.get(key)) ?? meant.newest;
    if (before !== undefined) return before;
    throw unknownTask(name);
  }

  #ofCall(text: string | undefined): string | undefined {
    return text === undefined ? undefined : this.#holders.get(text) ?? this.#ids.get(text);
  }

  async #look(name: string, key: string, queue: string): Promise<Meant> {
    if (!name.startsWith(KEY) && idProblem(name) === undefined) {
      try {
        const { id } = await findId(name, ASKED, { task: this.context.store.tasks });
        await this.#note(id, name);
        return { id };
      } catch (error) {
        if (!(error instanceof CoordError && error.code === "not_found")) throw error;
      }
    }
    const found = await tasksByKey(this.context, key);
    const unfinished = found.unfinished.find(({ task }) => task.queue === queue)?.task.task_id;
    const newest = found.newest?.task.task_id;
    if (newest === undefined) return {};
    await this.#note(unfinished ?? newest, name);
    return { newest, ...(unfinished !== undefined && { unfinished }) };
  }

  /** Notes whether a task is completed. */
  async #note(id: string, name: string): Promise<void> {
    const { store, clock } = this.context;
    const entry = await store.tasks.get(id);
    if (entry === undefined) throw notFound(["task"], name);
    if (taskStatus(entry.task, entry.claim, clock()) === "completed") this.completed.add(id);
  }
}
