/**
 * Whatever goes from `index/`, and whenever, no claimer is answered "empty" beside a pending task.
 */
import { openFilesOn } from "../../../../src/workspace/open.ts";
import type { HostFs } from "../../../../src/ports/host.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import { isHeavy } from "../../../support/length.ts";
import { newSeed } from "../../../support/random.ts";
import { removeTree } from "../../../support/scene/scratch.ts";
import { settled, workspace } from "../../../support/scene/workspace.ts";

/** Every operation in the heavy run, else every eighth from one by chance. */
const STEP = isHeavy() ? 1 : 8;

type Scene = Awaited<ReturnType<typeof workspace>>;

/** What is removed: a path of `index/`, or the first file or folder so deep below it. */
const PARTS: Readonly<Record<string, (scene: Scene) => void>> = {
  "the index": (scene) => removeTree(`${scene.path}/index`),
  "what is ready": (scene) => removeTree(`${scene.path}/index/ready`),
  "what is ready in one queue": (scene) => removeTree(`${scene.path}/index/ready/default`),
  "what is ready of one hour": (scene) => removeFirst(scene, "index/ready/default/0"),
  "each entry": (scene) => removeEntries(scene, `${scene.path}/index/ready`),
  "what is due": (scene) => removeTree(`${scene.path}/index/due`),
  "all but the note": (scene) => {
    removeTree(`${scene.path}/index/ready`);
    removeTree(`${scene.path}/index/due`);
  },
  "what is tagged": (scene) => removeTree(`${scene.path}/index/tagged`),
  "each entry of a tag": (scene) => removeEntries(scene, `${scene.path}/index/tagged`),
  "what is tagged but the notes": (scene) => {
    for (const { name } of scene.host.fs.list(`${scene.path}/index/tagged`) ?? []) {
      removeTree(`${scene.path}/index/tagged/${name}/default`);
    }
  },
};

function removeFirst({ host, path }: Scene, folder: string): void {
  const first = host.fs.list(`${path}/${folder}`)?.[0];
  if (first !== undefined) removeTree(`${path}/${folder}/${first.name}`);
}

function removeEntries(scene: Scene, folder: string): void {
  for (const { name, isDirectory } of scene.host.fs.list(folder) ?? []) {
    if (isDirectory) removeEntries(scene, `${folder}/${name}`);
    else scene.host.fs.remove(`${folder}/${name}`);
  }
}

/** A workspace with two pending tasks, and others that are claimed, over, or wait elsewhere. */
async function queue() {
  const scene = await workspace();
  const { tasks } = scene.coord;
  await tasks.enqueue({ title: "held", runId: "p", priority: 5 });
  await tasks.claim({ runId: "h" });
  const over = await tasks.enqueue({ title: "over", runId: "p", priority: 4 });
  await tasks.claim({ runId: "o" });
  await tasks.complete({ id: over.task_id, runId: "o" });
  await tasks.enqueue({ title: "elsewhere", runId: "p", queue: "other" });
  await tasks.enqueue({ title: "one", runId: "p", tags: ["x", "y"] });
  scene.clock.advance(1);
  await tasks.enqueue({ title: "two", runId: "p", tags: ["x"] });
  // One call was answered that there is nothing, so the index counts as compared.
  assertEquals((await scene.open().tasks.claim({ runId: "n", queue: "none" })).status, "empty");
  const none = await scene.open().tasks.claim({ runId: "n", queue: "none", tag: "x" });
  assertEquals(none.status, "empty");
  return scene;
}

for (const [part, remove] of Object.entries(PARTS)) {
  // What depends on tags alone is nothing to claims that ask for none.
  if (!part.includes("tag")) removed(part, remove, undefined);
  if (part.includes("tag") || part === "the index" || isHeavy()) removed(part, remove, "x");
}

function removed(part: string, remove: (scene: Scene) => void, tag: string | undefined): void {
  const asked = tag === undefined ? "" : " by a tag";
  it(`claim()${asked} hands out every pending task when ${part} is removed before any of its operations`, async () => {
    let at = 1 + newSeed(part).below(STEP);
    for (;; at += STEP) {
      const scene = await queue();
      let count = 0;
      const fs = new Proxy(scene.host.fs, {
        get(target, name: keyof HostFs) {
          const operation = target[name] as (...args: unknown[]) => unknown;
          return (...args: unknown[]) => {
            if (++count === at) remove(scene);
            return operation.apply(target, args);
          };
        },
      });
      const coord = openFilesOn({ ...scene.host, fs }, { dir: scene.dir, clock: scene.clock.now });
      const titles: (string | undefined)[] = [];
      for (const claimer of [coord, coord, scene.open()]) {
        const claim = await claimer.tasks.claim({
          runId: "a",
          queue: "default",
          ...(tag && { tag }),
        });
        titles.push(claim.status === "claimed" ? claim.task.title : undefined);
      }
      assertEquals(titles, ["one", "two", undefined], `before operation ${at}`);
      const other = await scene.open().tasks.claim({ runId: "a" });
      assertEquals(other.status === "claimed" && other.task.title, "elsewhere");
      if (count < at) break;
    }
    assert_(at > 20, `${at}`);
  });
}

it("claim() finds a claim that times out although its entry has gone from the index", async () => {
  for (const remove of [PARTS["the index"], PARTS["what is due"], PARTS["all but the note"]]) {
    const scene = await workspace();
    await scene.coord.tasks.enqueue({ title: "t", runId: "p" });
    await scene.coord.tasks.claim({ runId: "a", claimTtl: 5 });
    assertEquals((await scene.coord.tasks.claim({ runId: "b" })).status, "empty");
    remove?.(scene);
    scene.clock.advance(5);
    assertEquals((await scene.coord.tasks.claim({ runId: "b" })).status, "claimed");
  }
});

it("claim() compares index and records once for many empty answers", async () => {
  const scene = await queue();
  let lists = 0;
  const fs = new Proxy(scene.host.fs, {
    get(target, name: keyof HostFs) {
      const operation = target[name] as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        if (name === "list" && String(args[0]).endsWith("/claims")) lists++;
        return operation.apply(target, args);
      };
    },
  });
  const coord = openFilesOn({ ...scene.host, fs }, { dir: scene.dir, clock: scene.clock.now });
  await settled(scene.host.fs, `${scene.path}/tasks`);
  for (let round = 0; round < 10; round++) {
    assertEquals((await coord.tasks.claim({ runId: "a", queue: "none" })).status, "empty");
  }
  assert_(lists <= 1, `${lists}`);
});
