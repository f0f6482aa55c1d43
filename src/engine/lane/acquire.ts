/**
 * Acquiring a lane with waiting: asleep in the kernel until the journal or a reservation in the way
 * changes, a lease in the way becomes dead, or time is up.
 */
import { realTimers } from "../../async/timers.ts";
import { notifyOrPoll } from "../../async/notify_or_poll.ts";
import { Wakeup } from "../../async/wakeup.ts";
import type { Denied } from "../../domain/lane/arbiter.ts";
import { encircled } from "../../domain/lane/refusals.ts";
import { CoordError } from "../../domain/errors.ts";
import { deadAt, runOf } from "../../domain/lane/lease.ts";
import { isLeaseAhead } from "../../domain/lane/lease_clock.ts";
import { LAST_RELEASE_S, SAFETY_LOOK_MS, WAIT_S } from "../../domain/limits.ts";
import { quoted } from "../../domain/text.ts";
import { parseTime } from "../../domain/time.ts";
import { WaiterTicket } from "../hold/ticket.ts";
import { type Acquisition, namedOf } from "./acquisition.ts";
import type { LaneChanges } from "./changes.ts";
import { inTurn, type LaneContext, readJournal } from "./turn.ts";
import type { LaneAcquired, LaneBusy, LaneDenied } from "./types.ts";

/** Milliseconds between two looks at a holder's process, whose end no notification reports. */
export const PROBE_MS = 1_000;

/** Milliseconds until another try after one that failed though the lane looked free. */
const RETRY_MS = 250;

type Outcome = LaneAcquired | LaneBusy | Denied;

/**
 * Acquires a lane, waiting for it as long as the input says; a refusal is journaled once. An abort ends
 * it at once, also while others write to the journal, with the answer `refused`.
 */
export async function acquireLane(
  context: LaneContext,
  changes: LaneChanges,
  acquisition: Acquisition,
): Promise<LaneAcquired | LaneDenied | LaneBusy> {
  const { input } = acquisition;
  const { wait = WAIT_S.default, signal } = input;
  const { timers = realTimers } = context;
  const end = timers.now() + wait * 1000;
  const attempt = (isNoted: (denied: Denied) => boolean) =>
    inTurn(context, input, actionOf(acquisition), (turn) => acquisition.take(turn, isNoted));
  const isFinal = (denied: Denied) => wait <= 0 || isHopeless(denied);
  // From a refusal that is in the journal the silence of a lease from the future is counted.
  const isCounted = ({ blockers }: Denied) =>
    blockers.some((each) => isLeaseAhead(each, context.clock()));
  let denied: Denied | undefined;
  try {
    signal?.throwIfAborted();
    let outcome: Outcome = await attempt((denied) => isFinal(denied) || isCounted(denied));
    if (isDenied(outcome) && !isFinal(outcome)) {
      denied = outcome;
      outcome = await waitForLane(context, changes, acquisition, end, () => attempt(() => false)) ??
        await attempt(() => true);
    }
    if (isDenied(outcome)) return acquisition.refused(outcome);
    if (outcome.status !== "acquired" || !signal?.aborted) return outcome;
  } catch (error) {
    if (!signal?.aborted || error !== signal.reason) throw error;
  }
  return await giveUpLane(context, acquisition, denied);
}

/** Releases what was granted to a caller that went away; the answer says who was in the way before. */
export async function giveUpLane(
  context: LaneContext,
  acquisition: Acquisition,
  denied?: Denied,
): Promise<LaneDenied> {
  if (acquisition.mayHold) await takeBack(context, acquisition);
  return acquisition.aborted(denied);
}

async function takeBack(context: LaneContext, acquisition: Acquisition): Promise<void> {
  const warn = (error: string) => context.warn(`The lane may stay held until its TTL: ${error}`);
  try {
    const action = `give up: ${actionOf(acquisition)}`;
    const wait = { lockTimeout: LAST_RELEASE_S };
    const done = await inTurn(context, wait, action, (turn) => acquisition.takeBack(turn));
    if (done !== true) warn(done.error);
  } catch (error) {
    if (!(error instanceof CoordError)) throw error;
    warn(error.message);
  }
}

function actionOf({ input: { lane } }: Acquisition): string {
  return lane ? `acquire lane ${quoted(lane)}` : "acquire a lane";
}

function isDenied(outcome: Outcome): outcome is Denied {
  return "outcome" in outcome && outcome.outcome === "refuse";
}

/** Whether waiting cannot help. */
function isHopeless({ why, blockers, reservations }: Denied): boolean {
  return why === "unknown_lane" || blockers.length + reservations.length === 0;
}

/**
 * Calls `attempt` whenever the lane looks free, until it gets it; `undefined` when the time has run
 * out. Throws the signal's reason on abort.
 *
 * @param end On the clock of the timers, which never jumps.
 */
async function waitForLane(
  context: LaneContext,
  changes: LaneChanges,
  acquisition: Acquisition,
  end: number,
  attempt: () => Promise<Outcome>,
): Promise<LaneAcquired | Denied | undefined> {
  const { timers = realTimers, clock } = context;
  const { queue, input: { owner, runId = owner } } = acquisition;
  await using ticket = new WaiterTicket(queue, clock);
  using wakeup = new Wakeup(timers, acquisition.input.signal);
  using _listening = changes.listen(wakeup.wake);
  using rivals = new Rivals(context, acquisition, wakeup.wake);
  wakeup.wake(); // something came between the caller's attempt and the start of the watch
  for (let next = end;;) {
    const woken = await wakeup.sleep(Math.min(next, end));
    const now = timers.now();
    if (woken === "abort") acquisition.input.signal?.throwIfAborted();
    if (now >= end) return undefined;
    const verdict = await acquisition.look(await readJournal(context));
    if (verdict.outcome === "refuse") {
      const { hold, blockers, reservations } = verdict;
      // One that picks a lane takes whatever comes free.
      if (hold !== undefined) {
        const asked = { run_id: runId, lane: hold.lane, ...namedOf(hold.tree) };
        const runs = [...blockers.map(runOf), ...reservations.map((each) => each.run_id)];
        const circle = await ticket.keep(asked, runs);
        if (circle !== undefined) return encircled(verdict, circle);
        acquisition.ticket = ticket.number;
      }
      next = now + msUntilEnd(context, verdict);
      // What has ended before that began shows at one more look.
      if (rivals.listen(verdict.reservations)) wakeup.wake();
    } else {
      const outcome = await attempt();
      if ("status" in outcome && outcome.status === "acquired") return outcome;
      next = timers.now() + RETRY_MS;
    }
  }
}

/** Notice of the reservations and the waiters in the way of one acquisition. */
class Rivals implements Disposable {
  #ids = "";
  readonly #watches: { close(): void }[] = [];

  constructor(
    readonly context: LaneContext,
    readonly acquisition: Acquisition,
    readonly look: () => void,
  ) {}

  /** Listens to these alone from now on; whether any was not listened to before. */
  listen(conflicts: Denied["reservations"]): boolean {
    const reservations = conflicts.filter((each) => each.kind === "reservation");
    const waiters = conflicts.filter((each) => each.kind === "waiter");
    const ids = [
      ...reservations.map(({ reservation_id }) => reservation_id),
      ...waiters.map(({ run_id, since }) => `${run_id} ${since}`),
    ].join();
    if (ids === this.#ids) return false;
    this[Symbol.dispose]();
    this.#ids = ids;
    if (ids === "") return false;
    const { warn, timers } = this.context;
    const looking = { look: this.look, safetyMs: SAFETY_LOOK_MS, warn, timers };
    const { others, queue: { tickets } } = this.acquisition;
    if (reservations.length > 0) {
      this.#watches.push(
        notifyOrPoll((onError) => others.watch(reservations, this.look, onError), looking),
      );
    }
    if (waiters.length > 0 && tickets !== undefined) {
      this.#watches.push(
        notifyOrPoll((onError) => tickets.watch(this.look, onError), looking),
      );
    }
    return true;
  }

  [Symbol.dispose](): void {
    for (const watch of this.#watches.splice(0)) watch.close();
  }
}

/** Milliseconds until one of the leases in the way may be dead, or a reservation has expired. */
function msUntilEnd({ processes, clock }: LaneContext, { blockers, reservations }: Denied): number {
  const now = clock();
  const host = processes.origin(undefined).host_id;
  let next = Math.min(...reservations.map(({ expires_at }) => parseTime(expires_at) ?? now));
  for (const lease of blockers) {
    next = Math.min(next, deadAt(lease, host) ?? Infinity);
    if (lease.host_id !== host || processes.isAlive(lease) === undefined) continue;
    next = Math.min(next, now + PROBE_MS);
  }
  return Math.max(1, next - now);
}
