/** What a call answers that ends an attempt, when others move the task on before it looks again. */
import * as chain from "../../../../src/adapters/fs/task/claim_chain.ts";
import { ClaimFiles } from "../../../../src/adapters/fs/task/claim_files.ts";
import { Layout } from "../../../../src/adapters/fs/layout.ts";
import { TaskMover } from "../../../../src/adapters/fs/segment/mover.ts";
import { stemOfId } from "../../../../src/domain/ids.ts";
import { cancel, finish, grant } from "../../../../src/domain/task/claim.ts";
import type { TransitionRule } from "../../../../src/domain/task/claim.ts";
import { requeue } from "../../../../src/domain/task/requeue.ts";
import type { TaskRecord } from "../../../../src/domain/task/task.ts";
import type { HostFs } from "../../../../src/ports/host.ts";
import { openFilesOn } from "../../../../src/workspace/open.ts";
import { assertEquals, it } from "../../../deps.ts";
import { Bench, described, show } from "../../../support/explore/claim_bench.ts";
import { isHeavy } from "../../../support/length.ts";
import { workspace } from "../../../support/scene/workspace.ts";

type Scene = Awaited<ReturnType<typeof workspace>>;
type Tasks = Scene["coord"]["tasks"];

/** What a caller does to a task that it has claimed, or no agent has, and the answer. */
interface Step {
  readonly answer: string;
  readonly isClaimed?: boolean;
  readonly isExpired?: boolean;
  readonly make: (tasks: Tasks, id: string) => Promise<{ status: string }>;
}

const STEPS: Record<string, Step> = {
  "failed, with attempts left": {
    answer: "pending",
    isClaimed: true,
    make: (tasks, id) => tasks.fail({ id, runId: "me", error: "e" }),
  },
  "given back": {
    answer: "claimed",
    isClaimed: true,
    make: (tasks, id) => tasks.giveBack({ id, runId: "me" }),
  },
  "put back by its holder": {
    answer: "requeued",
    isClaimed: true,
    make: (tasks, id) => tasks.requeue({ ids: [id], runId: "me" }),
  },
  "put back after its ttl": {
    answer: "requeued",
    isExpired: true,
    make: (tasks, id) => tasks.requeue({ ids: [id], runId: "me" }),
  },
  "given another priority": {
    answer: "reprioritized",
    make: (tasks, id) => tasks.reprioritize({ ids: [id], runId: "me", priority: 7 }),
  },
};

type Move = keyof ReturnType<typeof rulesOf> | "archive";

/** What others do meanwhile, move by move, and how the task stands then. */
const MEANWHILE: Record<
  string,
  readonly [status: string, moves: readonly Move[]]
> = {
  "claimed": ["claimed", ["grant"]],
  "completed": ["completed", ["grant", "complete"]],
  "failed for good": ["failed", ["grant", "fail"]],
  "cancelled": ["cancelled", ["cancel"]],
  "cancelled and put back": ["pending", ["cancel", "requeue"]],
  "completed and moved to a segment": ["completed", ["grant", "complete", "archive"]],
};

function rulesOf(task: TaskRecord, now: number) {
  const actor = { task, taskId: task.task_id, runId: "other", now, nonce: "n" };
  const failed = { status: "failed", error: "e", isFinal: true } as const;
  return {
    grant: grant({ ...actor, ttlSeconds: 60 }),
    complete: finish(actor, { status: "completed", result: null }),
    fail: finish(actor, failed),
    cancel: cancel({ ...actor, force: true }),
    requeue: requeue({ ...actor, delaySeconds: 0, force: false, isBlocked: false }),
  } satisfies Record<string, TransitionRule>;
}

/** Makes a move of another process, whole, between two system calls of the caller. */
function move({ host, path, clock }: Scene, task: TaskRecord, name: Move): void {
  const layout = new Layout(path);
  if (name === "archive") {
    const moving = new TaskMover(host, layout, () => {}, { bytes: 1_000_000, ageMs: -1 })
      .moving(1, 1);
    moving.next();
    return assertEquals(moving.next(new Set()).value, true);
  }
  const files = new ClaimFiles(host.fs, layout, () => {});
  const outcome = chain.transition(files, stemOfId(task.task_id), rulesOf(task, clock.now())[name]);
  assertEquals(outcome.kind, "written");
  if (outcome.kind === "written") outcome.conclude?.();
}

/** Has a caller make its step, while others go on between that and its look. */
async function overtaken({ isClaimed, isExpired, make }: Step, moves: readonly Move[]) {
  const scene = await workspace();
  const { host, dir, clock, coord } = scene;
  const input = { title: "a", runId: "p", maxAttempts: 3, ttl: 60 };
  const { task_id: id } = await coord.tasks.enqueue(input);
  if (isClaimed) await coord.tasks.claim({ runId: "me" });
  if (isExpired) clock.advance(61);
  const { task } = await coord.tasks.get(id);
  let isMade = false;
  const synced: string[] = [];
  const fs: HostFs = {
    ...host.fs,
    link(from, to) {
      const isFree = host.fs.link(from, to);
      if (isFree && !isMade && to.includes("/claims/")) {
        isMade = true;
        for (const each of moves) move(scene, task, each);
      }
      return isFree;
    },
    syncNames(file, folders) {
      synced.push(file.slice(file.lastIndexOf("/") + 1));
      host.fs.syncNames(file, folders);
    },
  };
  const { status } = await make(openFilesOn({ ...host, fs }, { dir, clock: clock.now }).tasks, id);
  assertEquals(isMade, true);
  // Until then a power cut may take both the end and the step that it followed.
  const isOverruled = !moves.includes("archive") && moves.some((each) => each !== "grant");
  assertEquals(synced.includes(`${stemOfId(id)}.end`), isOverruled, `synced: ${synced}`);
  return { coord, status };
}

for (const [step, made] of Object.entries(STEPS)) {
  for (const [what, [stands, moves]] of Object.entries(MEANWHILE)) {
    it(`a task that was ${step} is answered so although it was ${what} before the answer`, async () => {
      const { coord, status } = await overtaken(made, moves);
      assertEquals(status, made.answer);
      const { items: [item] } = await coord.tasks.list();
      const attempts = (made.isClaimed ? 1 : 0) + (moves.includes("grant") ? 1 : 0);
      assertEquals([item?.status, item?.attempt], [stands, attempts]);
      assertEquals((await coord.fsck({})).findings, []);
    });
  }
}

it("a step is answered by what follows it, in all interleavings and crashes", () => {
  const bench = new Bench(chain);
  const others = isHeavy() ? [["worker"], ["force", "mend"]] as const : [["force"]] as const;
  for (const step of ["retry", "give", "aim"] as const) {
    for (const kinds of others) {
      const { violation } = bench.explore("a claim", [step, ...kinds]);
      assertEquals(violation && described("a claim", violation), undefined);
    }
  }
  console.log(`overtaken: ${show(bench.total)}`);
});
