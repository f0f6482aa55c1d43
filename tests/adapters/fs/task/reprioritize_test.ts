import { ClaimFiles, dueTree, stemOfDue } from "../../../../src/adapters/fs/task/claim_files.ts";
import { transition } from "../../../../src/adapters/fs/task/claim_chain.ts";
import { FirstEntry } from "../../../../src/adapters/fs/task/index/first_entry.ts";
import { Placing } from "../../../../src/adapters/fs/task/index/placing.ts";
import { ReadyIndex } from "../../../../src/adapters/fs/task/index/ready_index.ts";
import { initWorkspace, Layout } from "../../../../src/adapters/fs/layout.ts";
import { allEntries } from "../../../../src/adapters/fs/disk/time_index.ts";
import { WrongClock } from "../../../../src/adapters/fs/disk/wrong_clock.ts";
import { readParsed } from "../../../../src/adapters/fs/disk/record_file.ts";
import { stemOfId } from "../../../../src/domain/ids.ts";
import { reprioritize } from "../../../../src/domain/task/requeue.ts";
import { parseTask, type TaskRecord } from "../../../../src/domain/task/task.ts";
import { detectHost } from "../../../../src/host/detect.ts";
import type { HostFs } from "../../../../src/ports/host.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import { faulty, PowerOff } from "../../../support/crash/faulty_fs.ts";
import { openQueue, quickFs, T0, workOff } from "../../../support/crash/queue_cases.ts";
import { mutated } from "../../../support/explore/mutants.ts";
import { sized } from "../../../support/length.ts";
import { newSeed, type Random, sample } from "../../../support/random.ts";
import { makeTempDir, removeTree } from "../../../support/scene/scratch.ts";

const host = { ...await detectHost(), fs: quickFs };
const NOW = T0 + 6_000;

/** One process, and what it may do without a pause. */
function actor(Made: typeof Placing, fs: HostFs, layout: Layout, task: TaskRecord) {
  const warn = () => {};
  const claims = new ClaimFiles(fs, layout, warn);
  const first = new FirstEntry(fs, layout);
  const read = (stem: string) => readParsed(fs, layout.root, `tasks/${stem}.json`, parseTask, warn);
  const wrongClock = new WrongClock(fs, layout.tmp, warn);
  const placing = new Made(fs, layout, { claims, first, read, wrongClock });
  const stem = stemOfId(task.task_id);
  return {
    /** As the store does it. */
    change(priority: number): void {
      const rule = reprioritize({ task, runId: "R", now: NOW, nonce: `to${priority}`, priority });
      const outcome = transition(claims, stem, rule);
      if (outcome.kind !== "written") return;
      claims.follow(outcome);
      placing.reprioritized(outcome, NOW);
    },
    /** As a claim does it that meets an entry out of date. */
    replace(priority: number): void {
      const { ready } = first;
      placing.replace(stem, ready.againPath({ ...task, priority }), NOW, ready);
    },
    /** As a claim does it that sweeps what is due. */
    sweep(): void {
      for (const { rest, path } of [...allEntries(fs, claims.dueRoot)]) {
        if (stemOfDue(rest) !== stem) continue;
        placing.recheck(stem, NOW);
        fs.remove(path);
      }
    },
  };
}

type Act = (process: ReturnType<typeof actor>) => void;

/** What a process does. Only one that meets an entry out of date removes it. */
const ACTS: Readonly<Record<string, Act>> = {
  "to 5": (process) => process.change(5),
  "to 0": (process) => process.change(0),
  "meets 5": (process) => process.replace(5),
  "meets 0": (process) => process.replace(0),
  sweeps: (process) => process.sweep(),
};

/** Whether anything in the index leads to a task. */
function isIndexed(fs: HostFs, layout: Layout, stem: string): boolean {
  return new ReadyIndex(fs, `${layout.index}/ready`).stems().has(stem) ||
    [...allEntries(fs, dueTree(layout).root)].some(({ rest }) => stemOfDue(rest) === stem);
}

/** A file system that has others act before its n-th operation. */
function interrupted(at: number, body: () => void): { fs: HostFs; readonly isHit: boolean } {
  let count = 0;
  const fs = new Proxy(quickFs, {
    get(target, name: keyof HostFs) {
      const operation = target[name] as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        if (++count === at) body();
        return operation.apply(target, args);
      };
    },
  });
  return {
    fs,
    get isHit() {
      return count >= at;
    },
  };
}

interface Round {
  readonly start: readonly number[];
  readonly outer: string;
  readonly inner: readonly [string, string];
}

/** Every round: a process, and two that come in the middle of it, of which the second dies. */
function rounds(random: Random): Round[] {
  const names = Object.keys(ACTS);
  const all = [[5], [5, 0], []].flatMap((start) =>
    names.flatMap((outer) =>
      names.flatMap((one) =>
        names.map((two) => ({ start, outer, inner: [one, two] }) satisfies Round)
      )
    )
  );
  return sample(all, sized(1 / all.length, 1 / 4, 1), random);
}

/** The first round after which nothing leads to the task. */
async function firstLoss(
  Made: typeof Placing,
  some: readonly Round[],
  stride: () => number,
  cutStride: () => number,
): Promise<string | undefined> {
  const parent = makeTempDir();
  using cleanup = new DisposableStack();
  cleanup.defer(() => removeTree(parent));
  for (const { start, outer, inner } of some) {
    let isHit = true;
    for (let at = 1; isHit; at += stride()) {
      let isCut = true;
      for (let cut = cutStride(); isCut; cut += cutStride()) {
        const { path } = initWorkspace(host, `${parent}/${crypto.randomUUID()}`);
        const layout = new Layout(path);
        const { queue } = openQueue(path, 0);
        const task = await queue.enqueue({ title: "x", runId: "p", maxAttempts: 9 });
        await queue.claim({ runId: "a", claimTtl: 10 });
        await queue.fail({ id: task.task_id, runId: "a" });
        for (const priority of start) {
          await queue.reprioritize({ ids: [task.task_id], runId: "p", priority });
        }
        const act = (name: string, fs: HostFs) => ACTS[name]?.(actor(Made, fs, layout, task));
        const dying = faulty(quickFs, { kind: "off", at: cut, torn: false });
        const whole = interrupted(at, () => {
          act(inner[0], quickFs);
          try {
            act(inner[1], dying.fs);
          } catch (error) {
            if (!(error instanceof PowerOff)) throw error;
          }
        });
        act(outer, whole.fs);
        isHit = whole.isHit;
        isCut = dying.hit !== undefined;
        if (!isIndexed(quickFs, layout, stemOfId(task.task_id))) {
          return `from ${start.join()}: ${outer}, at ${at} ${inner.join()} until ${cut}`;
        }
        removeTree(path);
      }
    }
  }
  return undefined;
}

it("a task whose priority changes while others meet its entries is never gone from the index", async () => {
  const random = newSeed("priorities");
  const stride = () => 1 + random.below(sized(24, 16, 4));
  assertEquals(await firstLoss(Placing, rounds(random), stride, stride), undefined);
});

for (
  const { name, from, to, round, strides: [at, cut] } of [
    {
      name: "a claim that removes an entry and does not look again",
      from: "    this.fs.remove(path);\n    this.recheck(stem, now);\n  }",
      to: "    this.fs.remove(path);\n  }",
      round: { start: [5], outer: "meets 0", inner: ["to 0", "meets 5"] },
      strides: [1, 1_000],
    },
    {
      name:
        "a process that forgets the timeout of its state before the task has its entry, and dies",
      from: "this.enter(stem, claim, now);\n      claims.dropDue(claim);",
      to: "claims.dropDue(claim);\n      this.enter(stem, claim, now);",
      round: { start: [], outer: "to 5", inner: ["to 0", "to 5"] },
      strides: [1_000, 1],
    },
  ] as const
) {
  it(`the search for a lost task notices ${name}`, async () => {
    const faultyModule = await mutated("src/adapters/fs/task/index/placing.ts", { name, from, to });
    const { Placing: Faulty } = faultyModule as { Placing: typeof Placing };
    assert_(await firstLoss(Faulty, [round], () => at, () => cut) !== undefined);
  });
}

it("a reprioritize() that dies leaves an entry that the next claim follows, and no second grant", async () => {
  for (let at = 1, isHit = true; isHit; at += sized(3, 1, 1)) {
    const folder = makeTempDir();
    using cleanup = new DisposableStack();
    cleanup.defer(() => removeTree(folder));
    const { path } = initWorkspace(host, folder);
    const { queue } = openQueue(path, 0);
    await queue.enqueueAll([{ title: "a", runId: "p" }, { title: "b", runId: "p" }]);
    const { items: [, second] } = await queue.list();
    const cut = faulty(quickFs, { kind: "off", at, torn: false });
    try {
      const dying = openQueue(path, 6, cut.fs).queue;
      await dying.reprioritize({ ids: [second?.task_id ?? ""], runId: "p", priority: 3 });
    } catch (error) {
      if (!(error instanceof PowerOff)) throw error;
    }
    isHit = cut.hit !== undefined;
    const later = openQueue(path, 7).queue;
    const { items } = await later.list();
    const first = await later.claim({ runId: "z" });
    const isRaised = items[0]?.title === "b";
    assert_(first.status === "claimed");
    assertEquals([first.task.title, first.task.priority], isRaised ? ["b", 3] : ["a", 0]);
    assertEquals((await later.claim({ runId: "z" })).status, "claimed");
    assertEquals((await later.claim({ runId: "z" })).status, "empty");
    assertEquals(await workOff(path, 2, 10_000), []);
  }
});
