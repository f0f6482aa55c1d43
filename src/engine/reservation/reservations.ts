/** Reservations and intents: the operations that are the same on every store. */
import { sameAgent } from "../../domain/input/run_id.ts";
import type { LeaseConflict } from "../../domain/glob/holds/comparison.ts";
import { newRemarks, remarksOf } from "../../domain/input/progress.ts";
import { UNKNOWN_RUN, WAIT_S } from "../../domain/limits.ts";
import {
  effectiveExpiry,
  type IntentRecord,
  isLive,
  type ReservationEntry,
  type ReservationRecord,
  reservationTtl,
  wasConfirmed,
} from "../../domain/reservation/reservation.ts";
import { formatTime } from "../../domain/time.ts";
import { contentId } from "../content_id.ts";
import { nonce, type ReservationContext, secondsOf } from "../context.ts";
import type { AwaitedHolders } from "../hold/exclusion.ts";
import { NO_QUEUE, type Queue } from "../hold/queue.ts";
import { findId, notFound } from "../find_id.ts";
import { checkInput } from "../input.ts";
import { alreadyReleased, notHolder, staleFence } from "./answers.ts";
import type { ReservationHold } from "./hold.ts";
import { whyEnded } from "./ended.ts";
import { listRecords } from "./list.ts";
import { Reserving } from "./reserving.ts";
import { ADDRESSES, EXCLUSIVE, RESERVATION_INPUTS } from "./types.ts";
import type * as types from "./types.ts";
import { checkedNames } from "../names.ts";
import type { Named } from "../../ports/checkout.ts";
import { recordFiles } from "../../domain/reservation/addresses.ts";

/** What a record says of what its caller named. */
function namedFields({ entries, files }: Named) {
  const known = recordFiles(entries, files);
  return { addresses: entries, ...(known.length === 0 ? {} : { files: known }) };
}

/** The checkout that a caller works in. */
type Where = Pick<ReservationRecord, "branch" | "worktree">;

/**
 * The operations on reservations and intents. Each throws a `CoordError`: `bad_args` or `bad_id` for
 * bad input, with all problems at once; `not_found` for an id that names no reservation; `io_error`
 * when the machine fails.
 */
export class Reservations {
  readonly #context: ReservationContext;
  readonly #lanes: AwaitedHolders<LeaseConflict>;
  readonly #queue: Queue;

  /** Made by opening a workspace. */
  constructor(
    context: ReservationContext,
    lanes: AwaitedHolders<LeaseConflict>,
    queue: Queue = NO_QUEUE,
  ) {
    this.#context = context;
    this.#queue = queue;
    this.#lanes = lanes;
  }

  /** The same without `exclusive`: it is written in any case. */
  reserve(
    input: types.ReservationInput & { readonly exclusive?: false },
  ): Promise<types.ReservationGranted>;
  /**
   * Records what an agent is about to touch. That binds no agent: overlaps are reported, and it is
   * written all the same. An exclusive reservation is written only if no live exclusive reservation and
   * no live lane of another agent overlaps it; of any number of agents that try at once at most one
   * gets it. With `strict` notices are in its way as well.
   *
   * @param input The addresses, who reserves them, and for how long.
   * @returns The reservation, durable, with what overlaps it; or why an exclusive one was refused.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const project = await Deno.makeTempDir();
   * await initWorkspace(project);
   * const { reservations } = await openWorkspace({ dir: project });
   * await reservations.reserve({ addresses: ["src/**"], runId: "agent-1", operation: "rename" });
   *
   * const addresses = ["src/tax.py::total"];
   * const notice = await reservations.reserve({ addresses, runId: "agent-2" });
   * console.assert(notice.conflicts.length === 1);
   *
   * const locked = await reservations.reserve({ addresses, runId: "agent-3", exclusive: true });
   * console.assert(locked.status === "reserved" && locked.conflicts.length === 2);
   * const refused = await reservations.reserve({ addresses, runId: "agent-4", exclusive: true });
   * console.assert(refused.status === "conflict" && refused.conflicts[2]?.exclusive === true);
   * ```
   */
  reserve(
    input: types.ReservationInput,
  ): Promise<types.ReservationGranted | types.ReservationDenied>;
  async reserve(
    input: types.ReservationInput,
  ): Promise<types.ReservationGranted | types.ReservationDenied> {
    const { checkout, warn } = this.#context;
    // What locks is extended and released by its holder, so that one must be named.
    const named = input.exclusive === true || input.renew === true
      ? checkedNames(input, EXCLUSIVE, ["addresses", "runId"], checkout, ADDRESSES)
      : checkedNames(input, RESERVATION_INPUTS.reserve, ["addresses"], checkout, ADDRESSES);
    input.signal?.throwIfAborted();
    const reserving = new Reserving(this.#context, this.#lanes, this, input, this.#queue);
    // What was just read of the checkout holds for the first try; one after a wait reads it again.
    let first: Where | undefined = this.#where(input);
    const make = () => {
      const where = first ?? this.#where(input);
      first = undefined;
      return this.#record(input, named, where);
    };
    const { wait = WAIT_S.default } = input;
    const answer = wait > 0
      ? await (await import("./waiting.ts"))
        .reserveWaiting(this.#context, this.#lanes, reserving, make, wait)
      : await reserving.run(make);
    if (answer.status === "reserved" && answer.run_id === UNKNOWN_RUN) {
      warn(
        `The run id is "${UNKNOWN_RUN}", and two "${UNKNOWN_RUN}" agents never count as the same ` +
          "agent: no agent can extend this reservation, and releasing it takes force",
      );
    }
    return answer;
  }

  /**
   * Reserves, and keeps the reservation while it is held, by heartbeats in the background. At the end
   * of the block it is released.
   *
   * @param input The addresses and who reserves them; `ttl` is how long it outlives its holder.
   * @returns The hold, or why an exclusive one was refused.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const project = await Deno.makeTempDir();
   * await initWorkspace(project);
   * const { reservations } = await openWorkspace({ dir: project });
   * {
   *   await using hold = await reservations.hold({
   *     addresses: ["src/tax.py"],
   *     runId: "agent-1",
   *     exclusive: true,
   *     ttl: 60,
   *   });
   *   if (hold.status === "held") {
   *     // … work; stop when this fires …
   *     hold.lost.addEventListener("abort", () => console.warn(hold.lost.reason));
   *   }
   * }
   * console.assert((await reservations.list()).live === 0);
   * ```
   */
  async hold(
    input: types.ReservationHoldInput,
  ): Promise<ReservationHold | (types.ReservationDenied & AsyncDisposable)> {
    checkInput(input, RESERVATION_INPUTS.hold, ["addresses", "runId"]);
    const ttlSeconds = await secondsOf(this.#context, "ttl", input.ttl);
    const answer = await this.reserve({ ...input, ttl: ttlSeconds });
    // The refusal can stand in an `await using` as well.
    if (answer.status === "conflict") return { ...answer, async [Symbol.asyncDispose]() {} };
    const { ReservationHold } = await import("./hold.ts");
    const hold = new ReservationHold(this.#context, this, answer, ttlSeconds);
    if (!input.signal?.aborted) return hold;
    await hold.release("cancelled");
    throw input.signal.reason;
  }

  /**
   * Keeps a reservation for `extension` seconds from now, by default as long as it was made for; it
   * never ends sooner for that. What is said of it stays until something else is said. A notice
   * that has expired lives again. An exclusive one that has expired has ended, and the answer
   * `expired` names who has its place now.
   *
   * @param input Which reservation, by whom, how long.
   * @returns The new end, or why the rules do not allow it.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const project = await Deno.makeTempDir();
   * await initWorkspace(project);
   * const { reservations } = await openWorkspace({ dir: project });
   * const addresses = ["src/tax.py"];
   * const { reservation_id: id } = await reservations.reserve({ addresses, runId: "agent-1" });
   * const beat = await reservations.heartbeat({ id, runId: "agent-1", extension: 7200 });
   * console.assert(beat.status === "ok");
   * const other = await reservations.heartbeat({ id, runId: "agent-2" });
   * console.assert(other.status === "not_holder");
   * ```
   */
  async heartbeat(
    input: types.ReservationHeartbeatInput,
  ): Promise<types.ReservationHeartbeat | types.ReservationRefused> {
    checkInput(input, RESERVATION_INPUTS.heartbeat, ["id", "runId"]);
    const { store } = this.#context;
    const entry = await this.#entry(input.id, "id");
    const { reservation_id } = entry.reservation;
    const doing = `Cannot extend reservation ${reservation_id}`;
    if (entry.release !== undefined) return whyEnded(this.#context, doing, entry);
    if (!sameAgent(entry.reservation.run_id, input.runId)) return notHolder(doing, entry, input);
    const { fence } = entry;
    if (input.fence !== undefined && input.fence !== fence) {
      return staleFence(doing, entry, input.fence);
    }
    const extension = input.extension ?? reservationTtl(entry.reservation);
    const beat = await store.reservations.beat(reservation_id, (now) => ({
      reservation_id,
      run_id: input.runId,
      last_beat_at: formatTime(now),
      extended_expires_at: formatTime(now + extension * 1000),
      ...newRemarks(input),
    }));
    if (typeof beat === "string") {
      const ended = await store.reservations.get(reservation_id);
      return whyEnded(this.#context, doing, ended ?? entry);
    }
    const { reservation } = entry;
    const until = effectiveExpiry({ reservation, heartbeat: beat, release: undefined });
    return {
      status: "ok",
      reservation_id,
      run_id: beat.run_id,
      last_beat_at: beat.last_beat_at,
      expires_at: formatTime(until),
      extended_expires_at: formatTime(until),
      ttl_extended_seconds: extension,
      ...(fence === undefined ? {} : { fence }),
      ...remarksOf(beat, reservation),
    };
  }

  /**
   * Ends a reservation for good.
   *
   * @param input Which reservation, by whom, why; `force` also ends another agent's.
   * @returns The release, durable, or why the rules do not allow it.
   */
  async release(
    input: types.ReservationReleaseInput,
  ): Promise<types.ReservationReleased | types.ReservationRefused> {
    checkInput(input, RESERVATION_INPUTS.release, ["id", "runId"]);
    const { clock, store } = this.#context;
    const entry = await this.#entry(input.id, "id");
    const { reservation_id } = entry.reservation;
    const doing = `Cannot release reservation ${reservation_id}`;
    if (entry.release !== undefined) {
      // A caller that repeats a release takes this for done.
      await store.reservations.persistRelease(reservation_id);
      return alreadyReleased(doing, entry.release);
    }
    if (input.force !== true && !sameAgent(entry.reservation.run_id, input.runId)) {
      return notHolder(doing, entry, input);
    }
    const release = {
      reservation_id,
      run_id: input.runId,
      released_at: formatTime(clock()),
      reason: input.reason ?? "completed",
    };
    if (!await store.reservations.release(release)) {
      return this.#alreadyReleased(doing, reservation_id);
    }
    return { status: "released", ...release };
  }

  /**
   * Says what an agent means to do, for others to read.
   *
   * @param input The addresses, the operation, and whom and which reservation it belongs to.
   * @returns The intent, durable.
   */
  async intent(input: types.IntentInput): Promise<IntentRecord> {
    const { checkout, clock, sha256, store, warn } = this.#context;
    const { intent: table } = RESERVATION_INPUTS;
    const required = ["addresses", "operation"];
    const named = checkedNames(input, table, required, checkout, ADDRESSES);
    const entry = input.reservationId === undefined
      ? undefined
      : await this.#entry(input.reservationId, "reservationId");
    const now = clock();
    if (entry !== undefined && !isLive(entry, now)) {
      warn(`Reservation ${entry.reservation.reservation_id} has ended, and its intents with it`);
    }
    const runId = input.runId ?? UNKNOWN_RUN;
    if (runId === UNKNOWN_RUN) {
      warn(`The run id is "${UNKNOWN_RUN}": the intent does not say whose it is`);
    }
    const worktree = checkout.worktree();
    const fields = {
      reservation_id: entry?.reservation.reservation_id ?? null,
      run_id: runId,
      branch: checkout.branch(input.branch),
      ...(worktree === undefined ? {} : { worktree }),
      ...namedFields(named),
      operation: input.operation,
      detail: input.detail ?? "",
      created_at: formatTime(now),
      nonce: nonce(),
    };
    const intent = { intent_id: await contentId(fields, sha256), ...fields };
    await store.reservations.addIntent(intent);
    return intent;
  }

  /**
   * Lists live reservations and live intents, oldest first.
   *
   * @param input What to list; `all` also what has ended.
   */
  list(input: types.ReservationListInput = {}): Promise<types.ReservationList> {
    return listRecords(this.#context, input);
  }

  #where({ branch }: types.ReservationInput): Where {
    const { checkout } = this.#context;
    const worktree = checkout.worktree();
    return { branch: checkout.branch(branch), ...(worktree === undefined ? {} : { worktree }) };
  }

  async #record(
    input: types.ReservationInput,
    named: Named,
    where: Where,
  ): Promise<ReservationRecord> {
    const { clock, sha256 } = this.#context;
    const ttlSeconds = await secondsOf(this.#context, "ttl", input.ttl);
    const now = clock();
    const fields = {
      run_id: input.runId ?? UNKNOWN_RUN,
      ...where,
      ...namedFields(named),
      created_at: formatTime(now),
      expires_at: formatTime(now + ttlSeconds * 1000),
      operation: input.operation ?? null,
      exclusive: input.exclusive === true,
      ...(input.note ? { note: input.note } : {}),
      ...(input.auto === undefined ? {} : { auto: input.auto }),
      ...(input.exclusive === true ? { confirmation: 1 } as const : {}),
      nonce: nonce(),
    };
    return { reservation_id: await contentId(fields, sha256), ...fields };
  }

  async #entry(input: string, field: string): Promise<ReservationEntry> {
    const { reservations } = this.#context.store;
    const { id } = await findId(input, { field, code: "bad_id" }, { reservation: reservations });
    const entry = await reservations.get(id);
    if (entry === undefined || !wasConfirmed(entry)) throw notFound(["reservation"], input);
    return entry;
  }

  /** Another process ended it between the look and the act. */
  async #alreadyReleased(doing: string, id: string): Promise<types.ReservationRefused> {
    const entry = await this.#context.store.reservations.get(id);
    if (entry?.release !== undefined) return alreadyReleased(doing, entry.release);
    return { status: "already_released", reservation_id: id, error: `${doing}: it has ended` };
  }
}
