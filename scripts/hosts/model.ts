/** A model on the loopback interface for the hosts of agents: it plays what their prompt asks for. */
import { DIALECTS } from "./dialects.ts";
import { type Made, type Play, playIn, type Turn, turnsOf } from "./play.ts";

/** A call of one agent, from when the model asked for it to when its result came. */
export interface Played extends Made {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** What the model knows of an agent. */
interface Session {
  /** What the host said to it in all its requests. */
  body: string;
  made: number;
  /** When it asked for the call whose result is awaited. */
  askedAt: number;
  /** The call whose result is awaited. */
  turn: Turn | undefined;
  /** Whether it has said that all is done. */
  isDone: boolean;
}

/** A running model. */
export interface Model {
  readonly url: string;
  /** All calls that have a result, in the order of the results. */
  readonly played: readonly Played[];
  /** What it knows of agents, by their names. */
  readonly sessions: ReadonlyMap<string, Readonly<Session>>;
  /** What happens before a call is asked for. */
  before: (name: string, turn: Turn) => Promise<void>;
  end(): Promise<void>;
}

export function startModel(): Model {
  const played: Played[] = [];
  const sessions = new Map<string, Session>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const path = new URL(request.url).pathname;
      const text = await request.text();
      const dialect = DIALECTS.find((each) => each.is(path));
      if (dialect === undefined) {
        return Response.json({ error: { message: "not known" } }, { status: 404 });
      }
      const body = text === "" ? {} : JSON.parse(text);
      const asked = dialect.read(body);
      const play = playIn(asked.prompt);
      // A request without tools is for a title, or for something else of the host's own.
      if (play === undefined || asked.tools.length === 0) {
        return dialect.answer(path, body, undefined, "0");
      }
      const turn = await turnIn(play, asked.results, text);
      const id = `${play.name.replaceAll(/\W/g, "_")}_${asked.results.length}`;
      return dialect.answer(path, body, turn?.call, id);
    },
  );

  /** Takes note of what has come of the calls, and says which one is next. */
  async function turnIn(play: Play, results: readonly string[], body: string) {
    const { name } = play;
    const { made, next } = turnsOf(play, results);
    const now = Date.now();
    const session = sessions.get(name) ??
      { body: "", made: 0, askedAt: now, turn: undefined, isDone: false };
    sessions.set(name, session);
    session.body += `${body}\n`;
    for (const each of made.slice(session.made)) {
      played.push({ ...each, name, from: session.askedAt, to: now });
    }
    session.made = Math.max(session.made, made.length);
    if (next !== undefined) await model.before(name, next);
    Object.assign(session, { askedAt: Date.now(), turn: next, isDone: next === undefined });
    return next;
  }

  const model: Model = {
    url: `http://127.0.0.1:${server.addr.port}`,
    played,
    sessions,
    before: () => Promise.resolve(),
    end: () => server.shutdown(),
  };
  return model;
}
