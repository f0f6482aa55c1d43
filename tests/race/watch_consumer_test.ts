/** Real processes: a consumer of `coord watch --ack` that dies between an event and its word on it. */
import { openWorkspace } from "../../mod.ts";
import { assertEquals, it } from "../deps.ts";
import { ackingStream } from "../support/program/acking_stream.ts";
import { until } from "../support/race/processes.ts";
import { workspace } from "../support/scene/workspace.ts";

it("coord watch --ack loses nothing when its consumer, or it itself, dies before the word", async () => {
  const { dir } = await workspace();
  const coord = await openWorkspace({ dir });
  // In one call, since two tasks of one millisecond may come in either order.
  await coord.tasks.enqueueAll(["1", "2", "3"].map((title) => ({ title, runId: "p" })));

  const first = ackingStream(dir);
  await first.synced();
  assertEquals(first.events(), ["snapshot 1", "snapshot 2", "snapshot 3", "synced"]);
  first.take();
  first.hangUp(); // the consumer is gone
  assertEquals(await first.ended, 0);

  await coord.tasks.enqueue({ title: "4", runId: "p" });
  const second = ackingStream(dir);
  await second.synced();
  assertEquals(second.events().toSorted(), ["added 2", "added 3", "added 4", "synced"]);
  const taken = second.events()[0];
  const before = second.position();
  second.take();
  await until("the word is kept", () => second.position() !== before);
  await coord.tasks.enqueue({ title: "5", runId: "p" });
  await until("the next event is emitted", () => second.events().length === 5);
  second.kill();
  await second.ended;

  const third = ackingStream(dir);
  await third.synced();
  const rest = ["added 2", "added 3", "added 4", "added 5", "synced"];
  assertEquals(third.events().toSorted(), rest.filter((event) => event !== taken));
  for (let n = 0; n < 3; n++) third.take();
  third.hangUp();
  assertEquals(await third.ended, 0);

  const fourth = ackingStream(dir);
  await fourth.synced();
  fourth.hangUp();
  await fourth.ended;
  assertEquals(fourth.events(), ["synced"]);
});
