/**
 * Examines the server under a space: each promise is tried, and what may go wrong is named.
 *
 * Guarantees: what is written to try something is rolled back, so nothing is left behind, however it
 * ends. Two connections of its own are opened.
 */
import { CoordError } from "../../../domain/errors.ts";
import type { Examination, Problem, TriedPromise } from "../../../ports/store.ts";
import { Connection } from "../connection.ts";
import { connectTo } from "../session.ts";
import { Listening } from "../feed/listening.ts";
import type { Place } from "../place.ts";
import { SCHEMA_VERSION } from "../schema.ts";
import { Space } from "../space.ts";
import { problemsOf } from "./problems.ts";

/** What is tried with. */
export interface Probe {
  readonly space: Space;
  readonly one: Connection;
  readonly other: Connection;
}

type Outcome = Pick<TriedPromise, "result" | "found">;

interface Trial extends Omit<TriedPromise, "result" | "found"> {
  readonly run: (probe: Probe) => Promise<Outcome>;
}

/** Versions that the tests of coord run on, or that are known to have all that it uses. */
const VERSIONS = { first: 13, last: 18 };

/** Milliseconds in which a second connection has to be there. */
const CONNECTED_MS = 5_000;
/** Milliseconds in which a notification has to come, and a round trip to be over. */
const NOTIFIED_MS = 1_000;
const ROUND_TRIP_MS = 250;

const BY_OWNER = "Ask who runs the server";

const TRIALS: Readonly<Record<string, Omit<Trial, "promise">>> = {
  server_version: {
    carries: "safety",
    how: "the server says its version",
    means: `coord needs PostgreSQL ${VERSIONS.first} or newer`,
    next: `Use a server of version ${VERSIONS.first} to ${VERSIONS.last}`,
    async run({ one }) {
      const [row] = await one.read("SELECT current_setting('server_version_num')::int AS number");
      const version = Math.floor(Number(row?.["number"]) / 10_000);
      const isNewer = version > VERSIONS.last;
      const found = `PostgreSQL ${version}${isNewer ? ", newer than those that were tested" : ""}`;
      return { result: version < VERSIONS.first ? "failed" : "ok", found };
    },
  },
  schema: {
    carries: "safety",
    how: "the version of the schema is read",
    means: "calls fail that use what the schema does not have",
    next: "Run coord store migrate, or update coord where the schema is newer",
    async run({ one }) {
      const [row] = await one.read("SELECT version FROM coord.meta");
      const version = Number(row?.["version"]);
      const found = `version ${version}` +
        (version === SCHEMA_VERSION ? "" : `, and this program has ${SCHEMA_VERSION}`);
      return { result: version < SCHEMA_VERSION ? "failed" : "ok", found };
    },
  },
  writable: {
    carries: "safety",
    how: "a row is added to a table, which is rolled back",
    means: "nothing can be granted or released here",
    next: "Name the primary server in the store's URL",
    async run(probe) {
      const [row] = await probe.one.read("SELECT pg_is_in_recovery() AS is_replica");
      if (row?.["is_replica"] === true) return failed("it is a replica, which is read-only");
      const count = await undone(probe.one, (ask) => addRow(ask, probe));
      return count === 1 ? { result: "ok", found: "a primary server" } : failed("no row was added");
    },
  },
  exclusive_rows: {
    carries: "safety",
    how: "two connections add the same row: the second one waits for the first",
    means: "two processes may be granted the same",
    next: "Use PostgreSQL itself: another data base that speaks like it will not do",
    async run(probe) {
      const late = await undone(probe.one, async (ask) => {
        await addRow(ask, probe);
        try {
          return await undone(probe.other, async (asked) => {
            await asked("SET LOCAL lock_timeout = '200ms'");
            return await addRow(asked, probe);
          });
        } catch (error) {
          if (!(error instanceof CoordError) || error.details["reason"] !== "busy") throw error;
          return "waited";
        }
      });
      if (late !== "waited") return failed(`the second one did not wait, and added ${late}`);
      const again = await undone(probe.other, (ask) => addRow(ask, probe));
      return again === 1
        ? { result: "ok", found: "the second one waited" }
        : failed("a row that was rolled back is still in the way");
    },
  },
  durability: {
    carries: "safety",
    how: "the settings fsync and full_page_writes are read",
    means: "what was answered as done may be gone after a crash, and a fence may come twice",
    next: `${BY_OWNER} to switch them on`,
    async run({ one }) {
      const names = ["fsync", "full_page_writes"];
      const [row] = await one.read(
        `SELECT ${names.map((name) => `current_setting('${name}') AS ${name}`).join(", ")}`,
      );
      const off = names.filter((name) => row?.[name] === "off");
      return off.length > 0
        ? failed(`${off.join(" and ")} ${off.length === 1 ? "is" : "are"} off`)
        : { result: "ok", found: "both are on; each write asks for a durable commit" };
    },
  },
  clock: {
    carries: "safety",
    how: "the server's clock is read several times",
    means: "holds end too early or too late",
    next: `${BY_OWNER} to set its clock`,
    async run({ one, space }) {
      let before = -Infinity;
      let offset = 0;
      for (let n = 0; n < 5; n++) {
        const began = Date.now();
        const now = await space.now((text) => one.write(text));
        if (now < before) return failed(`it went back by ${before - now} ms`);
        before = now;
        offset = Math.round(now - (began + Date.now()) / 2);
      }
      const found = offset === 0
        ? "the same as here"
        : `${Math.abs(offset)} ms ${
          offset > 0 ? "ahead of" : "behind"
        } this machine's, which counts for nothing`;
      return { result: "ok", found };
    },
  },
  round_trip: {
    carries: "promptness",
    how: "a statement is asked several times",
    means: "each call takes several round trips",
    next: "Run agents nearer to the server",
    async run({ one }) {
      const times: number[] = [];
      for (let n = 0; n < 5; n++) {
        const began = performance.now();
        await one.read("SELECT 1");
        times.push(performance.now() - began);
      }
      const median = times.sort((a, b) => a - b)[2] ?? 0;
      const found = `${median.toFixed(1)} ms`;
      return median > ROUND_TRIP_MS ? failed(found) : { result: "ok", found };
    },
  },
  notification: {
    carries: "promptness",
    how: "one connection listens and another one notifies; the server has a second",
    means: "waits look every 5 seconds instead",
    next: "Connect without a pooler in transaction mode",
    async run({ space, other }) {
      const channel = `coord_${crypto.randomUUID().replaceAll("-", "")}`;
      const connect = () => connectTo(space.place);
      const listening = new Listening(
        connect,
        () => Promise.resolve([`LISTEN ${channel}`]),
        () => {},
      );
      let began = 0;
      let timer: ReturnType<typeof setTimeout> | undefined;
      try {
        const heard = await new Promise<boolean>((resolve) => {
          const within = (ms: number) => {
            clearTimeout(timer);
            timer = setTimeout(() => resolve(false), ms);
          };
          within(CONNECTED_MS);
          listening.add({
            hear(message) {
              if (message !== undefined) return resolve(true);
              if (began > 0) return;
              began = performance.now();
              within(NOTIFIED_MS);
              other.hint(channel, "x", true);
            },
            onSilent() {
              began = Infinity;
              resolve(false);
            },
          });
        });
        if (!heard) return failed("no notification came");
        return { result: "ok", found: `after ${Math.round(performance.now() - began)} ms` };
      } finally {
        clearTimeout(timer);
        await listening.close();
      }
    },
  },
};

export async function examinePostgres(
  place: Place,
  stop: AbortSignal | undefined,
): Promise<Examination> {
  const space = new Space(place);
  const [one, other] = [space.connection, new Connection(place)];
  const probe = { space, one, other };
  try {
    const promises: TriedPromise[] = [];
    for (const [promise, { run, ...about }] of Object.entries(TRIALS)) {
      const outcome: Outcome = stop?.aborted
        ? { result: "not_tried", found: "it was stopped" }
        : await outcomeOf(run, probe);
      promises.push({ promise, ...about, ...outcome });
    }
    const problems: Problem[] = stop?.aborted ? [] : await problemsOf(one);
    return { promises, problems, file_system: null, size: null };
  } finally {
    await Promise.all([one.close(), other.close()]);
  }
}

async function outcomeOf(run: Trial["run"], probe: Probe): Promise<Outcome> {
  try {
    return await run(probe);
  } catch (error) {
    if (!(error instanceof CoordError)) throw error;
    return failed(error.message);
  }
}

function failed(found: string): Outcome {
  return { result: "failed", found };
}

type Body<T> = Parameters<typeof Connection.prototype.transaction<T>>[1];

/** Does something in a transaction, and then undoes it. */
async function undone<T>(connection: Connection, body: Body<T>): Promise<T> {
  let result: { value: T } | undefined;
  try {
    await connection.transaction("READ COMMITTED", async (ask) => {
      result = { value: await body(ask) };
      throw new Undone();
    });
  } catch (error) {
    if (!(error instanceof Undone)) throw error;
  }
  return (result as { value: T }).value;
}

class Undone extends Error {}

/** Adds a row that no claimer adds. */
async function addRow(ask: Parameters<Body<unknown>>[0], { space }: Probe): Promise<number> {
  const { rowCount } = await ask(
    `INSERT INTO coord.claimer (ns, wanted, seen_ms)
     SELECT ns, 'doctor', 0 FROM coord.space WHERE name = $1 ON CONFLICT DO NOTHING`,
    [space.place.space],
  );
  return rowCount ?? 0;
}
