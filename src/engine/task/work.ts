/**
 * Working on a queue: claims tasks, keeps each by heartbeats while its body runs, and reports its end.
 *
 * Each task that was granted ends in one way: completed, failed, given back, or lost. What is reported
 * carries the fence of its claim, so that a worker which slept past its claim changes nothing.
 */
import { realTimers, ringAt, type Timers } from "../../async/timers.ts";
import { Wakeup } from "../../async/wakeup.ts";
import { badInput, CoordError } from "../../domain/errors.ts";
import type { JsonObject } from "../../domain/json.ts";
import * as limits from "../../domain/limits.ts";
import { taskStatus } from "../../domain/task/claim.ts";
import { mayTake, orderOf, type TaskOrder, UNFINISHED } from "../../domain/task/task.ts";
import type { ListedTask, TaskEntry } from "../../domain/task/listing.ts";
import type { TaskContext } from "../context.ts";
import { checkInput } from "../input.ts";
import { Unread } from "../hold/unread.ts";
import { hopeOf } from "./blocked.ts";
import { claimFirst } from "./claim_first.ts";
import { TaskHold, type TaskKeeper } from "./hold.ts";
import { pausedText } from "./item.ts";
import type { TaskClaimed } from "./types.ts";
import {
  GIVE_BACK,
  type TaskBody,
  type TaskInHand,
  type TaskWorked,
  type TaskWorkInput,
  type TaskWorkReport,
  WORK_INPUT,
} from "./work_types.ts";

/** Works on tasks until the input says that it is enough. */
export async function work(
  context: TaskContext,
  tasks: TaskKeeper,
  input: TaskWorkInput,
  body: TaskBody,
): Promise<TaskWorkReport> {
  checkInput(input, WORK_INPUT, ["runId"]);
  if (input.drain === true && input.once === true) {
    throw badInput([{ field: "once", code: "bad_args", message: "cannot go together with drain" }]);
  }
  return await new Worker(context, tasks, input, body).run();
}

/** What a body made of its task. */
type WorkOutcome =
  | { readonly status: "completed"; readonly result: JsonObject | undefined }
  | { readonly status: "failed" | "retried" | "given_back" | "lost"; readonly error: string };

/** Where a task stands that goes on by itself, or by an agent. */
const OPEN = UNFINISHED.filter((status) => status !== "blocked");

class Worker {
  readonly #context: TaskContext;
  readonly #tasks: TaskKeeper;
  readonly #input: TaskWorkInput;
  readonly #body: TaskBody;
  readonly #timers: Timers;
  readonly #ttlSeconds: number;
  readonly #counts = { completed: 0, failed: 0, retried: 0, given_back: 0, lost: 0 };
  readonly #inHand = new Set<Promise<void>>();
  /** Fires when no more tasks are to be claimed. */
  readonly #enough = new AbortController();
  /** Attempts in a row that ended badly as soon as they began. */
  #crashes = 0;
  /** No claim before this instant on the clock of the timers. */
  #notBefore = 0;
  /** The queues that are paused. */
  #paused: readonly string[] = [];
  #failure: { readonly thrown: unknown } | undefined;
  /** Is called when a task of this worker has ended. */
  #onOwnEnd = () => {};

  constructor(context: TaskContext, tasks: TaskKeeper, input: TaskWorkInput, body: TaskBody) {
    this.#context = context;
    this.#tasks = tasks;
    this.#input = input;
    this.#body = body;
    this.#timers = context.timers ?? realTimers;
    this.#ttlSeconds = input.claimTtl ?? limits.WORK_TTL_S.default;
  }

  async run(): Promise<TaskWorkReport> {
    const { stop, signal } = this.#input;
    const signals = [stop, signal].filter((one) => one !== undefined);
    const end = () => this.#enough.abort();
    for (const one of signals) {
      one.addEventListener("abort", end);
      if (one.aborted) end();
    }
    let status: TaskWorkReport["status"];
    try {
      status = await this.#claimAll();
    } finally {
      await Promise.all(this.#inHand);
      for (const one of signals) one.removeEventListener("abort", end);
    }
    if (this.#failure !== undefined) throw this.#failure.thrown;
    return { status, ...this.#counts };
  }

  async #claimAll(): Promise<TaskWorkReport["status"]> {
    const { concurrency = limits.CONCURRENCY.default, once, drain } = this.#input;
    while (true) {
      while (this.#inHand.size >= concurrency) await Promise.race(this.#inHand);
      if (this.#notBefore > this.#timers.now()) await this.#sleep(this.#notBefore);
      if (this.#enough.signal.aborted) return this.#isFailing ? "max_failures" : "stopped";
      const { claimed, isDrained } = await this.#next();
      if (claimed !== undefined) {
        const hold = new TaskHold(this.#context, this.#tasks, claimed, this.#ttlSeconds);
        if (this.#enough.signal.aborted) {
          await this.#report(hold, { status: "given_back", error: "" });
        } else this.#begin(hold);
      }
      if (this.#enough.signal.aborted) continue;
      if (once === true) return "once";
      if (drain === true && isDrained) return "drained";
    }
  }

  get #isFailing(): boolean {
    return this.#counts.failed >= (this.#input.maxFailures ?? Infinity);
  }

  /** The next task, or whether there is nothing left. */
  async #next(): Promise<{ claimed?: TaskClaimed | undefined; isDrained?: boolean }> {
    const { runId, queues, tag, has, drain, once } = this.#input;
    const onPaused = (names: readonly string[]) => this.#notePaused(names);
    const wish = { runId, queues, tag, has, ttlSeconds: this.#ttlSeconds, onPaused };
    const ended = this.#enough.signal;
    if (drain !== true) {
      const seconds = once === true ? 0 : limits.WAIT_S.max;
      return { claimed: await claimFirst(this.#context, { ...wish, signal: ended }, seconds) };
    }
    const claimed = await claimFirst(this.#context, { ...wish, signal: ended }, 0);
    if (claimed !== undefined) return { claimed };
    const waiting = new AbortController();
    const signal = AbortSignal.any([ended, waiting.signal]);
    const drained = this.#drained(signal).finally(() => waiting.abort());
    // Both end when the other does; a failure of either is reported after both have.
    const claiming = claimFirst(this.#context, { ...wish, signal }, limits.WAIT_S.max)
      .finally(() => waiting.abort());
    const [claim, isDrained] = await Promise.allSettled([claiming, drained]);
    if (claim.status === "rejected") throw claim.reason;
    if (claim.value !== undefined) return { claimed: claim.value };
    if (isDrained.status === "rejected") throw isDrained.reason;
    return { isDrained: isDrained.value };
  }

  /** Warns of each queue that has been paused since the last search. */
  #notePaused(names: readonly string[]): void {
    if (names.join() === this.#paused.join()) return;
    for (const name of names) {
      if (!this.#paused.includes(name)) this.#context.warn(pausedText(name));
    }
    this.#paused = names;
    this.#input.onPaused?.(names);
  }

  /** Resolves to true when nothing is pending or claimed, nor blocked by what may still be completed, or to false when the signal fires. */
  async #drained(signal: AbortSignal): Promise<boolean> {
    using wakeup = new Wakeup(this.#timers, signal);
    this.#onOwnEnd = wakeup.wake;
    const { tasks } = this.#context.store;
    while (!signal.aborted) {
      const open = await this.#open();
      if (open.length === 0) return true;
      for (const id of open) {
        // One record a look: a list of all would cost the more, the more have ended.
        while (isOpen(await tasks.get(id), this.#context.clock())) {
          const until = this.#timers.now() + limits.WORK_MS.look;
          if (await wakeup.sleep(until) === "abort") return false;
        }
      }
    }
    return false;
  }

  /** The tasks that have not ended and that it may have. */
  async #open(): Promise<string[]> {
    const { queues = [undefined], tag } = this.#input;
    const { tasks } = this.#context.store;
    const limit = limits.LIST_LIMIT.max;
    const found: string[] = [];
    const unread = new Unread();
    for (const queue of queues) {
      let from: TaskOrder | undefined;
      do {
        const filter = { status: OPEN, queue, tag, from, limit };
        const { counts, items, next } = await tasks.list(filter, unread.note);
        if (items.length === 0) unread.check();
        if (UNFINISHED.every((status) => counts[status] === 0)) return [];
        const mine = this.#fitting(items);
        found.push(...mine);
        const [last] = mine.length > 0 || next === undefined ? [] : items.slice(-1);
        from = last && orderOf(last.task);
      } while (from !== undefined);
    }
    return found.length > 0 ? found : await this.#hope();
  }

  /** What a blocked task waits for that may still come, in whatever queue. */
  async #hope(): Promise<string[]> {
    const { queues = [undefined], tag } = this.#input;
    const { store: { tasks }, clock } = this.#context;
    for (const queue of queues) {
      const { items } = await tasks.list({ status: "blocked", queue, tag });
      const hope = await hopeOf(tasks, this.#fitting(items), clock());
      if (hope !== undefined) return [hope];
    }
    return [];
  }

  /** Those of which it has all that they need. */
  #fitting(items: readonly ListedTask[]): string[] {
    const { has } = this.#input;
    return items.filter(({ task }) => mayTake(task, { has })).map(({ task }) => task.task_id);
  }

  #begin(hold: TaskHold): void {
    const run = this.#one(hold).catch((thrown) => {
      this.#failure ??= { thrown };
      this.#enough.abort();
    }).finally(() => {
      this.#inHand.delete(run);
      this.#onOwnEnd();
    });
    this.#inHand.add(run);
  }

  async #one(hold: TaskHold): Promise<void> {
    const { maxRuntime, maxFailures, onTask, onEnd } = this.#input;
    const { attempt, fence } = hold;
    const { task_id, title, queue } = hold.task;
    const began = this.#timers.now();
    const task = { ...hold.task, attempt, fence };
    onTask?.(task);
    const outcome = await this.#ended(hold, task, maxRuntime);
    const made = await this.#report(hold, outcome);
    const ms = this.#timers.now() - began;
    this.#counts[made.status]++;
    this.#countCrash(made.status, ms);
    if (maxFailures !== undefined && this.#isFailing) this.#enough.abort();
    onEnd?.({
      status: made.status,
      task_id,
      title,
      queue,
      run_id: this.#input.runId,
      attempt,
      fence,
      seconds: Math.round(ms) / 1000,
      result: made.status === "completed" ? made.result ?? null : null,
      error: made.status === "completed" || made.error === "" ? null : made.error,
    });
  }

  /** Runs the body to its end, and says what that means. */
  async #ended(
    hold: TaskHold,
    task: TaskInHand,
    maxRuntime: number | undefined,
  ): Promise<WorkOutcome> {
    const { signal } = this.#input;
    const late = new AbortController();
    const stopTimer = maxRuntime === undefined
      ? () => {}
      : ringAt(this.#timers, this.#timers.now() + maxRuntime * 1000, () => {
        const message = `Cannot go on with the task: it took longer than ${maxRuntime} s`;
        late.abort(new CoordError("expired", message));
      });
    const signals = [hold.lost, late.signal, ...(signal === undefined ? [] : [signal])];
    let outcome: WorkOutcome;
    try {
      const answer = await this.#body(task, AbortSignal.any(signals));
      outcome = answer === GIVE_BACK
        ? { status: "given_back", error: "" }
        : { status: "completed", result: answer ?? undefined };
    } catch (thrown) {
      outcome = { status: "failed", error: messageOf(thrown) };
    } finally {
      stopTimer();
    }
    // What a body answers that was stopped says nothing about its task.
    if (hold.lost.aborted) return { status: "lost", error: messageOf(hold.lost.reason) };
    if (signal?.aborted) return { status: "given_back", error: messageOf(signal.reason) };
    if (late.signal.aborted) return { status: "failed", error: messageOf(late.signal.reason) };
    return outcome;
  }

  /** Reports an outcome, as often as it takes while the claim is kept; resolves to what came of it. */
  async #report(hold: TaskHold, outcome: WorkOutcome): Promise<WorkOutcome> {
    if (outcome.status === "lost") return outcome;
    try {
      const answer = outcome.status === "completed"
        ? await hold.complete(outcome.result)
        : outcome.status === "failed"
        ? await hold.fail(outcome.error)
        : await hold.giveBack();
      if (!("claimer_run_id" in answer)) return { status: "lost", error: answer.error };
      const isRetried = outcome.status === "failed" && answer.status === "pending";
      return isRetried ? { ...outcome, status: "retried" } : outcome;
    } catch (error) {
      if (!(error instanceof CoordError)) throw error;
      if (error.code === "bad_payload" || error.code === "bad_args") {
        return await this.#report(hold, { status: "failed", error: error.message });
      }
      if (error.code !== "io_error") return { status: "lost", error: error.message };
      // The disk may be full for a moment, and the heartbeats keep the claim if they can.
      await this.#sleep(this.#timers.now() + limits.WORK_MS.retry, hold.lost);
      if (hold.lost.aborted) return { status: "lost", error: error.message };
    }
    return await this.#report(hold, outcome);
  }

  /** Pauses the claims after several attempts in a row that ended badly at once, longer each time. */
  #countCrash(status: TaskWorked["status"], ms: number): void {
    const hasFailed = status === "failed" || status === "retried";
    const isCrash = status === "given_back" || hasFailed && ms < limits.CRASH.ms;
    this.#crashes = isCrash ? this.#crashes + 1 : 0;
    const more = this.#crashes - limits.CRASH.free;
    if (more < 0) return;
    const { firstPauseMs: first, maxPauseMs: max } = limits.CRASH;
    this.#notBefore = this.#timers.now() + Math.min(max, first * 2 ** more);
  }

  /** Sleeps until an instant on the clock of the timers, or until the signal fires. */
  async #sleep(until: number, signal = this.#enough.signal): Promise<void> {
    using wakeup = new Wakeup(this.#timers, signal);
    await wakeup.sleep(until);
  }
}

/** Whether a task may still be worked on. */
function isOpen(entry: TaskEntry | undefined, now: number): boolean {
  if (entry === undefined) return false;
  return UNFINISHED.includes(taskStatus(entry.task, entry.claim, now));
}

/** What was thrown, as the error of a task. */
function messageOf(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  return text.length > limits.MAX_ERROR
    ? text.slice(0, limits.MAX_ERROR).toWellFormed()
    : text.toWellFormed();
}
