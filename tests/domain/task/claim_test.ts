import { assertEquals, it } from "../../deps.ts";
import {
  cancel,
  type ClaimRecord,
  extend,
  finish,
  giveBack,
  grant,
  taskStatus,
  type TransitionRule,
} from "../../../src/domain/task/claim.ts";
import { parseClaim } from "../../../src/domain/task/parse_claim.ts";
import { formatTime } from "../../../src/domain/time.ts";
import { TASK } from "../../support/scene/plain_task.ts";

const ID = TASK.task_id;

function granted(runId = "a", now = 0, ttlSeconds = 10, current?: ClaimRecord): ClaimRecord {
  const decision = grant({ task: TASK, runId, now, ttlSeconds, nonce: "n" })(current);
  if (decision.kind !== "write") throw new Error("not granted");
  return decision.next;
}

/** The status of a refusal, or what else was decided. */
function verdict(rule: TransitionRule, current: ClaimRecord | undefined): string {
  const decision = rule(current);
  return decision.kind === "refuse" ? decision.refusal.status : decision.kind;
}

const claimBy = (runId: string, nowS: number) =>
  grant({ task: TASK, runId, now: nowS * 1000, ttlSeconds: 10, nonce: "n" });
const completeBy = (runId: string, fence?: number) =>
  finish({ taskId: ID, runId, now: 1000, fence }, { status: "completed", result: { x: 1 } });

it("grant() gives a pending task with attempt and fence 1", () => {
  assertEquals(granted("a", 5000, 10), {
    task_id: ID,
    claimer_run_id: "a",
    claimed_at: formatTime(5000),
    expires_at: formatTime(15_000),
    heartbeat_at: formatTime(5000),
    status: "claimed",
    claim_nonce: "n",
    attempt: 1,
    fence: 1,
    transition: 1,
    result: null,
    error: null,
    ttl_seconds: 10,
  });
});

it("grant() leaves the default TTL unsaid, and what an earlier holder said", () => {
  const said = { note: "half", progress: { done: 1, total: 2 } };
  const earlier = { ...granted("a", 0, 10), ...said };
  const decision = grant({ task: TASK, runId: "b", now: 20_000, ttlSeconds: 3600, nonce: "m" })(
    earlier,
  );
  const next = decision.kind === "write" ? decision.next : undefined;
  assertEquals([next?.claimer_run_id, next?.attempt], ["b", 2]);
  assertEquals([next?.note, next?.progress, next?.ttl_seconds], [undefined, undefined, undefined]);
});

it("extend() adds the claim's own TTL unless it is given a time, and keeps what was said", () => {
  const said = { note: "half", progress: { done: 1, total: 2 } };
  const by = { taskId: ID, runId: "a" };
  const next = (current: ClaimRecord, more: Partial<Parameters<typeof extend>[0]>) => {
    const decision = extend({ ...by, now: 0, ...more })(current);
    if (decision.kind !== "write") throw new Error(decision.kind);
    return decision.next;
  };
  const first = next(granted("a", 0, 10), { now: 5_000, remarks: said });
  assertEquals([first.expires_at, first.note], [formatTime(15_000), "half"]);
  const second = next(first, { now: 6_000, extensionSeconds: 60 });
  assertEquals([second.expires_at, second.progress], [formatTime(66_000), said.progress]);
  const third = next(second, { now: 60_000, remarks: { note: "most" } });
  assertEquals([third.expires_at, third.note], [formatTime(70_000), "most"]);
  const foreign: ClaimRecord = { ...third, ttl_seconds: -1 };
  assertEquals(next(foreign, { now: 60_000 }).expires_at, formatTime(3_660_000));
});

it("grant() refuses a pending task whose ttl has passed, from that instant on", () => {
  assertEquals(verdict(claimBy("a", 99.999), undefined), "write");
  assertEquals(verdict(claimBy("a", 100), undefined), "expired");
});

it("grant() refuses a live claim, and gives a timed-out one with a later attempt and fence", () => {
  const first = granted("a", 0, 10);
  assertEquals(verdict(claimBy("b", 9.999), first), "taken");
  const second = granted("b", 10_000, 10, first);
  assertEquals([second.attempt, second.fence, second.transition], [2, 2, 2]);
  assertEquals(second.claimer_run_id, "b");
});

it("grant() gives a timed-out task although the ttl of pending tasks has passed", () => {
  assertEquals(verdict(claimBy("b", 5000), granted("a", 0, 10)), "write");
});

it("finish() is for the holder, also after the timeout while no other agent has the task", () => {
  assertEquals(verdict(completeBy("a"), granted("a")), "write");
  assertEquals(verdict(completeBy("b"), granted("a")), "not_holder");
  assertEquals(verdict(completeBy("a"), undefined), "not_holder");
  const late = finish({ taskId: ID, runId: "a", now: 60_000 }, { status: "failed", error: "e" });
  assertEquals(verdict(late, granted("a", 0, 10)), "write");
});

it("finish() refuses the fence of an earlier grant, also from the same run id", () => {
  const again = granted("a", 10_000, 10, granted("a", 0, 10));
  assertEquals(verdict(completeBy("a", 1), again), "stale_fence");
  assertEquals(verdict(completeBy("a", 2), again), "write");
});

it("finish() keeps a repeated outcome and refuses another", () => {
  const decision = completeBy("a")(granted("a"));
  const done = decision.kind === "write" ? decision.next : undefined;
  assertEquals(verdict(completeBy("a"), done), "keep");
  assertEquals(verdict(completeBy("b"), done), "terminal");
  const other = finish({ taskId: ID, runId: "a", now: 0 }, { status: "completed", result: null });
  assertEquals(verdict(other, done), "terminal");
  const failed = finish({ taskId: ID, runId: "a", now: 0 }, { status: "failed", error: "" });
  assertEquals(verdict(failed, done), "terminal");
});

it("extend() moves the end to now plus the extension and never back", () => {
  const claim = granted("a", 0, 100);
  const beat = (extensionSeconds: number) =>
    extend({ taskId: ID, runId: "a", now: 10_000, extensionSeconds })(claim);
  const longer = beat(200);
  const shorter = beat(5);
  assertEquals(longer.kind === "write" && longer.next.expires_at, formatTime(210_000));
  assertEquals(shorter.kind === "write" && shorter.next.expires_at, formatTime(100_000));
  assertEquals(shorter.kind === "write" && shorter.next.heartbeat_at, formatTime(10_000));
});

it("extend() keeps attempt and fence", () => {
  const decision = extend({ taskId: ID, runId: "a", now: 1, extensionSeconds: 9 })(granted("a"));
  const next = decision.kind === "write" ? decision.next : undefined;
  assertEquals([next?.attempt, next?.fence, next?.transition], [1, 1, 2]);
});

it("giveBack() times a claim out at once, for its holder only", () => {
  const rule = (runId: string) => giveBack({ taskId: ID, runId, now: 3000 });
  assertEquals(verdict(rule("b"), granted("a")), "not_holder");
  const decision = rule("a")(granted("a"));
  const next = decision.kind === "write" ? decision.next : undefined;
  assertEquals(taskStatus(TASK, next, 3000), "timed_out");
});

it("cancel() ends a pending task for any caller and a claimed one for its holder or by force", () => {
  const rule = (runId: string, force = false) =>
    cancel({ taskId: ID, runId, now: 0, force, nonce: "n" });
  assertEquals(verdict(rule("b"), undefined), "write");
  assertEquals(verdict(rule("b"), granted("a")), "not_holder");
  assertEquals(verdict(rule("b", true), granted("a")), "write");
  assertEquals(verdict(rule("a"), granted("a")), "write");
  const decision = rule("b")(undefined);
  const cancelled = decision.kind === "write" ? decision.next : undefined;
  assertEquals(cancelled?.status, "cancelled");
  assertEquals(verdict(rule("b"), cancelled), "keep");
  assertEquals(verdict(rule("c", true), cancelled), "terminal");
});

it("every rule but grant() takes two unknown agents for two", () => {
  const claim = { ...granted("a"), claimer_run_id: "unknown" };
  assertEquals(verdict(completeBy("unknown"), claim), "not_holder");
  const beat = extend({ taskId: ID, runId: "unknown", now: 0, extensionSeconds: 5 });
  assertEquals(verdict(beat, claim), "not_holder");
});

it("no rule writes on a terminal state", () => {
  for (const status of ["completed", "failed", "cancelled"] as const) {
    const over = { ...granted("z"), status };
    assertEquals(verdict(claimBy("a", 9999), over), "terminal");
    assertEquals(verdict(completeBy("a"), over), "terminal");
    assertEquals(verdict(giveBack({ taskId: ID, runId: "z", now: 0 }), over), "terminal");
    const beat = extend({ taskId: ID, runId: "z", now: 0, extensionSeconds: 5 });
    assertEquals(verdict(beat, over), "terminal");
    const force = cancel({ taskId: ID, runId: "a", now: 0, force: true, nonce: "n" });
    assertEquals(verdict(force, over), "terminal");
  }
});

it("taskStatus() distinguishes the seven statuses", () => {
  const claim = granted("a", 0, 10);
  assertEquals(taskStatus(TASK, undefined, 99_999), "pending");
  assertEquals(taskStatus(TASK, undefined, 100_000), "expired");
  assertEquals(taskStatus(TASK, claim, 9_999), "claimed");
  assertEquals(taskStatus(TASK, claim, 10_000), "timed_out");
  for (const status of ["completed", "failed", "cancelled"] as const) {
    assertEquals(taskStatus(TASK, { ...claim, status }, 999_999), status);
  }
});

it("parseClaim() reads another tool's claim as a first grant and keeps unknown fields", () => {
  const foreign = {
    task_id: ID,
    claimer_run_id: "muse-1",
    claimed_at: "2026-11-21T09:30:00.123456+00:00",
    expires_at: "2026-11-21T10:30:00.123456+00:00",
    status: "claimed",
    extra: { kept: true },
  };
  const claim = parseClaim(foreign, ID);
  if (typeof claim === "string") throw new Error(claim);
  assertEquals([claim.attempt, claim.fence, claim.transition], [1, 1, 0]);
  assertEquals((claim as unknown as { extra: unknown }).extra, { kept: true });
});

it("parseClaim() names all fields that are wrong", () => {
  assertEquals(parseClaim([], ID), "is not a JSON object");
  assertEquals(
    parseClaim({ task_id: "other", status: "gone", claimed_at: 5, transition: "1" }, ID),
    "has no valid task_id (differs from the file's name), claimer_run_id, status, claimed_at, " +
      "expires_at, transition",
  );
});
