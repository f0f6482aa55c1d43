/** Writing to the journal of lanes: one critical section a decision. */
import { realTimers, type Timers } from "../../async/timers.ts";
import { CoordError } from "../../domain/errors.ts";
import type { Applied, Effect } from "../../domain/journal/fold.ts";
import { LOCK_TIMEOUT_S } from "../../domain/limits.ts";
import { settlementEntry } from "../../domain/journal/settlement.ts";
import type { Clock } from "../../domain/time.ts";
import type { JournalEntry } from "../../domain/journal/line.ts";
import type { Stamp } from "../../domain/journal/entries.ts";
import { quoted } from "../../domain/text.ts";
import type { CompactResult, JournalSession, JournalView } from "../../ports/journal.ts";
import type { LaneStore } from "../../ports/lanes.ts";
import type { Processes } from "../../ports/processes.ts";
import type { Warn } from "../../ports/warnings.ts";
import { nonce } from "../context.ts";
import type { LaneBusy, LaneLockInput } from "./types.ts";

/** What the operations on a journal work with. */
export interface JournalContext {
  readonly lanes: LaneStore;
  readonly clock: Clock;
  readonly warn: Warn;
  /** Default the platform's. */
  readonly timers?: Timers;
}

/** What the operations on lanes work with. */
export interface LaneContext extends JournalContext {
  readonly processes: Processes;
}

/** Problems of a journal that are named; the rest is counted. */
const MAX_NAMED = 3;

/** The journal as it is now, without waiting for writers. */
export async function readJournal({ lanes, warn }: JournalContext): Promise<JournalView> {
  const view = await lanes.journal.read();
  warnOf(view, lanes.journal.location, warn);
  return view;
}

/** Reports what is broken in a journal. */
function warnOf({ problems }: JournalView, location: string, warn: Warn): void {
  for (const { place: { text }, reason } of problems.slice(0, MAX_NAMED)) {
    warn(
      `${text.charAt(0).toUpperCase()}${text.slice(1)} of ${
        quoted(location, 200)
      } ${reason}: skipped`,
    );
  }
  const more = problems.length - MAX_NAMED;
  if (more > 0) warn(`${more} more lines of ${quoted(location, 200)} were skipped`);
}

/** A writer's turn. */
export class Turn {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** What entries of the same writer's earlier turns did after all. */
  readonly #earlier: readonly Applied[];
  #view: JournalView;
  readonly #session: JournalSession;
  readonly #context: JournalContext;
  readonly #doubtful: JournalEntry[];
  #seq: number;

  private constructor(
    session: JournalSession,
    context: JournalContext,
    doubtful: JournalEntry[],
    view: JournalView,
  ) {
    this.#session = session;
    this.#context = context;
    this.#doubtful = doubtful;
    this.#view = view;
    this.now = context.clock();
    this.#seq = view.fold.seq;
    this.#earlier = this.#applied(doubtful);
  }

  /** @param doubtful Entries of earlier turns of the same writer whose effect is unknown. */
  static async begin(
    session: JournalSession,
    context: JournalContext,
    doubtful: JournalEntry[],
  ): Promise<Turn> {
    const turn = new Turn(session, context, doubtful, await session.read());
    warnOf(turn.view, context.lanes.journal.location, context.warn);
    await turn.#settle();
    return turn;
  }

  /** The journal as it was read last. */
  get view(): JournalView {
    return this.#view;
  }

  /** The entry of an earlier turn that had this effect after all. */
  kept(effect: Effect): Applied | undefined {
    return this.#earlier.find((applied) => applied.effect === effect);
  }

  /** The stamp of the next entry of this turn. */
  stamp(): Stamp {
    return { seq: ++this.#seq, now: this.now, nonce: nonce() };
  }

  /**
   * Appends entries, and returns what each did; `undefined` when that is unknown before the next
   * turn, and everything must be decided again.
   */
  async append(entries: readonly JournalEntry[]): Promise<readonly Applied[] | undefined> {
    const outcome = await this.#session.append(entries);
    if (outcome === "moved") return undefined;
    this.#doubtful.push(...entries);
    if (outcome === "unsure") return undefined;
    this.#view = await this.#session.read();
    const applied = this.#applied(entries);
    await this.#settle();
    return applied.length === entries.length ? applied : undefined;
  }

  /**
   * Waits until what was read is on the disk, for an answer that appends nothing; `false` when
   * everything must be decided again.
   */
  async persist(): Promise<boolean> {
    return await this.#session.persist() === "kept";
  }

  /** Like `append()`, for entries on which no answer depends. */
  async note(entries: readonly JournalEntry[], what: string): Promise<void> {
    try {
      await this.#session.append(entries);
    } catch (error) {
      if (!(error instanceof CoordError)) throw error;
      this.#context.warn(`${what} is not in the journal: ${error.message}`);
    }
  }

  /** Compacts the journal. */
  compact(): Promise<CompactResult> {
    return this.#session.compact();
  }

  #applied(entries: readonly JournalEntry[]): Applied[] {
    return entries.map((entry) => this.#view.fold.appliedOf(nonceOf(entry)))
      .filter((applied) => applied !== undefined);
  }

  /** Gives readers of the old format what they need where an entry of this writer had no effect. */
  async #settle(): Promise<void> {
    const { fold } = this.#view;
    for (const applied of this.#applied(this.#doubtful.splice(0)).filter(isIdle)) {
      const { entry } = applied;
      this.#seq = Math.max(this.#seq, fold.seq);
      const settlement = settlementEntry(this.stamp(), applied, fold);
      if (settlement !== undefined) await this.note([settlement], `That ${entry.op} had no effect`);
    }
  }
}

function isIdle({ effect }: Applied): boolean {
  return effect === "void" || effect === "none";
}

/** By what a writer knows its entry again. */
export function nonceOf({ nonce }: JournalEntry): string {
  return typeof nonce === "string" ? nonce : "";
}

/**
 * Runs `body` while no other process writes, again for as long as it returns `undefined`.
 *
 * @param input Seconds to wait for other writers, and what ends that wait: its reason is thrown.
 * @param action For messages, such as `release lane "api"`.
 */
export async function inTurn<T>(
  context: JournalContext,
  { lockTimeout = LOCK_TIMEOUT_S.default, signal }: LaneLockInput & {
    readonly signal?: AbortSignal;
  },
  action: string,
  body: (turn: Turn) => Promise<T | undefined>,
): Promise<T | LaneBusy> {
  const { timers = realTimers } = context;
  const deadline = timers.now() + lockTimeout * 1000;
  const doubtful: JournalEntry[] = [];
  for (;;) {
    const left = Math.max(0, deadline - timers.now());
    // An entry whose effect is unknown must be settled first.
    const opened = await context.lanes.journal.open(left, doubtful.length > 0 ? undefined : signal);
    if (opened.status === "lock_busy") {
      const { pid, host, ageSeconds } = opened.holder;
      const who = pid === undefined
        ? "another process"
        : `process ${pid}${host ? ` on ${host}` : ""}`;
      const age = `${Math.round(ageSeconds)} s`;
      const error = `Cannot ${action}: ${who} has been writing to the journal for ${age}`;
      return { status: "lock_busy", error };
    }
    await using session = opened.session;
    // What an earlier turn appended may be in a log that another process did not live to sync.
    if (doubtful.length > 0 && await session.persist() === "unsure") continue;
    const answer = await body(await Turn.begin(session, context, doubtful));
    if (answer !== undefined) return answer;
  }
}
