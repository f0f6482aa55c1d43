/** What a check finds of the entries of the indexes over tasks, in memory. */
import { ensureDir } from "../../../../src/adapters/fs/disk/ensure_dir.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import type { MemoryFs } from "../../../support/fake/memory_fs.ts";
import { moveAll } from "../../../support/crash/moving.ts";
import { check, emptyWorkspace, opened } from "../../../support/scene/damaged.ts";

const INDEX = "/w/.coord/index";
const LATER = () => Date.now() + 600_000;

const runId = "p";

/** A workspace with tasks of every kind of entry, of which all are ten minutes old. */
async function workspace() {
  const memory = emptyWorkspace();
  const { coord: { tasks } } = opened(memory);
  await tasks.claim({ runId, tag: "x" });
  await tasks.enqueue({ title: "held", runId, priority: 9 });
  await tasks.claim({ runId: "A", claimTtl: 7_200 });
  await tasks.enqueue({ title: "tagged", runId, tags: ["x", "y"] });
  const first = await tasks.enqueue({ title: "plain", runId });
  await tasks.enqueue({ title: "delayed", runId, delay: 5_000 });
  await tasks.enqueue({ title: "waits", runId, after: [first.task_id], onFailure: "run" });
  return { memory, tasks };
}

const entries = (memory: MemoryFs, folder: string) =>
  [...memory.walk(`${INDEX}/${folder}`)].filter(({ path, node }) =>
    node.kind === "file" && /[0-9a-f]{64}/.test(path)
  );

async function found(memory: MemoryFs, repair = false) {
  return (await check(memory, repair, undefined, LATER)).damages
    .map(({ class: kind, file, reason, repaired }) => ({
      class: kind,
      file: file.replace(/\/[^/]*$/, "").replace(/(\/\d{16})+$/, ""),
      reason,
      repaired,
    }));
}

it("fsck() finds nothing wrong with entries of every kind, nor with those that ends leave behind", async () => {
  const { memory, tasks } = await workspace();
  const { items } = await tasks.list({ limit: 100 });
  assertEquals(await found(memory), []);
  for (const { task_id: id, status } of items) {
    if (status !== "claimed") await tasks.cancel({ id, runId });
  }
  assertEquals(await found(memory), []);
  moveAll("/w/.coord", memory.fs, 10_000_000);
  assertEquals(memory.find(`/w/.coord/tasks/${items.at(-1)?.task_id.slice(7)}.json`), undefined);
  assert_(entries(memory, "ready").length > 0, "an end leaves entries");
  assertEquals(await found(memory), []);
});

it("fsck() leaves an entry alone that may be of a task on its way", async () => {
  const { memory } = await workspace();
  const [entry] = entries(memory, "ready");
  memory.put(entry?.path.replace(/[0-9a-f]{64}/, "f".repeat(64)) ?? "", "file", {
    bytes: new Uint8Array(),
    mtimeMs: Date.now(),
  });
  assertEquals((await check(memory)).damages, []);
  assertEquals((await found(memory)).map(({ reason }) => reason), ["leads to no task"]);
});

for (
  const [folder, where] of [
    ["ready", "index/ready/default/0"],
    ["tagged", "index/tagged/1kgq8t1z98l/default/0"],
    ["due", "index/due"],
    ["after", undefined],
  ] as const
) {
  it(`a repair moves entries of index/${folder} that lead to no task`, async () => {
    const { memory } = await workspace();
    const before = entries(memory, folder);
    before.forEach(({ path, node: { bytes } }, n) => {
      const stem = String(n).padStart(64, "f");
      memory.put(path.replace(/[0-9a-f]{64}([^/]*)$/, `${stem}$1`), "file", { bytes });
    });
    const damages = await found(memory, true);
    assertEquals(damages.length, before.length);
    for (const { class: kind, file, reason, repaired } of damages) {
      assertEquals([kind, reason, repaired], ["index", "leads to no task", "moved"]);
      if (where !== undefined) assertEquals(file, where);
    }
    assertEquals(await found(memory), []);
  });

  it(`a repair makes entries of index/${folder} again that say something else, or are no files`, async () => {
    for (const kind of ["file", "directory"] as const) {
      const { memory } = await workspace();
      const before = entries(memory, folder);
      for (const { path } of before) memory.put(path, kind, { bytes: new Uint8Array([123]) });
      const damages = await found(memory, true);
      assertEquals(damages.length, before.length);
      for (const { class: found, reason, repaired } of damages) {
        assertEquals(
          [found, repaired],
          [kind === "file" ? "index" : "misplaced", "rebuilt"],
          reason,
        );
      }
      assertEquals(entries(memory, folder).map(({ path }) => path), before.map(({ path }) => path));
      assertEquals(await found(memory), []);
    }
  });
}

it("a repair moves an entry that lies where its task does not belong", async () => {
  const { memory } = await workspace();
  const wrong = [
    ["ready", "/default/0/", "/default/5/"],
    ["ready", "/default/0/", "/other/0/"],
    ["tagged", "/1kgq8t1z98l/", "/another/"],
    ["due", /_0_\d+$/, "_0_77"],
    ["due", /_0_\d+_after$/, "_0_77_after"],
    ["after", /_1$/, "_2"],
  ] as const;
  for (const [folder, from, to] of wrong) {
    const entry = entries(memory, folder).find(({ path }) => path.replace(from, to) !== path);
    assert_(entry !== undefined, `${folder} ${from}`);
    const path = entry.path.replace(from, to);
    ensureDir(memory.fs, path.slice(0, path.lastIndexOf("/")));
    memory.put(path, "file", { bytes: entry.node.bytes });
  }
  const damages = await found(memory, true);
  assertEquals(
    damages.map(({ reason, repaired }) => [reason, repaired]),
    wrong.map(() => ["lies where its task does not belong", "moved"]),
  );
  assertEquals(await found(memory), []);
});

it("a task that lacks its entry under a tag is found, and gets it", async () => {
  const { memory } = await workspace();
  for (const { path } of entries(memory, "tagged")) memory.fs.remove(path);
  const [damage] = await found(memory, true);
  assertEquals([damage?.reason, damage?.repaired], ["has no entry in the index", "rebuilt"]);
  assertEquals(entries(memory, "tagged").length, 1);
  assertEquals(await found(memory), []);
});
