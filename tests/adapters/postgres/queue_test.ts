/** What is about the server: its defaults, its failures, and what others do to it meanwhile. */
import { initPostgres, openPostgres } from "../../../src/adapters/postgres/open.ts";
import { Connection } from "../../../src/adapters/postgres/connection.ts";
import type { Ask } from "../../../src/adapters/postgres/session.ts";
import { placeOf } from "../../../src/adapters/postgres/place.ts";
import { Space } from "../../../src/adapters/postgres/space.ts";
import { Moving } from "../../../src/adapters/postgres/task/moving.ts";
import { CoordError } from "../../../src/domain/errors.ts";
import { finish } from "../../../src/domain/task/claim.ts";
import { Tasks } from "../../../src/engine/task/tasks.ts";
import { afterEach, assert_, assertEquals } from "../../deps.ts";
import {
  closeOpened,
  cuttable,
  itThere,
  newSpace,
  opened,
  untilOneWaits,
  WAITING,
} from "../../support/postgres.ts";
import { until } from "../../support/race/processes.ts";

afterEach(closeOpened);

/** A queue by the server's time, and a connection of another program. */
async function scene() {
  const url = await newSpace();
  const place = placeOf(url);
  const open = async () => {
    const store = opened(await openPostgres(place));
    return { store, tasks: new Tasks({ store, clock: store.clock, warn: () => {} }) };
  };
  const sql = opened(new Connection(place));
  return { url, place, ...await open(), open, sql };
}

/** What a call rejects with. */
async function refusal(call: Promise<unknown>): Promise<CoordError> {
  const error = await call.then(() => undefined, (error) => error);
  assert_(error instanceof CoordError, `it was no CoordError: ${error}`);
  return error;
}

itThere("a claim and its end are two messages there and back", async () => {
  const { place } = await scene();
  const wire = opened(await cuttable(place));
  const store = opened(await openPostgres(wire.place));
  const tasks = new Tasks({ store, clock: store.clock, warn: () => {} });
  await tasks.enqueueAll(["a", "b"].map((title) => ({ title, runId: "p" })));
  const work = async () => {
    const claim = await tasks.claim({ runId: "a" });
    assert_(claim.status === "claimed");
    await tasks.complete({ id: claim.task_id, runId: "a", fence: claim.fence });
  };
  await work();
  const before = wire.turns();
  await work();
  // Hints go along. A time that is not over yet at the server is worth one more.
  const turns = wire.turns() - before;
  assert_(turns <= 4, `${turns} messages`);
});

itThere(
  "a process that opens a store asks all that it has to know of it in one message",
  async () => {
    const { place } = await scene();
    const wire = opened(await cuttable(place));
    opened(await openPostgres(wire.place));
    // The other one is who it is.
    assertEquals(wire.turns(), 2);
  },
);

itThere("the queue goes by the server's time", async () => {
  const { tasks, store, sql } = await scene();
  await tasks.enqueue({ title: "x", runId: "p" });
  const claim = await tasks.claim({ runId: "a", claimTtl: 60 });
  assert_(claim.status === "claimed");
  const [row] = await sql.read("SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now");
  const now = Number(row?.["now"]);
  for (const at of [Date.parse(claim.claimed_at), store.clock()]) {
    assert_(Math.abs(now - at) < 10_000, `${at} is far from ${now}`);
  }
  assertEquals((await tasks.list()).claimed, 1);
});

itThere(
  "no default of the data base makes an acknowledged write less durable, or weakens a rule",
  async () => {
    const { sql, url } = await scene();
    const name = `d${crypto.randomUUID().replaceAll("-", "")}`;
    await sql.write(`CREATE DATABASE ${name}`);
    await sql.write(`ALTER DATABASE ${name} SET synchronous_commit = off`);
    await sql.write(`ALTER DATABASE ${name} SET default_transaction_isolation = serializable`);
    const place = placeOf(url.replace("/postgres?", `/${name}?`));
    await Promise.all([initPostgres(place), initPostgres(place)]);
    const stores = await Promise.all([1, 2, 3, 4].map(() => openPostgres(place)));
    const agents = stores.map((store) => {
      opened(store);
      return new Tasks({ store, clock: store.clock, warn: () => {} });
    });
    const connection = opened(new Connection(place));
    const show = "SHOW synchronous_commit";
    const on = [{ synchronous_commit: "on" }];
    const asked = (ask: Ask) => ask(show);
    assertEquals(
      (await connection.transaction("READ COMMITTED", asked)).rows,
      on,
    );
    for (const { rows } of [await connection.write(show), await connection.repeat(show)]) {
      assertEquals(rows, on);
    }
    // It is set for the whole session.
    assertEquals(await connection.read(show), on);
    const inputs = Array.from({ length: 40 }, (_, n) => ({ title: `${n}`, runId: "p" }));
    const [first = stores[0]] = agents as unknown as Tasks[];
    await (first as Tasks).enqueueAll(inputs);
    const claimed = await Promise.all(agents.map(async (tasks, n) => {
      const ids: string[] = [];
      while (true) {
        const claim = await tasks.claim({ runId: `a${n}` });
        if (claim.status === "empty") return ids;
        ids.push(claim.task_id);
        await tasks.complete({ id: claim.task_id, runId: `a${n}`, fence: claim.fence });
      }
    }));
    assertEquals([claimed.flat().length, new Set(claimed.flat()).size], [40, 40]);
  },
);

itThere(
  "a claim waits for a task that another one has locked, and does not answer that there is none",
  async () => {
    const { tasks, sql, store } = await scene();
    const { task_id: id } = await tasks.enqueue({ title: "x", runId: "p" });
    let claimed: string | undefined;
    let claiming: Promise<unknown> = Promise.resolve();
    await sql.transaction("READ COMMITTED", async (ask) => {
      await ask("SELECT FROM coord.task WHERE id = $1 FOR UPDATE", [id]);
      claiming = tasks.claim({ runId: "a" }).then(({ status }) => claimed = status);
      await untilOneWaits(ask);
      assertEquals(claimed, undefined);
    });
    await claiming;
    assertEquals(claimed, "claimed");
    assertEquals((await store.tasks.get(id))?.claim?.fence, 1);
  },
);

itThere("a connection that the server ends while it is idle is made again", async () => {
  const { tasks, sql } = await scene();
  await tasks.enqueue({ title: "x", runId: "p" });
  const end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity " +
    "WHERE pid <> pg_backend_pid() AND application_name = 'coord'";
  await sql.write(end);
  assertEquals((await tasks.claim({ runId: "a" })).status, "claimed");
});

itThere("an end whose answer is lost takes effect once, and its caller is answered", async () => {
  const { tasks, place, sql, store: near } = await scene();
  const { task_id: id } = await tasks.enqueue({ title: "x", runId: "p" });
  await tasks.claim({ runId: "a" });
  const wire = opened(await cuttable(place));
  const store = opened(await openPostgres(wire.place));
  const far = new Tasks({ store, clock: store.clock, warn: () => {} });
  let ending: Promise<{ readonly status: string }> | undefined;
  await sql.transaction("READ COMMITTED", async (ask) => {
    await ask("SELECT FROM coord.task WHERE id = $1 FOR UPDATE", [id]);
    ending = far.complete({ id, runId: "a" });
    await untilOneWaits(ask);
    wire.cut();
  });
  assert_(ending !== undefined);
  const answer = await ending;
  assertEquals([answer.status, "warning" in answer], ["completed", false]);
  assertEquals((await near.tasks.get(id))?.claim?.transition, 2);
});

itThere("a write rejects as one that may have happened where another one hides that", async () => {
  const { tasks, place, sql } = await scene();
  const { task_id: id } = await tasks.enqueue({ title: "x", runId: "p" });
  await tasks.claim({ runId: "a" });
  const wire = opened(await cuttable(place));
  const store = opened(await openPostgres(wire.place));
  const far = new Tasks({ store, clock: store.clock, warn: () => {} });
  let ending: Promise<CoordError> | undefined;
  await sql.transaction("READ COMMITTED", async (ask) => {
    await ask("SELECT FROM coord.task WHERE id = $1 FOR UPDATE", [id]);
    ending = refusal(far.complete({ id, runId: "a" }));
    await untilOneWaits(ask);
    await ask(
      "UPDATE coord.task SET transition = 3, claim = replace(claim, '\"transition\":1', '\"transition\":3') WHERE id = $1",
      [id],
    );
    wire.cut();
  });
  const { code, details } = await ending as CoordError;
  assertEquals([code, details["reason"], details["effect"]], [
    "io_error",
    "unreachable",
    "unknown",
  ]);
});

itThere("a write that the server has ended did nothing, and is done again", async () => {
  const { tasks, sql, store } = await scene();
  const { task_id: id } = await tasks.enqueue({ title: "x", runId: "p" });
  await tasks.claim({ runId: "a" });
  let ending: Promise<unknown> = Promise.resolve();
  await sql.transaction("READ COMMITTED", async (ask) => {
    await ask("SELECT FROM coord.task WHERE id = $1 FOR UPDATE", [id]);
    ending = tasks.complete({ id, runId: "a" });
    await untilOneWaits(ask);
    await ask(WAITING.replace("pid", "pg_terminate_backend(pid)"));
  });
  await ending;
  const { status, transition } = (await store.tasks.get(id))?.claim ?? {};
  assertEquals([status, transition], ["completed", 2]);
});

itThere(
  "what waits is let go by the next claim when the process that ended its task died before",
  async () => {
    const { tasks, place } = await scene();
    const { task_id: id } = await tasks.enqueue({ title: "first", runId: "p" });
    const { task_id: next } = await tasks.enqueue({ title: "next", runId: "p", after: [id] });
    const claim = await tasks.claim({ runId: "a" });
    assert_(claim.status === "claimed");
    const space = new Space(place);
    const { connection } = opened(Object.assign(space, { close: () => space.connection.close() }));
    const now = await space.now();
    const { task, status: _status, ...current } = claim;
    const rule = finish({ taskId: id, runId: "a", now }, { status: "completed", result: null });
    const decision = rule({ ...current, status: "claimed" });
    assert_(decision.kind === "write");
    const ended = { task, claim: decision.next };
    const statement = new Moving(space).write(await space.ns(), ended, 1, now);
    assertEquals((await connection.write(...statement)).rowCount, 1);
    assertEquals((await tasks.list()).blocked, 1);
    const second = await tasks.claim({ runId: "b" });
    assert_(second.status === "claimed");
    assertEquals(second.task_id, next);
  },
);

itThere(
  "a space that is not there, a schema that is not, and a server that is not, are named",
  async () => {
    const { url, place } = await scene();
    const missing = async (each: typeof place) => (await refusal(openPostgres(each))).message;
    assertEquals(
      await missing({ ...place, space: "other", location: "postgres:///other" }),
      'Cannot open the store "postgres:///other": there is no space "other": run "coord store init"',
    );
    assertEquals(
      await missing(placeOf(url.replace("/postgres?", "/template1?"))),
      `Cannot use the store "${place.location.replace("/postgres?", "/template1?")}": ` +
        'the data base has no schema of this version (42P01): run "coord store init" or ' +
        '"coord store migrate"',
    );
    const nowhere = placeOf("postgres://u@localhost/d?space=x&host=/nowhere");
    const { details } = await refusal(openPostgres(nowhere));
    assertEquals([details["reason"], details["effect"]], ["unreachable", "none"]);
  },
);

itThere(
  "who waits for tasks looks again after the connection was lost, and hears of new ones",
  async () => {
    const { open, sql } = await scene();
    const [mine, theirs] = [await open(), await open()];
    const heard: (string | undefined)[] = [];
    const listening = mine.store.tasks.onTask((id) => void heard.push(id));
    const looks = () => heard.filter((id) => id === undefined).length;
    await until("it listens", () => looks() >= 1);
    await sql.write(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity " +
        "WHERE pid <> pg_backend_pid() AND application_name = 'coord'",
    );
    await until("it looks again", () => looks() >= 2);
    const { task_id: id } = await theirs.tasks.enqueue({ title: "x", runId: "p" });
    await until("it hears of the task", () => heard.includes(id));
    listening.close();
  },
);
