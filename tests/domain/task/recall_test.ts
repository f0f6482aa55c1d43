import { recalling } from "../../../src/domain/task/keeping/recall.ts";
import {
  type ClaimRecord,
  giveBack,
  grant,
  type TransitionRule,
} from "../../../src/domain/task/claim.ts";
import { requeue } from "../../../src/domain/task/requeue.ts";
import { formatTime } from "../../../src/domain/time.ts";
import { assertEquals, fail, it } from "../../deps.ts";
import { TASK } from "../../support/scene/plain_task.ts";

const NOW = 1_000;

const by = (runId: string) => ({
  task: TASK,
  taskId: TASK.task_id,
  runId,
  now: NOW,
  nonce: `of ${runId}`,
});
const granted = (runId: string) => grant({ ...by(runId), ttlSeconds: 60 });
const forced = requeue({ ...by("boss"), delaySeconds: 3_600, force: true, isBlocked: false });

function after(current: ClaimRecord | undefined, rule: TransitionRule): ClaimRecord {
  const decision = rule(current);
  return decision.kind === "write" ? decision.next : fail(`${decision.kind} instead of a state`);
}

/** What the rule says of a later state, once it wanted to follow this one; whether it was recalled. */
function recalled(rule: TransitionRule, wantedAfter: ClaimRecord, later: ClaimRecord) {
  let done: ClaimRecord | undefined;
  const asked = recalling(() => rule, (noted) => void (done = noted))(NOW);
  after(wantedAfter, asked);
  const { kind } = asked(later);
  return { kind, done };
}

it("recalling() keeps a task that has been through the wanted state, without the mark of its files", () => {
  const held = after(undefined, granted("holder"));
  const put = after(held, forced);
  const later = after({ ...put, expires_at: formatTime(NOW) }, granted("worker"));
  assertEquals(recalled(forced, held, later), { kind: "keep", done: put });
  const adopted = { ...held, adopted: "x" } as ClaimRecord;
  assertEquals(recalled(forced, adopted, later), { kind: "keep", done: put });
});

it("recalling() takes no step of another run for its own, were it in the same millisecond", () => {
  const held = after(undefined, granted("holder"));
  const given = after(after(held, giveBack(by("holder"))), granted("worker"));
  assertEquals(recalled(forced, held, given), { kind: "write", done: undefined });
});
