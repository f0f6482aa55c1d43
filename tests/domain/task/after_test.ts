import { assert_, assertEquals, it } from "../../deps.ts";
import { afterOf, isGated, onFailureOf, verdict } from "../../../src/domain/task/after.ts";
import { grant, taskStatus } from "../../../src/domain/task/claim.ts";
import { letGo } from "../../../src/domain/task/let_go.ts";
import { pendingExpiry } from "../../../src/domain/task/pending.ts";
import { parseTask, type TaskRecord } from "../../../src/domain/task/task.ts";

const [A, B] = ["aaaaaa", "bbbbbb"];
const NOW = Date.UTC(2026, 10, 21, 9, 30);

const of = (...statuses: string[]) =>
  statuses.map((status, n) => ({ task_id: `aaaaa${n}`, status }));

function task(fields: Partial<TaskRecord> = {}): TaskRecord {
  const record = parseTask({ title: "t", created_at: "2026-11-21T09:00:00Z", ...fields }, "cccccc");
  assert_(typeof record === "object");
  return record;
}

it("verdict() waits until all are completed, whatever the others' order", () => {
  for (const on_failure of [undefined, "block", "cancel", "run", "another tool's"]) {
    const say = (...statuses: string[]) => verdict({ on_failure }, of(...statuses));
    assertEquals(say("completed", "completed"), "claimable");
    for (const open of ["pending", "claimed", "timed_out", "delayed", "blocked"]) {
      assertEquals([say(open, "completed"), say("completed", open)], ["blocked", "blocked"]);
    }
  }
});

it("verdict() does with what ended badly as the task says", () => {
  for (const bad of ["failed", "cancelled", "expired", "gone"]) {
    assertEquals(verdict({}, of("completed", bad)), "blocked");
    assertEquals(verdict({ on_failure: "cancel" }, of("pending", bad)), "cancelled");
    assertEquals(verdict({ on_failure: "run" }, of("pending", bad)), "blocked");
    assertEquals(verdict({ on_failure: "run" }, of("completed", bad)), "claimable");
  }
});

it("afterOf() takes what names no tasks for another tool's", () => {
  assertEquals(afterOf({ after: [A, B, A] }), [A, B]);
  for (const after of [undefined, "aaaaaa", [1], [A, "../../x"], ["soon"], {}]) {
    assertEquals([afterOf({ after }), isGated({ after })], [[], false]);
  }
  assertEquals(onFailureOf({ on_failure: 7 }), "block");
});

it("letGo() makes a task claimable from now on, or from when it is not delayed any more", () => {
  const rule = (fields: Partial<TaskRecord>) =>
    letGo({
      task: task({ after: [A], ttl_seconds: 10, ...fields }),
      predecessors: of("completed"),
      now: NOW,
      nonce: "n",
    });
  for (
    const [fields, from] of [[{}, NOW], [
      { not_before: "2026-11-21T10:00:00Z" },
      NOW + 1_800_000,
    ]] as const
  ) {
    const made = rule(fields)(undefined);
    assert_(made.kind === "write");
    const own = task({ after: [A], ttl_seconds: 10, ...fields });
    assertEquals(taskStatus(own, undefined, NOW), "blocked");
    assertEquals(taskStatus(own, made.next, from - 1), "delayed");
    assertEquals(taskStatus(own, made.next, from), "pending");
    assertEquals(pendingExpiry(own, made.next), from + 10_000);
    assertEquals(pendingExpiry(own, undefined), Infinity);
    const claimed = grant({ task: own, runId: "a", ttlSeconds: 60, nonce: "m", now: from })(
      made.next,
    );
    assert_(claimed.kind === "write");
    const { attempt, fence, transition, retry_at, earlier_attempts } = claimed.next;
    assertEquals({ attempt, fence, transition, retry_at, earlier_attempts }, {
      attempt: 1,
      fence: 2,
      transition: 2,
      retry_at: undefined,
      earlier_attempts: undefined,
    });
    assertEquals(rule(fields)(made.next).kind, "refuse");
  }
});

it("grant() refuses a task that waits for others and was not let go", () => {
  const early = grant({
    task: task({ after: [A] }),
    runId: "a",
    ttlSeconds: 60,
    nonce: "n",
    now: NOW,
  });
  const decision = early(undefined);
  assertEquals(decision.kind === "refuse" && decision.refusal.status, "blocked");
});
