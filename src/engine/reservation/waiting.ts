/**
 * An exclusive reservation that waits for what is in its way: asleep in the kernel until that may have
 * ended, and looking again by itself within 5 s. A look writes nothing; only where it finds nothing in
 * the way the reservation is tried again, and once more when the time has run out.
 */
import { notifyOrPoll } from "../../async/notify_or_poll.ts";
import { realTimers } from "../../async/timers.ts";
import { Wakeup } from "../../async/wakeup.ts";
import type { HoldConflict, LeaseConflict } from "../../domain/glob/holds/comparison.ts";
import { SAFETY_LOOK_MS } from "../../domain/limits.ts";
import type { ReservationRecord } from "../../domain/reservation/reservation.ts";
import { parseTime } from "../../domain/time.ts";
import type { ReservationContext } from "../context.ts";
import type { AwaitedHolders } from "../hold/exclusion.ts";
import { WaiterTicket } from "../hold/ticket.ts";
import { metOf } from "./answers.ts";
import type { Reserving } from "./reserving.ts";
import type { ReservationDenied, ReservationGranted } from "./types.ts";

/** Milliseconds until another try after one that failed though nothing was found in the way. */
const RETRY_MS = 250;

type Blocking = readonly HoldConflict[];

/** Reserves, trying again for `seconds`; throws the signal's reason on abort. */
export async function reserveWaiting(
  context: ReservationContext,
  lanes: AwaitedHolders<LeaseConflict>,
  reserving: Reserving,
  make: () => Promise<ReservationRecord>,
  seconds: number,
): Promise<ReservationGranted | ReservationDenied> {
  const { timers = realTimers, clock } = context;
  const { signal } = reserving.input;
  const end = timers.now() + seconds * 1000;
  const first = await reserving.run(make);
  if (first.status === "reserved") return first;
  const { run_id, addresses, files, worktree = "" } = await make();
  const asked = { run_id, addresses, ...(files === undefined ? {} : { files }), worktree };
  await using ticket = new WaiterTicket(reserving.queue, clock);
  using wakeup = new Wakeup(timers, signal);
  let listening: { readonly key: string; readonly close: () => void } | undefined;
  try {
    while (timers.now() < end) {
      const inTheWay = await reserving.look(await make());
      if (inTheWay.length === 0) {
        const answer = await reserving.run(make);
        if (answer.status === "reserved") return answer;
      }
      const circle = await ticket.keep(asked, inTheWay.map((each) => each.run_id));
      if (circle !== undefined) {
        const error = `Cannot wait for the addresses: ${circle}`;
        const found = { conflicts: inTheWay, total: inTheWay.length, isCounted: true, doubts: [] };
        return { status: "conflict", ...metOf(found), error };
      }
      reserving.ticket = ticket.number;
      const key = inTheWay.map(keyOf).join();
      if (inTheWay.length > 0 && key !== listening?.key) {
        listening?.close();
        listening = undefined;
        listening = { key, ...listen(context, lanes, reserving, inTheWay, wakeup.wake) };
        continue; // something came between the look and the listening
      }
      const rest = inTheWay.length === 0 ? RETRY_MS : nextEnd(inTheWay) - clock();
      await wakeup.sleep(Math.min(end, timers.now() + Math.max(1, Math.min(rest, SAFETY_LOOK_MS))));
      signal?.throwIfAborted();
    }
    return await reserving.run(make);
  } finally {
    listening?.close();
  }
}

function keyOf(conflict: Blocking[number]): string {
  if (conflict.kind === "waiter") return `${conflict.run_id} ${conflict.since}`;
  return conflict.kind === "lane" ? `${conflict.lane} ${conflict.fence}` : conflict.reservation_id;
}

/** When a reservation or a ticket in the way expires, milliseconds since 1970. */
function nextEnd(inTheWay: Blocking): number {
  const ends = inTheWay.map((each) =>
    each.kind === "lane" ? Infinity : parseTime(each.expires_at) ?? Infinity
  );
  return Math.min(...ends);
}

function listen(
  { store, warn, timers }: ReservationContext,
  lanes: AwaitedHolders<LeaseConflict>,
  { queue: { tickets } }: Reserving,
  inTheWay: Blocking,
  look: () => void,
): { close: () => void } {
  const leases = inTheWay.filter((each) => each.kind === "lane");
  const ids = inTheWay.flatMap((each) => each.kind === "reservation" ? each.reservation_id : []);
  const looking = { look, safetyMs: SAFETY_LOOK_MS, warn, timers };
  const open = [...new Set(ids)].map((id) =>
    notifyOrPoll((onError) => store.reservations.watch(id, look, onError), looking)
  );
  if (leases.length > 0) {
    open.push(notifyOrPoll((onError) => lanes.watch(leases, look, onError), looking));
  }
  if (tickets !== undefined && inTheWay.some(({ kind }) => kind === "waiter")) {
    open.push(notifyOrPoll((onError) => tickets.watch(look, onError), looking));
  }
  return {
    close() {
      for (const each of open) each.close();
    },
  };
}
