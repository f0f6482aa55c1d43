/** The task store: it keeps tasks and applies the rules of `domain/claim.ts`, and decides nothing. */
import type { ClaimRecord, TimedRule, TransitionRefusal } from "../domain/task/claim.ts";
import type { ClaimGrant } from "../domain/task/keeping/grant.ts";
import type { TaskEntry, TaskFilter, TaskListing } from "../domain/task/listing.ts";
import type { AddedTask } from "../domain/task/keeping/adding.ts";
import type { KeyConflict } from "../domain/task/key.ts";
import type { QueuePause } from "../domain/task/keeping/pause.ts";
import type { TaskRecord, Wanted } from "../domain/task/task.ts";
import type { OnUnread } from "./warnings.ts";

/** What became of a transition. */
export type Applied =
  | { readonly kind: "written"; readonly claim: ClaimRecord }
  | { readonly kind: "kept"; readonly claim: ClaimRecord; readonly warning: string }
  | { readonly kind: "refused"; readonly refusal: TransitionRefusal }
  /** There is no such task. */
  | { readonly kind: "missing" };

/** What became of the tasks of one call. */
export type Added =
  /** In the order given. */
  | { readonly kind: "added"; readonly tasks: readonly AddedTask[] }
  /** None was added. */
  | { readonly kind: "conflict"; readonly conflict: KeyConflict }
  /** None was added: by the ids of tasks of the call that others of it wait for, those that have their keys. */
  | { readonly kind: "mistaken"; readonly standIns: ReadonlyMap<string, string> };

/** A task with its terminal state. */
export interface EndedTask {
  readonly task: TaskRecord;
  readonly claim: ClaimRecord;
}

/** What the caller of `TaskStore.add()` found out about tasks that others of the call wait for. */
export interface Preceding {
  /**
   * Ids of tasks that were completed when the caller looked: others that wait for them do not wait any
   * more, even if they are gone by now.
   */
  readonly completed: ReadonlySet<string>;
  /** By the ids of tasks of the call, those that have their keys, and that others wait for in their place. */
  readonly standIns: ReadonlyMap<string, string>;
}

/** A search for a task to claim. */
export interface ClaimSearch extends Omit<Wanted, "paused"> {
  /** What the rule `grant` gives, by the store's clock at the moment of the grant. */
  readonly grant: ClaimGrant;
  /**
   * How far to look before answering that there is none: `thorough` compares the index with the
   * records where they may differ, so that no pending task is overlooked; `quick` trusts the index
   * and the tasks named by `hints`.
   */
  readonly effort: "thorough" | "quick";
  /** Ids of tasks that may have appeared. */
  readonly hints?: readonly string[];
  /**
   * Is called with the names of the queues that are paused by now, which are not searched. Without it none is
   * left out. What is resumed after that wakes the callers of `onTask`.
   */
  readonly onPaused?: ((queues: ReadonlySet<string>) => void) | undefined;
}

/** The queues that are paused. All of these calls and those of other openings have one order. */
export interface QueuePauses {
  /** Their names. */
  names(): Promise<ReadonlySet<string>>;

  /** The same with who has paused them, by name. */
  all(): Promise<QueuePause[]>;

  /**
   * Pauses a queue. It is durable when the promise resolves.
   *
   * @returns The pause that was there; `undefined` when this is it.
   */
  pause(pause: QueuePause): Promise<QueuePause | undefined>;

  /**
   * Resumes a queue, and has the callers of `onTask` look again. It is durable when the promise resolves.
   *
   * @returns The pause that has ended; `undefined` when there was none.
   */
  resume(queue: string): Promise<QueuePause | undefined>;
}

/** Tasks that need what no claimer of the last hour has had, and one of them. */
export interface UnmetNeeds {
  /** Their queue. */
  readonly queue: string;
  /** All that each of them needs, sorted. */
  readonly needs: readonly string[];
  /** One that may be claimed. */
  readonly task_id: string;
}

export interface TaskStore {
  /** The queues that are paused. */
  readonly pauses: QueuePauses;

  /**
   * Adds those of the tasks that do not exist yet: all of them or, when it rejects, none. They are durable when the
   * promise resolves; many are synced at once. Each is visible to claimers as a whole or not at all,
   * possibly before that.
   *
   * Of the unfinished tasks of a queue one has a given key. A task whose key another one has with the same
   * content is that one, also within the call; a different content is a conflict. A call for one task with
   * a key that rejects may have added it. What was only due to end, such as a task that has expired, is
   * ended first.
   *
   * A task that waits for others is let go by the end of the last one, in whatever order they are added
   * and end, and by no earlier event. When the call resolves that ended a task, or added one, all has
   * happened that follows from it.
   *
   * A task may wait for others of the call that come before it. Where such a one is not added, since another
   * task has its key, that one must be named, and be among the stand-ins; else none is added.
   */
  add(tasks: readonly TaskRecord[], found?: Preceding): Promise<Added>;

  /**
   * Keeps tasks that have ended elsewhere, with their ends, which no process moves any more. None of them
   * can be claimed at any moment. They are durable when the promise resolves; when it rejects some may
   * be there. What waits for them is let go as by any end. None of the ids may be in use.
   *
   * @returns Those that the store cannot keep so; they are not there.
   */
  restore(ended: readonly EndedTask[]): Promise<readonly EndedTask[]>;

  /** The ids of tasks with this key, in any queue: the unfinished ones and the newest that ended, as far as it is known. */
  byKey(key: string): Promise<string[]>;

  /**
   * The sets of needs, by queue, of tasks that may be claimed and that no claimer of the last hour could
   * take: such a claimer had something, and asked for the queue. As far as it is known.
   */
  unmetNeeds(): Promise<UnmetNeeds[]>;

  /** A task with its newest state; `undefined` when there is none. */
  get(id: string): Promise<TaskEntry | undefined>;

  /**
   * The full ids that begin with these characters, which are in lower case and without `sha256:`,
   * whatever the case of an id; sorted, at most `limit` of them.
   */
  find(prefix: string, limit: number): Promise<string[]>;

  /** The ids of the tasks that wait for a task, sorted. */
  successors(id: string): Promise<string[]>;

  /**
   * Applies a rule to a task's newest state. Transitions of one task are linearizable: a rule that
   * writes is applied to the state that its result follows, whatever else happens at the same time.
   * It is given the store's time as that state is read, and may be asked again. A terminal state is durable when the promise
   * resolves.
   *
   * What revives a task that has a key takes the key again, or is refused with `key_conflict`.
   */
  apply(taskId: string, rule: TimedRule): Promise<Applied>;

  /**
   * Grants the first of the claimable tasks (pending or timed out) in their order, whichever of the queues
   * it is in. Of any number of concurrent callers each task is given to one.
   */
  claimNext(search: ClaimSearch): Promise<TaskEntry | undefined>;

  /** The instant of the next timeout among the claims, in milliseconds since 1970. */
  nextTimeout(): Promise<number | undefined>;

  /** Counts all tasks by the store's time, and lists those that match; `onUnread` gets what could not be read. */
  list(filter: TaskFilter, onUnread?: OnUnread): Promise<TaskListing>;

  /** Notifies the callers of `onTask` that a task has become claimable before its time. */
  announce(id: string): Promise<void>;

  /**
   * Calls `body` with the id of each task that appears or is announced, `undefined` for "look
   * again", until the result is closed.
   */
  onTask(body: (id: string | undefined) => void): { close(): void };

  /**
   * Calls `onChange` when the claim of a task may have changed: a hint, never the truth. `onError` is
   * called at most once, and no hints follow it. Throws where notification cannot be had.
   */
  watchClaim(
    id: string,
    onChange: () => void,
    onError: (error: unknown) => void,
  ): { close(): void };
}
