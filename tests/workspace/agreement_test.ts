/** What a team agrees on in coord.json holds for the library as for the command line. */
import { initWorkspace } from "../../src/adapters/fs/layout.ts";
import { openFilesOn } from "../../src/workspace/open.ts";
import { assertEquals, assertRejects, it } from "../deps.ts";
import { fakeHost } from "../support/fake/host.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const NOW = Date.parse("2026-11-21T09:00:00Z");

/** A workspace in a project with this coord.json, opened in that project. */
function opened(config: string) {
  const dir = makeTempDir();
  const host = fakeHost({ cwd: dir });
  initWorkspace(host, dir);
  host.fs.createNew(`${dir}/coord.json`, new TextEncoder().encode(config));
  return { dir, coord: openFilesOn(host, { dir, clock: () => NOW }) };
}

/** Seconds until an instant. */
function secondsTo(instant: string): number {
  return (Date.parse(instant) - NOW) / 1000;
}

it("calls take what they are not given from coord.json", async () => {
  const { coord } = opened('{"ttl": 600, "claim_ttl": 90, "retention": 5}');
  const { reservations, tasks } = coord;
  await tasks.enqueueAll([{ title: "one" }, { title: "two" }, { title: "three" }]);
  const reserved = await reservations.reserve({ addresses: ["a"] });
  const given = await reservations.reserve({ addresses: ["b"], ttl: 60 });
  const claimed = await tasks.claim({ runId: "A" });
  const claimedFor = await tasks.claim({ runId: "A", claimTtl: 30 });
  await using held = await reservations.hold({ addresses: ["c"], runId: "A" });
  await using task = await tasks.hold({ runId: "A" });
  assertEquals({
    reserved: reserved.status === "reserved" && secondsTo(reserved.expires_at),
    given: given.status === "reserved" && secondsTo(given.expires_at),
    claimed: claimed.status === "claimed" && secondsTo(claimed.expires_at),
    claimedFor: claimedFor.status === "claimed" && secondsTo(claimedFor.expires_at),
    held: held.status === "held" && secondsTo(held.expiresAt),
    task: task.status === "held" && secondsTo(task.expiresAt),
    grace: (await coord.gc()).grace_seconds,
    failedGrace: (await coord.gc()).failed_grace_seconds,
    graceGiven: (await coord.gc({ grace: 7 })).failed_grace_seconds,
  }, {
    reserved: 600,
    given: 60,
    claimed: 90,
    claimedFor: 30,
    held: 600,
    task: 90,
    grace: 5,
    failedGrace: 5,
    graceGiven: 7,
  });
});

it("gc() keeps failed and cancelled tasks for 90 days where no grace is given", async () => {
  const { coord } = opened("{}");
  const { grace_seconds, failed_grace_seconds } = await coord.gc();
  assertEquals([grace_seconds, failed_grace_seconds], [7 * 86_400, 90 * 86_400]);
});

it("config() says what holds, and who says so", async () => {
  const { dir, coord } = opened('{"ttl": 600, "worktrees": "block"}');
  assertEquals(await coord.config(), {
    path: `${dir}/coord.json`,
    values: [
      { key: "ttl", value: 600, source: "coord.json" },
      { key: "claim_ttl", value: 3600, source: "default" },
      { key: "retention", value: 604_800, source: "default" },
      { key: "worktrees", value: "block", source: "coord.json" },
      { key: "store", value: "files", source: "default" },
    ],
  });
});

it("a call that needs what coord.json says fails where that is wrong, and no other", async () => {
  const { dir, coord: { tasks } } = opened('{"claim_ttl": 0}');
  const error = await assertRejects(() => tasks.claim({ runId: "A" }));
  assertEquals(
    [(error as { code?: unknown }).code, (error as Error).message],
    ["bad_args", `${dir}/coord.json claim_ttl must be between 1 and 86400, got 0`],
  );
  assertEquals((await tasks.claim({ runId: "A", claimTtl: 60 })).status, "empty");
});

it("coord.json is that of the workspace's checkout where the caller stands in another repository", async () => {
  const { dir, coord } = opened('{"ttl": 600}');
  const other = makeTempDir();
  const { fs } = fakeHost();
  for (const folder of [dir, other]) fs.makeDir(`${folder}/.git`);
  fs.createNew(`${other}/coord.json`, new TextEncoder().encode('{"ttl": 7}'));
  const pathOf = async (cwd: string) => {
    const { path } = await openFilesOn(fakeHost({ cwd }), { dir }).config();
    return path;
  };
  assertEquals(await pathOf(other), `${dir}/coord.json`);
  assertEquals((await coord.config()).path, `${dir}/coord.json`);
  // A workspace that lies by itself has none, so the caller's counts.
  const alone = initWorkspace(fakeHost(), makeTempDir()).path;
  const moved = `${makeTempDir()}/w`;
  fs.rename(alone, moved);
  const { path } = await openFilesOn(fakeHost({ cwd: other }), { dir: moved }).config();
  assertEquals(path, `${other}/coord.json`);
});
