/** Scratch workspaces of a given size. */
import { Coord, initWorkspace, openWorkspace } from "../../mod.ts";

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

/** A workspace with a number of pending tasks and of finished ones. */
export async function scene(
  parent: string,
  { pending = 0, finished = 0 }: { pending?: number; finished?: number },
): Promise<Scene> {
  const dir = await Deno.makeTempDir({ dir: parent });
  const { path: workspace } = await initWorkspace(dir);
  const coord = await openWorkspace({ dir });
  if (finished > 0) await addFinished(coord, workspace, finished);
  for (let left = pending; left > 0; left -= 10_000) {
    await coord.tasks.enqueueAll(
      Array.from({ length: Math.min(left, 10_000) }, (_, i) => ({
        title: `task ${i}`,
        runId: "bench",
        payload: { path: `src/module_${i}.ts` },
      })),
    );
  }
  return { coord, dir, workspace };
}

/** Finished tasks, by copies of one that was really finished: a real one takes two syncs. */
async function addFinished(coord: Coord, workspace: string, count: number): Promise<void> {
  await coord.tasks.enqueue({ title: "finished", runId: "bench" });
  const claim = await coord.tasks.claim({ runId: "bench" });
  if (claim.status !== "claimed") throw new Error("no task to finish");
  await coord.tasks.complete({ id: claim.task_id, runId: "bench", result: { ok: true } });
  const hex = claim.task_id.slice(7);
  const task = Deno.readTextFileSync(`${workspace}/tasks/${hex}.json`);
  const end = Deno.readTextFileSync(`${workspace}/claims/${hex}.json`);
  for (let i = 1; i < count; i++) {
    const other = `e${i.toString(16).padStart(63, "0")}`;
    Deno.writeTextFileSync(`${workspace}/tasks/${other}.json`, task.replaceAll(hex, other));
    Deno.writeTextFileSync(`${workspace}/claims/${other}.json`, end.replaceAll(hex, other));
    Deno.linkSync(`${workspace}/claims/${other}.json`, `${workspace}/claims/${other}.end`);
  }
}
