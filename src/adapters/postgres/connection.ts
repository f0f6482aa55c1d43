/**
 * One connection to the server, which is made when it is first needed and again after it was lost.
 *
 * Statements have one order: a transaction has the connection to itself. While none is under way the
 * connection keeps no process alive. A statement that the server has refused did nothing, and is tried
 * again where another one was in its way, or the server was about to end. Where the connection was lost
 * before the answer, what only reads is asked again, as is what comes to the same when it is done twice. A
 * transaction is looked up by its number, and done again if it was not committed. A single statement that
 * writes rejects: it may have happened.
 */
import { sleep } from "../../async/sleep.ts";
import { realTimers } from "../../async/timers.ts";
import type { PostgresResult } from "../../deps/postgres.ts";
import { type Ask, type Backend, CONNECT_MS, connectTo, type Level, Session } from "./session.ts";
import {
  type Effect,
  failure,
  isGone,
  isInTheWay,
  isUnsent,
  stateOf,
  untrusted,
} from "./failures.ts";
import type { Place } from "./place.ts";

/** Milliseconds after which a call gives up trying. */
const TRYING_MS = 10_000;
/** Milliseconds between hints that none waits for. */
const HINT_MS = 50;
/** Milliseconds before the first attempt to connect again, and the most: it is doubled each time. */
const PAUSE_MS = { first: 20, most: 500 } as const;

/** Nothing is lost with a hint, so none waits for the disk. */
const NOTIFY =
  "SELECT set_config('synchronous_commit', 'off', true), pg_notify(h.channel, h.message) " +
  "FROM unnest($1::text[], $2::text[]) AS h(channel, message)";

/** A backend that is still there; it is ended where it waits for its client, who is gone. */
const IS_THERE = "SELECT CASE WHEN state = 'idle' THEN pg_terminate_backend(pid) END " +
  "FROM pg_stat_get_activity($1) WHERE backend_start = $2::timestamptz";

type Rows = PostgresResult["rows"];

/** What came of a statement that is done once: its answer, or what was found of it later. */
export type Once =
  | { readonly done: PostgresResult; readonly found?: never }
  | { readonly found: PostgresResult; readonly done?: never };

/** A transaction whose COMMIT has no answer. */
interface Doubt<T> {
  readonly xid: unknown;
  readonly history: unknown;
  readonly result: T;
}

/** What is done in turn. */
type InTurn<T> = (ask: Ask, session: Session) => Promise<T>;

/** How a call may be tried again. */
interface Manner {
  /** Whether a lost answer ends it, since doing it twice is not the same. */
  readonly isOnce?: boolean;
  /** Whether it may have happened, when it is given up. */
  readonly effect?: () => Effect;
}

export class Connection {
  #session: Session | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #underWay = 0;
  #isClosed = false;
  #wasConnected = false;
  /** What is asked in the first message of a connection. */
  #first: string | undefined;
  /** To be sent: the channel, and what to say there. */
  readonly #hints: (readonly [string, string])[] = [];
  #isSending = false;
  #hintedAt = -Infinity;
  /** Ends the wait after which hints are sent. */
  #later: (() => void) | undefined;

  constructor(readonly place: Place) {}

  /** Asks what writes nothing. */
  async read(text: string, values: readonly unknown[] = []): Promise<Rows> {
    return (await this.#inTurn({}, (ask) => ask(text, values))).rows;
  }

  /** Asks what writes nothing and has no values: where it has to connect for that, in the first message. */
  async readFirst(text: string): Promise<Rows> {
    this.#first = text;
    const answer = await this.#inTurn({}, (ask, session) => {
      const answer = session.answer();
      return answer === undefined ? ask(text) : Promise.resolve(answer);
    }).finally(() => this.#first = undefined);
    return answer.rows;
  }

  /** Does one statement that comes to the same when it is done twice. */
  async repeat(text: string, values: readonly unknown[] = []): Promise<PostgresResult> {
    let isSent = false;
    const effect = () => isSent ? "unknown" : "none";
    return await this.#inTurn({ effect }, (ask, session) => {
      isSent = true;
      return this.#durably(session, ask, text, values);
    });
  }

  /** Does one statement, which is a transaction of its own. */
  async write(text: string, values: readonly unknown[] = []): Promise<PostgresResult> {
    return await this.#inTurn(
      { isOnce: true },
      (ask, session) => this.#durably(session, ask, text, values),
    );
  }

  /** Asks one statement that writes. */
  async #durably(
    { isLax, beginDurable }: Session,
    ask: Ask,
    text: string,
    values: readonly unknown[],
  ): Promise<PostgresResult> {
    if (!isLax) return await ask(text, values);
    await ask(beginDurable);
    try {
      const result = await ask(text, values);
      await ask("COMMIT");
      return result;
    } catch (error) {
      if (!isGone(stateOf(error))) await ask("ROLLBACK").catch(() => {});
      throw error;
    }
  }

  /**
   * Does one statement once, where it always has the same backend: else it does nothing. Where its answer is
   * lost, that backend is waited for, and `find` asks whether it took effect; if not it is done again.
   */
  async once(statement: Parameters<Ask>, find: Parameters<Ask>): Promise<Once | undefined> {
    let lost: Backend | undefined;
    const effect = () => lost === undefined ? "none" : "unknown";
    return await this.#inTurn({ effect }, async (ask, { backend }) => {
      if (lost !== undefined) {
        await this.#untilGone(ask, lost);
        const found = await ask(...find);
        lost = undefined;
        if (found.rows.length > 0) return { found };
      }
      if (backend === undefined) return undefined;
      try {
        return { done: await ask(...statement) };
      } catch (error) {
        if (isGone(stateOf(error))) lost = backend;
        throw error;
      }
    });
  }

  /** Waits until a backend does nothing any more. What it does has an end; if it only listens, it is ended. */
  async #untilGone(ask: Ask, { pid, since }: Backend): Promise<void> {
    const deadline = realTimers.now() + TRYING_MS;
    while ((await ask(IS_THERE, [pid, since])).rows.length > 0) {
      if (realTimers.now() > deadline) {
        throw failure(new Error("its answer was lost"), this.place.location, "unknown");
      }
      await sleep(PAUSE_MS.first);
    }
  }

  /**
   * Does several statements as one. The body may be called again, and must change nothing else. Statements
   * go to the server as they are asked, and the end right after the last. So the body need not wait for one
   * whose answer says nothing: where that fails, so does all.
   */
  async transaction<T>(level: Level, body: (ask: Ask) => Promise<T>): Promise<T> {
    let doubt: Doubt<T> | undefined;
    const effect = () => doubt === undefined ? "none" : "unknown";
    return await this.#inTurn({ effect }, async (ask, session) => {
      if (doubt !== undefined) {
        if (await this.#wasCommitted(session, ask, doubt)) return doubt.result;
        doubt = undefined;
      }
      const sent: Promise<PostgresResult>[] = [];
      let isLost = false;
      const send: Ask = (...statement) => {
        const answer = ask(...statement);
        answer.catch((error) => isLost ||= isGone(stateOf(error)));
        sent.push(answer);
        return answer;
      };
      const begun = send(session.begin(level));
      try {
        const result = await body(send);
        // Of several statements the client gives all results.
        const [row] = [await begun].flat().at(-1)?.rows ?? [];
        doubt = { xid: row?.["xid"], history: session.history, result };
        send("COMMIT");
        // After a failure that is a ROLLBACK.
        await firstFailure(sent);
        return result;
      } catch (error) {
        const cause = await firstFailure(sent).then(() => error, (first) => first);
        // Where the connection is lost the server does that.
        if (!isLost) {
          doubt = undefined;
          await ask("ROLLBACK").catch(() => {});
        }
        throw cause;
      }
    });
  }

  /**
   * What has become of a transaction whose backend may still be at work on it. A number that was committed
   * is never given out again, but after a crash or a promotion another one may have one that was not.
   */
  async #wasCommitted<T>(
    session: Session,
    ask: Ask,
    { xid, history }: Doubt<T>,
  ): Promise<boolean> {
    const deadline = realTimers.now() + TRYING_MS;
    while (xid !== null) {
      const status = await statusOf(ask, xid);
      const isSame = history === session.history;
      if (status === "aborted" || status === "unused") return false;
      if (status === "committed" && isSame) return true;
      if (status === "in progress" && !isSame) return false;
      if (status !== "in progress" || realTimers.now() > deadline) {
        throw failure(new Error("its answer was lost"), this.place.location, "unknown");
      }
      await sleep(PAUSE_MS.first);
    }
    return false;
  }

  /**
   * Sends a hint to those who listen, at some time after this call, together with others; it may get lost.
   * It goes after what it is about: a transaction that notifies would hold up all others that do.
   *
   * @param isUrgent Whether one waits for it. Of others, those that come within a while go together.
   */
  hint(channel: string, message: string, isUrgent: boolean): void {
    this.#hints.push([channel, message]);
    const wait = isUrgent ? 0 : this.#hintedAt + HINT_MS - realTimers.now();
    if (wait <= 0) return this.#sendHints();
    this.#later ??= realTimers.after(wait, () => this.#sendHints());
  }

  #sendHints(): void {
    this.#later?.();
    this.#later = undefined;
    if (this.#hints.length === 0 || this.#isSending) return;
    this.#isSending = true;
    this.#hintedAt = realTimers.now();
    // What comes next does not wait for the answer, but where a pooler may mix the two up.
    this.#inTurn({ isOnce: true }, async (ask, { isDirect }) => {
      this.#isSending = false;
      const hints = this.#hints.splice(0);
      this.#underWay++;
      const answer = ask(NOTIFY, [hints.map(([to]) => to), hints.map(([, what]) => what)])
        .catch(() => {}).finally(() => this.#rest());
      if (!isDirect) await answer;
    }).catch(() => {}).finally(() => this.#isSending = false);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#sendHints();
    this.#isClosed = true;
    await this.#last;
    const client = this.#session?.client;
    this.#session = undefined;
    client?.ref();
    await client?.end().catch(() => {});
  }

  /** Lets `body` ask when all that came before is done, and again while that may help. */
  async #inTurn<T>(manner: Manner, body: InTurn<T>): Promise<T> {
    if (this.#isClosed) throw new TypeError("This opening of the store is closed");
    const run = async () => {
      this.#underWay++;
      try {
        return await this.#trying(manner, body);
      } finally {
        this.#rest();
      }
    };
    const turn = this.#last.then(run);
    this.#last = turn.catch(() => {});
    return await turn;
  }

  /** Something is done: while nothing is under way the connection keeps no process alive. */
  #rest(): void {
    if (--this.#underWay === 0) this.#session?.client.unref();
  }

  async #trying<T>(manner: Manner, body: InTurn<T>): Promise<T> {
    const { isOnce = false, effect = () => "none" } = manner;
    const deadline = realTimers.now() + (this.#wasConnected ? TRYING_MS : CONNECT_MS);
    for (let pause: number = PAUSE_MS.first;; pause = Math.min(2 * pause, PAUSE_MS.most)) {
      let isSent = false;
      const failed = new Set<unknown>();
      try {
        const session = this.#session ?? await this.#connect();
        session.client.ref();
        return await body(async (text, values) => {
          isSent = true;
          try {
            return await session.ask(text, values);
          } catch (error) {
            failed.add(error);
            throw error;
          }
        }, session);
      } catch (error) {
        // What the body has thrown by itself is no failure of the server.
        if (isSent && !failed.has(error)) throw error;
        const state = stateOf(error);
        if (isGone(state)) this.#drop();
        const isDone = state === undefined && isSent && !isUnsent(error) && isOnce;
        const isWorthIt = isGone(state) && untrusted(error) === undefined || isInTheWay(state);
        if (isDone || !isWorthIt || this.#isClosed || realTimers.now() + pause > deadline) {
          if (state === "23505") throw error;
          throw failure(error, this.place.location, isDone ? "unknown" : effect());
        }
        await sleep(pause);
      }
    }
  }

  async #connect(): Promise<Session> {
    const client = await connectTo(this.place);
    const lost = () => {
      if (this.#session?.client === client) this.#session = undefined;
    };
    client.on("error", lost);
    client.on("end", lost);
    const session = await Session.begin(client, this.#first);
    this.#wasConnected = true;
    return this.#session = session;
  }

  #drop(): void {
    const client = this.#session?.client;
    this.#session = undefined;
    client?.end().catch(() => {});
  }
}

/** What became of a transaction; null where that is too long ago. */
async function statusOf(ask: Ask, xid: unknown): Promise<unknown> {
  try {
    const { rows: [row] } = await ask("SELECT pg_xact_status($1::xid8) AS status", [xid]);
    return row?.["status"];
  } catch (error) {
    // The number was not given out yet.
    if (stateOf(error) === "22023") return "unused";
    throw error;
  }
}

/** Waits for all answers; rejects with the first failure, which is what made the others fail. */
async function firstFailure(answers: readonly Promise<unknown>[]): Promise<void> {
  for (const each of answers) await each;
}
