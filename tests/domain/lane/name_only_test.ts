import { assertEquals, it } from "../../deps.ts";
import { arbitrate } from "../../../src/domain/lane/arbiter.ts";
import { checkpointEntry } from "../../../src/domain/journal/checkpoint.ts";
import { LaneState } from "../../../src/domain/journal/fold.ts";
import type { NewLease } from "../../../src/domain/journal/entries.ts";
import { identifier } from "../../../src/domain/input/fields.ts";
import { namedHold, nameProblems } from "../../../src/domain/lane/request.ts";
import type { LaneRequest } from "../../../src/domain/lane/request.ts";
import { NO_TAXONOMY, type Taxonomy } from "../../../src/domain/lane/taxonomy.ts";
import { parseTaxonomy } from "../../../src/domain/lane/taxonomy_file.ts";
import { treeOutlines } from "../../../src/domain/glob/holds/holds.ts";
import { acquire, dosReplay, factsOf, holders, replay, START } from "../../support/scene/lanes.ts";

const NAMED = taxonomy({
  lanes: {
    api: { tree: ["src/api/**"] },
    deploy: {},
    "@db": { kind: "store" },
    release: { tree: ["dist/**"], exclusive: true },
    freeze: { exclusive: true },
  },
  autopick: ["deploy", "@db"],
  kinds: { store: { max_concurrent: 1 } },
});

function taxonomy(value: unknown): Taxonomy {
  const parsed = parseTaxonomy(value);
  if (!("lanes" in parsed)) throw new TypeError(parsed.join());
  return parsed;
}

/** A lease of a name alone. */
function named(lane: string, given: Partial<NewLease> = {}): Partial<NewLease> {
  return { lane, tree: [], name_only: true, ...given };
}

function held(...leases: Partial<NewLease>[]): LaneState {
  return replay(leases.map((lease, at) => acquire(at + 1, lease)));
}

/** The lane that is granted, with what it holds, or why none is. */
function answer(
  state: LaneState,
  asked: Partial<LaneRequest>,
  taxonomy: Taxonomy = NO_TAXONOMY,
): string {
  const request = { lane: "", tree: [], kind: "", owner: "me", loopTs: "", ...asked };
  const verdict = arbitrate(request, { leases: state.leases, taxonomy, now: START });
  return verdict.outcome === "acquire"
    ? `${verdict.hold.lane}: ${verdict.hold.tree.globs.join() || "name"}`
    : verdict.why;
}

it("arbitrate() grants a name alone beside every tree, and every tree beside it", () => {
  const whole = held({ lane: "all", tree: ["**"] });
  assertEquals(answer(whole, { lane: "@git/index" }), "@git/index: name");
  const name = held(named("@git/index"));
  for (const tree of [["**"], ["git/index"], ["@git/index"], ["src"]]) {
    assertEquals(answer(name, { lane: "x", tree }), `x: ${tree}`);
  }
  assertEquals(answer(name, { lane: "@git/index/w1" }), "@git/index/w1: name");
});

it("arbitrate() refuses a name alone that is held, with @ or without", () => {
  for (const [first, second] of [["@x", "@x"], ["@x", "x"], ["x", "@x"], ["x", "x"]]) {
    assertEquals(answer(held(named(first ?? "")), { lane: second ?? "" }), "held");
  }
  assertEquals(
    answer(held(named("@x")), { lane: "x", tree: ["src"] }),
    "held",
    "one name, one lane",
  );
  assertEquals(answer(held({ lane: "x", tree: ["src"] }), { lane: "@x" }), "held");
  assertEquals(answer(held(named("@x")), { lane: "@@x" }), "@@x: name");
});

it("arbitrate() warns of a name that has neither @ nor tree, and refuses one beside lanes.json", () => {
  const verdict = (lane: string, taxonomy: Taxonomy) => {
    const request = { lane, tree: [], kind: "", owner: "me", loopTs: "" };
    const { outcome, warnings, reason } = arbitrate(request, {
      leases: held().leases,
      taxonomy,
      now: START,
    });
    return { outcome, warnings, reason };
  };
  assertEquals(verdict("@x", NAMED), { outcome: "acquire", warnings: [], reason: "free" });
  assertEquals(verdict("x", NO_TAXONOMY), {
    outcome: "acquire",
    warnings: ['Lane "x" has no tree: it holds its name alone, and no file'],
    reason: "free",
  });
  assertEquals(verdict("x", NAMED), {
    outcome: "refuse",
    warnings: [],
    reason: 'Cannot acquire lane "x": lanes.json does not name it, and the request gives no tree ' +
      '(a name alone begins with "@")',
  });
});

it("arbitrate() takes a lane without a tree in lanes.json for a name alone, in both spellings", () => {
  for (const lane of ["deploy", "@deploy"]) {
    assertEquals(answer(held(), { lane }, NAMED), "deploy: name");
  }
  for (const lane of ["db", "@db"]) assertEquals(answer(held(), { lane }, NAMED), "@db: name");
  assertEquals(answer(held(), { lane: "@api" }, NAMED), "api: src/api/**", "lanes.json has a tree");
  assertEquals(answer(held(), { lane: "deploy", tree: ["ops"] }, NAMED), "deploy: ops");
  assertEquals(answer(held(named("@deploy")), {}, NAMED), "@db: name", "picked after deploy");
  const full = held(named("@other", { lane_kind: "store" }));
  assertEquals(answer(full, { lane: "@db" }, NAMED), "over_budget");
});

it("arbitrate() keeps an exclusive lane from trees alone, and of other runs alone", () => {
  const release = held({ lane: "release", tree: ["dist/**"], exclusive: true, run_id: "r1" });
  assertEquals(answer(release, { lane: "@x" }, NAMED), "@x: name");
  assertEquals(answer(release, { lane: "api" }, NAMED), "exclusive");
  assertEquals(answer(release, { lane: "api", run: "r1" }, NAMED), "api: src/api/**");
  assertEquals(answer(release, { lane: "y", tree: ["dist"], run: "r1" }, NAMED), "overlapping");
  assertEquals(answer(held(named("@x")), { lane: "release" }, NAMED), "release: dist/**");
  const api = held({ lane: "api", holder: "me" });
  assertEquals(answer(api, { lane: "release" }, NAMED), "release: dist/**", "the run is the owner");
  assertEquals(answer(api, { lane: "release", run: "r2" }, NAMED), "exclusive");
  const unknown = held({ lane: "api", holder: "unknown" });
  assertEquals(answer(unknown, { lane: "release", owner: "unknown" }, NAMED), "exclusive");
});

it("arbitrate() keeps an exclusive name from trees, and from exclusive lanes", () => {
  const freeze = held(named("freeze", { exclusive: true }));
  assertEquals(answer(freeze, { lane: "api" }, NAMED), "exclusive");
  assertEquals(answer(freeze, { lane: "release" }, NAMED), "exclusive");
  assertEquals(answer(freeze, { lane: "deploy" }, NAMED), "deploy: name");
  assertEquals(answer(held({ lane: "api" }), { lane: "freeze" }, NAMED), "exclusive");
  assertEquals(answer(held(named("deploy")), { lane: "freeze" }, NAMED), "freeze: name");
  const unmarked = held(named("@freeze"));
  assertEquals(answer(unmarked, { lane: "api" }, NAMED), "exclusive", "lanes.json says so");
});

it("apply() voids a late name alone for its own name and for nothing else", () => {
  const late = (state: LaneState, lease: Partial<NewLease>) =>
    state.apply(acquire(9, { loop_ts: "late", ...lease }, { baseSeq: 0 })).effect;
  assertEquals(late(held(named("@x")), named("x")), "void");
  assertEquals(late(held({ lane: "x" }), named("@x")), "void");
  assertEquals(late(held(named("@x")), { lane: "x" }), "void");
  assertEquals(late(held({ lane: "all", tree: ["**"] }), named("@x")), "granted");
  assertEquals(late(held(named("@x")), { lane: "all", tree: ["**"] }), "granted");
  const exclusive = { lane: "release", exclusive: true };
  assertEquals(late(held(named("@x")), exclusive), "granted");
  assertEquals(late(held(exclusive), named("@x")), "granted");
  assertEquals(late(held(exclusive), named("@x", { exclusive: true })), "void");
});

it("an empty tree without the mark is the whole workspace, as journals before had it", () => {
  const old = held({ lane: "old", tree: [] });
  assertEquals(answer(old, { lane: "x", tree: ["src"] }), "overlapping");
  assertEquals(answer(old, { lane: "@x" }), "@x: name");
  const scoped = held({ lane: "@scope/pkg", tree: ["@scope/pkg"] }, {
    lane: "scope/pkg",
    tree: ["scope/pkg"],
  });
  assertEquals(holders(scoped), ["@scope/pkg/a", "scope/pkg/a"], "two names, as they were");
  const bad = replay([acquire(1, { lane: "odd", tree: ["src"], name_only: true })]);
  assertEquals(answer(bad, { lane: "x", tree: ["src/a"] }), "overlapping", "it has a tree");
});

it("a name alone survives compaction, and dos reads it", () => {
  const state = held(named("@x"), { lane: "api" });
  const after = replay([checkpointEntry(state, START)]);
  assertEquals(factsOf(after), factsOf(state));
  assertEquals(state.live().map(({ tree, name_only }) => ({ tree, name_only })), [
    { tree: [], name_only: true },
    { tree: ["src/api/**"], name_only: undefined },
  ]);
  const journal = [acquire(1, named("@x")), acquire(2)];
  assertEquals(dosReplay(journal).map(({ lane, tree }) => ({ lane, tree })), [
    { lane: "@x", tree: [] },
    { lane: "api", tree: ["src/api/**"] },
  ]);
});

it("a tree whose lane has no name is never named like a name alone", () => {
  assertEquals(answer(held(), { tree: ["@scope/pkg"] }), "./@scope/pkg: @scope/pkg");
  assertEquals(nameProblems("@x", ["src"]), ['must be left out: "@x" is a name alone']);
  assertEquals([nameProblems("@x", []), nameProblems("x", ["src"])], [[], []]);
  assertEquals(parseTaxonomy({ lanes: { "@x": { tree: ["a"] }, "@y": { tree: [] } } }), [
    'lanes gives "@x" a tree, and "@" makes it a name alone',
  ]);
});

it("treeOutlines() has nothing for a name alone, and the workspace for a tree without globs", () => {
  assertEquals(treeOutlines({ tree: [], name_only: true }), []);
  assertEquals(treeOutlines({ tree: [] }).map(({ text }) => text), ["**"]);
});

it("namedHold() gives a lane of a tree alone a name that can be released again", () => {
  for (const tree of [["a"], [" "], ["a "], [" ", " "], ["@a"], ["x ".repeat(200)]]) {
    const request = { lane: "", tree, kind: "", owner: "me", loopTs: "" };
    const { lane = "" } = namedHold(request, NO_TAXONOMY) ?? {};
    assertEquals({ tree, problems: identifier.problems(lane) }, { tree, problems: [] });
  }
});
