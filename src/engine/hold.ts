/** A claim bound to a block of code: it beats while held and ends with the block. */
import type { ClaimRecord } from "../domain/claim.ts";
import { CoordError } from "../domain/errors.ts";
import type { JsonObject } from "../domain/json.ts";
import { CLAIM_TTL_S } from "../domain/limits.ts";
import type { TaskRecord } from "../domain/task.ts";
import type { Claimed, ClaimInput, Refused } from "./task_types.ts";
import type { Tasks } from "./tasks.ts";

/** A third of the timeout leaves two more tries before it is over. */
const BEATS_PER_TTL = 3;

/** A claim that is kept by heartbeats in the background until it is ended or disposed of. */
export class ClaimHold implements AsyncDisposable {
  /** The task that was claimed. */
  readonly task: TaskRecord;
  /** Fencing token: pass it to whatever the task writes to. */
  readonly fence: number;
  /** How many times the task was granted, this time included. */
  readonly attempt: number;
  readonly #tasks: Tasks;
  readonly #runId: string;
  readonly #lost = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #expiresMs: number;
  #over = false;

  /** Made by `coord.hold()`. */
  constructor(tasks: Tasks, claimed: Claimed, ttlSeconds: number) {
    this.#tasks = tasks;
    this.task = claimed.task;
    this.fence = claimed.fence;
    this.attempt = claimed.attempt;
    this.#runId = claimed.claimer_run_id;
    this.#expiresMs = performance.now() + ttlSeconds * 1000;
    this.#schedule(ttlSeconds);
  }

  /** Fires when the claim is lost: another agent has it, or it could not be kept in time. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Ends the task well. */
  complete(result?: JsonObject): Promise<ClaimRecord | Refused> {
    return this.#end(() => this.#tasks.complete({ ...this.#who(), ...(result && { result }) }));
  }

  /** Ends the task badly. */
  fail(error: string): Promise<ClaimRecord | Refused> {
    return this.#end(() => this.#tasks.fail({ ...this.#who(), error }));
  }

  /** Gives the task back unless it was ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#over) return;
    await this.#end(() => this.#tasks.giveBack(this.#who()));
  }

  #who() {
    return { id: this.task.task_id, runId: this.#runId, fence: this.fence };
  }

  async #end(body: () => Promise<ClaimRecord | Refused>): Promise<ClaimRecord | Refused> {
    // A call that fails changes nothing, and the claim must be kept for the next try.
    const answer = await body();
    this.#over = true;
    clearTimeout(this.#timer);
    return answer;
  }

  #schedule(ttlSeconds: number): void {
    const beat = async () => {
      try {
        // Whole seconds only; a timeout below one does not exist.
        const answer = await this.#tasks.heartbeat({
          ...this.#who(),
          extension: Math.max(1, Math.ceil(ttlSeconds)),
        });
        if (this.#over) return;
        if (answer.status !== "ok") return this.#lost.abort(new Error(answer.error));
        this.#expiresMs = performance.now() + ttlSeconds * 1000;
      } catch (error) {
        if (!(error instanceof CoordError)) throw error;
        // The disk may be full for a moment: the claim is lost only when its time is over.
        if (performance.now() >= this.#expiresMs) return this.#lost.abort(error);
      }
      this.#schedule(ttlSeconds);
    };
    this.#timer = setTimeout(beat, ttlSeconds * 1000 / BEATS_PER_TTL);
  }
}

/** Claims a task and holds it. */
export async function holdTask(
  tasks: Tasks,
  input: ClaimInput,
): Promise<ClaimHold | undefined> {
  const claimed = await tasks.claim(input);
  if (claimed.status === "empty") return undefined;
  return new ClaimHold(tasks, claimed, input.claimTtl ?? CLAIM_TTL_S.default);
}
