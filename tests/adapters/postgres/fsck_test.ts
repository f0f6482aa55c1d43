/** Each row of a space is damaged in turn: the check names it, and a repair mends it and loses nothing. */
import { Connection } from "../../../src/adapters/postgres/connection.ts";
import { openPostgres } from "../../../src/adapters/postgres/open.ts";
import { placeOf } from "../../../src/adapters/postgres/place.ts";
import { CoordError } from "../../../src/domain/errors.ts";
import { NO_TAXONOMY } from "../../../src/domain/lane/taxonomy.ts";
import type { DamageClass, DamageRepair } from "../../../src/ports/upkeep.ts";
import { afterEach, assert_, assertEquals, assertMatch } from "../../deps.ts";
import { closeOpened, itThere, newSpace, opened } from "../../support/postgres.ts";
import { coordOn } from "../../support/scene/over_store.ts";

afterEach(closeOpened);

/** A space with a record of each kind, and a connection of another program. */
async function scene() {
  const place = placeOf(await newSpace());
  const store = opened(await openPostgres(place));
  const coord = coordOn(store);
  const { tasks, reservations, lanes } = coord;
  const { task_id: first } = await tasks.enqueue({ title: "first", runId: "p" });
  const { task_id: next } = await tasks.enqueue({ title: "next", runId: "p", after: [first] });
  const { task_id: free } = await tasks.enqueue({ title: "free", runId: "p", priority: -1 });
  const claim = await tasks.claim({ runId: "a" });
  assert_(claim.status === "claimed" && claim.task_id === first);
  const held = await reservations.reserve({ addresses: ["src"], runId: "a", exclusive: true });
  assert_(held.status !== "conflict");
  await reservations.heartbeat({ id: held.reservation_id, runId: "a", extension: 900 });
  const over = await reservations.reserve({ addresses: ["lib"], runId: "a" });
  await reservations.release({ id: over.reservation_id, runId: "a" });
  await lanes.acquire({ lane: "api", tree: ["api"], owner: "a", loopTs: "1", ttl: 600 });
  await lanes.acquire({ lane: "db", tree: ["db"], owner: "a", loopTs: "1", ttl: 600 });
  const sql = opened(new Connection(place));
  const [row] = await sql.read("SELECT ns FROM coord.space WHERE name = $1", [place.space]);
  const ns = Number(row?.["ns"]);
  const write = async (text: string, ...values: unknown[]) => {
    assertEquals((await sql.write(text, [ns, ...values])).rowCount, 1, text);
  };
  const check = async (repair = false) => {
    const { status, findings } = await coord.fsck({ repair });
    return {
      status,
      found: findings.map(({ class: kind, file, reason, remedy, repaired }) => ({
        kind,
        at: file.replace(/^coord\.(\w+).*$/, "$1"),
        reason,
        remedy,
        ...(repaired !== null && { repaired }),
      })),
    };
  };
  const kept = async () => await sql.read("SELECT body FROM coord.quarantine WHERE ns = $1", [ns]);
  return { coord, store, sql, ns, write, check, kept, first, next, free, held, over };
}

itThere("fsck: a space that coord has written is sound", async () => {
  const { coord } = await scene();
  const { status, checked } = await coord.fsck({});
  assertEquals([status, checked], ["sound", {
    tasks: 3,
    claims: 1,
    reservations: 2,
    journal_entries: 2,
    counters: 3,
  }]);
});

type Scene = Awaited<ReturnType<typeof scene>>;

/** What a damage is found as, and how many rows are in quarantine after its repair. */
interface Fault {
  readonly damage: (scene: Scene) => Promise<void>;
  readonly found: readonly [kind: DamageClass, at: string, reason: RegExp, repaired: DamageRepair];
  readonly kept: number;
}

const FAULTS: Readonly<Record<string, Fault>> = {
  "a task that is no JSON": {
    damage: ({ write, free }) =>
      write("UPDATE coord.task SET body = '{' WHERE ns = $1 AND id = $2", free),
    found: ["broken", "task", /^is not a JSON object$/, "moved"],
    kept: 1,
  },
  "a task without a title": {
    damage: ({ write, free }) =>
      write('UPDATE coord.task SET body = \'{"queue":"default"}\' WHERE ns = $1 AND id = $2', free),
    found: ["broken", "task", /^has no valid title, created_at$/, "moved"],
    kept: 1,
  },
  "a claim that is no JSON": {
    damage: ({ write, first }) =>
      write("UPDATE coord.task SET claim = left(claim, -1) WHERE ns = $1 AND id = $2", first),
    found: ["broken", "task", /^has a state that is not a JSON object$/, "replaced"],
    kept: 1,
  },
  "a claimable task that is in no index": {
    damage: ({ write, free }) =>
      write("UPDATE coord.task SET ready = false WHERE ns = $1 AND id = $2", free),
    found: ["index", "task", /^does not fit its record: ready$/, "rebuilt"],
    kept: 0,
  },
  "a claim that is never found to have timed out": {
    damage: ({ write, first }) =>
      write("UPDATE coord.task SET due_ms = due_ms + 1e9 WHERE ns = $1 AND id = $2", first),
    found: ["index", "task", /^does not fit its record: due_ms$/, "rebuilt"],
    kept: 0,
  },
  "a task in the wrong queue and place": {
    damage: ({ write, free }) =>
      write("UPDATE coord.task SET queue = 'other', priority = 9 WHERE ns = $1 AND id = $2", free),
    found: ["index", "task", /^does not fit its record: queue, priority$/, "rebuilt"],
    kept: 0,
  },
  "a dependency that is missing": {
    damage: ({ write, next }) => write("DELETE FROM coord.wait WHERE ns = $1 AND id = $2", next),
    found: ["index", "task", /^does not fit its record: waits$/, "rebuilt"],
    kept: 0,
  },
  "a reservation that is no record": {
    damage: ({ write, over }) =>
      write(
        "UPDATE coord.reservation SET body = '[]' WHERE ns = $1 AND id = $2",
        over.reservation_id,
      ),
    found: ["broken", "reservation", /^is not a JSON object$/, "moved"],
    kept: 1,
  },
  "a heartbeat that is no JSON": {
    damage: ({ write, held }) =>
      write(
        "UPDATE coord.reservation SET heartbeat = '' WHERE ns = $1 AND id = $2",
        held.reservation_id,
      ),
    found: ["broken", "reservation", /^has a heartbeat that is not a JSON object$/, "replaced"],
    kept: 1,
  },
  "a release that is no JSON": {
    damage: ({ write, over }) =>
      write(
        "UPDATE coord.reservation SET release = 'x' WHERE ns = $1 AND id = $2",
        over.reservation_id,
      ),
    found: ["broken", "reservation", /^has a release that is not a JSON object$/, "replaced"],
    kept: 1,
  },
  "an end that is not that of the record": {
    damage: ({ write, held }) =>
      write(
        "UPDATE coord.reservation SET ends_ms = 0 WHERE ns = $1 AND id = $2",
        held.reservation_id,
      ),
    found: ["index", "reservation", /^does not fit its record: ends_ms$/, "rebuilt"],
    kept: 0,
  },
  "a place of a reservation that is missing": {
    damage: ({ write, held }) =>
      write("DELETE FROM coord.anchor WHERE ns = $1 AND id = $2", held.reservation_id),
    found: ["index", "reservation", /^does not fit its record: anchors$/, "rebuilt"],
    kept: 0,
  },
  "an intent that is no record": {
    damage: ({ write }) => write("INSERT INTO coord.intent VALUES ($1, 'ab', '{}')"),
    found: ["broken", "intent", /^has no valid addresses/, "moved"],
    kept: 1,
  },
  "a ticket that is no record": {
    async damage({ write }) {
      await write("UPDATE coord.space SET ticket = 7 WHERE ns = $1");
      await write("INSERT INTO coord.ticket VALUES ($1, 7, '{}')");
    },
    found: ["broken", "ticket", /^is no ticket$/, "moved"],
    kept: 1,
  },
  "a pause that is no record": {
    damage: ({ write }) => write("INSERT INTO coord.pause VALUES ($1, 'q', '{')"),
    found: ["broken", "pause", /^is not a JSON object$/, "replaced"],
    kept: 1,
  },
  "a claimer that is no record": {
    damage: ({ write }) => write("INSERT INTO coord.claimer VALUES ($1, '7', 1)"),
    found: ["broken", "claimer", /^is not a JSON object$/, "moved"],
    kept: 1,
  },
  "a removed record that is no JSON": {
    damage: ({ write }) => write("INSERT INTO coord.gone VALUES ($1, 'task', 'x', '{', '0')"),
    found: ["broken", "gone", /^is not a JSON object$/, "moved"],
    kept: 1,
  },
  "a removed record of no kind": {
    damage: ({ write }) => write("INSERT INTO coord.gone VALUES ($1, 'other', 'x', '{}', '0')"),
    found: ["broken", "gone", /^is of no kind of record$/, "moved"],
    kept: 1,
  },
  "an entry of the journal that is no JSON": {
    damage: ({ write }) =>
      write("UPDATE coord.journal SET entry = '{' WHERE ns = $1 AND number = 1"),
    found: ["journal", "journal", /^is not JSON$/, "rebuilt"],
    kept: 1,
  },
  "an entry of the journal that is missing": {
    damage: ({ write }) => write("DELETE FROM coord.journal WHERE ns = $1 AND number = 1"),
    found: ["journal", "journal", /^has no entry 1$/, "rebuilt"],
    kept: 0,
  },
  "a journal that begins in the middle": {
    damage: ({ write }) => write("UPDATE coord.space SET journal_start = 2 WHERE ns = $1"),
    found: ["journal", "journal", /^begins at 2, which is no checkpoint$/, "rebuilt"],
    kept: 0,
  },
  "a fence that may come again": {
    damage: ({ write }) => write("UPDATE coord.space SET fence = 0 WHERE ns = $1"),
    found: ["counter", "space", /^counts fence to 0, and 1 was given out$/, "rebuilt"],
    kept: 0,
  },
};

for (
  const [name, { damage, found: [kind, at, reason, repaired], kept }] of Object.entries(FAULTS)
) {
  itThere(`fsck: ${name} is found, and mended`, async () => {
    const all = await scene();
    await damage(all);
    const only = async (repair: boolean) => {
      const { status, found } = await all.check(repair);
      assertEquals(found.length, 1, JSON.stringify(found));
      const [one] = found;
      assertMatch(one?.reason ?? "", reason);
      return { status, kind: one?.kind, at: one?.at, remedy: one?.remedy, repaired: one?.repaired };
    };
    const seen = { kind, at, remedy: "repair" as const };
    assertEquals(await only(false), { status: "damaged", ...seen, repaired: undefined });
    assertEquals((await all.kept()).length, 0);
    assertEquals(await only(true), { status: "repaired", ...seen, repaired });
    assertEquals((await all.kept()).length, kept);
    assertEquals(await all.check(), { status: "sound", found: [] });
  });
}

itThere(
  "fsck: what an agent holds stays, and what was changed by hand is a person's matter",
  async () => {
    const { write, check, first, free, held } = await scene();
    await write("UPDATE coord.task SET body = '{' WHERE ns = $1 AND id = $2", first);
    await write(
      "UPDATE coord.reservation SET body = '{' WHERE ns = $1 AND id = $2",
      held.reservation_id,
    );
    await write(
      "UPDATE coord.task SET body = replace(body, 'free', 'bound') WHERE ns = $1 AND id = $2",
      free,
    );
    const { status, found } = await check(true);
    assertEquals(status, "damaged");
    assertEquals(found.map(({ kind, at, remedy }) => [kind, at, remedy]), [
      ["broken", "reservation", "later"],
      ["broken", "task", "later"],
      ["altered", "task", "hand"],
    ]);
  },
);

for (const body of ["{", '{"lanes":{}}', '{"lanes":[{}],"autopick":[],"budgets":[]}']) {
  itThere(
    `fsck: lanes set down as ${body} stop all lanes until a person sets them again`,
    async () => {
      const { write, check, coord, store, kept } = await scene();
      await write("INSERT INTO coord.taxonomy VALUES ($1, $2)", body);
      const { status, found } = await check(true);
      assertEquals(status, "damaged");
      assertEquals(found.map(({ kind, at, remedy }) => [kind, at, remedy]), [
        ["settings", "taxonomy", "hand"],
      ]);
      const lane = { lane: "ui", tree: ["ui"], owner: "a", loopTs: "1" };
      const refused = await coord.lanes.acquire(lane).catch((error) => error);
      assert_(refused instanceof CoordError);
      assertEquals([refused.code, refused.details["reason"]], ["io_error", "damaged"]);
      await store.lanes.setTaxonomy(NO_TAXONOMY);
      assertEquals(await check(), { status: "sound", found: [] });
      assertEquals((await coord.lanes.acquire(lane)).status, "acquired");
      assertEquals(await kept(), []);
    },
  );
}

itThere("fsck: a damaged state gives its task back with a fence that no one had", async () => {
  const { write, check, coord, first, kept } = await scene();
  const fences =
    "UPDATE coord.task SET claim = left(replace(claim, '\"fence\":1', '\"fence\":7'), -1), " +
    "written_ms = 0 WHERE ns = $1 AND id = $2";
  await write(fences, first);
  assertEquals((await check(true)).status, "repaired");
  const claim = await coord.tasks.claim({ runId: "b" });
  assert_(claim.status === "claimed");
  assertEquals([claim.task_id, claim.fence], [first, 8]);
  assertMatch(String((await kept())[0]?.["body"]), /first/);
});

itThere("fsck: lanes that are held stay held when the journal is mended", async () => {
  const { write, check, coord, kept } = await scene();
  assertEquals((await coord.journal.compact()).status, "compacted");
  await coord.lanes.acquire({ lane: "ui", tree: ["ui"], owner: "a", loopTs: "1", ttl: 600 });
  await write("UPDATE coord.journal SET entry = '' WHERE ns = $1 AND number = 3");
  const { status, found } = await check(true);
  assertEquals([status, found.map(({ kind }) => kind)], ["repaired", ["journal"]]);
  assertEquals((await kept()).length, 1);
  const { leases } = await coord.lanes.live({});
  assertEquals(leases.map(({ lane }) => lane).sort(), ["api", "db", "ui"]);
  const other = await coord.lanes.acquire({ lane: "ui", tree: ["ui"], owner: "b", loopTs: "1" });
  assertEquals(other.status, "refused");
});

itThere("a damaged row hides no other one, and holds up no queue", async () => {
  const { write, coord, store, first, free, over } = await scene();
  const damage = "SET body = '{' WHERE ns = $1 AND id = $2";
  const { task_id: next } = await coord.tasks.enqueue({ title: "x", runId: "p", priority: -2 });
  await write(`UPDATE coord.task ${damage}`, free);
  await write(`UPDATE coord.reservation ${damage}`, over.reservation_id);
  const claim = await coord.tasks.claim({ runId: "b" });
  assert_(claim.status === "claimed");
  assertEquals(claim.task_id, next);
  assertEquals((await coord.tasks.claim({ runId: "b" })).status, "empty");
  const { items: tasks } = await coord.tasks.list({ status: ["claimed", "pending"] });
  assertEquals(tasks.map(({ task_id }) => task_id), [first, next]);
  assertEquals((await store.reservations.list(store.clock(), true)).length, 1);
  const { items } = await coord.gc({ execute: true, grace: 0 });
  assertEquals(items, []);
});
