/** `coord.wait()` over files: the kernel wakes it, whichever opening of the workspace acts. */
import { openWorkspace, type WaitInput } from "../../../mod.ts";
import { assert_, assertEquals, it } from "../../deps.ts";
import { workspace } from "../../support/scene/workspace.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function scene() {
  const { dir } = await workspace();
  const [mine, theirs] = [await openWorkspace({ dir }), await openWorkspace({ dir })];
  /** What a wait comes to when `act` ends what is in the way, and whether that was at once. */
  const outcome = async (input: WaitInput, act: () => Promise<unknown>) => {
    const waiting = mine.wait({ runId: "a", timeout: 60, ...input });
    await pause(100);
    const acted = performance.now();
    await act();
    const { status } = await waiting;
    // A look without a notification comes 4.5 s after the one before.
    return { status, atOnce: performance.now() - acted < 3_500 };
  };
  return { theirs, outcome };
}

const DONE = { status: "done", atOnce: true };

it("wait() for addresses is woken by the release of what overlaps them", async () => {
  const { theirs, outcome } = await scene();
  const taken = await theirs.reservations.reserve({
    addresses: ["src/**"],
    runId: "b",
    exclusive: true,
  });
  assert_(taken.status === "reserved");
  const { reservation_id: id } = taken;
  const input = { addresses: ["src/a.ts"] };
  assertEquals(await outcome(input, () => theirs.reservations.release({ id, runId: "b" })), DONE);
});

it("reserve() with wait is woken by the release of a reservation and of a lane", async () => {
  const { dir } = await workspace();
  const [mine, theirs] = [await openWorkspace({ dir }), await openWorkspace({ dir })];
  const granted = async (address: string, hold: AsyncDisposable) => {
    const input = { addresses: [address], runId: "a", exclusive: true, wait: 60 };
    const waiting = mine.reservations.reserve(input);
    await pause(100);
    const released = performance.now();
    await hold[Symbol.asyncDispose]();
    return [(await waiting).status, performance.now() - released < 3_500];
  };
  const reserved = { addresses: ["src/**"], runId: "b", exclusive: true };
  assertEquals(await granted("src", await theirs.reservations.hold(reserved)), ["reserved", true]);
  const lane = { tree: ["docs/**"], owner: "b" };
  assertEquals(await granted("docs", await theirs.lanes.hold(lane)), ["reserved", true]);
});

it("wait() for a lane is woken by its release", async () => {
  const { theirs, outcome } = await scene();
  await theirs.lanes.acquire({ lane: "@deploy", owner: "b" });
  const release = () => theirs.lanes.release({ lane: "@deploy", owner: "b" });
  assertEquals(await outcome({ lane: "@deploy" }, release), DONE);
});

it("wait() for tasks and for an empty queue is woken when the last task ends", async () => {
  const { theirs, outcome } = await scene();
  const { task_id: id } = await theirs.tasks.enqueue({ title: "1", runId: "p" });
  await theirs.tasks.claim({ runId: "b" });
  const input = { tasks: [id], queueEmpty: "default" };
  assertEquals(await outcome(input, () => theirs.tasks.complete({ id, runId: "b" })), DONE);
});
