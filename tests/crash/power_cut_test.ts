import { initWorkspace } from "../../src/adapters/fs/layout.ts";
import { detectHost } from "../../src/host/detect.ts";
import { assertEquals, it } from "../deps.ts";
import { batchOf, Promised, settle } from "../support/crash/promised.ts";
import { openQueue, quickFs, T0, workOff } from "../support/crash/queue_cases.ts";
import { ALL_CASES } from "../support/crash/requeue_cases.ts";
import { faulty, PowerOff } from "../support/crash/faulty_fs.ts";
import {
  assertKept,
  assertLost,
  ForgetfulFs,
  type PowerCut,
  truncate,
} from "../support/crash/power_cut.ts";
import { isHeavy, sized } from "../support/length.ts";
import { newSeed, type Random } from "../support/random.ts";
import { makeTempDir, removeTree } from "../support/scene/scratch.ts";

const host = await detectHost();

function newWorkspace(): { workspace: string; folder: string } & Disposable {
  const folder = makeTempDir();
  const { path: workspace } = initWorkspace(host, folder);
  return { workspace, folder, [Symbol.dispose]: () => removeTree(folder) };
}

function namesIn(folder: string): string[] {
  return (host.fs.list(folder) ?? []).map(({ name }) => name);
}

it("settleAll() brings back what a power cut took of the tasks of a batch", async () => {
  using place = newWorkspace();
  const { workspace } = place;
  const tasks = await openQueue(workspace, 0).queue.enqueueAll(batchOf(20));
  const paths = tasks.map(({ task_id }) => `${workspace}/tasks/${task_id.slice(7)}.json`);
  paths.slice(0, 5).forEach((path) => host.fs.remove(path));
  paths.slice(5, 10).forEach((path) => truncate(path, 0));
  paths.slice(10, 15).forEach((path) => truncate(path, 50));

  const fresh = openQueue(workspace, 0);
  assertEquals((await fresh.queue.list()).total, 5);
  assertEquals(fresh.warnings.length, 10, "the torn ones are reported");

  assertEquals(await settle(workspace), []);
  const later = openQueue(workspace, 0);
  const items = (await later.queue.list()).items.map((item) => item.task_id).sort();
  assertEquals(items, tasks.map((task) => task.task_id).sort());
  assertEquals(await workOff(workspace, 20), []);
  assertEquals(later.warnings, []);
  assertEquals(namesIn(`${workspace}/tasks/batches`), []);
});

it("settleAll() cut off anywhere settles the next time", async () => {
  for (let at = 1;; at++) {
    using place = newWorkspace();
    const { workspace } = place;
    await openQueue(workspace, 0).queue.enqueueAll(batchOf(9));
    const [lost = ""] = namesIn(`${workspace}/tasks`).filter((name) => name.endsWith(".json"));
    truncate(`${workspace}/tasks/${lost}`, 0);
    const cut = faulty(quickFs, { kind: "off", at, torn: true });
    try {
      await settle(workspace, cut.fs);
    } catch (error) {
      if (!(error instanceof PowerOff)) throw error;
    }
    assertEquals(await settle(workspace), []);
    assertEquals(await workOff(workspace, 9), [], `cut off at ${at}`);
    if (cut.hit === undefined) break;
  }
});

/** Works until the power goes, and looks at what is left. */
async function round(random: Random, syncs: boolean): Promise<PowerCut> {
  using place = newWorkspace();
  const { workspace, folder } = place;
  // A claim that was torn hides its task for a minute of the files' time.
  const second = (Date.now() - T0) / 1000;
  const forgetful = new ForgetfulFs(quickFs, workspace, `${folder}/attic`, syncs);
  const at = 20 + random.below(300);
  const { fs } = faulty(forgetful.fs, { kind: "off", at, torn: random.chance(0.5) });
  const promised = new Promised();
  try {
    await promised.work(openQueue(workspace, second, fs).queue, random);
  } catch (error) {
    if (!(error instanceof PowerOff)) throw error;
  }
  forgetful.cut(random, random.pick(["all", "folders", "last", "bytes"]));

  return await promised.judge(workspace, second);
}

it("what was answered before a power cut is true after it", async () => {
  const random = newSeed("power cut");
  await assertKept(sized(8, 120, 4_000), () => round(random, true));
});

it("what was answered before a power cut is lost where syncing does nothing", async () => {
  const random = newSeed("no syncs");
  await assertLost(30, () => round(random, false));
});

it("an end whose bytes a power cut took did not happen, at whichever step it came", async () => {
  const random = newSeed("no bytes");
  for (const { name, second, prepare, act } of ALL_CASES) {
    if (!isHeavy() && !/^(cancel|complete)\(\) (of a pending|when)/.test(name)) continue;
    for (let at = 1;; at++) {
      using place = newWorkspace();
      const { workspace, folder } = place;
      await prepare(openQueue(workspace, 0).queue, workspace);
      const id = (await openQueue(workspace, 0).queue.list()).items[0]?.task_id ?? "";
      const forgetful = new ForgetfulFs(quickFs, workspace, `${folder}/attic`, true);
      const cut = faulty(forgetful.fs, { kind: "off", at, torn: false });
      try {
        await act(openQueue(workspace, second, cut.fs).queue, id);
      } catch (error) {
        if (!(error instanceof PowerOff)) throw error;
      }
      forgetful.cut(random, "bytes");
      for (const { task_id } of (await openQueue(workspace, second).queue.list()).items) {
        const { claim } = await openQueue(workspace, second).queue.get(task_id);
        assertEquals(claim?.error?.includes("cannot be read") ?? false, false, `${name} at ${at}`);
      }
      if (cut.hit === undefined) break;
    }
  }
});
