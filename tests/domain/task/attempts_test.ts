import { assertEquals, it } from "../../deps.ts";
import { attemptsOf } from "../../../src/domain/task/attempts.ts";
import {
  cancel,
  type ClaimRecord,
  extend,
  finish,
  giveBack,
  grant,
  type TransitionRule,
} from "../../../src/domain/task/claim.ts";
import { foreignState } from "../../../src/domain/task/foreign_claim.ts";
import { formatTime } from "../../../src/domain/time.ts";
import { TASK } from "../../support/scene/plain_task.ts";

const taskId = TASK.task_id;

function after(rule: TransitionRule, current?: ClaimRecord): ClaimRecord {
  const decision = rule(current);
  if (decision.kind !== "write") throw new Error(decision.kind);
  return decision.next;
}

const grantTo = (runId: string, now: number, current?: ClaimRecord) =>
  after(grant({ task: TASK, runId, now, ttlSeconds: 10, nonce: `n${now}` }), current);

/** Who had it, when that ended, and how. */
const ends = (claim: ClaimRecord, isTimedOut = false) =>
  attemptsOf(claim, isTimedOut).map(({ attempt, run_id, ended_at, end }) =>
    [attempt, run_id, ended_at && Date.parse(ended_at), end] as const
  );

it("grant() keeps the attempt before, with its end and what its holder said", () => {
  const beat = extend({ taskId, runId: "a", now: 2_000, remarks: { note: "half" } });
  const second = grantTo("b", 50_000, after(beat, grantTo("a", 1_000)));
  assertEquals(second.earlier_attempts, [{
    attempt: 1,
    fence: 1,
    run_id: "a",
    claimed_at: formatTime(1_000),
    ended_at: formatTime(12_000),
    end: "timed_out",
    error: null,
    note: "half",
  }]);
  assertEquals(ends(second), [[1, "a", 12_000, "timed_out"], [2, "b", null, null]]);
  assertEquals(ends(second, true)[1], [2, "b", 60_000, "timed_out"]);
  assertEquals(second.note, undefined);
});

it("giveBack() ends an attempt that a later sign of life takes up again", () => {
  const actor = { taskId, runId: "a" };
  const back = after(giveBack({ ...actor, now: 3_000 }), grantTo("a", 0));
  assertEquals(ends(back), [[1, "a", 3_000, "given_back"]]);
  const next = grantTo("b", 4_000, back);
  assertEquals(ends(next), [[1, "a", 3_000, "given_back"], [2, "b", null, null]]);
  const beat = after(extend({ ...actor, now: 4_000 }), back);
  assertEquals(ends(beat), [[1, "a", null, null]]);
  const outcome = { status: "completed", result: null } as const;
  const done = after(finish({ ...actor, now: 5_000 }, outcome), back);
  assertEquals(ends(done), [[1, "a", 5_000, "completed"]]);
});

it("finish() and cancel() say when the task ended", () => {
  const failed = after(
    finish({ taskId, runId: "a", now: 5_000 }, { status: "failed", error: "red" }),
    grantTo("a", 0),
  );
  assertEquals([failed.ended_at, ends(failed)], [formatTime(5_000), [[1, "a", 5_000, "failed"]]]);
  assertEquals(attemptsOf(failed, false)[0]?.error, "red");
  const by = { taskId, runId: "c", now: 6_000, force: true, nonce: "n" };
  const taken = after(cancel(by), grantTo("a", 0));
  assertEquals([taken.ended_at, ends(taken)], [
    formatTime(6_000),
    [[1, "a", 6_000, "cancelled"]],
  ]);
  const untouched = after(cancel(by));
  assertEquals([untouched.ended_at, ends(untouched)], [formatTime(6_000), []]);
});

it("grant() keeps the first and the last ten attempts", () => {
  let claim = grantTo("r1", 0);
  for (let n = 2; n <= 30; n++) claim = grantTo(`r${n}`, n * 100_000, claim);
  assertEquals(claim.earlier_attempts?.length, 20);
  const shown = attemptsOf(claim, false).map(({ attempt }) => attempt);
  assertEquals(
    shown,
    [...Array(10).keys(), ...Array(10).keys()].map((n, i) => i < 10 ? n + 1 : n + 21),
  );
});

it("a grant by another tool ends the attempt before", () => {
  const newest = { ...grantTo("b", 50_000, grantTo("a", 0)), transition: 2 };
  const view = { ...grantTo("m", 55_000), transition: 0, claim_nonce: "m" };
  const state = foreignState(view, newest, false);
  if (state === undefined) throw new Error("no state");
  assertEquals(ends(state), [
    [1, "a", 10_000, "timed_out"],
    [2, "b", 55_000, "timed_out"],
    [3, "m", null, null],
  ]);
});

it("attemptsOf() leaves out what another tool wrote under that name", () => {
  const odd = { ...grantTo("a", 0), earlier_attempts: [1, { attempt: 1 }, "x"] };
  assertEquals(ends(odd as unknown as ClaimRecord), [[1, "a", null, null]]);
  const none = { ...grantTo("a", 0), earlier_attempts: "none" };
  assertEquals(ends(none as unknown as ClaimRecord), [[1, "a", null, null]]);
});
