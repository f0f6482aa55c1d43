/** A claim bound to a block of code: it beats while held and ends with the block. */
import type { ClaimRecord } from "../domain/claim.ts";
import type { JsonObject } from "../domain/json.ts";
import { CLAIM_TTL_S } from "../domain/limits.ts";
import type { TaskRecord } from "../domain/task.ts";
import { Beating } from "./beating.ts";
import type { Claimed, ClaimInput, Refused } from "./task_types.ts";
import type { Tasks } from "./tasks.ts";

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
  readonly #beating: Beating;

  /** Made by `coord.hold()`. */
  constructor(tasks: Tasks, claimed: Claimed, ttlSeconds: number) {
    this.#tasks = tasks;
    this.task = claimed.task;
    this.fence = claimed.fence;
    this.attempt = claimed.attempt;
    this.#runId = claimed.claimer_run_id;
    this.#beating = new Beating(ttlSeconds, async () => {
      const answer = await tasks.heartbeat({ ...this.#who(), extension: ttlSeconds });
      return answer.status === "ok" ? undefined : answer.error;
    });
  }

  /** Fires when the claim is lost: another agent has it, or it could not be kept in time. */
  get lost(): AbortSignal {
    return this.#beating.lost;
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
    if (this.#beating.over) return;
    // Nobody tries again after this: should it fail, the claim times out.
    this.#beating.stop();
    await this.#tasks.giveBack(this.#who());
  }

  #who() {
    return { id: this.task.task_id, runId: this.#runId, fence: this.fence };
  }

  async #end(body: () => Promise<ClaimRecord | Refused>): Promise<ClaimRecord | Refused> {
    // A call that fails changes nothing, and the claim must be kept for the next try.
    const answer = await body();
    this.#beating.stop();
    return answer;
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
