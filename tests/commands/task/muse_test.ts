/** A Muse repository: its records are read, and what is written there Muse can read. */
import { main } from "../../../src/cli/main.ts";
import { isObject, type JsonObject } from "../../../src/domain/json.ts";
import { assert_, assertEquals, assertMatch, it } from "../../deps.ts";
import { fakeHost, scratch } from "../../support/fake/host.ts";

const ONE = "3f2b8c1e-5d0a-4b6f-9a53-0d6a2f3b4c5d";
const TWO = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
const INTENT = "16fd2706-8baf-433b-82eb-8c7fada847da";
const NOW = Date.UTC(2026, 10, 21, 9, 30);

/** An instant a number of minutes from now, as coord writes it. */
function iso(minutes: number): string {
  return new Date(NOW + minutes * 60_000).toISOString();
}

/** The same as Muse writes it. */
function at(minutes: number): string {
  return iso(minutes).replace("Z", "123+00:00");
}

/** A repository in which Muse's agents have reserved, meant, beaten and released. */
function repository() {
  const folder = scratch();
  const root = `${folder.path}/.muse/coordination`;
  const { fs } = fakeHost();
  const put = (name: string, record: JsonObject) => {
    fs.makeDir(`${root}/${name.split("/")[0]}`);
    const path = `${root}/${name}.json`;
    fs.remove(path);
    // Python's json.dumps(…, indent=2).
    fs.createNew(path, new TextEncoder().encode(JSON.stringify(record, undefined, 2)));
  };
  const read = (name: string): JsonObject => {
    const value: unknown = JSON.parse(new TextDecoder().decode(fs.read(`${root}/${name}.json`)));
    assert_(isObject(value));
    return value;
  };
  fs.makeDir(root);
  fs.createNew(`${folder.path}/.muse/HEAD`, new TextEncoder().encode("refs/heads/feature\n"));
  const plan = { schema_version: 1, branch: "main", operation: "modify" };
  const lasts = { created_at: at(-90), expires_at: at(-30) };
  put(`reservations/${ONE}`, {
    ...{ ...plan, ...lasts, reservation_id: ONE, run_id: "muse-1" },
    addresses: ["src/billing.py::compute_total"],
    muse_note: { kept: true },
  });
  put(`heartbeats/${ONE}`, {
    ...{ schema_version: 1, reservation_id: ONE, run_id: "muse-1", muse_note: "kept" },
    ...{ last_beat_at: at(-10), extended_expires_at: at(50) },
  });
  put(`reservations/${TWO}`, {
    ...{ ...plan, ...lasts, reservation_id: TWO, run_id: "muse-2", operation: null },
    ...{ addresses: ["src/auth.py::refresh"], expires_at: at(60) },
  });
  put(`releases/${TWO}`, {
    ...{ schema_version: 1, reservation_id: TWO, run_id: "muse-2" },
    ...{ released_at: at(-5), reason: "completed" },
  });
  put(`intents/${INTENT}`, {
    ...{ schema_version: 1, intent_id: INTENT, reservation_id: "", run_id: "muse-3" },
    ...{ branch: "main", addresses: ["src/billing.py"], operation: "delete" },
    ...{ detail: "unused", created_at: at(-20) },
  });
  const call = async (...args: string[]): Promise<JsonObject> => {
    const host = fakeHost({ args: [...args, "--json"], cwd: folder.path });
    await main(host, () => NOW);
    const value: unknown = JSON.parse(host.out);
    assert_(isObject(value));
    assertEquals(value["warnings"], []);
    return value;
  };
  return { put, read, call, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

it("list reads what Muse wrote, its heartbeats and releases counted, unknown fields kept", async () => {
  using muse = repository();
  const { reservations, intents } = await muse.call("list");
  assertEquals([reservations, intents] as unknown, [
    [{
      ...{ reservation_id: ONE, run_id: "muse-1", branch: "main" },
      addresses: ["src/billing.py::compute_total"],
      ...{ created_at: at(-90), expires_at: iso(50) },
      ...{ operation: "modify", schema_version: 1, muse_note: { kept: true } },
      ...{ status: "live", last_beat_at: at(-10), released_at: null, reason: null },
    }],
    [{
      ...{ intent_id: INTENT, reservation_id: null, run_id: "muse-3", branch: "main" },
      ...{ addresses: ["src/billing.py"], operation: "delete", detail: "unused" },
      ...{ created_at: at(-20), schema_version: 1, status: "live" },
    }],
  ]);
  const all = await muse.call("list", "--all", "--run-id", "muse-2");
  assertMatch(JSON.stringify(all), /"status":"released".*"reason":"completed"/);
});

/** Muse's reservations are notices. */
const STRICT = ["--run-id", "a", "--exclusive", "--strict"];

it("forecast and reserve count Muse's records", async () => {
  using muse = repository();
  const { conflicts } = await muse.call("forecast");
  assertEquals(
    (conflicts as JsonObject[]).map(({ type, agents }) => [type, agents]),
    [["operation_conflict", ["muse-3", "muse-1"]], ["scope_overlap", ["muse-3", "muse-1"]]],
  );
  const refused = await muse.call("reserve", "src/billing.py", ...STRICT);
  assertEquals(refused["status"], "conflict");
  assertEquals(refused["conflicts"], [{
    ...{ kind: "reservation", exclusive: false },
    ...{ address: "src/billing.py", their_address: "src/billing.py::compute_total" },
    ...{ reservation_id: ONE, run_id: "muse-1", branch: "main", operation: "modify" },
    expires_at: iso(50),
  }]);
  const free = await muse.call("reserve", "src/auth.py", "--run-id", "a", "--exclusive");
  assertEquals([free["status"], free["branch"]], ["reserved", "feature"]);
});

it("what is written has the fields of Muse's records", async () => {
  using muse = repository();
  const { reservation_id: id } = await muse.call("reserve", "lib", "--run-id", "a", "--op", "move");
  const hex = String(id).slice("sha256:".length);
  const { nonce: _nonce, exclusive: _exclusive, ...reservation } = muse.read(`reservations/${hex}`);
  const [now, later] = [iso(0), iso(60)];
  assertEquals(reservation, {
    ...{ reservation_id: String(id), run_id: "a", branch: "feature", addresses: ["lib"] },
    ...{ created_at: now, expires_at: later, operation: "move" },
  });
  await muse.call("heartbeat", hex, "--run-id", "a");
  const { beat: _beat, ...heartbeat } = muse.read(`heartbeats/${hex}`);
  const who = { reservation_id: String(id), run_id: "a" };
  assertEquals(heartbeat, { ...who, last_beat_at: now, extended_expires_at: later });
  await muse.call("release", hex, "--run-id", "a", "--reason", "superseded");
  assertEquals(muse.read(`releases/${hex}`), { ...who, released_at: now, reason: "superseded" });
  const meant = await muse.call("intent", "lib", "--op", "split", "--run-id", "a");
  const stem = String(meant["intent_id"]).slice("sha256:".length);
  const { nonce: _random, ...intent } = muse.read(`intents/${stem}`);
  assertEquals(intent, {
    ...{ intent_id: String(meant["intent_id"]), reservation_id: null, run_id: "a" },
    ...{ branch: "feature", addresses: ["lib"], operation: "split", detail: "", created_at: now },
  });
});

it("heartbeat and release of Muse's reservation go under its UUID and keep what Muse wrote", async () => {
  using muse = repository();
  const refused = await muse.call("heartbeat", ONE, "--run-id", "a");
  assertEquals(refused["status"], "not_holder");
  const beat = await muse.call("heartbeat", ONE.slice(0, 8), "--run-id", "muse-1");
  assertEquals([beat["status"], beat["reservation_id"]], ["ok", ONE]);
  const { extended_expires_at, last_beat_at, muse_note, schema_version } = muse.read(
    `heartbeats/${ONE}`,
  );
  assertEquals([last_beat_at, extended_expires_at, muse_note, schema_version], [
    iso(0),
    iso(60),
    "kept",
    1,
  ]);
  assertEquals(
    (await muse.call("heartbeat", TWO, "--run-id", "muse-2"))["status"],
    "already_released",
  );
  assertEquals((await muse.call("release", ONE, "--run-id", "muse-1"))["status"], "released");
  assertEquals(muse.read(`releases/${ONE}`), {
    ...{ reservation_id: ONE, run_id: "muse-1", reason: "completed" },
    released_at: iso(0),
  });
});

it("Muse's heartbeat and release of our reservation count", async () => {
  using muse = repository();
  const { reservation_id } = await muse.call("reserve", "lib", "--run-id", "a", "--ttl", "60");
  const id = String(reservation_id);
  const hex = id.slice("sha256:".length);
  const who = { schema_version: 1, reservation_id: id, run_id: "a" };
  muse.put(`heartbeats/${hex}`, { ...who, last_beat_at: at(0), extended_expires_at: at(90) });
  const [item] = (await muse.call("list", "--run-id", "a"))["reservations"] as JsonObject[];
  assertEquals(item?.["expires_at"], iso(90));
  muse.put(`releases/${hex}`, { ...who, released_at: at(0), reason: "cancelled" });
  assertEquals((await muse.call("list", "--run-id", "a"))["total"], 0);
  const again = await muse.call("release", hex, "--run-id", "a");
  assertEquals(again["status"], "already_released");
});
