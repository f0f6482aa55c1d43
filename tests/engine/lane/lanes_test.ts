import { assert_, assertEquals, assertMatch, it } from "../../deps.ts";
import type { CoordError } from "../../../mod.ts";
import type { LaneAcquired, LaneAcquireInput } from "../../../src/engine/lane/types.ts";
import { formatTime } from "../../../src/domain/time.ts";
import { workspace } from "../../support/scene/workspace.ts";

type Scene = Awaited<ReturnType<typeof workspace>>;

const JOURNAL = "lanes/lane-journal.jsonl";

/** The journal's entries, as some of their fields. */
function entries(scene: Scene, ...fields: readonly string[]): unknown[][] {
  if (!scene.names("lanes").includes("lane-journal.jsonl")) return [];
  return scene.read(JOURNAL).trim().split("\n").map((line) => JSON.parse(line))
    .map((entry) => fields.map((field) => entry[field]));
}

const ops = (scene: Scene) => entries(scene, "op").flat();

async function granted(scene: Scene, input: LaneAcquireInput): Promise<LaneAcquired> {
  const answer = await scene.coord.lanes.acquire(input);
  if (answer.status !== "acquired") throw new Error(`not acquired: ${answer.error}`);
  return answer;
}

const caught = (promise: Promise<unknown>) =>
  promise.then(() => undefined, (error: CoordError) => error);

it("request() grants a free lane, and the grant is on the disk", async () => {
  const scene = await workspace();
  const grant = await granted(scene, {
    lane: "api",
    tree: ["src/api/**"],
    owner: "agent 1",
    kind: "cluster",
    ttl: 60,
    loopTs: "k1",
    runId: "run-1",
  });
  assertEquals(grant, {
    status: "acquired",
    outcome: "acquire",
    lane: "api",
    lane_kind: "cluster",
    tree: ["src/api/**"],
    owner: "agent 1",
    loop_ts: "k1",
    fence: 1,
    journaled: true,
    reason: "free",
    conflicts: [],
    ttl_seconds: 60,
    acquired_at: "2026-11-21T09:30:00.000Z",
    expires_at: "2026-11-21T09:31:00.000Z",
    scavenged: [],
  });
  assertEquals(entries(scene, "op", "seq", "base_seq", "lane", "loop_ts"), [
    ["ACQUIRE", 1, 0, "api", "k1"],
  ]);
  const { leases } = await scene.open().lanes.live();
  assertEquals(leases.map(({ holder, run_id, pid }) => [holder, run_id, pid]), [
    ["agent 1", "run-1", null],
  ]);
});

it("request() refuses what overlaps, names a path in both trees, and journals why", async () => {
  const scene = await workspace();
  await granted(scene, { lane: "api", tree: ["src/api/**"], owner: "a" });
  const answer = await scene.open().lanes.acquire({
    lane: "docs",
    tree: ["**/*.md"],
    owner: "b",
    loopTs: "k",
  });
  assertEquals(answer.status === "refused" && answer.conflicts, [{
    kind: "lane",
    lane: "api",
    holder: "a",
    run_id: "a",
    fence: 1,
    expires_at: formatTime(scene.clock.now() + 3_000_000),
    their_tree: ["src/api/**"],
    our_tree: ["**/*.md"],
    witness: "src/api/.md",
  }]);
  assertEquals(answer.status === "refused" && [answer.outcome, answer.fence, answer.journaled], [
    "refuse",
    null,
    false,
  ]);
  const [, refusal] = entries(scene, "op", "lane", "holder", "reason_class", "loop_ts");
  assertEquals(refusal, ["REFUSE", "docs", "b", "overlapping", "k"]);
});

it("request() refuses a held lane also to its own owner, unless the key is the same", async () => {
  const scene = await workspace();
  const first = await granted(scene, { lane: "api", tree: ["a"], owner: "x", loopTs: "k1" });
  const other = await scene.open().lanes.acquire({ lane: "api", tree: ["a"], owner: "x" });
  assertEquals(other.status, "refused");
  const before = ops(scene);
  const again = await granted(scene, { lane: "api", tree: ["a"], owner: "x", loopTs: "k1" });
  assertEquals([again.fence, again.loop_ts], [first.fence, "k1"]);
  assertEquals(ops(scene), before);
});

it("request() gives a named lane or a refusal, and picks only when no lane is named", async () => {
  const scene = await workspace();
  scene.write(
    "lanes.json",
    JSON.stringify({
      lanes: { api: { tree: ["src/api/**"] }, web: { tree: ["src/web/**"], kind: "k" } },
      autopick: ["api", "web"],
    }),
  );
  await granted(scene, { lane: "api", owner: "a" });
  assertEquals((await scene.coord.lanes.acquire({ lane: "api", owner: "b" })).status, "refused");
  const picked = await granted(scene, { lane: "", owner: "b" });
  assertEquals([picked.lane, picked.lane_kind, picked.tree], ["web", "k", ["src/web/**"]]);
  const none = await scene.coord.lanes.acquire({ owner: "c" });
  assertEquals(
    none.status === "refused" && none.conflicts.map((each) => each.kind === "lane" && each.lane),
    ["api", "web"],
  );
  const unknown = await scene.coord.lanes.acquire({ lane: "nope", owner: "c", wait: 60 });
  assertMatch(unknown.status === "refused" ? unknown.reason : "", /does not name it/);
});

it("acquire() reports all that is wrong with lanes.json and with its input, and touches nothing", async () => {
  const scene = await workspace();
  scene.write(
    "lanes.json",
    `{"lanes":{"api":{"tree":["../x"],"exclusiv":true}},"autopick":["no"]}`,
  );
  const wrong = await caught(scene.coord.lanes.acquire({ lane: "api", owner: "a" }));
  assertEquals(wrong?.code, "bad_args");
  assertMatch(
    wrong?.message ?? "",
    /lanes\.json": .*\.\.\/x.*; .*exclusiv .*; autopick holds "no"/,
  );
  const input = { lane: "a\nb", tree: ["/abs", ""], owner: "unknown", ttl: 0, lockTimeout: -1 };
  const bad = await caught(scene.coord.lanes.acquire(input));
  const fields = (bad?.details["problems"] as { field: string }[]).map(({ field }) => field);
  assertEquals(fields, ["lane", "tree", "owner", "ttl", "lockTimeout"]);
  const far = { ...input, lane: "a", tree: ["/abs", "a/../../b"] };
  const left = (await caught(scene.coord.lanes.acquire(far)))?.message.split("; ") ?? [];
  assertEquals(left.map((each) => each.split(" ")[0]), [
    "owner",
    "ttl",
    "lockTimeout",
    "tree",
    "tree",
  ]);
  assertEquals(scene.names("lanes"), []);
});

it("request() evicts a dead lease with evidence, and its fence is stale from then on", async () => {
  const scene = await workspace();
  const old = await granted(scene, { lane: "api", tree: ["a/**"], owner: "dead", ttl: 60 });
  scene.clock.advance(360);
  assertEquals(
    (await scene.coord.lanes.acquire({ lane: "x", tree: ["a/b"], owner: "b" })).status,
    "refused",
  );
  scene.clock.advance(0.001);
  const grant = await granted(scene, { lane: "x", tree: ["a/b"], owner: "b" });
  assertEquals(grant.scavenged, [{
    lane: "api",
    holder: "dead",
    fence: old.fence,
    evidence: {
      last_beat_at: "2026-11-21T09:30:00.000Z",
      silent_seconds: 360,
      ttl_seconds: 60,
      grace_seconds: 300,
      pid_alive: null,
    },
  }]);
  assertEquals(ops(scene), ["ACQUIRE", "REFUSE", "SCAVENGE", "ACQUIRE"]);
  const { lanes } = scene.coord;
  assertEquals((await lanes.check({ lane: "api", fence: old.fence })).status, "stale_fence");
  assertEquals((await lanes.check({ lane: "x", fence: grant.fence })).status, "current");
  assertEquals((await lanes.heartbeat({ lane: "api", owner: "dead" })).status, "not_holder");
});

it("release() ends the holder's lease alone", async () => {
  const scene = await workspace();
  const { lanes } = scene.coord;
  const { fence } = await granted(scene, { lane: "api", tree: ["a"], owner: "a", loopTs: "k" });
  assertEquals(await lanes.release({ lane: "api", owner: "b" }), {
    status: "not_holder",
    lane: "api",
    error: `Cannot release lane "api": holder is "a", caller is "b"`,
  });
  assertEquals(
    (await lanes.release({ lane: "api", owner: "a", loopTs: "z" })).status,
    "not_holder",
  );
  assertEquals((await lanes.release({ lane: "api", owner: "a", fence: 9 })).status, "stale_fence");
  assertEquals(ops(scene), ["ACQUIRE"]);
  assertEquals(await lanes.release({ lane: "api", owner: "a" }), {
    status: "released",
    lane: "api",
    owner: "a",
    loop_ts: "k",
    fence,
  });
  assertEquals(await lanes.release({ lane: "api", owner: "a" }), {
    status: "not_holder",
    lane: "api",
    error: `Cannot release lane "api": no agent holds it`,
  });
});

it("heartbeat() keeps the holder's lease, and writes nothing when the last one is young", async () => {
  const scene = await workspace();
  const { lanes } = scene.coord;
  await granted(scene, { lane: "api", tree: ["a"], owner: "a", ttl: 60 });
  assertEquals((await lanes.heartbeat({ lane: "api", owner: "A" })).status, "not_holder");
  scene.clock.advance(30);
  const young = await lanes.heartbeat({ lane: "api", owner: "a", coalesceWithin: 31 });
  assertEquals(young.status === "ok" && [young.coalesced, young.heartbeat_at], [
    true,
    "2026-11-21T09:30:00.000Z",
  ]);
  const beat = await lanes.heartbeat({ lane: "api", owner: "a", coalesceWithin: 30 });
  assertEquals(beat.status === "ok" && [beat.coalesced, beat.heartbeat_at], [
    false,
    "2026-11-21T09:30:30.000Z",
  ]);
  assertEquals(ops(scene), ["ACQUIRE", "HEARTBEAT"]);
  scene.clock.advance(359);
  assertEquals((await lanes.live()).live, 1);
  scene.clock.advance(2);
  assertEquals([(await lanes.live()).live, (await lanes.live({ all: true })).leases.length], [
    0,
    1,
  ]);
});

it("adopt() gives the lease to another holder, whose predecessor cannot act any more", async () => {
  const scene = await workspace();
  const { lanes } = scene.coord;
  const { fence } = await granted(scene, { lane: "api", tree: ["a"], owner: "a", loopTs: "k" });
  const adopted = await lanes.adopt({ lane: "api", owner: "boss" });
  assertEquals(adopted, {
    status: "adopted",
    lane: "api",
    owner: "boss",
    previous_owner: "a",
    loop_ts: "k",
    fence: fence + 1,
  });
  assertEquals((await lanes.heartbeat({ lane: "api", owner: "a" })).status, "not_holder");
  assertEquals((await lanes.check({ lane: "api", fence })).status, "stale_fence");
  assertEquals((await lanes.release({ lane: "api", owner: "boss" })).status, "released");
  assertEquals((await lanes.adopt({ lane: "api", owner: "boss" })).status, "refused");
});

it("spawn() and halt() record what an agent decided, and hold or end nothing", async () => {
  const scene = await workspace();
  const { lanes } = scene.coord;
  assertEquals(
    await lanes.spawn({ lane: "api", owner: "a", loopTs: "k", reason: "soon\u2028now" }),
    {
      status: "recorded",
      recorded: true,
      lane: "api",
      owner: "a",
      loop_ts: "k",
    },
  );
  const { fence } = await granted(scene, { lane: "web", tree: ["w"], owner: "w", pid: 77 });
  const halt = await lanes.halt({ handle: "77", command: "kill it\u2029", reason: "\u0085stuck" });
  assertEquals(halt.status === "recorded" && [halt.lane, halt.command], ["web", "kill it\u2029"]);
  const other = await lanes.halt({ handle: "container-1" });
  assertEquals(other.status === "recorded" && [other.lane, other.command], ["", null]);
  assertEquals((await lanes.check({ lane: "web", fence })).status, "current");
  assertEquals(ops(scene), ["SPAWN", "ACQUIRE", "HALT", "HALT"]);
  // A reader that splits lines generously sees the same lines.
  assertEquals(scene.read(JOURNAL).trim().split(/[\n\v\f\r\x85\u2028\u2029]/).length, 4);
});

it("arbitrate() answers as an acquisition would, and writes nothing", async () => {
  const scene = await workspace();
  await granted(scene, { lane: "api", tree: ["a/**"], owner: "dead", ttl: 1 });
  const before = ops(scene);
  const { lanes } = scene.coord;
  const no = await lanes.arbitrate({ lane: "b", tree: ["a/b"], owner: "b" });
  const [first] = no.conflicts;
  assertEquals(first?.kind === "lane" && first.witness, "a/b");
  assertEquals([no.status, no.journaled], ["refused", false]);
  scene.clock.advance(400);
  const yes = await lanes.arbitrate({ lane: "b", tree: ["a/b"], owner: "b" });
  assertEquals([yes.status, yes.outcome, yes.fence], ["free", "acquire", null]);
  assertEquals(yes.scavenged.map(({ lane }) => lane), ["api"]);
  assertEquals(ops(scene), before);
});

it("liveness() counts commits in the checkout's log of HEAD, and does without", async () => {
  const scene = await workspace();
  const { lanes } = scene.coord;
  await granted(scene, { lane: "api", tree: ["a"], owner: "a" });
  assertEquals((await caught(lanes.liveness({ lane: "web" })))?.code, "not_found");
  scene.clock.advance(3_600);
  const stalled = await lanes.liveness({ lane: "api", since: "abcd" });
  assertEquals([stalled.verdict, stalled.evidence.commits], ["STALLED", null]);
  assertMatch(scene.warnings.join("\n"), /abcd is not in the checkout's log/);
  await lanes.heartbeat({ lane: "api", owner: "a" });
  assertEquals((await lanes.liveness({ lane: "api" })).verdict, "SPINNING");
  assertEquals((await lanes.liveness({ lane: "api", grace: 7_200 })).verdict, "ADVANCING");
  const { fs } = scene.host;
  fs.makeDir(`${scene.dir}/.git/logs`);
  const [a, b] = ["a", "b"].map((digit) => digit.repeat(40));
  const seconds = scene.clock.now() / 1000 - 10;
  const log = `${"0".repeat(40)} ${a} A <a@b> ${seconds - 99} +0000\tcommit (initial): x\n` +
    `${a} ${b} A <a@b> ${seconds} +0000\tcommit: y\n`;
  fs.createNew(`${scene.dir}/.git/logs/HEAD`, new TextEncoder().encode(log));
  const { verdict, evidence } = await lanes.liveness({ lane: "api", since: "aaaaaaa" });
  assertEquals([verdict, evidence.commits, evidence.commit_age_s], ["ADVANCING", 1, 10]);
  assertEquals((await lanes.liveness({ lane: "api", since: "bbbb" })).evidence.commits, 0);
});

it("request() goes on with a journal in which lines are broken, and says so", async () => {
  const scene = await workspace();
  await granted(scene, { lane: "api", tree: ["a"], owner: "a" });
  const path = `${scene.path}/${JOURNAL}`;
  scene.host.fs.append(path, new TextEncoder().encode(`{"op":"ACQUIRE","la\n`));
  const answer = await scene.open().lanes.acquire({ lane: "b", tree: ["b"], owner: "b" });
  assertEquals(answer.status === "acquired" && answer.fence > 1, true);
  assertMatch(scene.warnings.join("\n"), /Line 2 of ".*lane-journal.jsonl" is not JSON/);
  const verdict = await scene.coord.journal.verify();
  assertEquals([verdict.status, verdict.problems.length, verdict.entries], ["damaged", 1, 2]);
});

it("status() returns how many leases are live", async () => {
  const scene = await workspace();
  await granted(scene, { lane: "api", tree: ["a"], owner: "a", ttl: 1 });
  await granted(scene, { lane: "web", tree: ["b"], owner: "b" });
  assertEquals((await scene.coord.status()).live_leases, 2);
  scene.clock.advance(400);
  assertEquals((await scene.coord.status()).live_leases, 1);
  assert_(!("lanes" in (await scene.coord.status()).records));
});

it("LaneJournal folds, shows and compacts, and what it comes to stays the same", async () => {
  const scene = await workspace();
  const { journal, lanes } = scene.coord;
  assertEquals(await journal.compact(), {
    status: "nothing_to_compact",
    journal: `${scene.path}/${JOURNAL}`,
    entries_before: 0,
    entries_after: 0,
    bytes_reclaimed: 0,
    archive: null,
  });
  for (let n = 0; n < 5; n++) {
    await granted(scene, { lane: `l${n}`, tree: [`t${n}`], owner: "a" });
    if (n > 0) await lanes.release({ lane: `l${n}`, owner: "a" });
  }
  const before = await journal.replay();
  const tail = await journal.tail({ count: 2 });
  assertEquals(tail.entries.map(({ op, lane }) => [op, lane]), [["ACQUIRE", "l4"], [
    "RELEASE",
    "l4",
  ]]);
  const done = await journal.compact();
  assertEquals(done.status === "compacted" && [done.entries_before, done.entries_after], [9, 1]);
  assertEquals(await journal.replay(), before);
  assertEquals((await journal.verify()).status, "sound");
  const next = await granted(scene, { lane: "n", tree: ["n"], owner: "a" });
  assertEquals(next.fence, 10);
});

it("acquire() and adopt() warn of a process that is not there", async () => {
  const scene = await workspace();
  await granted(scene, { lane: "api", tree: ["a"], owner: "w", loopTs: "k", pid: scene.host.pid });
  assertEquals(scene.warnings, []);
  await scene.coord.lanes.adopt({ lane: "api", owner: "x", pid: 2_147_483_647 });
  await granted(scene, { lane: "web", tree: ["b"], owner: "y", pid: 2_147_483_646 });
  // Only Linux says when a process started.
  const isKnown = scene.host.processIdentity(scene.host.pid).start !== undefined;
  assertEquals(
    scene.warnings,
    isKnown
      ? [2_147_483_647, 2_147_483_646].map((pid) =>
        `There is no process ${pid}: the lease lasts until its holder was silent for too long`
      )
      : [],
  );
});
