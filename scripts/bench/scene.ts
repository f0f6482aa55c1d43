/** Scratch workspaces of a given size. */
import { Coord, initWorkspace, openWorkspace } from "../../mod.ts";
import { openFsStore } from "../../src/adapters/fs/open.ts";
import { contentId } from "../../src/engine/content_id.ts";
import { denoHost } from "../../src/host/deno.ts";

/** Tasks that are added at once. */
const AT_ONCE = 10_000;

const PAYLOAD = { path: "src/module.ts" };

const made: string[] = [];

/** A folder for files that are not kept. */
export async function scratch(): Promise<string> {
  const path = await Deno.makeTempDir({ prefix: "coord-bench-" });
  made.push(path);
  return path;
}

/**
 * Removes all that was made. Not sooner: removing hundreds of thousands of files keeps the disk busy
 * while the next row is measured.
 */
export async function removeScratch(): Promise<void> {
  for (const path of made.splice(0)) await Deno.remove(path, { recursive: true });
}

/** A workspace of the bench. */
interface Scene {
  readonly coord: Coord;
  readonly dir: string;
  readonly workspace: string;
}

let large: Promise<Scene> | undefined;

/** A workspace with 100,000 pending tasks. It takes long to make, so that the groups share it. */
export function largeScene(): Promise<Scene> {
  return large ??= scratch().then((parent) => scene(parent, { pending: 100_000 }));
}

/** What a workspace is to have: tasks that wait, that are finished, and that are and lie in segments. */
interface Wanted {
  readonly pending?: number;
  readonly finished?: number;
  readonly moved?: number;
}

/** A workspace with these numbers of tasks. */
export async function scene(
  parent: string,
  { pending = 0, finished = 0, moved = 0 }: Wanted,
): Promise<Scene> {
  const dir = await Deno.makeTempDir({ dir: parent });
  const { path: workspace } = await initWorkspace(dir);
  const coord = await openWorkspace({ dir });
  if (finished > 0) await addFinished(coord, workspace, finished);
  if (moved > 0) await addMoved(coord, workspace, moved);
  for (let left = pending; left > 0; left -= AT_ONCE) {
    await coord.tasks.enqueueAll(
      Array.from({ length: Math.min(left, AT_ONCE) }, (_, i) => ({
        title: `task ${i}`,
        runId: "bench",
        payload: { path: `src/module_${i}.ts` },
      })),
    );
  }
  return { coord, dir, workspace };
}

/** A task that was claimed and completed; its id. */
async function finishOne(coord: Coord): Promise<string> {
  await coord.tasks.enqueue({ title: "finished", runId: "bench", payload: PAYLOAD });
  const claim = await coord.tasks.claim({ runId: "bench" });
  if (claim.status !== "claimed") throw new Error("no task to finish");
  await coord.tasks.complete({ id: claim.task_id, runId: "bench", result: { ok: true } });
  return claim.task_id;
}

/** Finished tasks, by copies of one that was really finished: a real one takes two syncs. */
async function addFinished(coord: Coord, workspace: string, count: number): Promise<void> {
  const hex = (await finishOne(coord)).slice(7);
  const task = Deno.readTextFileSync(`${workspace}/tasks/${hex}.json`);
  const end = Deno.readTextFileSync(`${workspace}/claims/${hex}.json`);
  for (let i = 1; i < count; i++) {
    const other = `e${i.toString(16).padStart(63, "0")}`;
    Deno.writeTextFileSync(`${workspace}/tasks/${other}.json`, task.replaceAll(hex, other));
    Deno.writeTextFileSync(`${workspace}/claims/${other}.json`, end.replaceAll(hex, other));
    Deno.linkSync(`${workspace}/claims/${other}.json`, `${workspace}/claims/${other}.end`);
  }
}

/** The same without files, as tasks are kept that ended in another workspace. */
async function addMoved(coord: Coord, workspace: string, count: number): Promise<void> {
  const { tasks } = openFsStore(denoHost, workspace, Date.now, console.error);
  const entry = await tasks.get(await finishOne(coord));
  if (entry?.claim === undefined) throw new Error("the task has not ended");
  const { task: { task_id: _, ...task }, claim } = entry;
  for (let n = 1; n < count; n += AT_ONCE) {
    const ended = Array.from({ length: Math.min(AT_ONCE, count - n) }, async (_, i) => {
      const record = { ...task, nonce: `${n + i}` };
      const task_id = await contentId(record, denoHost.sha256);
      return { task: { task_id, ...record }, claim: { ...claim, task_id } };
    });
    const left = await tasks.restore(await Promise.all(ended));
    if (left.length > 0) throw new Error(`${left.length} tasks cannot be kept without files`);
  }
}
