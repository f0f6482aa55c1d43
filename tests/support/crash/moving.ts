/** A queue of which ended tasks move to segments. */
import { initWorkspace, Layout } from "../../../src/adapters/fs/layout.ts";
import { TaskMover } from "../../../src/adapters/fs/segment/mover.ts";
import { detectHost } from "../../../src/host/detect.ts";
import type { Tasks } from "../../../src/engine/task/tasks.ts";
import type { HostFs } from "../../../src/ports/host.ts";
import { makeTempDir, removeTree } from "../scene/scratch.ts";
import { openQueue, quickFs } from "./queue_cases.ts";

const host = await detectHost();

/** A queue with three ended tasks, one that is claimed and one that is pending. */
export async function place() {
  const folder = makeTempDir();
  const { path: workspace } = initWorkspace(host, folder);
  const { queue } = openQueue(workspace, 0);
  const ids: string[] = [];
  for (const title of ["a", "b", "c", "held", "free"]) {
    ids.push((await queue.enqueue({ title, runId: "maker" })).task_id);
    if (title === "free") continue;
    await queue.claim({ runId: "A", claimTtl: 60 });
    if (title !== "held") await queue.complete({ id: ids.at(-1) ?? "", runId: "A", result: {} });
  }
  return { workspace, ids, queue, [Symbol.dispose]: () => removeTree(folder) };
}

export type Mover = typeof TaskMover;

export function moverOf(
  workspace: string,
  fs: HostFs,
  bytes: number,
  Mover = TaskMover,
): TaskMover {
  return new Mover({ ...host, fs }, new Layout(workspace), () => {}, { ageMs: -1, bytes });
}

/** Moves and seals all there is, in one go: nothing else comes between. */
export function moveAll(workspace: string, fs = quickFs, bytes = 0, Mover = TaskMover): void {
  const mover = moverOf(workspace, fs, bytes, Mover);
  for (let goesOn: unknown = true; goesOn;) {
    const moving = mover.moving(2, 1);
    const { value, done } = moving.next();
    goesOn = done ? value : moving.next(new Set()).value;
  }
}

/** What is answered of the queue; as it must be, whatever has moved. */
export async function answersOf(queue: Tasks, ids: readonly string[]) {
  const { items, ...counts } = await queue.list();
  const claims = [];
  for (const id of ids) claims.push((await queue.get(id)).claim);
  return { items, counts, claims };
}
