/** What heartbeats of a claim leave in `claims/`. */
import { ClaimFiles } from "../../../../src/adapters/fs/task/claim_files.ts";
import { transition } from "../../../../src/adapters/fs/task/claim_chain.ts";
import { Layout } from "../../../../src/adapters/fs/layout.ts";
import * as rules from "../../../../src/domain/task/claim.ts";
import { KEPT_BEATS } from "../../../../src/domain/limits.ts";
import { CoordError } from "../../../../src/domain/errors.ts";
import type { WatchEvent } from "../../../../src/domain/watch/event.ts";
import type { HostFs } from "../../../../src/ports/host.ts";
import { openFilesOn } from "../../../../src/workspace/open.ts";
import { assert_, assertEquals, assertRejects, it } from "../../../deps.ts";
import { truncate } from "../../../support/crash/power_cut.ts";
import { sized } from "../../../support/length.ts";
import { until } from "../../../support/race/processes.ts";
import { workspace } from "../../../support/scene/workspace.ts";

/** A workspace with a task that `a` has claimed, and a way to extend it at once. */
async function claimed() {
  const scene = await workspace();
  const { coord, clock, host, path } = scene;
  const { task_id: id } = await coord.tasks.enqueue({ title: "x", runId: "p", maxAttempts: 3 });
  await coord.tasks.claim({ runId: "a", claimTtl: 60 });
  const files = new ClaimFiles(host.fs, new Layout(path), () => {});
  const hex = id.slice(7);
  /** Extends the claim a number of times, and fails if that is refused. */
  const beat = (times: number) => {
    for (let n = 0; n < times; n++) {
      const rule = rules.extend({ taskId: id, runId: "a", now: clock.now() });
      const outcome = transition(files, hex, rule);
      if (outcome.kind !== "written") throw new Error(JSON.stringify(outcome));
      files.follow(outcome);
    }
  };
  return { ...scene, id, hex, beat };
}

it("heartbeats leave 34 files at most while their claim lives, and its history", async () => {
  const { coord, clock, id, hex, beat, names, open } = await claimed();
  await coord.tasks.fail({ id, runId: "a", error: "of the first" });
  clock.advance(3_600);
  await coord.tasks.claim({ runId: "a", claimTtl: 60 });
  const before = names("claims").length;
  let most = 0;
  const beats = sized(200, 1_000, 20_000);
  for (let n = 0; n < beats; n += 25) {
    clock.advance(1);
    beat(n % 100 + 1);
    beat(24 - n % 100 % 25);
    most = Math.max(most, names("claims").length - before);
  }
  assert_(most > KEPT_BEATS && most <= 2 * KEPT_BEATS + 2, `${most} files of heartbeats`);
  const { claim } = await open().tasks.get(id);
  assertEquals(claim?.earlier_attempts?.map(({ error }) => error), ["of the first"]);
  assertEquals(claim?.attempt, 2);
  assert_((claim?.transition ?? 0) > beats);
  assertEquals((await coord.tasks.complete({ id, runId: "a" })).status, "completed");
  assertEquals(names("claims"), [`${hex}.end`, `${hex}.json`]);
});

it("a process that slept while a claim was extended does not take a slot that went", async () => {
  const { host, dir, path, clock, coord, names, id, hex, beat } = await claimed();
  beat(4);
  const taken: string[] = [];
  const link: HostFs["link"] = (from, to) => {
    if (to.startsWith(`${path}/claims/`) && taken.push(to) === 1) {
      beat(3 * KEPT_BEATS);
      assertEquals(names("claims").includes(`${hex}.6`), false, "it was removed");
    }
    return host.fs.link(from, to);
  };
  const slow = openFilesOn({ ...host, fs: { ...host.fs, link } }, {
    dir,
    clock: () => clock.now() + 61_000,
  });
  await slow.tasks.claim({ runId: "b" });
  assertEquals(taken[0], `${path}/claims/${hex}.6`);
  assertEquals(names("claims").includes(`${hex}.6`), false, "it was taken back");
  const { claim } = await coord.tasks.get(id);
  assertEquals([claim?.claimer_run_id, claim?.transition], ["b", 6 + 3 * KEPT_BEATS]);
});

it("a claim of which slots went is found without its view, and after a power cut", async () => {
  const { path, coord, hex, id, beat, read, write, open } = await claimed();
  const grant = read(`claims/${hex}.json`);
  beat(3);
  const old = read(`claims/${hex}.json`);
  beat(3 * KEPT_BEATS);
  const newest = (await coord.tasks.get(id)).claim;
  assertEquals(newest?.transition, 4 + 3 * KEPT_BEATS);
  for (const view of [grant, old]) {
    write(`claims/${hex}.json`, view);
    assertEquals((await open().tasks.get(id)).claim, newest);
    // The mark was not on the disk.
    truncate(`${path}/claims/${hex}.2`, 0);
    assertEquals((await open().tasks.get(id)).claim, newest);
    const { findings } = await open().fsck({ repair: true });
    assertEquals(findings.map(({ file }) => file), [`claims/${hex}.2`]);
    assertEquals((await open().tasks.get(id)).claim, newest);
  }
  write(`claims/${hex}.json`, old);
  beat(1);
  assertEquals((await open().tasks.get(id)).claim?.transition, 5 + 3 * KEPT_BEATS);
  assertEquals(JSON.parse(read(`claims/${hex}.json`)).transition, 5 + 3 * KEPT_BEATS);
});

it("the stream gives each sign of life once, and nothing for what goes with it", async () => {
  const { coord, beat, clock, id } = await claimed();
  // The first that removes slots comes in between.
  const first = 2 * KEPT_BEATS - 6;
  beat(first - 1);
  const events: WatchEvent[] = [];
  const abort = new AbortController();
  const running = (async () => {
    const options = { kinds: ["claim"] as const, signal: abort.signal };
    for await (const event of coord.watch(options)) events.push(event);
  })();
  await until("the claim is given", () => events.length === 1);
  for (let n = 2; n <= 14; n++) {
    clock.advance(1);
    beat(1);
    await until(`sign ${n - 1} is given`, () => events.length === n);
  }
  await coord.tasks.complete({ id, runId: "a" });
  await until("the end is given", () => events.length === 15);
  abort.abort();
  await running;
  const numbers = events.map(({ data }) => (data as { transition?: number }).transition);
  assertEquals(numbers, Array.from({ length: 15 }, (_, n) => n + first));
});

it("an end that says that the task goes on did not happen, and fsck finds it", async () => {
  const { coord, hex, id, beat, read, write, open } = await claimed();
  beat(4);
  write(`claims/${hex}.end`, read(`claims/${hex}.json`));
  const { expires_at: before } = (await coord.tasks.get(id)).claim ?? {};
  const { status } = await open().tasks.heartbeat({ id, runId: "a" });
  assertEquals(status, "ok");
  assert_(before !== undefined);
  const { findings } = await open().fsck({ repair: true });
  assertEquals(
    findings.map(({ file, class: kind, reason, remedy }) => [file, kind, reason, remedy]),
    [
      [`claims/${hex}.end`, "broken", 'says "claimed", which is no end', "later"],
    ],
  );
});

it("claim() skips a task that none can move on, and takes another one", async () => {
  const { coord, clock, host, dir, path, hex, id, beat, warnings } = await claimed();
  beat(4);
  const { task_id: other } = await coord.tasks.enqueue({ title: "y", runId: "p" });
  clock.advance(7_200);
  // Each slot is taken, and no state that can be read is in one.
  const link: HostFs["link"] = (from, to) =>
    !to.startsWith(`${path}/claims/${hex}.`) && host.fs.link(from, to);
  const warn = (text: string) => warnings.push(text);
  const late = openFilesOn({ ...host, fs: { ...host.fs, link } }, {
    dir,
    clock: clock.now,
    onWarning: warn,
  });
  const claim = await late.tasks.claim({ runId: "b" });
  assertEquals(claim.status === "claimed" && claim.task_id, other);
  assertEquals((await late.tasks.claim({ runId: "b" })).status, "empty");
  const message =
    `Cannot move task ${id} on: claims/${hex}.json and its other files contradict one another: ` +
    'run "coord fsck"';
  assertEquals(new Set(warnings), new Set([`${message}: skipped`]));
});

it("fsck names all files of a task that cannot move on, and the call the one that it met", async () => {
  const { coord, host, path, hex, id, read, write, open } = await claimed();
  await coord.tasks.fail({ id, runId: "a", error: "x", final: true });
  await coord.tasks.requeue({ ids: [id], runId: "p" });
  write(`claims/${hex}.end.2`, read(`claims/${hex}.end`));
  const error = await assertRejects(
    () => open().tasks.requeue({ ids: [id], runId: "p" }),
    CoordError,
    `claims/${hex}.3 and its other files contradict one another: run "coord fsck"`,
  );
  assertEquals((error as CoordError).details, { reason: "damaged", file: `claims/${hex}.3` });
  const { findings } = await open().fsck({ repair: true });
  const reason = "and the other files of its task contradict one another: .end, .end.2, .json";
  const next =
    "Look at all its files: any of them may be the wrong one. Move that one out of claims/, " +
    "and check again.";
  assertEquals(
    findings.map((
      { class: kind, file, reason, remedy, next },
    ) => [kind, file, reason, remedy, next]),
    [["stuck", `claims/${hex}.3`, reason, "hand", next]],
  );
  // The end was the wrong one.
  host.fs.remove(`${path}/claims/${hex}.end.2`);
  assertEquals((await open().fsck({})).status, "sound");
});
