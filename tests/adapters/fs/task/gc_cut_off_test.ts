import { openFilesOn } from "../../../../src/workspace/open.ts";
import type { HostFs } from "../../../../src/ports/host.ts";
import { assertEquals, assertRejects, it } from "../../../deps.ts";
import { workspace } from "../../../support/scene/workspace.ts";

it("gc() that dies before it removes tasks whose ttl has passed leaves them expired, and the next removes them", async () => {
  const { host, dir, path, clock, coord, open } = await workspace();
  const { tasks } = coord;
  const retried = { maxAttempts: 2, ttl: 20, runId: "p" };
  const { task_id: back } = await tasks.enqueue({ title: "came back", ...retried });
  await tasks.claim({ runId: "a" });
  await tasks.fail({ id: back, runId: "a" });
  await tasks.enqueue({ title: "never claimed", ...retried });
  clock.advance(30);
  const remove: HostFs["remove"] = (at) => {
    if (at.startsWith(`${path}/tasks/`)) throw new Error("the process dies");
    return host.fs.remove(at);
  };
  const dying = openFilesOn({ ...host, fs: { ...host.fs, remove } }, { dir, clock: clock.now });
  await assertRejects(() => dying.gc({ execute: true, grace: 0 }), Error, "the process dies");

  const { items } = await open().tasks.list();
  assertEquals(items.map(({ title, status }) => [title, status]).sort(), [
    ["came back", "expired"],
    ["never claimed", "expired"],
  ]);
  const { events } = await open().log({ kind: "task" });
  const ends = events.filter(({ event }) => event === "expired");
  assertEquals(ends.map(({ run_id }) => run_id), [null, null]);

  clock.ms = Date.now() + 8 * 86_400_000;
  const { counts } = await open().gc({ execute: true });
  assertEquals(counts, { task: 2 });
});
