import { assert_, assertEquals, it } from "../../../deps.ts";
import { FsTaskStore } from "../../../../src/adapters/fs/task/store.ts";
import { Layout } from "../../../../src/adapters/fs/layout.ts";
import { sized } from "../../../support/length.ts";
import { settled, workspace } from "../../../support/scene/workspace.ts";

it("claim() without what tasks need lists and reads none of them", async () => {
  const { coord, clock, path, host, warnings } = await workspace();
  const count = sized(300, 2_000, 100_000);
  const gpu = Array.from({ length: count }, (_, n) => ({ title: `g${n}`, needs: ["gpu"] }));
  await coord.tasks.enqueueAll(
    [...gpu, { title: "p0" }, { title: "p1" }, { title: "p2" }]
      .map((task) => ({ ...task, runId: "p" })),
  );
  const looks: string[] = [];
  const noted = (name: string) => {
    if (name.includes("=") || /\/tasks\/[0-9a-f]{64}\.json$/.test(name)) looks.push(name);
  };
  const fs = {
    ...host.fs,
    list: (name: string) => (noted(name), host.fs.list(name)),
    read: (name: string) => (noted(name), host.fs.read(name)),
  };
  const warn = (text: string) => void warnings.push(text);
  const store = () => new FsTaskStore({ ...host, fs }, new Layout(path), clock.now, warn);
  const claim = (opened: FsTaskStore, queue: string | undefined, has?: string[]) =>
    opened.claimNext({
      queues: queue === undefined ? undefined : [queue],
      has,
      grant: { runId: "a", ttlSeconds: 60, nonce: "n" },
      effort: "thorough",
    });
  for (const queue of [undefined, "default"]) {
    looks.length = 0;
    assert_((await claim(store(), queue))?.task.title.startsWith("p"));
    assert_(looks.length <= 1, looks.join("\n"));
  }
  assert_((await claim(store(), undefined))?.task.title.startsWith("p"));
  await settled(host.fs, `${path}/tasks`);
  // After the comparison that finds the queue empty, the next one believes it.
  assertEquals(await claim(store(), undefined), undefined);
  looks.length = 0;
  assertEquals(await claim(store(), undefined), undefined);
  assertEquals(await claim(store(), undefined, ["docker"]), undefined);
  assert_(looks.length <= 10, `${looks.length} looks`);
  const needy = await claim(store(), undefined, ["docker", "gpu"]);
  assertEquals(needy?.task.needs, ["gpu"]);
  assertEquals(warnings, []);
});

it("claim() finds tasks with needs when the index is gone, and none under another's", async () => {
  const { coord, path, host } = await workspace();
  const needs = ["b", "a"];
  const tasks = [
    { title: "one", needs },
    { title: "two", needs: ["a"] },
    { title: "three", needs: ["a,b"] },
  ];
  for (const task of tasks) await coord.tasks.enqueue({ ...task, runId: "p" });
  const remove = (folder: string) => {
    for (const { name, isDirectory } of host.fs.list(folder) ?? []) {
      if (isDirectory) remove(`${folder}/${name}`);
      else host.fs.remove(`${folder}/${name}`);
    }
    host.fs.removeDir(folder);
  };
  remove(`${path}/index`);
  const claim = async (has: string[]) => {
    const answer = await coord.tasks.claim({ runId: "a", has });
    return answer.status === "claimed" ? answer.task.title : answer.status;
  };
  assertEquals(await claim(["a,b"]), "three");
  assertEquals(await claim(["a"]), "two");
  assertEquals(await claim(["a"]), "empty");
  assertEquals(await claim(["a", "b"]), "one");
});
