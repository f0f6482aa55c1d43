import { assert_, assertEquals, it, itIf } from "../deps.ts";
import { readdirSync } from "../support/scene/raw_files.ts";
import {
  type KeyedCall,
  type KeyedOutcome,
  keyedProblems,
  type KeyedRequest,
} from "../support/race/key_history.ts";
import type { KeyedOrders } from "../support/race/key_history_worker.ts";
import { start } from "../support/race/processes.ts";
import { readRecorded } from "../support/race/recorder.ts";
import { newStore, openStore, STORES } from "../support/race/stores.ts";
import { isHeavy, sized } from "../support/length.ts";
import { newSeed } from "../support/random.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const SIZE = sized(
  { workers: 2, calls: 12, rounds: 1 },
  { workers: 4, calls: 80, rounds: 4 },
  { workers: 6, calls: 150, rounds: 40 },
);

/** Has processes race, and checks what they did; what no order explains. */
async function race(
  what: string,
  more: Partial<KeyedOrders> = {},
  store = newStore(),
): Promise<string[]> {
  const random = newSeed(what);
  const folder = makeTempDir();
  const children = Array.from(
    { length: Math.max(SIZE.workers, more.looksAheadMs ? 4 : 0) },
    (_, n) => {
      const orders: KeyedOrders = {
        ...{
          store,
          history: `${folder}/w${n}.ndjson`,
          runId: `w${n}`,
          seed: random.below(2 ** 31),
        },
        ...{ keys: ["a", "b"], calls: SIZE.calls, ...more },
      };
      return start("race/key_history_worker.ts", orders);
    },
  );
  const ends = await Promise.all(children.map(({ ended }) => ended));
  assertEquals(ends.map(({ code, output }) => `${code} ${output}`), ends.map(() => "0 "));
  const paths = readdirSync(folder).map((name) => `${folder}/${name}`);
  const history = readRecorded<KeyedRequest, KeyedOutcome>(paths);
  const { items } = await (await openStore(store, Date.now, () => {})).tasks.list({
    limit: 10_000,
  });
  const finals = new Map(items.map(({ task, status }) => [task.task_id, status]));
  const answers = history.map(({ request, outcome }) =>
    request.kind !== "requeue" || outcome === undefined || !("status" in outcome)
      ? request.kind
      : `requeue ${outcome.status}`
  );
  const counts = [...Map.groupBy(answers, (each) => each)].map(([each, all]) =>
    `${all.length} ${each}`
  );
  console.log(`${what}: ${items.length} tasks, ${counts.sort().join(", ")}`);
  assert_(items.length > 0 && history.length > 1, "too little happened");
  return keyedProblems(history, finals);
}

for (const { name, make, reason } of STORES) {
  itIf(reason === undefined, reason ?? "")(
    `${name}: one order explains what racing processes add, claim, fail, complete and put back of some keys`,
    async () => {
      for (let round = 0; round < (name === "files" ? SIZE.rounds : 1); round++) {
        assertEquals(await race(`${name}: histories of keys ${round}`, {}, await make()), []);
      }
    },
  );
}

const itHeavy = itIf(isHeavy(), "it races until it finds a fault, only with COORD_HEAVY=1");

itHeavy(
  "no order explains what they do when they look for the key and then revive the task",
  async () => {
    for (let round = 0; round < 20; round++) {
      const problems = await race("revivals that take no key", { calls: 30, looksAheadMs: 20 });
      if (problems.length > 0) return console.log(problems[0]?.slice(0, 120));
    }
    throw new Error("no order was missing");
  },
);

/** A call from `invoked` to `returned`, milliseconds. */
function made(
  runId: string,
  request: KeyedRequest,
  [invoked, returned]: readonly [number, number],
  outcome: KeyedOutcome,
): KeyedCall {
  return { runId, request, now: 0, invoked, returned, outcome };
}

const added = (id: string, created: boolean, at: readonly [number, number]) =>
  made("p", { kind: "add", keys: ["k"] }, at, { added: [{ id, created }] });
const claimed = (id: string, attempt: number, at: readonly [number, number], runId = "w") =>
  made(runId, { kind: "claim" }, at, { claimed: { id, key: "k", attempt } });
const done = (
  kind: "complete" | "fail" | "requeue",
  id: string,
  status: string,
  at: readonly [number, number],
  runId = "w",
) => made(runId, { kind, id, key: "k" }, at, { status });

/** A task that has failed at its second attempt, by 100 ms. */
const FAILED = [
  added("t", true, [0, 10]),
  claimed("t", 1, [20, 30]),
  done("fail", "t", "pending", [40, 50]),
  claimed("t", 2, [60, 70]),
  done("fail", "t", "failed", [80, 90]),
];

function isExplained(history: readonly KeyedCall[], finals: Readonly<Record<string, string>>) {
  return keyedProblems(history, new Map(Object.entries(finals))).length === 0;
}

it("keyedProblems() accepts a revival after an end, and calls that overlap in either order", () => {
  const back = done("requeue", "t", "pending", [110, 150], "r");
  assertEquals(isExplained([...FAILED, back], { t: "pending" }), true);
  assertEquals(
    isExplained([...FAILED, back, added("t", false, [120, 130])], { t: "pending" }),
    true,
  );
  const lost = done("requeue", "t", "key_conflict", [110, 150], "r");
  const other = added("u", true, [120, 130]);
  assertEquals(isExplained([...FAILED, lost, other], { t: "failed", u: "pending" }), true);
});

it("keyedProblems() finds a revival beside another task, a refusal without one, and a wrong answer", () => {
  const other = added("u", true, [110, 120]);
  const finals = { t: "pending", u: "pending" };
  const late = [130, 140] as const;
  for (
    const [calls, found] of [
      [[other, done("requeue", "t", "pending", late)], finals],
      [[done("requeue", "t", "key_conflict", late)], { t: "failed" }],
      [[done("requeue", "t", "pending", [110, 120]), added("u", true, late)], finals],
      [[added("t", false, late)], { t: "failed" }],
      [[done("requeue", "t", "pending", [110, 120])], { t: "failed" }],
      [[done("requeue", "t", "archived", [110, 120]), done("requeue", "t", "pending", late)], {
        t: "pending",
      }],
      [[done("requeue", "t", "pending", [110, 120]), claimed("t", 4, late)], { t: "claimed" }],
    ] as const
  ) {
    assertEquals(isExplained([...FAILED, ...calls], found), false, JSON.stringify(calls));
  }
});

it("keyedProblems() finds an attempt too many, one too few, and a report by another run", () => {
  const [add, first, retried, second] = FAILED as [KeyedCall, KeyedCall, KeyedCall, KeyedCall];
  const again = done("fail", "t", "pending", [80, 90]);
  assertEquals(isExplained([add, first, retried, second, again], { t: "pending" }), false);
  const early = done("fail", "t", "failed", [40, 50]);
  assertEquals(isExplained([add, first, early], { t: "failed" }), false);
  const foreign = done("complete", "t", "completed", [40, 50], "x");
  assertEquals(isExplained([add, first, foreign], { t: "completed" }), false);
  const given = done("requeue", "t", "pending", [40, 50]);
  const uncounted = [add, first, given, claimed("t", 2, [60, 70]), again];
  assertEquals(isExplained(uncounted, { t: "pending" }), true);
});
