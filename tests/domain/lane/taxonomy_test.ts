import { assert_, assertEquals, it } from "../../deps.ts";
import type { Taxonomy } from "../../../src/domain/lane/taxonomy.ts";
import { parseTaxonomy } from "../../../src/domain/lane/taxonomy_file.ts";

function parsed(value: unknown): Taxonomy {
  const taxonomy = parseTaxonomy(value);
  assert_("lanes" in taxonomy, `good: ${JSON.stringify(taxonomy)}`);
  return taxonomy;
}

it("parseTaxonomy() reads lanes, the order to pick from, and budgets", () => {
  const taxonomy = parsed({
    "$comment": "for people",
    lanes: {
      api: { tree: ["src/api/**"], kind: "cluster" },
      release: { tree: ["**"], exclusive: true, _why: "ships" },
      rest: {},
    },
    autopick: ["rest", "api"],
    kinds: { priority: { max_concurrent: 2 }, cluster: {} },
  });
  const lanes = [...taxonomy.lanes.values()].map(({ tree, ...lane }) => ({
    ...lane,
    tree: tree.globs,
  }));
  assertEquals(lanes, [
    { name: "api", kind: "cluster", exclusive: false, tree: ["src/api/**"] },
    { name: "release", kind: "", exclusive: true, tree: ["**"] },
    { name: "rest", kind: "", exclusive: false, tree: [] },
  ]);
  assertEquals(taxonomy.autopick, ["rest", "api"]);
  assertEquals([...taxonomy.budgets], [["priority", 2]]);
});

it("parseTaxonomy() takes an empty object for no lanes at all", () => {
  assertEquals(parsed({}).lanes.size, 0);
});

it("parseTaxonomy() reports all problems together", () => {
  assertEquals(
    parseTaxonomy({
      lane: {},
      lanes: {
        api: { tree: ["../x", "/etc", ""], exlusive: true },
        " b": 5,
        c: { tree: "src", exclusive: "yes", kind: 7 },
      },
      autopick: ["api", "nope", 3, "api"],
      kinds: { k: { max_concurrent: 0 }, l: { max: 1 }, m: [] },
    }),
    [
      'lanes.api.tree holds "../x", which must not hold ".."',
      'lanes.api.tree holds "/etc", which must not be absolute',
      'lanes.api.tree holds "", which must not be empty',
      "lanes.api.exlusive is not a field: tree, kind, exclusive are",
      'lanes names " b", which must not begin or end with a space',
      "lanes.c.tree must be a list of globs",
      "lanes.c.kind must be text",
      "lanes.c.exclusive must be true or false",
      'autopick holds "nope", which is not one of the lanes',
      "autopick holds 3, which is not one of the lanes",
      'autopick holds "api" twice',
      "kinds.k.max_concurrent must be a whole number of at least 1",
      "kinds.l.max is not a field: max_concurrent are",
      "kinds.m must be an object",
      "lane is not a field: lanes, autopick, kinds are",
    ],
  );
  for (const value of [null, [], "x"]) {
    assertEquals(parseTaxonomy(value), ["must be a JSON object"]);
  }
});

it("parseTaxonomy() takes names that objects have by nature for names", () => {
  assertEquals([...parsed({ lanes: { constructor: {} } }).lanes.keys()], ["constructor"]);
});

it("parseTaxonomy() refuses the one name that an object may lose", () => {
  const value = JSON.parse('{"lanes":{"__proto__":{"tree":["a"]}},"kinds":{"__proto__":{}}}');
  assertEquals(parseTaxonomy(value), [
    'lanes names "__proto__", which must be called something else',
    'kinds names "__proto__", which must be called something else',
  ]);
});

it("parseTaxonomy() keeps a lane whose name begins like a comment", () => {
  assertEquals([...parsed({ lanes: { _private: {}, $x: {} } }).lanes.keys()], ["_private", "$x"]);
});
