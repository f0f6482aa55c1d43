/**
 * The stream of everything that changes: what may be asked for, which changes a consumer gets, and
 * when the stream ends. How changes are found is the business of watch_stream.ts.
 */
import { realTimers, type Timers } from "../../async/timers.ts";
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
import { isNewsOfLane } from "./lane_records.ts";
import { presentData } from "./present.ts";
import { type Change, Seen } from "./seen.ts";
import { type Pulse, Stream } from "./stream.ts";
import { Untaken } from "./untaken.ts";

/** What to stream. */
export interface WatchOptions {
  /** Only these kinds; all when empty. */
  readonly kinds?: readonly RecordKind[];
  /** Only records of this agent: its `run_id`, `claimer_run_id`, `created_by` or `holder`. */
  readonly runId?: string;
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
export type WatchContext = Pick<Context, "clock" | "warn"> & {
  readonly store: Pick<Context["store"], "location" | "records">;
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
  const { clock, store: { records: source }, warn } = context;
  const { maxEvents = Infinity, timeout, signal, backend = "auto", pollInterval = 1 } = options;
  if (signal?.aborted) return;
  const once = options.once === true || timeout === 0;
  const named = options.kinds ?? [];
  const selected = new Set<RecordKind>(named.length > 0 ? named : RECORD_KINDS);
  const position = options.cursor === undefined
    ? undefined
    : new Position(source.cursor(options.cursor), source.identity());
  const kept = position?.read(warn);
  const expiring = EXPIRING_KINDS.filter((kind) => selected.has(kind));
  const kinds = kindsToExamine(selected, expiring);

  const state = new Seen(new Expiries(kept?.since ?? clock()), warn);
  for (const { kind, id, at } of kept?.expired ?? []) {
    if (isExpiring(kind)) state.expiries.emitted(kind, id, at);
  }
  for (const { kind, id, version, data } of kept?.records ?? []) {
    state.restore(kind, id, version, data);
  }
  const covered = new Set([...kept?.kinds ?? [], ...kinds]);
  position?.begin(state, state.expiries.since, covered);

  const stream = new Stream({
    source,
    clock,
    timers,
    warn,
    seen: state,
    kinds,
    expiring: new Set(expiring),
    covered: kept?.kinds ?? new Set(),
    snapshot: options.snapshot !== false,
    once,
    backend,
    pollInterval: pollInterval * 1000,
    tick: (options.tick ?? Infinity) * 1000,
    onIdle: () => position?.settle(timers.now()),
  });
  const stop = () => stream.end();
  signal?.addEventListener("abort", stop);
  const acks = options.ack === true;
  const untaken = new Untaken((change) => position?.taken(change, timers.now()));
  const ack = () => {
    const isTaken = acks && untaken.take();
    if (isTaken) stream.wake();
    return isTaken;
  };
  onStart({ ack, end: stop });
  let count = 0;
  try {
    if (!once && timeout !== undefined) stream.endAfter(timeout * 1000);
    if (selected.has("task")) await source.prepare();
    if (stream.ended) return;
    stream.start();
    for await (const found of stream.emitted()) {
      if (stream.ended) break;
      if (!("kind" in found)) {
        if (found.type === "tick" || options.synced === true) yield pulseOf(found, clock());
        continue;
      }
      const isEmitted = passes(found, selected, options, clock());
      if (isEmitted && acks) await stream.until(() => untaken.count < MAX_UNTAKEN);
      if (stream.ended) break;
      untaken.add(found, isEmitted);
      if (isEmitted) {
        yield eventOf(found, state, clock());
        if (!acks) untaken.take();
        if (++count >= maxEvents) break;
      }
    }
    if (acks) await stream.until(() => untaken.count === 0);
  } finally {
    signal?.removeEventListener("abort", stop);
    stream.close();
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
  change: Change,
  selected: ReadonlySet<RecordKind>,
  { runId, branch }: WatchOptions,
  now: number,
): boolean {
  const { type, kind, data } = change;
  if (type === "none" || !selected.has(kind)) return false;
  if (kind === "lane" && !isNewsOfLane(type, data, now)) return false;
  if (branch !== undefined && data.branch !== branch) return false;
  return runId === undefined ||
    [data.run_id, data.claimer_run_id, data.created_by, data.holder].includes(runId);
}

function pulseOf({ type }: Pulse, now: number): WatchPulse {
  return { schema_version: VERSION, event_type: type, timestamp: formatTime(writable(now)) };
}

function eventOf(change: Change, seen: Seen, now: number): WatchEvent {
  const { type, kind, id } = change;
  if (type === "none") throw new TypeError("a change that is not emitted has no event");
  const timestamp = formatTime(writable(now));
  const data = shownData(change, seen, now);
  // Each kind of record is read as its own type, or taken as its file has it.
  return { schema_version: VERSION, event_type: type, kind, id, timestamp, data } as WatchEvent;
}

function shownData(change: Change, seen: Seen, now: number): JsonObject {
  const { type, kind, data } = change;
  if (type === "removed") return data;
  if (kind === "lane" && type === "expired") return { ...data, op: "expired" };
  return presentData(change, data, seen, now);
}
