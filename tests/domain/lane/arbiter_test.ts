import { assert_, assertEquals, assertStringIncludes, it } from "../../deps.ts";
import { arbitrate, type Denied, type Granted } from "../../../src/domain/lane/arbiter.ts";
import { LaneState } from "../../../src/domain/journal/fold.ts";
import type { LaneRequest } from "../../../src/domain/lane/request.ts";
import { NO_TAXONOMY, type Taxonomy } from "../../../src/domain/lane/taxonomy.ts";
import { parseTaxonomy } from "../../../src/domain/lane/taxonomy_file.ts";
import { heartbeatEntry, type NewLease } from "../../../src/domain/journal/entries.ts";
import { formatTime } from "../../../src/domain/time.ts";
import { acquire, newLease, stamp, START } from "../../support/scene/lanes.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const TAXONOMY = taxonomy({
  lanes: {
    api: { tree: ["src/api/**"], kind: "cluster" },
    web: { tree: ["src/web/**"], kind: "cluster" },
    docs: { tree: ["docs/*.md"] },
    release: { tree: ["rel/**"], exclusive: true },
    first: { tree: ["p1/**"], kind: "priority" },
    second: { tree: ["p2/**"], kind: "priority" },
    third: { tree: ["p3/**"], kind: "priority" },
  },
  autopick: ["web", "api", "docs"],
  kinds: { priority: { max_concurrent: 2 } },
});

function taxonomy(value: unknown): Taxonomy {
  const parsed = parseTaxonomy(value);
  assert_("lanes" in parsed, JSON.stringify(parsed));
  return parsed;
}

/** Leases that are all live at {@link START}. */
function held(...leases: Partial<NewLease>[]): LaneState {
  const state = new LaneState();
  for (const lease of leases) {
    const { effect } = state.apply({ ...acquire(state.seq + 1, lease), base_seq: state.seq });
    assertEquals(effect, "granted");
  }
  return state;
}

interface Asked extends Partial<LaneRequest> {
  readonly now?: number;
  readonly taxonomy?: Taxonomy;
  readonly pidAlive?: ReadonlyMap<number, boolean>;
}

function ask(state: LaneState, asked: Asked): Granted | Denied {
  const { now = START, taxonomy = TAXONOMY, pidAlive, ...given } = asked;
  const request = { lane: "", tree: [], kind: "", owner: "me", loopTs: "", ...given };
  const scene = { leases: state.leases, taxonomy, now };
  return arbitrate(request, pidAlive === undefined ? scene : { ...scene, pidAlive });
}

function granted(state: LaneState, asked: Asked): Granted {
  const verdict = ask(state, asked);
  assert_(verdict.outcome === "acquire", verdict.reason);
  return verdict;
}

function refused(state: LaneState, asked: Asked): Denied {
  const verdict = ask(state, asked);
  assert_(verdict.outcome === "refuse", "it is refused");
  return verdict;
}

/** Which lane is granted, or why none. */
function answer(state: LaneState, asked: Asked): string {
  const verdict = ask(state, asked);
  return verdict.outcome === "acquire" ? verdict.hold.lane : verdict.why;
}

it("arbitrate() grants a free lane of the taxonomy with its tree, kind and rules", () => {
  const { hold, existing, evictions, warnings } = granted(held(), { lane: "first" });
  const { tree, ...rest } = hold;
  assertEquals(rest, {
    lane: "first",
    kind: "priority",
    exclusive: false,
    maxConcurrent: 2,
    warnings: [],
  });
  assertEquals([tree.globs, existing, evictions, warnings], [["p1/**"], undefined, [], []]);
});

it("arbitrate() refuses a held lane and never gives another instead", () => {
  const verdict = refused(held({ lane: "api", holder: "a" }), { lane: "api" });
  assertEquals(verdict.why, "held");
  assertEquals(verdict.reason, 'Cannot acquire lane "api": it is held by "a"');
  assertEquals(verdict.conflicts, [{
    kind: "lane",
    lane: "api",
    holder: "a",
    run_id: "a",
    fence: 1,
    expires_at: formatTime(START + newLease().ttl_seconds * 1000),
    their_tree: ["src/api/**"],
    our_tree: ["src/api/**"],
    witness: "src/api",
  }]);
});

it("arbitrate() refuses a held lane also to another process of the same owner", () => {
  const state = held({ lane: "api", holder: "me", loop_ts: "t1" });
  assertEquals(answer(state, { lane: "api" }), "held");
  assertEquals(answer(state, { lane: "api", loopTs: "t2" }), "held");
  assertEquals(
    refused(state, { lane: "api", loopTs: "t2" }).reason,
    'Cannot acquire lane "api": it is held by "me" with loop_ts "t1"',
  );
});

it("arbitrate() gives a repeat the lease that it has, and only to the same owner and loop_ts", () => {
  const state = held({ lane: "api", holder: "me", loop_ts: "t1" }, {
    lane: "docs",
    tree: ["docs/*.md"],
    holder: "unknown",
    loop_ts: "t1",
  });
  const verdict = granted(state, { lane: "api", loopTs: "t1" });
  assertEquals([verdict.existing?.fence, verdict.evictions], [1, []]);
  assertEquals(answer(state, { lane: "api", owner: "you", loopTs: "t1" }), "held");
  const unknown = { lane: "docs", owner: "unknown", loopTs: "t1" };
  assertEquals(answer(state, unknown), "held", "two unknown agents are never the same");
  assertEquals(granted(state, { loopTs: "t1" }).existing?.lane, "api", "no name: the one it has");
  assertEquals(granted(state, { loopTs: "t2" }).hold.lane, "web");
});

it("arbitrate() takes a request for more than is held for no repeat", () => {
  const state = held({ lane: "x", tree: ["src/**"], holder: "me", loop_ts: "t1" });
  const again = { lane: "x", loopTs: "t1", taxonomy: NO_TAXONOMY };
  assertEquals(granted(state, { ...again, tree: ["src/a.py"] }).existing?.fence, 1);
  const verdict = refused(state, { ...again, tree: ["docs/**"] });
  assertEquals(verdict.reason, 'Cannot acquire lane "x": it is held by "me" with another tree');
});

it("arbitrate() picks in the order of autopick when no lane is named", () => {
  assertEquals(answer(held(), {}), "web");
  const web = { lane: "web", tree: ["src/web/**"] };
  assertEquals(answer(held(web), {}), "api");
  const tools = { lane: "tools", tree: ["src/api/gen.ts"] };
  assertEquals(answer(held(web, tools), {}), "docs");
  const verdict = refused(held(web, tools, { lane: "d", tree: ["docs/**"] }), {});
  assertEquals(verdict.why, "none_free");
  assertEquals(
    verdict.reason,
    'Cannot acquire a lane: none is free of "web" (it is held by "a"), "api" (its tree meets that ' +
      'of lane "tools", held by "a", at "src/api/gen.ts"), "docs" (its tree meets that of lane ' +
      '"d", held by "a", at "docs/.md")',
  );
  assertEquals(verdict.conflicts.map(({ lane, witness }) => [lane, witness]), [
    ["web", "src/web"],
    ["tools", "src/api/gen.ts"],
    ["d", "docs/.md"],
  ]);
  assertEquals(answer(held(), { taxonomy: NO_TAXONOMY }), "none_free");
});

it("arbitrate() makes a lane of its own for a name with a tree that lanes.json does not know", () => {
  const { hold } = granted(held(), { lane: "mine", tree: ["tmp/**"], kind: "priority" });
  assertEquals([hold.lane, hold.kind, hold.maxConcurrent, hold.tree.globs], [
    ...["mine", "priority", 2, ["tmp/**"]],
  ]);
});

it("arbitrate() names a lane after its tree when only the tree is given", () => {
  const only = (tree: string[]) => granted(held(), { tree }).hold;
  assertEquals(only(["src/a.py", "docs/**"]).lane, "src/a.py,docs/**");
  const [one, two] = [only([`a${"x".repeat(300)}`]).lane, only([`a${"x".repeat(301)}`]).lane];
  assertEquals([one.length, two.length, one === two], [256, 256, false]);
  const state = held({ lane: "docs/**", tree: ["docs/**"] });
  assertEquals(answer(state, { tree: ["docs/**"] }), "held");
  assertEquals(only(["release"]).exclusive, true, "a lane of that name is that lane");
});

it("arbitrate() refuses a name without a tree that lanes.json does not know", () => {
  const verdict = refused(held(), { lane: "apy" });
  assertEquals(verdict.why, "unknown_lane");
  assertStringIncludes(verdict.reason, 'lane "apy": lanes.json does not name it');
});

it("arbitrate() refuses any overlap, however small a part of the request it is", () => {
  const state = held({ lane: "one", tree: ["src/deep/er/a.py"] });
  const tree = [...Array.from({ length: 100 }, (_, i) => `lib${i}/**`), "src/deep/**"];
  const verdict = refused(state, { lane: "big", tree });
  assertEquals([verdict.why, verdict.conflicts[0]?.witness], ["overlapping", "src/deep/er/a.py"]);
  assertEquals(
    verdict.reason,
    'Cannot acquire lane "big": its tree meets that of lane "one", held by "a", at "src/deep/er/a.py"',
  );
});

it("arbitrate() sees src/a.py in every way to write a glob that matches it", () => {
  const state = held({ lane: "one", tree: ["src/a.py"] });
  const ways = [
    "./src/**",
    "src//a.py",
    "src/a?.py",
    "src/[ab].py",
    "src/{a,b}.py",
    "SRC/A.PY",
    "s*/**",
  ];
  for (const way of ways) {
    const expected = way === "src/a?.py" ? "x" : "overlapping";
    assertEquals(answer(state, { lane: "x", tree: [way] }), expected, way);
    const reverse = held({ lane: "one", tree: [way] });
    assertEquals(answer(reverse, { lane: "x", tree: ["src/a.py"] }), expected, way);
  }
  const questioned = held({ lane: "one", tree: ["src/a?.py"] });
  assertEquals(answer(questioned, { lane: "x", tree: ["src/ab.py"] }), "overlapping");
});

it("arbitrate() lets disjoint trees stand side by side that share a prefix", () => {
  const state = held({ lane: "one", tree: ["src/**/*.ts", "docs/*.md", "lib/a"] });
  for (const tree of ["src/**/*.md", "docs/a/b.md", "lib/ab.py"]) {
    assertEquals(answer(state, { lane: "x", tree: [tree] }), "x", tree);
  }
});

it("arbitrate() gives an exclusive lane only when every lane is free, and then no other", () => {
  const verdict = refused(held({ lane: "far", tree: ["far/**"] }), { lane: "release" });
  assertEquals(verdict.why, "exclusive");
  assertEquals(verdict.conflicts[0]?.witness, null, "their trees need not meet");
  const alone = held({ lane: "release", tree: ["rel/**"], exclusive: true });
  assertEquals(answer(alone, { lane: "x", tree: ["far/**"] }), "exclusive");
  assertEquals(answer(held(), { lane: "release" }), "release");
});

it("arbitrate() takes exclusivity from lanes.json, whatever request or lease leave out", () => {
  assertEquals(granted(held(), { lane: "release", tree: ["rel/a"] }).hold.exclusive, true);
  const unmarked = held({ lane: "release", tree: ["rel/**"], exclusive: false });
  assertEquals(answer(unmarked, { lane: "x", tree: ["far/**"] }), "exclusive");
  const kept = held({ lane: "old", tree: ["old/**"], exclusive: true });
  assertEquals(answer(kept, { lane: "x", tree: ["y"], taxonomy: NO_TAXONOMY }), "exclusive");
});

it("arbitrate() counts the leases of a kind against its budget", () => {
  const one = { lane: "first", tree: ["p1/**"], lane_kind: "priority" };
  const two = { lane: "second", tree: ["p2/**"], lane_kind: "priority" };
  assertEquals(answer(held(one), { lane: "third" }), "third");
  const verdict = refused(held(one, two), { lane: "third" });
  assertEquals(verdict.why, "over_budget");
  assertEquals(
    verdict.reason,
    'Cannot acquire lane "third": kind "priority" has 2 of 2 leases',
  );
  assertEquals(verdict.conflicts.map(({ lane }) => lane), ["first", "second"]);
  assertEquals(answer(held(one, two), { lane: "x", tree: ["x"], kind: "priority" }), "over_budget");
  assertEquals(answer(held(one, two), { lane: "api" }), "api");
});

it("arbitrate() does not let a request change the kind that lanes.json gives", () => {
  const verdict = granted(held(), { lane: "first", kind: "cheap" });
  assertEquals([verdict.hold.kind, verdict.hold.maxConcurrent], ["priority", 2]);
  assertStringIncludes(verdict.warnings.join(), 'Lane "first" is of kind "priority"');
});

it("arbitrate() takes a tree that is given for a named lane, and warns if it reaches further", () => {
  const within = granted(held(), { lane: "api", tree: ["src/api/v1/**"] });
  assertEquals([within.hold.tree.globs, within.warnings], [["src/api/v1/**"], []]);
  const beyond = granted(held(), { lane: "api", tree: ["docs/**"] });
  assertStringIncludes(beyond.warnings.join(), 'reaches beyond that of lane "api"');
});

it("arbitrate() has a dead lease in the way evicted, with its evidence", () => {
  const state = held({ lane: "api", ttl_seconds: 600 });
  const last = START + 15 * MINUTE;
  assertEquals(answer(state, { lane: "api", now: last }), "held", "ttl and 5 minutes");
  const { evictions } = granted(state, { lane: "api", now: last + 1000 });
  assertEquals(evictions.map(({ lease, evidence }) => ({ fence: lease.fence, ...evidence })), [{
    fence: 1,
    last_beat_at: "2026-06-01T00:00:00.000Z",
    silent_seconds: 901,
    ttl_seconds: 600,
    grace_seconds: 300,
    pid_alive: null,
  }]);
});

it("arbitrate() lets no lease that is dead for 30 days block anything", () => {
  const dead = [
    { lane: "api" },
    { lane: "release", tree: ["rel/**"] },
    { lane: "first", tree: ["p1/**"], lane_kind: "priority" },
    { lane: "second", tree: ["p2/**"], lane_kind: "priority" },
    { lane: "odd", tree: ["../bad"] },
  ];
  const state = held(...dead.slice(0, 4));
  const [unread] = dead.slice(4);
  state.apply({ ...acquire(5, unread), base_seq: 4 });
  const now = START + 30 * DAY;
  for (const lane of ["api", "release", "third"]) {
    assertEquals(answer(state, { lane, now }), lane);
  }
  assertEquals(granted(state, { lane: "third", now }).evictions.length, 4, "what is in the way");
  assertEquals(granted(state, { lane: "release", now }).evictions.length, 5);
});

it("arbitrate() evicts nothing when something else in the way is alive", () => {
  const state = held({ lane: "one", tree: ["src/a/**"] }, { lane: "two", tree: ["src/b/**"] });
  const [, two] = state.live();
  assert_(two !== undefined);
  const now = START + DAY;
  state.apply(heartbeatEntry(stamp(3, now), two));
  const verdict = refused(state, { lane: "x", tree: ["src/**"], now });
  assertEquals(verdict.blockers.map(({ lane }) => lane), ["two"]);
});

it("arbitrate() waits for nothing when the holder's process is known to be gone", () => {
  const state = held({ lane: "api" });
  const at = (minutes: number, alive: boolean) =>
    answer(state, { lane: "api", now: START + minutes * MINUTE, pidAlive: new Map([[1, alive]]) });
  assertEquals([at(0, false), at(6, false), at(0, true), at(55, true), at(56, true)], [
    ...["api", "api", "held", "held", "api"],
  ]);
  const now = START + 6 * MINUTE;
  const other = new Map([[2, false]]);
  assertEquals(answer(state, { lane: "api", now, pidAlive: other }), "held");
});

it("arbitrate() never takes a lease for dead that shows no readable sign of life", () => {
  const state = new LaneState();
  state.apply({ op: "ACQUIRE", lane: "api", loop_ts: "1", seq: 1, acquired_at: "yesterday" });
  assertEquals(answer(state, { lane: "api", now: START + 400 * DAY }), "held");
  const { evictions } = granted(state, { lane: "api", pidAlive: new Map([[1, false]]) });
  assertEquals(evictions.map(({ evidence }) => evidence), [{
    last_beat_at: "",
    silent_seconds: 0,
    ttl_seconds: 3000,
    grace_seconds: 300,
    pid_alive: false,
  }]);
});

it("arbitrate() gives a lease the grace that it was taken with", () => {
  const state = held({ lane: "api", ttl_seconds: 60, grace_seconds: 0 });
  const at = (seconds: number) => answer(state, { lane: "api", now: START + seconds * 1000 });
  assertEquals([at(60), at(61)], ["held", "api"]);
  const long = held({ lane: "api", ttl_seconds: 60, grace_seconds: 3600 });
  assertEquals(answer(long, { lane: "api", now: START + 3_660_000 }), "held");
  assertEquals(answer(long, { lane: "api", now: START + 3_661_000 }), "api");
  const absurd = held({ lane: "api", ttl_seconds: 60, grace_seconds: 1e12 });
  assertEquals(
    answer(absurd, { lane: "api", now: START + 361_000 }),
    "api",
    "then it is the default",
  );
});

it("arbitrate() grants again to a repeat whose own lease is dead", () => {
  const state = held({ lane: "api", holder: "me", loop_ts: "t1" });
  const verdict = granted(state, { lane: "api", loopTs: "t1", now: START + DAY });
  assertEquals([verdict.existing, verdict.evictions.length], [undefined, 1]);
});

it("arbitrate() takes trees that cannot be compared in time for overlapping, and says so", () => {
  const state = held({ lane: "one", tree: [`${"*a".repeat(200)}*[bd]{,b}`] });
  const asked = { lane: "x", tree: [`${"*a*?".repeat(200)}[ce]{,c}`] };
  const verdict = refused(state, asked);
  const spent = Math.min(...Array.from({ length: 10 }, () => {
    const start = performance.now();
    answer(state, asked);
    return performance.now() - start;
  }));
  assertEquals(verdict.why, "overlapping");
  assertStringIncludes(verdict.warnings.join(), "would take too long to know");
  assert_(spent < 100, `the answer came after ${spent} ms`);
});

it("arbitrate() names at most 20 conflicts", () => {
  const many = Array.from({ length: 30 }, (_, i) => ({ lane: `l${i}`, tree: [`src/${i}/**`] }));
  const verdict = refused(held(...many), { lane: "x", tree: ["src/**"] });
  assertEquals([verdict.conflicts.length, verdict.blockers.length], [20, 20]);
});

it("arbitrate() decides among 10,000 live leases in about a millisecond", () => {
  const state = held(...Array.from({ length: 10_000 }, (_, i) => ({
    lane: `l${i}`,
    tree: [`src/mod${i % 500}/part${i}/**`, `docs/**/part${i}.md`],
  })));
  const expected = {
    "src/mod7/new/**": "x",
    "src/*/index.ts": "x",
    "docs/**/new.md": "x",
    "**": "overlapping",
  };
  for (const [tree, why] of Object.entries(expected)) {
    // The least of several, since neighbours on a busy machine take the others.
    let least = Infinity;
    for (let i = 0; i < 50; i++) {
      const start = performance.now();
      assertEquals(answer(state, { lane: "x", tree: [tree] }), why);
      least = Math.min(least, performance.now() - start);
    }
    assert_(least < 20, `${tree} took ${least} ms`);
  }
});
