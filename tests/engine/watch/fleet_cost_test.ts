/** What following a fleet asks of the disk: calls of the host, since time says little on a busy machine. */
import { initWorkspace, openWorkspace } from "../../../mod.ts";
import { detectHost } from "../../../src/host/detect.ts";
import type { Host, HostFs } from "../../../src/ports/host.ts";
import { openFilesOn } from "../../../src/workspace/open.ts";
import { assert_, itIf } from "../../deps.ts";
import { isHeavy } from "../../support/length.ts";
import { makeTempDir } from "../../support/scene/scratch.ts";

const itHeavy = isHeavy() ? itIf(true, "") : itIf(false, "it takes seconds");

/** A host that counts the calls of its file system. */
function counting(host: Host): { host: Host; take(): number } {
  let calls = 0;
  const fs = new Proxy(host.fs, {
    get(of, name: keyof HostFs) {
      calls++;
      return of[name];
    },
  });
  return {
    host: { ...host, fs },
    take() {
      const taken = calls;
      calls = 0;
      return taken;
    },
  };
}

/** Changes of a fleet, and how many of them are made before the follower has its turn. */
const CHANGES = 600;
const TOGETHER = 4;

/**
 * Calls for a change, for each second in which there are some, since whole folders are compared then, and
 * for a state without changes. Half of it was counted at most; a look at each claim would be 150 more.
 */
const MOST = { change: 8, second: 200, state: 100 } as const;

itHeavy("following a fleet costs few calls for a change, and next to none without", async () => {
  const dir = makeTempDir();
  await initWorkspace(dir);
  const fleet = await openWorkspace({ dir });
  const { host, take } = counting(await detectHost());
  const stop = new AbortController();
  const states = openFilesOn(host, { dir }).fleet({
    interval: 0.15,
    ages: 0.3,
    signal: stop.signal,
  })
    [Symbol.asyncIterator]();
  await states.next();
  take();
  const start = performance.now();
  let isOver = false;
  let changes = 0;
  const act = async (runId: string) => {
    while (changes < CHANGES) {
      const { task_id: id } = await fleet.tasks.enqueue({ title: `Do ${changes}`, runId });
      const claimed = await fleet.tasks.claim({ runId });
      if (claimed.status === "empty") continue;
      await fleet.tasks.heartbeat({ id: claimed.task_id, runId, note: `after ${id}` });
      await fleet.tasks.complete({ id: claimed.task_id, runId });
      changes += TOGETHER;
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  };
  const acting = Promise.all(["a", "b", "c", "d"].map(act)).finally(() => isOver = true);
  for (let completed = 0; !isOver || completed < changes / TOGETHER;) {
    const { value } = await states.next();
    completed = value?.tasks.completed ?? 0;
  }
  await acting;
  const calls = take();
  const seconds = (performance.now() - start) / 1000;
  console.log(`${calls} calls for ${changes} changes within ${seconds.toFixed(1)} s`);
  assert_(calls <= MOST.change * changes + MOST.second * seconds, `${calls} calls`);
  // What a notification has lost is looked for until it is known that there is nothing.
  for (let at = 0; at < 10; at++) await states.next();
  take();
  for (let at = 0; at < 10; at++) await states.next();
  const idle = take() / 10;
  console.log(`${idle.toFixed(1)} calls for a state without changes`);
  assert_(idle <= MOST.state, `${idle} calls for a state without changes`);
  stop.abort();
  await states.return?.();
});
