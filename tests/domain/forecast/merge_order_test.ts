import { overlapClashes, sortClashes } from "../../../src/domain/forecast/clash.ts";
import { touchesOf } from "../../../src/domain/forecast/touches.ts";
import { inOneGo } from "../../../src/domain/glob/steps.ts";
import { hotspots, mergeOrder } from "../../../src/domain/forecast/merge_order.ts";
import { MAX_HOTSPOTS } from "../../../src/domain/limits.ts";
import { assert_, assertEquals, it } from "../../deps.ts";
import { liveRecords, plenty, type Said } from "../../support/scene/live_records.ts";
import { newSeed, type Random } from "../../support/random.ts";

function advice(...said: Said[]) {
  const holds = inOneGo(touchesOf(liveRecords(...said), () => {}));
  const clashes = sortClashes(inOneGo(overlapClashes(holds, plenty())));
  return { ...inOneGo(mergeOrder(holds, clashes)), hotspots: hotspots(holds, clashes) };
}

/** One agent a branch, named like it. */
function on(branch: string, says: string): Said {
  return { run: `agent-${branch}`, branch, says };
}

it("mergeOrder() leaves the conflicts of many branches to the one that has them all", () => {
  const { steps, conflicts, isWhole } = advice(
    on("hub", "modify a b c"),
    on("x", "modify a"),
    on("y", "modify b"),
    on("z", "modify c"),
    on("free", "delete d"),
    { run: "second", branch: "free", says: "- e" },
  );
  assertEquals([conflicts, isWhole], [3, true]);
  assertEquals(steps, [
    {
      branch: "free",
      position: 1,
      conflicts: 0,
      conflicts_before: 0,
      strategy: "independent",
      reason: "conflicts with no other branch: merge any time",
      agents: ["agent-free", "second"],
    },
    ...["x", "y", "z"].map((branch, at) => ({
      branch,
      position: at + 2,
      conflicts: 1,
      conflicts_before: 0,
      strategy: "merge" as const,
      reason: 'conflicts with nothing before it: merge it before "hub"',
      agents: [`agent-${branch}`],
    })),
    {
      branch: "hub",
      position: 5,
      conflicts: 3,
      conflicts_before: 3,
      strategy: "rebase",
      reason: 'meets 3 conflicts: rebase onto "x", "y" and "z" first',
      agents: ["agent-hub"],
    },
  ]);
});

it("mergeOrder() asks for an agreement where one takes away what another changes", () => {
  const { steps } = advice(
    on("a", "delete x"),
    on("b", "modify x"),
    on("c", "- y z"),
    on("d", "- z"),
  );
  assertEquals(steps.map(({ branch, strategy }) => `${branch} ${strategy}`), [
    "c merge",
    "a manual",
    "d rebase",
    "b manual",
  ]);
  assertEquals(
    steps[1]?.reason,
    'one takes away what the other changes: agree with "b" first',
  );
});

it("mergeOrder() counts conflicts within a branch, and orders nothing by them", () => {
  const { steps, conflicts } = advice(
    { run: "a", says: "- x" },
    { run: "b", says: "- x" },
    { run: "a", branch: "other", says: "- y" },
  );
  assertEquals([conflicts, steps.map(({ branch, strategy }) => `${branch} ${strategy}`)], [
    1,
    ["main independent", "other independent"],
  ]);
  assertEquals(advice().steps, []);
});

function shuffled<T>(random: Random, list: readonly T[]): T[] {
  return list.map((each) => [random.next(), each] as const).sort(([a], [b]) => a - b)
    .map(([, each]) => each);
}

/** Branches that conflict at random, each pair with up to three conflicts, in a random order. */
function randomBranches(random: Random, count: number, chance: number) {
  const said = Array.from({ length: count }, (_, i) => on(`b${i}`, `- own-b${i}`));
  const edges: [one: string, other: string][] = [];
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < i; j++) {
      for (let left = random.chance(chance) ? 1 + random.below(3) : 0; left > 0; left--) {
        edges.push([`b${i}`, `b${j}`]);
        for (const at of [i, j]) said[at] = on(`b${at}`, `${said[at]?.says} e${edges.length}`);
      }
    }
  }
  return { said: shuffled(random, said), edges };
}

/** Which branches meet a conflict at their turn, and how many. */
function met(order: readonly string[], edges: readonly (readonly [string, string])[]) {
  const counts = new Map<string, number>();
  for (const [one, other] of edges) {
    const later = order.indexOf(one) > order.indexOf(other) ? one : other;
    counts.set(later, (counts.get(later) ?? 0) + 1);
  }
  return counts;
}

function* ordersOf(names: readonly string[]): Generator<string[]> {
  if (names.length === 0) yield [];
  for (const name of names) {
    for (const rest of ordersOf(names.filter((other) => other !== name))) yield [name, ...rest];
  }
}

it("mergeOrder() lets as few branches meet a conflict as any of all orders does", () => {
  const random = newSeed("mergeOrder()");
  let charged = 0;
  for (let round = 0; round < 200; round++) {
    const count = 1 + random.below(6);
    const { said, edges } = randomBranches(random, count, random.pick([0.2, 0.4, 0.7]));
    const { steps, conflicts } = advice(...said);
    const order = steps.map(({ branch }) => branch);
    assertEquals(order.toSorted(), Array.from({ length: count }, (_, i) => `b${i}`));
    assertEquals(steps.map(({ position }) => position), steps.map((_, at) => at + 1));
    const counts = met(order, edges);
    assertEquals(
      steps.map(({ conflicts_before }) => conflicts_before),
      order.map((branch) => counts.get(branch) ?? 0),
    );
    assertEquals(conflicts, edges.length);
    const best = Math.min(...[...ordersOf(order)].map((each) => met(each, edges).size));
    assertEquals(counts.size, best, order.join());
    // Those that meet none come first.
    assert_(steps.slice(count - best).every((step) => step.conflicts_before > 0));
    charged += best;
  }
  assert_(charged > 150, `only ${charged} branches had conflicts to meet`);
});

it("mergeOrder() and hotspots() do not depend on the order of what is said", () => {
  const random = newSeed("reconcile()");
  for (let round = 0; round < 50; round++) {
    const { said } = randomBranches(random, 2 + random.below(12), 0.3);
    const expected = advice(...said);
    assertEquals(advice(...said), expected);
    assertEquals(advice(...shuffled(random, said)), expected);
  }
});

it("hotspots() are what most agents touch, by itself or by what contains it", () => {
  const said = [
    { run: "a", branch: "x", says: "- src/a.ts::f" },
    { run: "b", branch: "x", says: "- src/a.ts" },
    { run: "c", branch: "y", says: "- src" },
    { run: "c", branch: "z", says: "- src other" },
    { run: "unknown", says: "- other" },
    { run: "unknown", says: "- other" },
    { run: "a", branch: "x", says: "- lonely" },
  ];
  assertEquals(advice(...said).hotspots, [
    { address: "src/a.ts::f", agents: ["a", "b", "c"], branches: ["x", "y", "z"], count: 3 },
    { address: "other", agents: ["c", "unknown"], branches: ["main", "z"], count: 3 },
    { address: "src/a.ts", agents: ["b", "c"], branches: ["x", "y", "z"], count: 2 },
  ]);
  const many = Array.from({ length: 30 }, (_, i) => `f${i}`).join(" ");
  const { hotspots } = advice({ run: "a", says: `- ${many}` }, { run: "b", says: `- ${many}` });
  assertEquals(hotspots.length, MAX_HOTSPOTS);
});
