import { ClaimFiles } from "../../../../src/adapters/fs/task/claim_files.ts";
import { slotName } from "../../../../src/adapters/fs/task/claim/names.ts";
import { FsTaskStore } from "../../../../src/adapters/fs/task/store.ts";
import { recordBytes } from "../../../../src/adapters/fs/disk/record_file.ts";
import { ensureDir } from "../../../../src/adapters/fs/disk/ensure_dir.ts";
import { Layout } from "../../../../src/adapters/fs/layout.ts";
import { parseTask } from "../../../../src/domain/task/task.ts";
import { letGo } from "../../../../src/domain/task/let_go.ts";
import { assertEquals, it } from "../../../deps.ts";
import { workspace } from "../../../support/scene/workspace.ts";

it("a task that is let go while another process sweeps its entry away stays in the index", async () => {
  const { coord: { tasks }, host, path, clock } = await workspace();
  const { fs } = host;
  await tasks.enqueue({ title: "other", runId: "p", priority: 1 });
  const { task_id: first } = await tasks.enqueue({ title: "first", runId: "p", queue: "q" });
  const { task_id: id } = await tasks.enqueue({ title: "then", runId: "p", after: [first] });
  const stem = id.slice(7);
  const layout = new Layout(path);
  const task = parseTask(
    JSON.parse(new TextDecoder().decode(fs.read(`${path}/tasks/${stem}.json`))),
    id,
  );
  if (typeof task === "string") throw new Error(task);

  // A process has staged the state that lets the task go, and is about to give it its slot.
  const predecessors = [{ task_id: first, status: "completed" }] as const;
  const outcome = letGo({ task, predecessors, now: clock.now(), nonce: "n" })(undefined);
  if (outcome.kind !== "write") throw new Error(JSON.stringify(outcome));
  const staged = new ClaimFiles(fs, layout, () => {}).duePath(outcome.next);
  ensureDir(fs, staged.slice(0, staged.lastIndexOf("/")));
  fs.createNew(staged, recordBytes(outcome.next));

  // Another one looks at that entry, finds no slot, and removes it when the slot is there.
  const sweeping = {
    ...fs,
    remove: (name: string) => {
      if (name === staged) {
        ensureDir(fs, `${path}/claims`);
        fs.link(staged, `${path}/claims/${slotName(stem, 1)}`);
      }
      return fs.remove(name);
    },
  };
  const store = new FsTaskStore({ ...host, fs: sweeping }, layout, clock.now, () => {});
  const grant = { runId: "a", ttlSeconds: 60, nonce: "n" };
  const claimed = await store.claimNext({ grant, effort: "thorough", queues: ["default"] });
  assertEquals(claimed?.task.title, "other");
  assertEquals(fs.lstat(staged), undefined);
  const entries = (folder: string): string[] =>
    (fs.list(folder) ?? []).flatMap(({ name, isDirectory }) =>
      isDirectory ? entries(`${folder}/${name}`) : [name]
    );
  assertEquals(entries(`${path}/index/ready/default`).map((name) => name.slice(17)), [
    `${stem}_again`,
  ]);
});

it("gc removes the folders in which no claim times out any more", async () => {
  const { coord, names, clock } = await workspace();
  const { tasks } = coord;
  for (const runId of ["a", "b", "c", "live"]) {
    const { task_id: id } = await tasks.enqueue({ title: "t", runId: "p" });
    await tasks.claim({ runId });
    if (runId !== "live") await tasks.complete({ id, runId });
    clock.advance(60);
  }
  const folders = () => {
    const above = names("index/due");
    return above.flatMap((folder) => names(`index/due/${folder}`)).length;
  };
  assertEquals(folders(), 4);
  await coord.gc();
  assertEquals(folders(), 4, "a dry run removes nothing");
  await coord.gc({ execute: true });
  assertEquals(folders(), 1);
  assertEquals((await tasks.list({ status: "claimed" })).total, 4);
});
