/** Ended records go by themselves: a command that adds some starts `coord gc --auto` once a day. */
import { initWorkspace, openWorkspace } from "../../../mod.ts";
import { main } from "../../../src/cli/main.ts";
import { collectionDue } from "../../../src/domain/task/retention.ts";
import { assert_, assertEquals, it } from "../../deps.ts";
import { sized } from "../../support/length.ts";
import { isWritten, Running, until, written } from "../../support/program/working.ts";
import { write } from "../../support/scene/journals.ts";
import { sizeOf } from "../../support/scene/on_disk.ts";
import { setMtime } from "../../support/scene/scratch.ts";
import { fakeHost, type FakeOptions, scratch } from "../../support/fake/host.ts";

const DAY = 86_400_000;

/** Has the workspace of a project look as if it was made days ago. */
function age(project: string, days: number): void {
  setMtime(`${project}/.coord/.gitignore`, Date.now() - days * DAY);
}

/** A workspace that was made some days ago; what `coord` does there, and what it starts beside itself. */
async function workspace(days: number) {
  const folder = scratch();
  const run = async (line: string, options: FakeOptions = {}) => {
    const args = line.split(" ");
    const host = fakeHost({ ...options, args, cwd: folder.path });
    const code = await main(host);
    return { code, out: host.out, beside: host.beside };
  };
  await run("init");
  age(folder.path, days);
  return { ...folder, path: folder.path, run, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

it("collectionDue() is a day after the last one, and at once where none is known", () => {
  assertEquals(collectionDue(1_000, 5_000), 1_000 + DAY);
  assertEquals(collectionDue(undefined, 5_000), 5_000);
});

it("a note from a clock that was ahead puts nothing off, and a workspace is never from the future", async () => {
  for (const [days, started] of [[2, 1], [0, 0], [-9, 0]] as const) {
    using place = await workspace(days);
    const future = new Date(Date.now() + 30 * DAY).toISOString();
    write(`${place.path}/.coord/index/collected`, future);
    assertEquals((await place.run("enqueue One --run-id p")).beside.length, started);
  }
});

it("commands that add records start coord gc --auto when it is due, and others never do", async () => {
  using place = await workspace(2);
  const { run, path } = place;
  const expected = [["gc", "--auto", "--json", "--dir", `${path}/.coord`]];
  const payload = { hook_event_name: "PreToolUse", session_id: "s", tool_name: "Write" };
  const stdin = JSON.stringify({ ...payload, tool_input: { file_path: `${path}/a` }, cwd: path });
  for (const line of ["enqueue One --run-id p", "reserve a --run-id p"]) {
    const { code, beside } = await run(line);
    assertEquals([code, beside], [0, expected]);
  }
  assertEquals((await run("hook run claude", { stdin })).beside, expected);
  for (const line of ["tasks", "status", "list", "check a", "claim --run-id a", "gc"]) {
    assertEquals([line, (await run(line)).beside], [line, []]);
  }
  const collected = JSON.parse((await run("gc --auto --json")).out);
  assertEquals([collected.executed, collected.put_off], [true, false]);
  assertEquals((await run("enqueue Two --run-id p")).beside, []);
  const again = JSON.parse((await run("gc --auto --json")).out);
  assertEquals([again.executed, again.put_off, again.due_at], [false, true, collected.due_at]);
  assert_((await run("gc --auto")).out.startsWith("Nothing to do before "));
});

it("a workspace that is new, or whose files say nothing, starts nothing or what is due", async () => {
  using place = await workspace(0);
  assertEquals((await place.run("enqueue One --run-id p")).beside, []);
  await place.run("gc --execute");
  write(`${place.path}/.coord/index/collected`, "no time\n");
  assertEquals((await place.run("enqueue Two --run-id p")).beside, []);
  const old = new Date(Date.now() - 2 * DAY).toISOString();
  write(`${place.path}/.coord/index/collected`, old);
  assertEquals((await place.run("enqueue Three --run-id p")).beside.length, 1);
});

it("what ended before goes while a command that adds a task does not wait for it", async () => {
  using place = await workspace(0);
  const { path, run } = place;
  write(`${path}/coord.json`, JSON.stringify({ retention: 0 }));
  const { task_id } = JSON.parse((await run("enqueue Old --run-id p --json")).out);
  await run("claim --run-id a");
  await run(`complete ${task_id} --run-id a`);
  age(path, 2);
  await using call = new Running(path, ["enqueue", "New", "--run-id", "p", "--json"]);
  assertEquals([await call.ended, call.err], [0, ""]);
  const { task_id: added } = JSON.parse(call.out);
  const fileOf = (id: string) => `${path}/.coord/tasks/${id.replace("sha256:", "")}.json`;
  await until("it is gone", () => !isWritten(fileOf(task_id)));
  assertEquals(isWritten(fileOf(added)), true);
});

it("a workspace of which ended records go takes no more than the README says", async () => {
  const live = sized(20, 200, 1_000);
  using folder = scratch();
  await initWorkspace(folder.path);
  const coord = await openWorkspace({ dir: folder.path });
  const { tasks, reservations } = coord;
  const empty = sizeOf(folder.path);
  for (let round = 0; round < 3; round++) {
    const titles = Array.from({ length: live }, (_, n) => ({ title: `${n}`, runId: "p" }));
    await tasks.enqueueAll(titles);
    for (let n = 0; n < live; n++) {
      const claimed = await tasks.claim({ runId: "a" });
      const held = await reservations.reserve({ addresses: [`${n}`], runId: "a", exclusive: true });
      assert_(claimed.status === "claimed" && held.status === "reserved");
      if (round === 2) continue;
      await tasks.complete({ id: claimed.task_id, runId: "a" });
      await reservations.release({ id: held.reservation_id, runId: "a" });
    }
    await coord.gc({ execute: true, grace: 0 });
  }
  const readme = written(new URL("../../../README.md", import.meta.url).pathname);
  const [, task = 0, reservation = 0] =
    /(\d+) KB a task and (\d+) KB a\s+reservation/.exec(readme)?.map(Number) ?? [];
  const size = (sizeOf(folder.path) - empty) / live;
  assert_(size <= task + reservation, `${size} KB a task and a reservation`);
});
