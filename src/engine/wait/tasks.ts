/** Waiting for tasks to end, and for a queue to have none that has not. */
import { notifyOrPoll } from "../../async/notify_or_poll.ts";
import { SAFETY_LOOK_MS } from "../../domain/limits.ts";
import { taskStatus } from "../../domain/task/claim.ts";
import type { TaskEntry } from "../../domain/task/listing.ts";
import { endsByItself } from "../../domain/task/requeue.ts";
import { type TaskStatus, UNFINISHED } from "../../domain/task/task.ts";
import { quoted } from "../../domain/text.ts";
import type { TaskContext } from "../context.ts";
import { findId, notFound } from "../find_id.ts";
import { giveUpTimedOut } from "../task/give_up.ts";
import { Unread } from "../hold/unread.ts";
import { closeAll, type Condition, type Look, MET } from "./condition.ts";
import type { AwaitedTask } from "./types.ts";

/** Tasks that a message names. */
const MAX_NAMED = 3;

/** A task as it stands now. */
interface Standing extends TaskEntry {
  readonly status: TaskStatus;
}

/** Until all of these tasks have completed, or one of them. */
export class TasksCompleted implements Condition {
  readonly #context: TaskContext;
  readonly #ids: readonly string[];
  readonly #isAny: boolean;
  /** As the last look found them; what has completed stays so. */
  readonly #seen = new Map<string, Standing>();

  private constructor(context: TaskContext, ids: readonly string[], isAny: boolean) {
    this.#context = context;
    this.#ids = ids;
    this.#isAny = isAny;
  }

  /** @throws {CoordError} `not_found` for an id that names no task. */
  static async of(
    context: TaskContext,
    inputs: readonly string[],
    isAny: boolean,
  ): Promise<TasksCompleted> {
    const asked = { field: "tasks", code: "bad_task_id" } as const;
    const among = { task: context.store.tasks };
    const ids: string[] = [];
    for (const input of inputs) ids.push((await findId(input, asked, among)).id);
    return new TasksCompleted(context, ids, isAny);
  }

  /** The tasks as the last look found them. */
  get tasks(): AwaitedTask[] {
    return this.#ids.flatMap((id) => {
      const seen = this.#seen.get(id);
      if (seen === undefined) return [];
      const { status, claim } = seen;
      return { task_id: id, status, result: claim?.result ?? null, error: claim?.error ?? null };
    });
  }

  async look(): Promise<Look> {
    const { clock } = this.#context;
    const unfinished: string[] = [];
    const failed: string[] = [];
    let again = Infinity;
    for (const id of new Set(this.#ids)) {
      if (this.#seen.get(id)?.status === "completed") continue;
      const entry = await newest(this.#context, id);
      if (entry === undefined) throw notFound(["task"], id);
      const status = taskStatus(entry.task, entry.claim, clock());
      this.#seen.set(id, { ...entry, status });
      if (status === "completed") continue;
      (UNFINISHED.includes(status) ? unfinished : failed).push(id);
      again = Math.min(again, endsByItself(entry.task, entry.claim));
    }
    const completed = new Set(this.#ids).size - unfinished.length - failed.length;
    if (this.#isAny ? completed > 0 : unfinished.length + failed.length === 0) return MET;
    if (failed.length > 0 && (!this.#isAny || unfinished.length === 0)) {
      return { state: "never", why: this.#named(failed) };
    }
    return { state: "unmet", again, why: this.#named(unfinished), key: unfinished.join() };
  }

  listen(wake: () => void): { close(): void } {
    const unfinished = [...this.#seen].filter(([, { status }]) => UNFINISHED.includes(status));
    return closeAll(unfinished.map(([id]) => listenToTask(this.#context, id, wake)));
  }

  #named(ids: readonly string[]): string {
    const named = ids.slice(0, MAX_NAMED).map((id) =>
      `task ${id} is ${this.#seen.get(id)?.status}`
    );
    const more = ids.length - named.length;
    return [...named, ...(more > 0 ? [`${more} more`] : [])].join(", ");
  }
}

/**
 * Until all tasks of a queue have ended. As long as one that has not is known, the queue is not
 * listed: that one is listened to, the last in the order of claims.
 */
export class QueueEmpty implements Condition {
  #witness: string | undefined;

  constructor(readonly context: TaskContext, readonly queue: string) {}

  async look(): Promise<Look> {
    const { clock } = this.context;
    const known = this.#witness === undefined
      ? undefined
      : await newest(this.context, this.#witness);
    const status = known && taskStatus(known.task, known.claim, clock());
    const entry = status !== undefined && UNFINISHED.includes(status)
      ? known
      : await this.#unfinished();
    this.#witness = entry?.task.task_id;
    if (entry === undefined) return MET;
    const id = entry.task.task_id;
    const why = `queue ${quoted(this.queue)} has task ${id}`;
    return { state: "unmet", again: endsByItself(entry.task, entry.claim), why, key: id };
  }

  listen(wake: () => void): { close(): void } {
    return this.#witness === undefined
      ? { close() {} }
      : listenToTask(this.context, this.#witness, wake);
  }

  async #unfinished(): Promise<TaskEntry | undefined> {
    const unread = new Unread();
    for (const status of UNFINISHED) {
      const filter = { status, queue: this.queue };
      const { items } = await this.context.store.tasks.list(filter, unread.note);
      for (const item of [...items].reverse()) {
        if (await giveUpTimedOut(this.context, item) === undefined) return item;
      }
    }
    unread.check();
    return undefined;
  }
}

/** A task as it stands; if its last attempt has timed out, it has failed. */
async function newest(context: TaskContext, id: string): Promise<TaskEntry | undefined> {
  const entry = await context.store.tasks.get(id);
  const end = entry && await giveUpTimedOut(context, entry);
  return end === undefined || entry === undefined ? entry : { ...entry, claim: end };
}

function listenToTask(context: TaskContext, id: string, wake: () => void): { close(): void } {
  const { store, warn, timers } = context;
  return notifyOrPoll(
    (onError) => store.tasks.watchClaim(id, wake, onError),
    { look: wake, safetyMs: SAFETY_LOOK_MS, warn, timers },
  );
}
