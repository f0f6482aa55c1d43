/** Workspaces with tasks that have been through something, and what an export says of them. */
import type { Coord, ExportDocument } from "../../../mod.ts";
import type { Random } from "../random.ts";
import type { FakeClock } from "./workspace.ts";

/** Lets agents do this number of things to the tasks of a workspace, each chosen at random. */
export async function lived(
  { coord, clock }: { coord: Coord; clock: FakeClock },
  steps: number,
  random: Random,
): Promise<void> {
  const { tasks, queues } = coord;
  const ids: string[] = [];
  const maybe = <T extends object>(fields: T): Partial<T> => random.chance(0.3) ? fields : {};
  const id = () => random.pick(ids);
  const runId = () => random.pick(["a", "b", "p"]);
  const add = async () => {
    const answer = await tasks.enqueue({
      title: `task ${ids.length}`,
      runId: runId(),
      priority: random.below(5) - 2,
      queue: random.pick(["default", "builds"]),
      ...maybe({ payload: { "ключ": [1.5, null, "\u2028"], n: ids.length } }),
      ...maybe({ tags: ["x", "y"] }),
      ...maybe({ delay: random.below(500) }),
      ...maybe({ key: `key ${random.below(6)}` }),
      ...maybe({ maxAttempts: 3, backoff: "30s,x2" }),
      ...(ids.length > 0 && maybe({
        after: [id(), id()],
        onFailure: random.pick(["block", "cancel", "run"] as const),
      })),
    });
    if (!("error" in answer)) ids.push(answer.task_id);
  };
  const actions = [
    add,
    add,
    add,
    () => tasks.claim({ runId: runId(), claimTtl: 60 + random.below(900) }),
    () => tasks.claim({ runId: runId() }),
    () => tasks.complete({ id: id(), runId: runId(), result: { at: clock.ms } }),
    () => tasks.fail({ id: id(), runId: runId(), error: "no \u0007 luck" }),
    () => tasks.cancel({ id: id(), runId: runId(), force: random.chance(0.3) }),
    () => tasks.heartbeat({ id: id(), runId: runId(), note: "half" }),
    () => tasks.requeue({ ids: [id()], runId: runId(), reason: "again", delay: random.below(99) }),
    () => tasks.reprioritize({ ids: [id()], runId: runId(), priority: random.below(9) }),
    () => queues.pause({ queues: ["builds"], runId: "p" }),
    () => queues.resume({ queues: ["builds"] }),
  ];
  await add();
  for (let step = 0; step < steps; step++) {
    await random.pick(actions)();
    clock.advance(random.below(20));
  }
}

/** An export without what says when it was made. */
export async function exported(coord: Coord): Promise<ExportDocument[]> {
  const all = await Array.fromAsync(coord.exchange.export());
  return all.map((document) =>
    document.kind === "export" ? { ...document, exported_at: "" } : document
  );
}
