/**
 * The feed while writers begin and commit in other orders, linger, roll back and remove, backends are
 * ended, and the server crashes. What a consumer puts together of the changes is what is in the tables.
 */
import { PostgresFeed } from "../../../src/adapters/postgres/feed/feed.ts";
import { Connection } from "../../../src/adapters/postgres/connection.ts";
import type { Ask } from "../../../src/adapters/postgres/session.ts";
import { PostgresLanes } from "../../../src/adapters/postgres/lanes.ts";
import { placeOf } from "../../../src/adapters/postgres/place.ts";
import { Space } from "../../../src/adapters/postgres/space.ts";
import { COLUMNS, rowOf } from "../../../src/adapters/postgres/task/row.ts";
import { realTimers } from "../../../src/async/timers.ts";
import { Wakeup } from "../../../src/async/wakeup.ts";
import { CoordError } from "../../../src/domain/errors.ts";
import type { RecordKind } from "../../../src/domain/watch/event.ts";
import type { ChangeFeed, FeedBatch } from "../../../src/ports/feed.ts";
import { afterEach, assert_, assertEquals } from "../../deps.ts";
import { mutatedTogether } from "../../support/explore/mutants.ts";
import { sized } from "../../support/length.ts";
import { newSeed, type Random } from "../../support/random.ts";
import { closeOpened, itThere, newSpace, opened } from "../../support/postgres.ts";
import { sleep } from "../../support/race/processes.ts";

const KINDS: ReadonlySet<RecordKind> = new Set(["task", "claim"] as const);
const NAMES = Object.keys(COLUMNS).join(", ");
const TYPED = Object.entries(COLUMNS).map((each) => each.join(" ")).join(", ");

afterEach(closeOpened);

class RolledBack extends Error {}

/** A writer of transactions of its own, each of which adds, moves or removes a task. */
class Writer {
  count = 0;

  constructor(
    readonly space: Space,
    readonly ns: number,
    readonly ids: readonly string[],
    readonly random: Random,
  ) {}

  async transaction(): Promise<void> {
    const random = () => this.random.next();
    const id = this.ids[Math.floor(random() * this.ids.length)] ?? "";
    const does = random();
    const lingers = random() < 0.3 ? random() * 60 : 0;
    const isRolledBack = random() < 0.15;
    try {
      await this.space.connection.transaction("READ COMMITTED", async (ask) => {
        // Its number is lower than that of others who commit before it.
        if (lingers > 0) {
          await ask("SELECT pg_current_xact_id()");
          await sleep(lingers / 2);
        }
        await this.#do(ask, id, does);
        await sleep(lingers / 2);
        if (isRolledBack) throw new RolledBack();
      });
      this.space.hint("record");
      this.count++;
    } catch (error) {
      // It may have happened or not.
      if (!(error instanceof RolledBack || error instanceof CoordError)) throw error;
    }
  }

  async #do(ask: Ask, id: string, does: number): Promise<void> {
    const key = [this.ns, id];
    if (does < 0.2) await ask("DELETE FROM coord.task WHERE ns = $1 AND id = $2", key);
    else if (does < 0.7) {
      await ask("UPDATE coord.task SET claim = $3 WHERE ns = $1 AND id = $2", [
        ...key,
        JSON.stringify({ task_id: id, status: "claimed", nonce: crypto.randomUUID() }),
      ]);
    } else {
      await addTask(ask, this.ns, id);
    }
  }
}

async function addTask(ask: Ask, ns: number, id: string): Promise<void> {
  const task = { task_id: id, title: crypto.randomUUID(), queue: "q", tags: [], priority: 0 };
  const created = { ...task, created_at: "2026-01-01T00:00:00.000Z", ttl_seconds: 60 };
  const row = rowOf({ task: created as never, claim: undefined }, 0);
  await ask(
    `INSERT INTO coord.task (ns, ${NAMES}) SELECT $1, ${NAMES}
     FROM json_to_recordset($2::json) AS r(${TYPED}) ON CONFLICT DO NOTHING`,
    [ns, JSON.stringify([row])],
  );
}

/** A consumer who is now and then replaced by another one, who goes on from the lines of its position. */
class Consumer {
  readonly fold = new Map<string, string>();
  readonly problems: string[] = [];
  lines: string[] = [];
  runs = 0;
  #covered = false;

  constructor(readonly feed: ChangeFeed, readonly random: Random) {}

  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const stop = new AbortController();
      const end = () => stop.abort();
      signal.addEventListener("abort", end);
      await this.run(false, stop, 1 + Math.floor(this.random.next() * 200));
      signal.removeEventListener("abort", end);
    }
  }

  async run(once: boolean, stop: AbortController, batches = Infinity): Promise<void> {
    this.runs++;
    const wakeup = new Wakeup(realTimers, stop.signal);
    const run = this.feed.open({
      kinds: KINDS,
      since: this.lines.length === 0 ? undefined : [...this.feed.compact(this.lines).lines],
      covered: this.#covered ? KINDS : new Set(),
      keeps: true,
      once,
      backend: "auto",
      pollMs: 50,
      timers: realTimers,
      wakeup,
      alarm: () => Infinity,
      signal: stop.signal,
    });
    this.#covered = true;
    let count = 0;
    for await (const batch of run) {
      this.#take(batch);
      if (++count >= batches) break;
    }
    stop.abort();
  }

  #take({ changes, position }: FeedBatch): void {
    for (const { type, kind, id, data } of changes) {
      const key = `${kind} ${id}`;
      const known = this.fold.get(key);
      const isThere = known !== undefined;
      if (type === "known" ? known !== JSON.stringify(data) : isThere !== /m/.test(type)) {
        this.problems.push(`${type} ${key}, which was ${isThere ? "" : "not "}there`);
      }
      if (type === "removed") this.fold.delete(key);
      else if (type !== "known") this.fold.set(key, JSON.stringify(data));
    }
    this.lines.push(...position);
  }
}

/** What the tables hold, as a consumer should have it. */
async function tables(sql: Connection, ns: number): Promise<string[]> {
  const rows = await sql.read("SELECT id, body, claim FROM coord.task WHERE ns = $1", [ns]);
  return rows.flatMap((row) => [
    `task ${row["id"]} ${row["body"]}`,
    ...typeof row["claim"] === "string" ? [`claim ${row["id"]} ${row["claim"]}`] : [],
  ]).sort();
}

/** Lets writers and a consumer race; how what the consumer has differs from the tables at the end. */
async function race(
  Feed: typeof PostgresFeed,
  seconds: number,
  disturb: (sql: Connection, round: number) => Promise<void> = async () => {},
) {
  const place = placeOf(await newSpace());
  const space = opened(new Space(place));
  const sql = opened(new Connection(place));
  const ns = await space.ns();
  const random = newSeed("the race of the feed");
  const ids = Array.from({ length: 40 }, (_, n) => `sha256:${String(n).padStart(64, "0")}`);
  const writers = Array.from(
    { length: 6 },
    () => new Writer(opened(new Space(place)), ns, ids, random),
  );
  const consumer = new Consumer(new Feed(space, new PostgresLanes(space).journal), random);
  const stop = new AbortController();
  const following = consumer.follow(stop.signal);
  const end = realTimers.now() + seconds * 1000;
  await Promise.all([
    ...writers.map(async (writer) => {
      while (realTimers.now() < end) await writer.transaction();
    }),
    (async () => {
      for (let round = 1; realTimers.now() < end; round++) {
        await sleep(200);
        await disturb(sql, round);
      }
    })(),
  ]);
  stop.abort();
  await following;
  await consumer.run(true, new AbortController());
  const held = [...consumer.fold].map(([key, text]) => `${key} ${text}`).sort();
  const count = writers.reduce((sum, writer) => sum + writer.count, 0);
  assert_(count > 0);
  return { held, there: await tables(sql, ns), problems: consumer.problems };
}

itThere("the feed gives all that was committed, in any order", async () => {
  const { held, there, problems } = await race(PostgresFeed, sized(1, 4, 60));
  assertEquals(problems, []);
  assertEquals(held, there);
});

/** Ends the backends of others or, now and then, lets the server crash. */
async function disturb(sql: Connection, round: number): Promise<void> {
  const others =
    "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";
  // When one was killed, the server ends all others, and reads its log again.
  const kill = "format('COPY (SELECT) TO PROGRAM ''kill -KILL %s''', pid)";
  const crash = `DO $$ BEGIN EXECUTE (SELECT ${kill} ${others} LIMIT 1); END $$`;
  const end =
    `SELECT pg_terminate_backend(pid) FROM (SELECT pid ${others} ORDER BY random() LIMIT 2) AS o`;
  try {
    await sql.write(round % 12 === 6 ? crash : end);
  } catch (error) {
    assert_(error instanceof CoordError);
  }
}

itThere("the feed goes on where backends are ended, and the server crashes", async () => {
  const { held, there, problems } = await race(PostgresFeed, sized(1, 5, 60), disturb);
  assertEquals(problems, []);
  assertEquals(held, there);
});

/** What a consumer has when one transaction has committed after a later one, and between two looks. */
async function afterALateCommit(Feed: typeof PostgresFeed): Promise<string[]> {
  const place = placeOf(await newSpace());
  const space = opened(new Space(place));
  const [late, other] = [opened(new Connection(place)), opened(new Connection(place))];
  const ns = await space.ns();
  const feed = new Feed(space, new PostgresLanes(space).journal);
  const consumer = new Consumer(feed, newSeed("late"));
  const look = () => consumer.run(true, new AbortController());
  await late.transaction("READ COMMITTED", async (ask) => {
    await addTask(ask, ns, "late");
    await addTask((text, values) => other.write(text, values), ns, "other");
    await look();
    assertEquals([...consumer.fold.keys()], ["task other"]);
  });
  await look();
  return [...consumer.fold.keys()];
}

itThere(
  "what commits late is given; a feed that goes by the order of numbers misses it",
  async () => {
    assertEquals(await afterALateCommit(PostgresFeed), ["task other", "task late"]);
    const files = ["snapshot", "position", "reading", "run", "feed"];
    const modules = await mutatedTogether(
      files.map((each) => `src/adapters/postgres/feed/${each}.ts`),
      {
        from: "new Snapshot(parts[0], Number(parts[1]), running)",
        to: "new Snapshot(parts[0], Number(parts[1]), [])",
      },
    );
    const { PostgresFeed: Faulty } = modules.at(-1) as { PostgresFeed: typeof PostgresFeed };
    assertEquals(await afterALateCommit(Faulty), ["task other"]);
  },
);
