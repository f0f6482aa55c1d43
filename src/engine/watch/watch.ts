/**
 * The stream of everything that changes: what may be asked for, which changes a consumer gets, and
 * when the stream ends. How changes are found is the business of the store's feed.
 */
import { realTimers, ringAt, type Timers } from "../../async/timers.ts";
import { Wakeup } from "../../async/wakeup.ts";
import { badInput, type InputProblem } from "../../domain/errors.ts";
import {
  RECORD_KINDS,
  type RecordKind,
  type WatchEvent,
  type WatchPulse,
} from "../../domain/watch/event.ts";
import * as fields from "../../domain/input/fields.ts";
import { MAX_UNTAKEN, POLL_INTERVAL_S, TICK_S } from "../../domain/limits.ts";
import { formatTime, writable } from "../../domain/time.ts";
import { VERSION } from "../../domain/version.ts";
import type { Context } from "../context.ts";
import { inputProblems } from "../input.ts";
import { Position } from "./position.ts";
import {
  Expiries,
  EXPIRING_KINDS,
  type ExpiringKind,
  EXPIRY_SOURCES,
  isExpiring,
} from "./expiry.ts";
import type { JsonObject } from "../../domain/json.ts";
import { Concerns } from "./concerns.ts";
import { isNewsOfLane } from "../../domain/watch/lane_record.ts";
import type { FeedRun } from "../../ports/feed.ts";
import { type Happening, Happenings } from "./happenings.ts";
import { presentData } from "./present.ts";
import { Untaken } from "./untaken.ts";

/** What to stream. */
export interface WatchOptions {
  /** Only these kinds; all when empty. */
  readonly kinds?: readonly RecordKind[];
  /** Only records of this agent: its `run_id`, `claimer_run_id`, `created_by` or `holder`. */
  readonly runId?: string;
  /**
   * Only what concerns this agent: its holds as they are about to lapse (`expiring`), are lost or are
   * wanted by others, and what becomes of its tasks. What it does itself is left out.
   */
  readonly forRun?: string;
  /** Only records of this branch. */
  readonly branch?: string;
  /** End after the snapshots, or after what changed since the position that `cursor` keeps. */
  readonly once?: boolean;
  /** `false` leaves the snapshots out. */
  readonly snapshot?: boolean;
  /** End after this number of seconds; 0 is `once`. */
  readonly timeout?: number;
  /** End after this number of events; `synced` and `tick` do not count. */
  readonly maxEvents?: number;
  /** Seconds between looks where the kernel cannot notify, default 1. */
  readonly pollInterval?: number;
  /** `auto`, the default, polls only where the kernel cannot notify; `native` fails there. */
  readonly backend?: "auto" | "native" | "poll";
  /**
   * A file that keeps the position, so that the next stream emits only what changed since. An event
   * counts as taken when the next one is asked for; one that was not taken is emitted again. One
   * stream at a time uses the file.
   */
  readonly cursor?: string;
  /**
   * With `cursor`: an event counts as taken when {@link WatchStream.ack} says so, the oldest first.
   * The stream ends only when all were taken, or by `timeout`, `signal` or the loop.
   */
  readonly ack?: boolean;
  /** `true` emits one event of type `synced` after all that was there, or had changed since `cursor`. */
  readonly synced?: boolean;
  /** Seconds between events of type `tick`, by which a consumer sees that the stream is alive. */
  readonly tick?: number;
  /** Ends the stream. */
  readonly signal?: AbortSignal;
}

const MAX = Number.MAX_SAFE_INTEGER;

/** The fields of the input, for the library and the command line alike. */
export const WATCH_FIELDS = {
  kinds: fields.anything,
  runId: fields.identifier,
  forRun: fields.identifier,
  branch: fields.identifier,
  once: fields.anything,
  snapshot: fields.anything,
  timeout: fields.decimal({ min: 0, max: MAX }),
  maxEvents: fields.integer({ min: 1, max: MAX }),
  pollInterval: fields.decimal(POLL_INTERVAL_S),
  backend: fields.anything,
  cursor: fields.anything,
  ack: fields.anything,
  synced: fields.anything,
  tick: fields.decimal(TICK_S),
  signal: fields.anything,
} as const;

const BACKENDS: readonly unknown[] = ["auto", "native", "poll"];

function checkOptions(options: WatchOptions): void {
  const problems: InputProblem[] = inputProblems(options, WATCH_FIELDS);
  const wrong = (field: string, message: string) =>
    problems.push({ field, code: "bad_args", message });
  const kinds: unknown = options.kinds ?? [];
  if (!Array.isArray(kinds) || kinds.some((kind) => !RECORD_KINDS.includes(kind))) {
    wrong("kinds", `must be of ${RECORD_KINDS.join(", ")}`);
  }
  if (options.backend !== undefined && !BACKENDS.includes(options.backend)) {
    wrong("backend", `must be one of ${BACKENDS.join(", ")}`);
  }
  if (options.cursor !== undefined && (typeof options.cursor !== "string" || !options.cursor)) {
    wrong("cursor", "must name a file");
  }
  if (options.ack === true && options.cursor === undefined) wrong("ack", "needs a cursor");
  if (problems.length > 0) throw badInput(problems);
}

/** A stream of events. */
export interface WatchStream extends AsyncIterable<WatchEvent> {
  /**
   * Under `ack`: the oldest event that the loop got, and that was not taken, is taken now.
   *
   * @returns Whether there was one.
   */
  ack(): boolean;
}

/** What a stream works with. */
export type WatchContext = Pick<Context, "clock" | "warn" | "cursorFile"> & {
  readonly store: Pick<Context["store"], "feed">;
};

/**
 * Streams events until the options, the signal or the loop end it. Everything happens while the
 * consumer waits for the next event: nothing runs before the first is asked for, and what changes
 * while the consumer works is emitted as it is when the consumer comes back.
 *
 * Reservations, pending tasks, claims and leases that expire while the stream runs are emitted when
 * they do. What had expired when it started is not, unless the position of `cursor` is older than that.
 *
 * @throws {CoordError} `bad_args` at once; while streaming `bad_args` for a cursor file that is none
 * of ours, and `io_error`.
 */
export function watchRecords(
  context: WatchContext,
  options: WatchOptions,
  timers: Timers = realTimers,
): WatchStream {
  checkOptions(options);
  let latest: Run | undefined;
  return {
    ack: () => latest?.ack() ?? false,
    [Symbol.asyncIterator](): AsyncIterator<WatchEvent> {
      let run: Run | undefined;
      const events = eventsOf(context, options, timers, (started) => latest = run = started);
      return {
        next: () => events.next(),
        return() {
          // A consumer that waits for the next event meanwhile gets the answer that there is none.
          run?.end();
          return events.return(undefined);
        },
      };
    },
  };
}

/** A loop over a stream, as its consumer steers it. */
interface Run {
  ack(): boolean;
  end(): void;
}

async function* eventsOf(
  context: WatchContext,
  options: WatchOptions,
  timers: Timers,
  onStart: (run: Run) => void,
): AsyncGenerator<WatchEvent, undefined> {
  const { clock, cursorFile, store: { feed }, warn } = context;
  const { maxEvents = Infinity, timeout, signal, backend = "auto", pollInterval = 1 } = options;
  if (signal?.aborted) return;
  const once = options.once === true || timeout === 0;
  const named = options.kinds ?? [];
  const selected = new Set<RecordKind>(named.length > 0 ? named : RECORD_KINDS);
  const position = options.cursor === undefined
    ? undefined
    : new Position(cursorFile(options.cursor), feed, await feed.identity());
  const kept = position?.read(warn);
  const expiring = EXPIRING_KINDS.filter((kind) => selected.has(kind));
  const { forRun } = options;
  const concerns = forRun === undefined ? undefined : new Concerns(forRun);
  const kinds = concerns === undefined ? kindsToExamine(selected, expiring) : new Set(RECORD_KINDS);

  const expiries = new Expiries(kept?.since ?? clock());
  const soon = concerns === undefined ? undefined : new Expiries(expiries.since);
  for (const { kind, id, at } of kept?.expired ?? []) {
    if (isExpiring(kind)) expiries.emitted(kind, id, at);
  }
  position?.begin(expiries.since, new Set([...kept?.kinds ?? [], ...kinds]));

  const stop = new AbortController();
  const end = () => stop.abort();
  signal?.addEventListener("abort", end);
  const deadline = once || timeout === undefined ? Infinity : timers.now() + timeout * 1000;
  const disarm = deadline === Infinity ? () => {} : ringAt(timers, deadline, end);
  const isOver = () => stop.signal.aborted || deadline !== Infinity && timers.now() >= deadline;

  const acks = options.ack === true;
  using wakeup = new Wakeup(timers, stop.signal);
  const untaken = new Untaken((lines) => position?.taken(lines, timers.now()));
  const ack = () => {
    const isTaken = acks && untaken.take();
    if (isTaken) wakeup.wake();
    return isTaken;
  };
  /** Sleeps until no more than `count` events wait to be taken, or until the stream ends. */
  const atMost = async (count: number) => {
    while (acks && untaken.count > count && !isOver()) {
      position?.settle(timers.now());
      await wakeup.sleep(Infinity);
    }
  };
  onStart({ ack, end });

  const tickMs = (options.tick ?? Infinity) * 1000;
  const happenings = new Happenings({ expiries, soon, expiring, clock, timers, tickMs });
  const run = feed.open({
    kinds,
    since: kept?.lines,
    covered: kept?.kinds ?? new Set(),
    keeps: position !== undefined,
    once,
    backend,
    pollMs: pollInterval * 1000,
    timers,
    wakeup,
    alarm: () => happenings.nextAt(),
    signal: stop.signal,
  });
  let count = 0;
  try {
    for await (const step of happenings.of(run)) {
      if (isOver()) break;
      if (step.type === "idle") position?.settle(timers.now());
      else if (step.type === "moved") untaken.add(step.position, false);
      else if (step.type === "tick" || step.type === "synced" && options.synced === true) {
        yield pulseOf(step, clock());
      }
      if (step.type !== "happening") continue;
      const { happening } = step;
      const isConcern = concerns === undefined ||
        await concerns.include(happening, { run, expiries, now: clock() });
      const isEmitted = isConcern && passes(happening, selected, options, clock());
      if (isEmitted && acks) await atMost(MAX_UNTAKEN - 1);
      if (isOver()) break;
      untaken.add(step.position, isEmitted);
      if (isEmitted) {
        yield await eventOf(happening, run, clock());
        if (!acks) untaken.take();
        if (++count >= maxEvents) break;
      }
    }
    await atMost(0);
  } finally {
    signal?.removeEventListener("abort", end);
    disarm();
    end();
    position?.flush(timers.now());
  }
}

/** The kinds that were asked for, and those that bear on where these stand. */
function kindsToExamine(
  selected: ReadonlySet<RecordKind>,
  expiring: readonly ExpiringKind[],
): Set<RecordKind> {
  return new Set([...selected, ...expiring.flatMap((kind) => EXPIRY_SOURCES[kind])]);
}

function passes(
  { type, kind, data }: Happening,
  selected: ReadonlySet<RecordKind>,
  { runId, branch, snapshot }: WatchOptions,
  now: number,
): boolean {
  if (type === "known" || !selected.has(kind)) return false;
  if (type === "snapshot" && snapshot === false) return false;
  if (kind === "lane" && !isNewsOfLane(type, data, now)) return false;
  if (branch !== undefined && data.branch !== branch) return false;
  return runId === undefined ||
    [data.run_id, data.claimer_run_id, data.created_by, data.holder].includes(runId);
}

function pulseOf({ type }: { readonly type: "synced" | "tick" }, now: number): WatchPulse {
  return { schema_version: VERSION, event_type: type, timestamp: formatTime(writable(now)) };
}

async function eventOf(happening: Happening, run: FeedRun, now: number): Promise<WatchEvent> {
  const { type, kind, id } = happening;
  const timestamp = formatTime(writable(now));
  const data = await shownData(happening, run, now);
  // Each kind of record is read as its own type, or taken as its file has it.
  return { schema_version: VERSION, event_type: type, kind, id, timestamp, data } as WatchEvent;
}

async function shownData(happening: Happening, run: FeedRun, now: number): Promise<JsonObject> {
  const { type, kind, data } = happening;
  if (type === "removed") return data;
  if (kind === "lane" && type === "expired") return { ...data, op: "expired" };
  return await presentData(happening, data, run, now);
}
