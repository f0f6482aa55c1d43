import { FsTaskStore } from "../../src/adapters/fs/task/store.ts";
import { initWorkspace, Layout } from "../../src/adapters/fs/layout.ts";
import type { ClaimRecord } from "../../src/domain/task/claim.ts";
import { Tasks } from "../../src/engine/task/tasks.ts";
import { detectHost } from "../../src/host/detect.ts";
import { assertEquals, it } from "../deps.ts";
import { halfRecords, openQueue, quickFs, T0, workOff } from "../support/crash/queue_cases.ts";
import { faulty, PowerOff } from "../support/crash/faulty_fs.ts";
import { checkHistory, type Entry, type Outcome, type Request } from "../support/race/history.ts";
import { sized } from "../support/length.ts";
import { newSeed, type Random } from "../support/random.ts";
import { makeTempDir, removeTree } from "../support/scene/scratch.ts";

const host = await detectHost();

const AGENTS = ["A", "B", "C"] as const;

function randomRequest(random: Random, id: string, fence: number): Request {
  const held = random.chance(0.5) ? fence : undefined;
  switch (random.below(9)) {
    case 0:
      return { kind: "complete", id, fence: held, result: { n: random.below(3) } };
    case 1:
      return { kind: "fail", id, fence: held, error: "on purpose" };
    case 2:
      return { kind: "cancel", id, force: random.chance(0.3) };
    case 3:
      return { kind: "giveBack", id, fence: held };
    case 4:
    case 5:
      return { kind: "heartbeat", id, fence: held, extension: 1 + random.below(10) };
    default:
      return { kind: "claim", ttl: 1 + random.below(10) };
  }
}

function perform(queue: Tasks, runId: string, request: Request): Promise<Outcome> {
  switch (request.kind) {
    case "claim":
      return queue.claim({ runId, claimTtl: request.ttl });
    case "complete": {
      const { id, fence, result } = request;
      return queue.complete({ id, runId, fence, result });
    }
    case "fail": {
      const { id, fence, error } = request;
      return queue.fail({ id, runId, fence, error });
    }
    case "heartbeat": {
      const { id, fence, extension } = request;
      return queue.heartbeat({ id, runId, fence, extension });
    }
    case "giveBack":
      return queue.giveBack({ id: request.id, runId, fence: request.fence });
    case "cancel":
      return queue.cancel({ id: request.id, runId, force: request.force });
  }
}

/** Random calls, some of which are cut off; what is wrong with what came of them. */
async function walk(random: Random, steps: number): Promise<{ cuts: number; problems: string[] }> {
  const folder = makeTempDir();
  const { path: workspace } = initWorkspace(host, folder);
  const { queue } = openQueue(workspace, 0);
  const tasks = await queue.enqueueAll(
    [1, 2, 3].map((n) => ({ title: `task ${n}`, runId: "maker" })),
  );
  const history: Entry[] = [];
  const warnings: string[] = [];
  let second = 1;
  let cuts = 0;
  for (let step = 0; step < steps; step++) {
    second += random.below(4);
    const runId = random.pick(AGENTS);
    const request = randomRequest(random, random.pick(tasks).task_id, 1 + random.below(3));
    const cut = random.chance(0.2) ? 1 + random.below(30) : Infinity;
    const { fs } = faulty(quickFs, { kind: "off", at: cut, torn: random.chance(0.5) });
    const warn = (message: string) => {
      if (!message.includes("already")) warnings.push(message);
    };
    const clock = () => T0 + second * 1000;
    const store = new FsTaskStore({ ...host, fs }, new Layout(workspace), clock, warn);
    const own = new Tasks({
      store: { tasks: store },
      clock,
      warn,
    });
    const entry: Entry = {
      runId,
      request,
      now: T0 + second * 1000,
      invoked: step * 10,
      returned: Infinity,
      outcome: undefined,
    };
    history.push(entry);
    try {
      entry.outcome = await perform(own, runId, request);
      entry.returned = step * 10 + 5;
    } catch (error) {
      if (!(error instanceof PowerOff)) throw error;
      cuts++;
    }
  }
  const finals = new Map<string, ClaimRecord | undefined>();
  for (const { task_id } of tasks) {
    finals.set(task_id, (await queue.get(task_id)).claim ?? undefined);
  }
  const problems = [
    ...checkHistory(tasks, history, finals).problems,
    ...halfRecords(workspace),
    ...await workOff(workspace, tasks.length),
    ...warnings,
  ];
  removeTree(folder);
  return { cuts, problems };
}

it("calls in any order, cut off anywhere, are explained by the rules", async () => {
  const random = newSeed("crash walk");
  const walks = sized(12, 300, 8_000);
  let cuts = 0;
  for (let n = 0; n < walks; n++) {
    const walked = await walk(random, 30);
    assertEquals(walked.problems, [], `walk ${n}`);
    cuts += walked.cuts;
  }
  console.log(`${walks} walks of 30 calls, ${cuts} calls were cut off`);
});
