import { Layout } from "../../../../src/adapters/fs/layout.ts";
import { TaskMover } from "../../../../src/adapters/fs/segment/mover.ts";
import { FsTaskStore } from "../../../../src/adapters/fs/task/store.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import { workspace } from "../../../support/scene/workspace.ts";

it("list() of one run reads only the segments that may have its tasks", async () => {
  const { coord, clock, path, host, names, warnings } = await workspace();
  const layout = new Layout(path);
  const mover = new TaskMover(host, layout, () => {}, { ageMs: -1, bytes: 1_000 });
  const ids: string[] = [];
  for (const runId of ["a", 'odd "one"', "a", "b"]) {
    for (let n = 0; n < 6; n++) await coord.tasks.enqueue({ title: `t${n}`, runId: "p" });
    for (let n = 0; n < 6; n++) {
      const claim = await coord.tasks.claim({ runId });
      if (claim.status !== "claimed") continue;
      await coord.tasks.complete({ id: claim.task_id, runId });
      if (runId === "a") ids.push(claim.task_id);
    }
    await mover.move(6, 1); // seals the log before
    await mover.move(6, 1); // to a log
  }
  assertEquals(names("tasks/segments").filter((name) => name.endsWith(".ndjson")).length, 3);
  let bytes = 0;
  const readRange: typeof host.fs.readRange = (name, offset, length) => {
    const read = host.fs.readRange(name, offset, length);
    bytes += read?.bytes.length ?? 0;
    return read;
  };
  const counting = { ...host, fs: { ...host.fs, readRange } };
  const warn = (text: string) => void warnings.push(text);
  const list = async (runId: string) => {
    bytes = 0;
    const { items, matched } = await new FsTaskStore(counting, layout, clock.now, warn)
      .list({ runId });
    return { ids: items.map(({ task }) => task.task_id), matched, bytes };
  };
  const [a, odd, none] = [await list("a"), await list('odd "one"'), await list("none")];
  assertEquals([a.ids.sort(), a.matched, odd.matched, none.matched], [ids.sort(), 12, 6, 0]);
  assert_(none.bytes < odd.bytes && odd.bytes < a.bytes, `${none.bytes} ${odd.bytes} ${a.bytes}`);
  assertEquals(warnings, []);
});
