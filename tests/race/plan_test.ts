import { assertEquals, it, itIf } from "../deps.ts";
import { sized } from "../support/length.ts";
import type { TaskItem } from "../../mod.ts";
import { readLines } from "../support/race/lines.ts";
import { type Line, makePlan, type Planned, planProblems } from "../support/race/plan.ts";
import { type Child, sleep, start, until } from "../support/race/processes.ts";
import { openTasks, STORES } from "../support/race/stores.ts";
import { newSeed, Random } from "../support/random.ts";
import { makeTempDir } from "../support/scene/scratch.ts";
import { write } from "../support/scene/journals.ts";

const SIZE = sized(
  { tasks: 60, workers: 3, kills: 1, rounds: 1 },
  { tasks: 2_000, workers: 8, kills: 2, rounds: 2 },
  { tasks: 5_000, workers: 8, kills: 4, rounds: 20 },
);
const ON_SERVER = { ...SIZE, tasks: 120, workers: 4, kills: 1, rounds: sized(1, 1, 10) };

for (const { name, make, reason } of STORES) {
  const itHere = itIf(reason === undefined, reason ?? "");
  const size = name === "files" ? SIZE : ON_SERVER;

  itHere(
    `${name}: workers end each task of a plan once and in order, also when some are killed`,
    async () => {
      const random = newSeed("plans");
      for (let round = 0; round < size.rounds; round++) {
        const [store, log] = [await make(), `${makeTempDir()}/log`];
        write(log, "");
        const lines = () => readLines<Line>(log);
        const [seed, count] = [random.below(2 ** 31), size.tasks];
        const plan = makePlan(new Random(seed), count);
        const begin = (count: number, more: object) =>
          Array.from(
            { length: count },
            (_, n) => start("race/plan_worker.ts", { store, log, runId: `w${n}`, ...more }),
          );
        const answers = async (children: readonly Child[]) =>
          (await Promise.all(children.map(({ ended }) => ended)))
            .map(({ code, output }) => `${code} ${output}`.trim());
        // Two send it at once, and it is there once.
        assertEquals(await answers(begin(2, { plan: { seed, count } })), ["0", "0"]);
        const workers = begin(size.workers, {});
        await until("they work", () => lines().length > size.tasks / 4, 60_000);
        for (const worker of workers.slice(0, size.kills)) {
          worker.kill();
          await sleep(random.below(200));
        }
        const left = await answers(workers.slice(size.kills));
        assertEquals(left, left.map(() => "0"));
        const { tasks } = await openTasks(store);
        const { items } = await tasks.list({ limit: 10_000 });
        assertEquals(planProblems(plan, items, lines()), []);
      }
    },
  );
}

it("planProblems() finds an end too many, a wrong one, one out of order and one too early", () => {
  const a = { title: "a", status: "completed", attempt: 1 };
  const b = { ...a, title: "b" };
  const plan: Planned[] = [
    { input: { title: "a", key: "a" }, end: "completed" },
    { input: { title: "b", key: "b", after: ["a"], maxAttempts: 1 }, end: "completed" },
  ];
  const lines = (text: string) =>
    text.split(" ").map((each, n): Line => {
      const [event = "", title = ""] = each.split(":");
      return { event: event as Line["event"], title, at: n, status: "completed" };
    });
  const problems = (items: readonly object[], lines: readonly Line[]) =>
    planProblems(plan, items as TaskItem[], lines);
  const fine = lines("start:a end:a reported:a start:b end:b reported:b");
  assertEquals(problems([a, b], fine), []);
  const faults: [readonly object[], readonly Line[], string][] = [
    [[a, b, { ...a }], fine, "3 tasks, not 2"],
    [[a, { ...b, status: "failed" }], fine, "b is failed, not completed"],
    [[a, { ...b, attempt: 2 }], fine, "b had 2 attempts"],
    [[a, b], [...fine, ...lines("reported:a")], "a ended 2 times"],
    [[a, b], lines("start:a start:b end:a end:b"), "b began before a had ended"],
    [[a, b], lines("start:a end:a"), "b never began"],
    [[{ ...a, not_before: new Date(5).toISOString() }, b], fine, "a began 5 ms early"],
  ];
  for (const [items, wrong, problem] of faults) {
    assertEquals(problems(items, wrong), [problem]);
  }
});

it("planProblems() asks no beginning of a task whose only attempt a stopped worker had", () => {
  const plan: Planned[] = [
    { input: { title: "a", key: "a", maxAttempts: 1 }, end: "failed" },
    { input: { title: "b", key: "b", after: ["a"], onFailure: "run" }, end: "completed" },
  ];
  const b = { title: "b", status: "completed", attempt: 1 };
  const lines: Line[] = [{ event: "start", title: "b", at: 0 }];
  const problems = (error: string) =>
    planProblems(plan, [{ ...b, title: "a", status: "failed", error }, b] as TaskItem[], lines);
  assertEquals(problems("timed out"), []);
  assertEquals(problems("on purpose"), ["a never began", "b began before a had ended"]);
});
