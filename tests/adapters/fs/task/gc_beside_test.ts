/** What an end answers when its task is removed before it has answered. */
import {
  archive,
  mend,
  readHead,
  transition,
} from "../../../../src/adapters/fs/task/claim_chain.ts";
import { ClaimFiles } from "../../../../src/adapters/fs/task/claim_files.ts";
import { groupClaims } from "../../../../src/adapters/fs/task/claim/names.ts";
import { Layout } from "../../../../src/adapters/fs/layout.ts";
import { idOfStem, stemOfId } from "../../../../src/domain/ids.ts";
import { cancel } from "../../../../src/domain/task/claim.ts";
import { CoordError } from "../../../../src/domain/errors.ts";
import { openFilesOn } from "../../../../src/workspace/open.ts";
import type { HostFs } from "../../../../src/ports/host.ts";
import { assertEquals, assertRejects, it } from "../../../deps.ts";
import { workspace } from "../../../support/scene/workspace.ts";

type Scene = Awaited<ReturnType<typeof workspace>>;
type Tasks = Scene["coord"]["tasks"];

/** Cancels the only task unless it has ended, and removes it as `gc` does. */
function collect({ host, path, names, clock }: Scene, stem: string): void {
  const files = new ClaimFiles(host.fs, new Layout(path), () => {});
  const rule = { taskId: idOfStem(stem), now: clock.now(), runId: "x", force: true, nonce: "n" };
  transition(files, stem, cancel(rule));
  mend(files, stem);
  const head = readHead(files, stem);
  if (head !== undefined && head.status !== "completed") archive(files, stem, head);
  files.removeTasks([{ stem, listed: groupClaims(names("claims")).get(stem) }]);
}

/** One task after some moves, and a caller whose file system is another one. */
async function taskOf(
  moves: number,
  broken: (host: HostFs, remove: () => void) => Partial<HostFs>,
) {
  const scene = await workspace();
  const { host, dir, clock, coord } = scene;
  const { task_id: id } = await coord.tasks.enqueue({ title: "a", runId: "p" });
  if (moves > 0) await coord.tasks.claim({ runId: "me" });
  if (moves > 1) await coord.tasks.heartbeat({ id, runId: "me" });
  let isRemoved = false;
  const remove = () => {
    if (!isRemoved) collect(scene, stemOfId(id));
    isRemoved = true;
  };
  const fs = { ...host.fs, ...broken(host.fs, remove) };
  const { tasks } = openFilesOn({ ...host, fs }, { dir, clock: clock.now });
  return { ...scene, id, tasks };
}

async function assertRemoved({ names, coord }: Scene): Promise<void> {
  assertEquals([names("tasks"), names("claims")], [[], []]);
  assertEquals((await coord.fsck({})).findings, []);
}

const ENDS: readonly (readonly [
  status: string,
  moves: number,
  end: (tasks: Tasks, id: string) => Promise<{ status: string }>,
])[] = [
  ["completed", 1, (tasks, id) => tasks.complete({ id, runId: "me" })],
  ["completed", 2, (tasks, id) => tasks.complete({ id, runId: "me" })],
  ["failed", 1, (tasks, id) => tasks.fail({ id, runId: "me", error: "e" })],
  ["cancelled", 0, (tasks, id) => tasks.cancel({ id, runId: "me" })],
  ["cancelled", 2, (tasks, id) => tasks.cancel({ id, runId: "me" })],
];

for (const [status, moves, end] of ENDS) {
  it(`a task after ${moves} moves that is removed while its end is synced was ${status}`, async () => {
    const scene = await taskOf(moves, (fs, remove) => ({
      syncNames(path, folders) {
        if (path.endsWith(".end")) remove();
        fs.syncNames(path, folders);
      },
    }));
    assertEquals((await end(scene.tasks, scene.id)).status, status);
    await assertRemoved(scene);
  });

  it(`a task after ${moves} moves that is ended and removed before it could be ${status} was not`, async () => {
    const scene = await taskOf(moves, (fs, remove) => ({
      link(from, to) {
        if (to.includes("/claims/")) remove();
        return fs.link(from, to);
      },
    }));
    await assertRejects(() => end(scene.tasks, scene.id), CoordError, "No task has the id");
    await assertRemoved(scene);
  });
}

it("an end whose task is being removed goes after that removal is on the disk", async () => {
  const order: string[] = [];
  let definition = "";
  const { id, tasks, path } = await taskOf(1, (fs) => ({
    syncNames(file, folders) {
      fs.syncNames(file, folders);
      if (file.endsWith(".end")) fs.remove(definition);
    },
    syncDir(folder) {
      order.push(`sync ${folder}`);
      fs.syncDir(folder);
    },
    remove(file) {
      order.push(`remove ${file}`);
      return fs.remove(file);
    },
  }));
  definition = `${path}/tasks/${stemOfId(id)}.json`;
  assertEquals((await tasks.complete({ id, runId: "me" })).status, "completed");
  const names = [`sync ${path}/tasks`, `remove ${path}/claims/${stemOfId(id)}.end`];
  assertEquals(order.filter((each) => names.includes(each)), names);
});
