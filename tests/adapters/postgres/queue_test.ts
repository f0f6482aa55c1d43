/** What is about the server: its defaults, its failures, and what others do to it meanwhile. */
import { initPostgres, openPostgres } from "../../../src/adapters/postgres/open.ts";
import { Connection } from "../../../src/adapters/postgres/connection.ts";
import { placeOf } from "../../../src/adapters/postgres/place.ts";
import { Space } from "../../../src/adapters/postgres/space.ts";
import { Moving } from "../../../src/adapters/postgres/task/moving.ts";
import { CoordError } from "../../../src/domain/errors.ts";
import { finish } from "../../../src/domain/task/claim.ts";
import { Tasks } from "../../../src/engine/task/tasks.ts";
import { afterEach, assert_, assertEquals, itIf } from "../../deps.ts";
import {
  closeOpened,
  cuttable,
  newSpace,
  noServer,
  opened,
  untilOneWaits,
  WAITING,
} from "../../support/postgres.ts";
import { until } from "../../support/race/processes.ts";

const reason = noServer();
const itThere = itIf(reason === undefined, reason ?? "");

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
    assertEquals(await connection.read("SHOW synchronous_commit"), [{ synchronous_commit: "on" }]);
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

itThere(
  "a write whose answer is lost rejects as one that may have happened, and the next call goes on",
  async () => {
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
      wire.cut();
      const { code, details } = await ending;
      assertEquals([code, details["reason"], details["effect"]], [
        "io_error",
        "unreachable",
        "unknown",
      ]);
    });
    assertEquals(
      (await far.complete({ id, runId: "a" }) as { status: string }).status,
      "completed",
    );
  },
);

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
    const ask = (text: string, values?: readonly unknown[]) => connection.write(text, values);
    assertEquals(await new Moving(space).write(ask, task, decision.next, 1, now), true);
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
    const missing = async (each: typeof place) =>
      (await refusal(opened(await openPostgres(each)).tasks.list({}))).message;
    assertEquals(
      await missing({ ...place, space: "other", location: "postgres:///other" }),
      'Cannot open the store "postgres:///other": there is no space "other"',
    );
    assertEquals(
      await missing(placeOf(url.replace("/postgres?", "/template1?"))),
      `Cannot use the store "${place.location.replace("/postgres?", "/template1?")}": ` +
        "the data base has no schema of this version (42P01)",
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
