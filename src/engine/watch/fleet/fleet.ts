/** The states of a fleet, one after the other, as the change feed and the clock give them. */
import { realTimers, type Timers } from "../../../async/timers.ts";
import { Wakeup } from "../../../async/wakeup.ts";
import * as fields from "../../../domain/input/fields.ts";
import { RECORD_KINDS } from "../../../domain/watch/event.ts";
import type { Context } from "../../context.ts";
import { checkInput } from "../../input.ts";
import { leaseItem } from "../../lane/answers.ts";
import { FleetFold } from "./fold.ts";
import type { Fleet, FleetOptions } from "./types.ts";

/** The fields of the input. */
const FLEET_FIELDS = {
  once: fields.anything,
  interval: fields.decimal({ min: 0, max: 60 }),
  ages: fields.decimal({ min: 0.1, max: 60 }),
  attempts: fields.integer({ min: 0, max: 1_000 }),
  signal: fields.anything,
} as const;

/** Seconds between two states, by default. */
const INTERVAL_S = 0.25;

/** Seconds after which a state follows though nothing has changed, by default: ages have. */
const AGES_S = 1;

/** Milliseconds between two looks where the store cannot notify. */
const POLL_MS = 1_000;

/** Milliseconds between two listings of tasks, which count those that have left their files. */
const LISTED_MS = 60_000;

/** What the states are made with. */
export type FleetContext = Pick<Context, "clock" | "processes"> & {
  readonly store: Pick<Context["store"], "feed" | "tasks" | "tickets">;
};

/** What `Coord.fleet()` promises. */
export function fleetStates(
  context: FleetContext,
  options: FleetOptions,
  timers: Timers = realTimers,
): AsyncGenerator<Fleet, undefined> {
  checkInput(options, FLEET_FIELDS);
  return statesOf(context, options, timers);
}

async function* statesOf(
  { clock, processes, store: { feed, tasks, tickets } }: FleetContext,
  { once = false, interval = INTERVAL_S, ages = AGES_S, attempts, signal }: FleetOptions,
  timers: Timers,
): AsyncGenerator<Fleet, undefined> {
  const stop = new AbortController();
  const end = () => stop.abort();
  if (signal?.aborted) return;
  signal?.addEventListener("abort", end);
  using wakeup = new Wakeup(timers, stop.signal);
  using rest = new Wakeup(timers, stop.signal);
  const fold = new FleetFold(attempts);
  let shownAt = -Infinity;
  let listedAt = -Infinity;
  const run = feed.open({
    kinds: new Set(RECORD_KINDS.filter((kind) => kind !== "intent" && kind !== "dependency")),
    since: undefined,
    covered: new Set(),
    keeps: false,
    once,
    backend: "auto",
    pollMs: POLL_MS,
    gatherMs: interval * 1000,
    timers,
    wakeup,
    alarm: () => shownAt + ages * 1000,
    signal: stop.signal,
  });
  try {
    for await (const { changes, caughtUp } of run) {
      for (const change of changes) fold.apply(change);
      if (!caughtUp) continue;
      if (timers.now() - listedAt >= LISTED_MS) {
        // What failed is worth a look also where it was moved before the start.
        const isFirst = listedAt === -Infinity;
        fold.listed(await tasks.list(isFirst ? { status: "failed" } : { limit: 0 }));
        listedAt = timers.now();
      }
      // The feed says neither; both are few files.
      fold.observe({ pauses: await tasks.pauses.all(), tickets: await tickets.list() });
      if (stop.signal.aborted) return;
      const now = clock();
      shownAt = timers.now();
      yield fold.at(now, (lease) => leaseItem(lease, { clock: () => now, processes }));
      // What changes meanwhile is looked at in one go.
      if (!once) await rest.sleep(shownAt + interval * 1000);
    }
  } finally {
    signal?.removeEventListener("abort", end);
    end();
  }
}
