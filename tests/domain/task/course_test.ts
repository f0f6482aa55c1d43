import { cancel, type ClaimRecord, taskStatus } from "../../../src/domain/task/claim.ts";
import { extend, finish, giveBack, grant } from "../../../src/domain/task/claim.ts";
import { letGo, predecessor } from "../../../src/domain/task/let_go.ts";
import { claimableNext, courseOf, standingAt } from "../../../src/domain/task/keeping/course.ts";
import { reprioritize, requeue } from "../../../src/domain/task/requeue.ts";
import { isClaimable, type TaskRecord } from "../../../src/domain/task/task.ts";
import { formatTime } from "../../../src/domain/time.ts";
import { assert_, assertEquals, it } from "../../deps.ts";
import { sized } from "../../support/length.ts";
import { newSeed, type Random } from "../../support/random.ts";

const EPOCH = Date.UTC(2026, 10, 21);
const DAY_S = 86_400;

function anyTask(random: Random): TaskRecord {
  return {
    task_id: `sha256:${"0".repeat(64)}`,
    title: "t",
    priority: 0,
    queue: "default",
    ttl_seconds: random.pick([1, 60, DAY_S, 1e9]),
    created_by: "p",
    created_at: formatTime(EPOCH),
    tags: [],
    payload: {},
    ...(random.chance(0.3) && { not_before: formatTime(EPOCH + random.below(200_000)) }),
    ...(random.chance(0.3) && { after: [`sha256:${"1".repeat(64)}`] }),
    ...(random.chance(0.5) && {
      max_attempts: 3,
      backoff: { seconds: 30, factor: 2, max_seconds: 60 },
    }),
  };
}

/** Rules as agents apply them, some of which refuse. */
function anyRule(task: TaskRecord, now: number, random: Random) {
  const { task_id: taskId } = task;
  const actor = { task, taskId, runId: "a", now, nonce: "n" };
  return random.pick([
    () => grant({ ...actor, ttlSeconds: random.pick([1, 60, 3600]) }),
    () => grant({ ...actor, ttlSeconds: 60 }),
    () => extend(actor),
    () => giveBack(actor),
    () => finish(actor, { status: "failed", error: "x", task }),
    () => finish(actor, { status: "completed", result: null }),
    () => cancel({ ...actor, force: true }),
    () => reprioritize({ ...actor, priority: random.below(9) }),
    () => requeue({ ...actor, delaySeconds: random.below(90), force: true, isBlocked: false }),
    () => letGo({ ...actor, predecessors: [predecessor("1", "completed")] }),
  ])();
}

it("courseOf() says at every instant where taskStatus() has the task, until it is written again", () => {
  const random = newSeed("courses of tasks");
  const met = new Set<string>();
  for (let round = 0; round < sized(300, 20_000, 200_000); round++) {
    const task = anyTask(random);
    let claim: ClaimRecord | undefined;
    let now = EPOCH;
    for (let step = 0; step < 6; step++) {
      const course = courseOf(task, claim);
      const instants = course.flatMap(({ from }) => [from - 1, from, from + 1])
        .filter(Number.isFinite);
      for (const at of [now, now - DAY_S * 1000, now + random.below(1e9), ...instants]) {
        const status = taskStatus(task, claim, at);
        met.add(status);
        assertEquals(standingAt(course, at), status);
        const next = claimableNext(course, at);
        assertEquals(next === undefined || next > at, true);
        if (next !== undefined) assert_(isClaimable(taskStatus(task, claim, next)));
      }
      const decision = anyRule(task, now, random)(claim);
      if (decision.kind === "write") claim = decision.next;
      now += random.below(100_000);
    }
  }
  // Nothing here ends a task as expired; one that is by time alone is met.
  assertEquals([...met].sort(), [
    "blocked",
    "cancelled",
    "claimed",
    "completed",
    "delayed",
    "expired",
    "failed",
    "pending",
    "timed_out",
  ]);
});
