/** The feed and the waits where notification is lost or cannot be had, and where a position does not hold. */
import { Connection } from "../../../src/adapters/postgres/connection.ts";
import { initPostgres, storeOf } from "../../../src/adapters/postgres/open.ts";
import { type Place, placeOf } from "../../../src/adapters/postgres/place.ts";
import { Space } from "../../../src/adapters/postgres/space.ts";
import { CoordError } from "../../../src/domain/errors.ts";
import type { WatchOptions } from "../../../src/engine/watch/watch.ts";
import { afterEach, assert_, assertEquals } from "../../deps.ts";
import { closeOpened, cuttable, itThere, newSpace, opened } from "../../support/postgres.ts";
import { itCopies, ownServer } from "../../support/postgres_own.ts";
import { until } from "../../support/race/processes.ts";
import { coordOn } from "../../support/scene/over_store.ts";
import { readFileSync, writeFileSync } from "../../support/scene/raw_files.ts";
import { makeTempDir } from "../../support/scene/scratch.ts";

afterEach(closeOpened);

/** An opening of a space, and what it warned of. */
function openAt(place: Place) {
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const space = opened(new Space(place));
  space.warn = warn;
  return { space, coord: coordOn(storeOf(space), { warn }), warnings };
}

async function scene() {
  const place = placeOf(await newSpace());
  return { place, ...openAt(place), sql: opened(new Connection(place)) };
}

/** What a stream that ends by itself emits. */
async function emitted({ coord }: ReturnType<typeof openAt>, options: WatchOptions) {
  const events = await Array.fromAsync(coord.watch({ once: true, ...options }));
  return events.map(({ event_type, kind }) => `${event_type} ${kind}`);
}

/** What is said where a position does not hold. */
function lost(why: string): string {
  return `The position does not hold for the store any more, ${why}: all records are emitted again, ` +
    "and what was removed meanwhile is not";
}

const LISTENERS = "FROM pg_stat_activity WHERE query LIKE 'LISTEN coord_%'";

itThere("one who listens hears again, and looks, when the connection was ended", async () => {
  const { space, sql, place } = await scene();
  const heard: (string | undefined)[] = [];
  const listening = space.listen("task", (id) => void heard.push(id));
  await until("it listens", () => heard.length === 1);
  for (const round of [1, 2]) {
    heard.splice(0);
    const channel = `coord_${await space.ns()}`;
    const ended = await sql.read(
      `SELECT pg_terminate_backend(pid) ${LISTENERS.replace("coord_%", channel)}`,
    );
    assertEquals(ended.length, 1);
    await until("it looks", () => heard.includes(undefined));
    openAt(place).space.hint("task", `${round}`);
    await until("it hears", () => heard.includes(`${round}`));
  }
  listening.close();
});

itThere("behind a pooler the stream and the waits look at intervals, and say so", async () => {
  const { place, coord } = await scene();
  const wire = opened(await cuttable(place, anotherBackend));
  const pooled = openAt(wire.place);
  const titles: unknown[] = [];
  const stop = new AbortController();
  const options = { kinds: ["task"], pollInterval: 0.02, signal: stop.signal } as const;
  const following = (async () => {
    for await (const { data } of pooled.coord.watch(options)) {
      if (data !== undefined && "title" in data) titles.push(data.title);
    }
  })();
  await until("it polls", () => pooled.warnings.length > 0);
  await coord.tasks.enqueue({ title: "x", runId: "p", delay: 3_600 });
  await until("it is emitted", () => titles.includes("x"));
  const waiting = pooled.coord.tasks.claim({ runId: "a", wait: 60 });
  await until("it waits", () => pooled.warnings.length > 1);
  await coord.tasks.enqueue({ title: "y", runId: "p" });
  assertEquals((await waiting).status, "claimed");
  stop.abort();
  await following;
  assertEquals(pooled.warnings, [
    "The server cannot notify: a pooler is between: looking every 0.02 s instead",
    "The server cannot notify: a pooler is between: looking every 500 ms instead",
  ]);
  const native = pooled.coord.watch({ backend: "native", timeout: 60 });
  const error = await Array.fromAsync(native).catch((error) => error);
  assert_(error instanceof CoordError && error.code === "io_error", String(error));
});

/** Gives a backend another number, as poolers do. */
function anotherBackend(fromServer: Buffer): Buffer {
  const at = fromServer.indexOf(Buffer.from([0x4b, 0, 0, 0, 12]));
  if (at >= 0) fromServer[at + 8] = (fromServer[at + 8] ?? 0) ^ 1;
  return fromServer;
}

itThere(
  "a position of another timeline or a later time does not hold, and one so old that",
  async () => {
    const there = await scene();
    const { coord, sql, space, warnings } = there;
    const cursor = `${makeTempDir()}/cursor`;
    const kinds = ["task"] as const;
    const { task_id: id } = await coord.tasks.enqueue({ title: "x", runId: "p" });
    await coord.tasks.enqueue({ title: "y", runId: "p", queue: "q" });
    const both = ["snapshot task", "snapshot task"];
    assertEquals(await emitted(there, { cursor, kinds }), both);
    assertEquals(await emitted(there, { cursor, kinds }), []);
    const change = (from: RegExp, to: (found: string) => string) => {
      const text = readFileSync(cursor, "utf-8");
      assert_(from.test(text), text);
      writeFileSync(cursor, text.replaceAll(from, to));
    };
    // The last number is the timeline.
    change(/\.1","since"/g, () => '.2","since"');
    assertEquals(await emitted(there, { cursor, kinds }), both);
    assertEquals(await emitted(there, { cursor, kinds }), []);
    change(/"\d+:\d+:"/g, () => '"900000000:900000000:"');
    assertEquals(await emitted(there, { cursor, kinds }), both);
    assertEquals(await emitted(there, { cursor, kinds }), []);
    const gc = async () => await coord.gc({ execute: true, grace: 0 });
    await coord.tasks.cancel({ id, runId: "p" });
    await gc();
    const copy = readFileSync(cursor, "utf-8");
    assertEquals(await emitted(there, { cursor, kinds }), ["removed task"]);
    await sql.write("UPDATE coord.gone SET at = at - interval '8 days' WHERE ns = $1", [
      await space.ns(),
    ]);
    await gc();
    assertEquals(await emitted(there, { cursor, kinds }), []);
    writeFileSync(cursor, copy);
    assertEquals(await emitted(there, { cursor, kinds }), ["snapshot task"]);
    assertEquals(warnings, [
      lost("it was restored or promoted, or is another one"),
      lost("it was set back"),
      lost("it does not know any more what was removed since"),
    ]);
  },
);

itThere(
  "what came with a dump, under the numbers of another server, is no news in each look",
  async () => {
    const there = await scene();
    const { coord, sql } = there;
    const options = { cursor: `${makeTempDir()}/cursor`, kinds: ["task", "claim"] } as const;
    const { task_id: id } = await coord.tasks.enqueue({ title: "x", runId: "p" });
    await coord.reservations.reserve({ addresses: ["src"], runId: "a" });
    await coord.reservations.intent({ addresses: ["src"], runId: "b", operation: "modify" });
    for (
      const [table, columns] of [["task", "made, claimed, changed"], ["reservation", "changed"]]
    ) {
      const high = columns?.replaceAll(/\w+/g, "$& = '900000000'");
      await sql.write(`UPDATE coord.${table} SET ${high} WHERE ns = $1`, [await there.space.ns()]);
    }
    assertEquals(await emitted(there, options), ["snapshot task"]);
    const [row] = await sql.read("SELECT changed FROM coord.task WHERE id = $1", [id]);
    assertEquals(row?.["changed"], "0");
    assertEquals(await emitted(there, options), []);
    await coord.tasks.cancel({ id, runId: "p" });
    assertEquals(await emitted(there, options), ["added claim"]);
    await coord.gc({ execute: true, grace: 0 });
    assertEquals(await emitted(there, options), ["removed task", "removed claim"]);
  },
);

itThere("what is damaged hides no other record, and is reported once", async () => {
  const there = await scene();
  const { coord, sql, space, warnings } = there;
  const ns = await space.ns();
  const { task_id: id } = await coord.tasks.enqueue({ title: "x", runId: "p" });
  await coord.tasks.enqueue({ title: "y", runId: "p", queue: "q" });
  for (const lane of ["api", "web"]) {
    await coord.lanes.acquire({ lane, tree: [lane], owner: "a", ttl: 600 });
  }
  await sql.write("UPDATE coord.task SET body = '{' WHERE ns = $1 AND id = $2", [ns, id]);
  await sql.write("UPDATE coord.journal SET entry = '{' WHERE ns = $1 AND number = 1", [ns]);
  const options = { cursor: `${makeTempDir()}/cursor`, kinds: ["task", "lane"] } as const;
  assertEquals(await emitted(there, options), ["snapshot task", "snapshot lane"]);
  assertEquals(warnings, [`Skipped task "${id}": its row is damaged: run "coord fsck"`]);
  await coord.tasks.cancel({ id, runId: "p" }).catch(() => {});
  assertEquals(await emitted(there, options), []);
  await sql.write("UPDATE coord.space SET journal_start = 2 WHERE ns = $1", [ns]);
  const error = await emitted(there, options).catch((error) => error);
  assert_(error instanceof CoordError && error.details["reason"] === "damaged", String(error));
});

itThere("a cursor goes on by another way to the store, and not in another store", async () => {
  const there = await scene();
  const cursor = `${makeTempDir()}/cursor`;
  await there.coord.tasks.enqueue({ title: "x", runId: "p" });
  assertEquals(await emitted(there, { cursor, kinds: ["task"] }), ["snapshot task"]);
  const wire = opened(await cuttable(there.place));
  assertEquals(await emitted(openAt(wire.place), { cursor, kinds: ["task"] }), []);
  const error = await emitted(await scene(), { cursor }).catch((error) => error);
  assert_(error instanceof CoordError && error.code === "bad_args", String(error));
});

itCopies("a stream on a standby polls, and begins again when that is promoted", async () => {
  const server = opened(await ownServer());
  const place = placeOf(server.url);
  await initPostgres(place);
  const { coord } = openAt(place);
  await coord.tasks.enqueue({ title: "x", runId: "p" });
  const standby = openAt({ ...place, port: await server.standby() });
  const seen: string[] = [];
  const stop = new AbortController();
  const following = (async () => {
    const options = { kinds: ["task"], pollInterval: 0.05, signal: stop.signal } as const;
    for await (const { event_type, data } of standby.coord.watch(options)) {
      seen.push(`${event_type} ${data !== undefined && "title" in data && data.title}`);
    }
  })();
  await until("it follows", () => seen.includes("snapshot x"));
  await coord.tasks.enqueue({ title: "y", runId: "p" });
  await until("it goes on", () => seen.includes("added y"));
  await server.crash();
  await server.promote();
  await until("it begins again", () => seen.length === 4);
  stop.abort();
  await following;
  assertEquals(seen, ["snapshot x", "added y", "snapshot x", "snapshot y"]);
  assertEquals(standby.warnings, [
    "The server cannot notify: it refuses LISTEN (25006): looking every 0.05 s instead",
    lost("it was restored or promoted, or is another one"),
  ]);
});

itThere("a stream outlasts a server that is away, and says so once", async () => {
  const { place, coord } = await scene();
  const wire = opened(await cuttable(place));
  const away = openAt(wire.place);
  const titles: unknown[] = [];
  const stop = new AbortController();
  const following = (async () => {
    const options = { kinds: ["task"], pollInterval: 0.05, signal: stop.signal } as const;
    for await (const { data } of away.coord.watch(options)) {
      if (data !== undefined && "title" in data) titles.push(data.title);
    }
  })();
  await coord.tasks.enqueue({ title: "x", runId: "p" });
  await until("it follows", () => titles.includes("x"));
  wire.turnTo({ ...place, host: `${place.host}/nowhere` });
  await coord.tasks.enqueue({ title: "y", runId: "p" });
  await until("it says so", () => away.warnings.length > 0, 60_000);
  wire.turnTo(place);
  await until("it goes on", () => titles.includes("y"), 60_000);
  stop.abort();
  await following;
  assertEquals([titles, away.warnings.length], [["x", "y"], 1]);
  assert_(away.warnings[0]?.endsWith(": trying again"));
});
