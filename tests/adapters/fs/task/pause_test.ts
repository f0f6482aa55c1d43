import { initWorkspace, Layout } from "../../../../src/adapters/fs/layout.ts";
import { FsPauses } from "../../../../src/adapters/fs/task/claim/pauses.ts";
import { FsTaskStore } from "../../../../src/adapters/fs/task/store.ts";
import { detectHost } from "../../../../src/host/detect.ts";
import type { HostFs } from "../../../../src/ports/host.ts";
import type { QueuePause } from "../../../../src/domain/task/keeping/pause.ts";
import { assertEquals, assertRejects, it } from "../../../deps.ts";
import { faulty, PowerOff } from "../../../support/crash/faulty_fs.ts";
import { openQueue, quickFs } from "../../../support/crash/queue_cases.ts";
import {
  assertNothingLost,
  assertNoticed,
  type Story,
} from "../../../support/crash/two_processes.ts";
import { mutated } from "../../../support/explore/mutants.ts";
import { sized } from "../../../support/length.ts";
import { until } from "../../../support/race/processes.ts";
import { newSeed } from "../../../support/random.ts";
import { makeSymlink, makeTempDir, removeTree } from "../../../support/scene/scratch.ts";

const host = await detectHost();
const PAUSE: QueuePause = { queue: "a", paused_at: "2026-11-21T09:30:00.000Z", paused_by: "ops" };

function place() {
  const folder = makeTempDir();
  const { path } = initWorkspace(host, folder);
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const pausesOn = (fs: HostFs, Made = FsPauses) => new Made(fs, new Layout(path), warn);
  const names = async () => [...await pausesOn(quickFs).names()].sort();
  const end = () => removeTree(folder);
  return { folder, path, warnings, warn, pausesOn, names, [Symbol.dispose]: end };
}

for (const what of ["pause", "resume"] as const) {
  it(`${what}() cut off at any operation leaves the queue paused or open, and can be done again`, async () => {
    for (let at = 1, isHit = true; isHit; at += sized(2, 1, 1)) {
      using here = place();
      const { pausesOn, names } = here;
      if (what === "resume") await pausesOn(quickFs).pause(PAUSE);
      const act = (fs: HostFs) =>
        what === "pause" ? pausesOn(fs).pause(PAUSE) : pausesOn(fs).resume("a");
      const cut = faulty(quickFs, { kind: "off", at, torn: true });
      try {
        await act(cut.fs);
      } catch (error) {
        if (!(error instanceof PowerOff)) throw error;
      }
      isHit = cut.hit !== undefined;
      const after = await names();
      assertEquals(after, after.length === 0 ? [] : ["a"]);
      await act(quickFs);
      assertEquals(await names(), what === "pause" ? ["a"] : []);
      await pausesOn(quickFs).resume("a");
      assertEquals(host.fs.lstat(`${here.path}/queues`), undefined, "the folder has gone");
    }
  });
}

/** Two processes that pause and resume a queue; whether it is paused after what they were answered. */
function story(
  name: string,
  isPausedAtFirst: boolean,
  acts: readonly ["pause" | "resume", "pause" | "resume"],
  Made = FsPauses,
): Story {
  return {
    name,
    async begin() {
      const here = place();
      const { pausesOn, path, names } = here;
      if (isPausedAtFirst) await pausesOn(quickFs).pause(PAUSE);
      const act = (what: "pause" | "resume") => async (fs: HostFs) => {
        await (what === "pause" ? pausesOn(fs, Made).pause(PAUSE) : pausesOn(fs, Made).resume("a"));
      };
      return {
        folder: path,
        fs: quickFs,
        first: act(acts[0]),
        second: act(acts[1]),
        async lost() {
          const isPaused = (await names()).length > 0;
          return isPaused === (acts[1] === "pause") ? [] : [`paused: ${isPaused}`];
        },
        [Symbol.dispose]: here[Symbol.dispose],
      };
    },
  };
}

for (
  const each of [
    story("a pause, repeated", false, ["pause", "pause"]),
    story("a resumption, repeated", true, ["resume", "resume"]),
    story("a pause that ends", false, ["pause", "resume"]),
    story("a resumption before a pause", true, ["resume", "pause"]),
  ]
) {
  it(`what was answered of it survives a power cut: ${each.name}`, async () => {
    await assertNothingLost(each, newSeed(each.name));
  });
}

for (
  const { name, from, to, isPaused, acts } of [
    {
      name: "a pause that believes what it finds",
      from: "!isMade && there === undefined || !this.#sync(queue)",
      to: "!isMade && there === undefined || isMade && !this.#sync(queue)",
      isPaused: false,
      acts: ["pause", "pause"],
    },
    {
      name: "a resumption that syncs nothing",
      from: "      this.fs.syncDir(this.#folder);\n",
      to: "",
      isPaused: true,
      acts: ["resume", "resume"],
    },
  ] as const
) {
  it(`${name} is found by the power cuts`, async () => {
    const path = "src/adapters/fs/task/claim/pauses.ts";
    const { FsPauses: Faulty } = await mutated(path, { name, from, to }) as {
      FsPauses: typeof FsPauses;
    };
    await assertNoticed(story(name, isPaused, acts, Faulty), newSeed(name));
  });
}

it("a pause that cannot be read pauses its queue all the same, and other names are none", async () => {
  using here = place();
  const { path, pausesOn, warnings, names } = here;
  host.fs.makeDir(`${path}/queues`);
  const write = (name: string, text: string) =>
    host.fs.createNew(`${path}/queues/${name}`, new TextEncoder().encode(text));
  write("+big.json", "");
  write("c.json", `{"queue":"d","paused_at":"x","paused_by":1}`);
  for (const other of ["a", "b.txt", "B.json", "e+.json", ".json"]) {
    write(other, "{}");
  }
  assertEquals(await names(), ["Big", "c"]);
  const all = await pausesOn(quickFs).all();
  assertEquals(all.map(({ queue, paused_by }) => [queue, paused_by]), [
    ["Big", "unknown"],
    ["c", "unknown"],
  ]);
  assertEquals(warnings, [
    'queues/+big.json is empty: queue "Big" counts as paused',
    'queues/c.json is no pause: queue "c" counts as paused',
  ]);
  assertEquals((await pausesOn(quickFs).resume("Big"))?.queue, "Big");
  assertEquals(await names(), ["c"]);
});

it("a claim fails where the folder of pauses is a link", async () => {
  using here = place();
  const other = makeTempDir();
  makeSymlink(other, `${here.path}/queues`);
  const machine = (await import("../../../../src/adapters/fs/disk/real_folders.ts"))
    .hostWithin(host, here.path);
  const { queue } = openQueue(here.path, 1, machine.fs);
  await queue.enqueue({ title: "x", runId: "p" });
  await assertRejects(() => queue.claim({ runId: "a" }));
  removeTree(other);
});

it("a claim reads none of the tasks of a paused queue", async () => {
  const reads = async (tasks: number) => {
    using here = place();
    const { queue } = openQueue(here.path, 0);
    const inputs = Array.from({ length: tasks }, () => ({
      title: "x",
      runId: "p",
      queue: "a",
      priority: 9,
    }));
    await queue.enqueueAll([...inputs, { title: "y", runId: "p" }]);
    await here.pausesOn(quickFs).pause(PAUSE);
    let count = 0;
    const fs = new Proxy(quickFs, {
      get: (target, name: keyof HostFs) => {
        const operation = target[name] as (...args: unknown[]) => unknown;
        return (...args: unknown[]) => (count++, operation.apply(target, args));
      },
    });
    const claim = await openQueue(here.path, 1, fs).queue.claim({ runId: "a" });
    assertEquals(claim.status, "claimed");
    return count;
  };
  assertEquals(await reads(40), await reads(2));
});

it("resume() has those look again that wait for a task", async () => {
  using here = place();
  await here.pausesOn(quickFs).pause(PAUSE);
  const store = new FsTaskStore(host, new Layout(here.path), Date.now, here.warn);
  const heard: (string | undefined)[] = [];
  const watch = store.onTask((id) => void heard.push(id));
  try {
    await new FsPauses(host.fs, new Layout(here.path), here.warn).resume("a");
    await until("it was heard", () => heard.includes(undefined));
  } finally {
    watch.close();
  }
});
