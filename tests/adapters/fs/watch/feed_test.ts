import type { CoordError } from "../../../../src/domain/errors.ts";
import { HostError, type HostFs } from "../../../../src/ports/host.ts";
import { openFilesOn } from "../../../../src/workspace/open.ts";
import {
  assert_,
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
  it,
} from "../../../deps.ts";
import { FilesBench } from "../../../support/fake/files_bench.ts";
import { jsonOf } from "../../../support/scene/event_data.ts";
import { workspace } from "../../../support/scene/workspace.ts";

it("watchRecords() emits what changes while snapshots are read once, after all snapshots", async () => {
  const bench = new FilesBench();
  for (const id of ["a", "b", "c"]) bench.records.put("task", id, {});
  bench.records.put("claim", "a", { transition: 1 });
  bench.records.onLooked = (kind, id) => {
    if (kind !== "task" || id !== "a") return;
    bench.records.put("task", "new", {}); // not in the listing any more
    bench.records.remove("task", "b"); // gone before it was read
    bench.records.remove("task", "a"); // read already
    bench.records.put("claim", "a", { transition: 2 }); // read after this
  };
  const running = bench.start();
  await bench.time.advance(1);
  assertEquals(running.lines(), [
    "snapshot task a",
    "snapshot task c",
    "snapshot claim a",
    "added task new",
    "removed task a",
  ]);
  assertEquals(running.events[2]?.data, { transition: 2 });
  await running.stop();
});

it("watchRecords() ends after the snapshots with once and with timeout 0, starting no watch", async () => {
  const bench = new FilesBench();
  bench.records.put("task", "t", {});
  bench.records.watchable = false;
  assertEquals(await bench.emitted({ once: true, backend: "native" }), ["snapshot task t"]);
  assertEquals(await bench.emitted({ timeout: 0 }), ["snapshot task t"]);
  assertEquals(await bench.emitted({ once: true, snapshot: false }), []);
  assertEquals(bench.warnings, []);
});

it("watchRecords() frees its watch and timers however it ends", async () => {
  const bench = new FilesBench();
  bench.records.put("task", "t", {});
  for await (const _event of bench.stream()) {
    assertEquals(bench.records.watching, true);
    break;
  }
  assertEquals([bench.records.watching, bench.time.armed], [false, 0]);

  const running = bench.start();
  await bench.time.settle();
  assertEquals([bench.records.watching, bench.time.armed], [true, 1]);
  await running.stop();
  assertEquals([bench.records.watching, bench.time.armed], [false, 0]);

  const events = bench.stream({ snapshot: false })[Symbol.asyncIterator]();
  const waiting = events.next();
  await bench.time.settle();
  await events.return?.();
  assertEquals(await waiting, { done: true, value: undefined });
  assertEquals([bench.records.watching, bench.time.armed], [false, 0]);
});

it("watchRecords() reports every bad option at once, before anything is read", () => {
  const bench = new FilesBench();
  const error = assertThrows(() =>
    bench.stream({
      kinds: ["lease" as "task"],
      runId: " x",
      timeout: -1,
      maxEvents: 0,
      pollInterval: 0.001,
      backend: "kqueue" as "poll",
      cursor: "",
    })
  ) as CoordError;
  assertEquals(error.code, "bad_args");
  for (
    const field of ["kinds", "runId", "timeout", "maxEvents", "pollInterval", "backend", "cursor"]
  ) assertMatch(error.message, new RegExp(`\\b${field} `));
  assertEquals(bench.records.lists, []);
});

it("watchRecords() polls where the kernel cannot notify, and says so", async () => {
  const bench = new FilesBench();
  bench.records.watchable = false;
  bench.records.put("task", "t1", {});
  const running = bench.start({ pollInterval: 0.5 });
  await bench.time.settle();
  assertEquals(running.take(), ["snapshot task t1"]);
  assertMatch(bench.warnings.join(), /^No notification here .*looking every 0\.5 s instead$/);
  bench.records.put("task", "t2", {});
  bench.records.remove("task", "t1");
  await bench.time.advance(0.51);
  assertEquals(running.take(), ["added task t2", "removed task t1"]);
  bench.records.lists = [];
  await bench.time.advance(60);
  assertEquals(bench.records.lists, [], "an unchanged folder was listed");
  await running.stop();
});

it("watchRecords() fails where native notification is demanded and cannot be had", async () => {
  const bench = new FilesBench();
  bench.records.watchable = false;
  const error = await assertRejects(() => bench.emitted({ backend: "native" })) as CoordError;
  assertEquals([error.name, error.code], ["CoordError", "io_error"]);
});

it("watchRecords() polls while marks are unsettled, even when they stay the same", async () => {
  const bench = new FilesBench();
  bench.records.settled = false;
  const running = bench.start({ backend: "poll" });
  await bench.time.settle();
  bench.records.hide("task", "t", {});
  await bench.time.advance(1.1);
  assertEquals(running.lines(), ["added task t"]);
  await running.stop();
});

it("watchRecords() goes on by polling when notification breaks off, and misses nothing", async () => {
  const bench = new FilesBench();
  const running = bench.start();
  await bench.time.settle();
  bench.records.hinting = false;
  bench.records.put("task", "unheard", {});
  bench.records.breakWatch(new HostError("other", "watch", "/w/tasks"));
  await bench.time.advance(0.01);
  assertEquals(running.take(), ["added task unheard"]);
  assertMatch(bench.warnings.join(), /^Notification broke off .*looking every 1 s instead$/);
  bench.records.put("task", "later", {});
  await bench.time.advance(1);
  assertEquals(running.take(), ["added task later"]);
  await running.stop();
});

it("watchRecords() reports a folder that cannot be listed once, and goes on with the others", async () => {
  const bench = new FilesBench();
  bench.records.unlisted.add("intent");
  bench.records.put("intent", "i", {});
  bench.records.put("task", "t", {});
  const running = bench.start();
  await bench.time.advance(30);
  assertEquals(running.take(), ["snapshot task t"]);
  assertEquals(bench.warnings, [`Cannot list "intent": permission denied`]);
  bench.records.unlisted.clear();
  await bench.time.advance(6);
  assertEquals(running.take(), ["added intent i"]);
  await running.stop();
});

it("watchRecords() warns of a broken record once, and emits it when it becomes whole", async () => {
  const bench = new FilesBench();
  bench.records.break("task", "bad");
  bench.records.put("task", "good", {});
  const running = bench.start();
  await bench.time.advance(60);
  assertEquals(running.take(), ["snapshot task good"]);
  assertEquals(bench.warnings, ["task bad is broken"]);
  bench.records.put("task", "bad", { title: "whole" });
  await bench.time.settle();
  assertEquals(running.take(), ["added task bad"]);
  bench.records.break("task", "worse");
  bench.records.remove("task", "worse");
  await bench.time.advance(60);
  assertEquals([running.take(), bench.warnings.length], [[], 1]);
  await running.stop();
  assertEquals(await bench.emitted({ once: true }), ["snapshot task bad", "snapshot task good"]);
});

it("watchRecords() says nothing of a record that is whole a moment later", async () => {
  const bench = new FilesBench();
  const running = bench.start();
  await bench.time.settle();
  bench.records.break("task", "t");
  await bench.time.advance(0.1);
  bench.records.put("task", "t", {});
  await bench.time.advance(10);
  assertEquals([running.take(), bench.warnings], [["added task t"], []]);
  await running.stop();
});

it("watchRecords() finds a broken record whole again without a hint", async () => {
  const bench = new FilesBench();
  bench.records.put("heartbeat", "t", { title: "kept" });
  const running = bench.start();
  await bench.time.settle();
  running.take();
  bench.records.hinting = false;
  bench.records.break("heartbeat", "t");
  await bench.time.advance(6);
  bench.records.hide("heartbeat", "t", { title: "kept" });
  await bench.time.advance(6);
  assertEquals([running.take(), bench.warnings], [[], ["heartbeat t is broken"]]);
  bench.records.break("heartbeat", "t");
  await bench.time.advance(6);
  bench.records.remove("heartbeat", "t");
  await bench.time.advance(6);
  assertEquals(running.events.map((event) => [event.event_type, event.data]), [
    ["removed", { title: "kept" }],
  ]);
  await running.stop();
});

it("watchRecords() never lets a claim's transitions go back", async () => {
  const bench = new FilesBench();
  bench.records.put("claim", "c", { transition: 3 });
  const running = bench.start();
  await bench.time.settle();
  for (const transition of [2, 4, 1]) {
    bench.records.put("claim", "c", { transition });
    await bench.time.advance(1);
  }
  assertEquals(running.events.map((event) => jsonOf(event).transition), [3, 4]);
  await running.stop();
});

it("watchRecords() looks at each file once for the snapshots, and now and then at its folder", async () => {
  const { coord, dir, host, clock, path } = await workspace();
  const tasks = Array.from({ length: 200 }, (_, n) => ({ title: `t${n}`, runId: "p" }));
  await coord.tasks.enqueueAll(tasks);
  let [looks, folders] = [0, 0];
  const counted = (read: HostFs["lstat"]) => (name: string) => {
    if (name.startsWith(`${path}/tasks/`)) looks++;
    else folders++;
    return read(name);
  };
  const fs = { ...host.fs, lstat: counted(host.fs.lstat), stat: counted(host.fs.stat) };
  let events = 0;
  const opened = openFilesOn({ ...host, fs }, { dir, clock: clock.now });
  for await (const _ of opened.watch({ once: true })) events++;
  assertEquals(events, 200);
  assert_(looks <= 210, `${looks} looks at names of tasks`);
  assert_(folders < 150, `${folders} looks at folders`);
});
