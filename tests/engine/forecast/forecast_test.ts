import { namedInEmpty } from "../../support/fake/names.ts";
import { GLOB_STEPS, MAX_FORECAST, MAX_PATTERN_FILES } from "../../../src/domain/limits.ts";
import type { Context } from "../../../src/engine/context.ts";
import { clashesOf, forecast, type ForecastInput } from "../../../src/engine/forecast/forecast.ts";
import { assert_, assertEquals, assertRejects, assertStringIncludes, it } from "../../deps.ts";
import { project } from "../../support/scene/forecast_project.ts";
import { liveRecords } from "../../support/scene/live_records.ts";

it("forecast() predicts a conflict where a file imports one that another agent touches", async () => {
  const { reserve, forecast } = await project({
    "src/a.ts": `import { f } from "./b.ts";`,
    "src/b.ts": `// import "./a.ts"`,
  });
  const a = await reserve("x", "src/a.ts");
  const b = await reserve("y", "src/b.ts::f");
  await reserve("x", "src/b.ts::g");
  assertEquals(await forecast(), {
    total: 1,
    truncated: false,
    conflicts: [{
      type: "dependency_overlap",
      addresses: ["src/a.ts", "src/b.ts::f"],
      agents: ["x", "y"],
      branches: ["b-x", "b-y"],
      reservation_ids: [a.reservation_id, b.reservation_id],
      intent_ids: [],
      lanes: [],
      confidence: 0.75,
      description: '"src/a.ts", which "x" touches, imports "src/b.ts", which "y" touches',
    }],
  });
});

it("forecast() reads TypeScript, JavaScript, Python, Go and Rust", async () => {
  const { reserve, dependencies } = await project({
    "web/a.tsx": `export * from "./lib";`,
    "web/lib/index.js": "",
    "app/__init__.py": "",
    "app/a.py": "from . import b",
    "app/b.py": "",
    "go.mod": "module example.com/m",
    "cmd/main.go": 'package main\nimport "example.com/m/pkg"',
    "pkg/x.go": "package pkg",
    "pkg/x_test.go": "package pkg",
    "src/lib.rs": "mod part;",
    "src/part/mod.rs": "",
  });
  const importers = ["web/a.tsx", "app/a.py", "cmd/main.go", "src/lib.rs"];
  await reserve("x", ...importers);
  await reserve("y", "web/lib/index.js", "app/b.py", "pkg/x.go::F", "pkg/x_test.go");
  await reserve("y", "src/part/mod.rs");
  assertEquals(await dependencies(), [
    "x:app/a.py y:app/b.py",
    "x:cmd/main.go y:pkg/x.go::F",
    "x:src/lib.rs y:src/part/mod.rs",
    "x:web/a.tsx y:web/lib/index.js",
  ]);
});

it("forecast() finds what each language's own rules of names lead to", async () => {
  const { reserve, dependencies, warnings } = await project({
    "a.js": `const c = require("./config"); import type { T } from "./types.js";`,
    "config.json": "{}",
    "types.d.ts": "",
    "src/shop/__init__.py": "",
    "src/shop/typing.py": "",
    "src/shop/prices.py": "",
    "src/shop/cart.py": "import typing as t\nfrom .prices import p\n",
    "work/go.work": "use ./x\nuse ./y",
    "work/x/go.mod": "module example.com/x",
    "work/x/x.go": 'package x\nimport "example.com/y/z"',
    "work/y/go.mod": "module example.com/y",
    "work/y/z/z.go": "package z",
    "rs/lib.rs": 'cfg! { mod m; }\n#[cfg_attr(unix, path = "os/posix.rs")]\nmod os;',
    "rs/m.rs": "",
    "rs/os/posix.rs": "",
    "rs/os.rs": "",
  });
  await reserve("x", "a.js", "src/shop/cart.py", "work/x/x.go", "rs/lib.rs");
  await reserve("y", "config.json", "types.d.ts", "src/shop/typing.py", "src/shop/prices.py");
  await reserve("y", "work/y/z/z.go", "rs/m.rs", "rs/os/posix.rs", "rs/os.rs");
  assertEquals(await dependencies(), [
    ...["x:a.js y:config.json", "x:a.js y:types.d.ts"],
    ...["x:rs/lib.rs y:rs/m.rs", "x:rs/lib.rs y:rs/os.rs", "x:rs/lib.rs y:rs/os/posix.rs"],
    ...["x:src/shop/cart.py y:src/shop/prices.py", "x:work/x/x.go y:work/y/z/z.go"],
  ]);
  assertEquals(warnings, []);
});

it("forecast() reports what is imported from a folder or a pattern once", async () => {
  const { reserve, forecast, dependencies } = await project({
    "tests/t.ts": `import "../src/a.ts"; import "../src/b.ts"; import "../lib/c.ts";`,
    "src/a.ts": "",
    "src/b.ts": "",
    "lib/c.ts": "",
  });
  await reserve("x", "tests/t.ts::one", "tests/t.ts::two");
  await reserve("y", "src/**");
  await reserve("z", "lib");
  assertEquals(await dependencies(), ["x:tests/t.ts::one z:lib", "x:tests/t.ts::one y:src/**"]);
  const { conflicts } = await forecast();
  assertStringIncludes(conflicts[1]?.description ?? "", 'imports "src/a.ts" and 1 more, which "y"');
});

it("forecast() reads the files that a folder or a pattern stands for", async () => {
  const files = {
    "web/a.ts": `import "../lib/x.ts";`,
    "web/deep/b.ts": `import "../../lib/x.ts"; import "../../lib/y.ts";`,
    "web/c.py": "import lib.z",
    "web/node_modules/d.ts": `import "../../lib/w.ts";`,
    "lib/x.ts": "",
    "lib/y.ts": "",
    "lib/z.py": "",
    "lib/w.ts": "",
  };
  const cases: [address: string, imported: string[]][] = [
    ["web", ["x.ts", "y.ts", "z.py"]],
    ["web/**", ["x.ts", "y.ts", "z.py"]],
    ["web/*.ts", ["x.ts"]],
    ["[vw]eb/**/b.ts::f", ["x.ts", "y.ts"]],
    ["{web,app}/[a-c].*", ["x.ts", "z.py"]],
    ["web/**/*.md", []],
    ["web/node_modules", ["w.ts"]],
    ["web/node_modules/*", ["w.ts"]],
    ["web/{c,deep/b}.{py,ts}", ["x.ts", "y.ts", "z.py"]],
    ["nowhere/**", []],
  ];
  for (const [address, imported] of cases) {
    const { reserve, dependencies } = await project(files);
    await reserve("x", address);
    await reserve("y", "lib/x.ts", "lib/y.ts", "lib/z.py", "lib/w.ts");
    const expected = imported.map((name) => `x:${address} y:lib/${name}`);
    assertEquals(await dependencies(), expected, address);
  }
});

it("forecast() reports by which folder a file is touched, and once if it is named as well", async () => {
  const { reserve, forecast } = await project({
    "web/a.ts": `import "../lib/x.ts";`,
    "web/b.ts": `import "../lib/x.ts"; import "../lib/y.ts";`,
    "lib/x.ts": "",
    "lib/y.ts": "",
  });
  await reserve("x", "web/**", "web/b.ts");
  await reserve("y", "lib/x.ts", "lib/y.ts");
  await reserve("z", "web");
  const { conflicts } = await forecast({ runId: "y" });
  assertEquals(conflicts.map(({ description }) => description), [
    '"web/a.ts" and 1 more, which "z" touches by "web", import "lib/x.ts", which "y" touches',
    '"web/b.ts", which "z" touches by "web", imports "lib/y.ts", which "y" touches',
    '"web/a.ts" and 1 more, which "x" touches by "web/**", import "lib/x.ts", which "y" touches',
    '"web/b.ts", which "x" touches, imports "lib/x.ts", which "y" touches',
    '"web/b.ts", which "x" touches, imports "lib/y.ts", which "y" touches',
  ]);
});

it("forecast() reads nothing by a pattern that stands for too many files", async () => {
  const files: Record<string, string> = { "lib/x.ts": "" };
  for (let i = 0; i < MAX_PATTERN_FILES; i++) files[`web/${i}.ts`] = `import "../lib/x.ts";`;
  const { reserve, dependencies, write } = await project(files);
  await reserve("x", "web/**");
  await reserve("y", "lib/x.ts");
  assertEquals(await dependencies(), ["x:web/** y:lib/x.ts"]);
  write("web/more.ts", "");
  assertEquals(await dependencies(), []);
});

it("forecast() reports neither an agent's own imports nor those within what another touches", async () => {
  const { reserve, forecast } = await project({
    "src/a.ts": `import { f } from "./b.ts"; import "./missing.ts"; import "./made.ts"`,
    "src/b.ts": "",
  });
  await reserve("x", "src/a.ts", "src/b.ts");
  assertEquals((await forecast()).total, 0);
  // An agent that reserves the whole folder gets the overlap alone.
  await reserve("y", "src");
  assertEquals((await forecast()).conflicts.map(({ type, addresses }) => [type, addresses[1]]), [
    ["scope_overlap", "src/a.ts"],
    ["scope_overlap", "src/b.ts"],
  ]);
  // A file that is reserved counts although it is yet to be made; other symbols do not.
  await reserve("z", "src/made.ts", "src/b.ts::g");
  const { conflicts } = await forecast({ runId: "z" });
  assertEquals(conflicts.map(({ type, addresses }) => [type, ...addresses]), [
    ["scope_overlap", "src/b.ts", "src/b.ts::g"],
    ["dependency_overlap", "src/a.ts", "src/made.ts"],
    ["scope_overlap", "src", "src/b.ts::g"],
    ["scope_overlap", "src", "src/made.ts"],
  ]);
});

it("forecast() goes on with a warning where a source file cannot be read", async () => {
  const { reserve, dependencies, warnings } = await project({
    "a.ts": `import "./b.ts";${" ".repeat(1_048_576)}`,
    "b.ts": `import "./c.ts";`,
    "c.ts": "",
  });
  await reserve("x", "a.ts", "b.ts", "missing.ts", "folder/x.py");
  await reserve("y", "b.ts::own", "c.ts");
  assertEquals(await dependencies(), ["x:b.ts y:c.ts"]);
  assertEquals(warnings, ["a.ts is larger than 1048576 bytes: its imports are not read"]);
});

it("forecast() keeps to the branch and the agent that are asked for", async () => {
  const { reserve, forecast } = await project();
  for (const agent of ["x", "y", "z"]) await reserve(agent, "a.ts");
  const pairs = async (input: ForecastInput) =>
    (await forecast(input)).conflicts.map(({ agents }) => agents.join(""));
  assertEquals(await pairs({}), ["xy", "xz", "yz"]);
  assertEquals(await pairs({ runId: "x" }), ["xy", "xz"]);
  assertEquals(await pairs({ branch: "b-z" }), ["xz", "yz"]);
  assertEquals(await pairs({ branch: "b-z", runId: "x" }), ["xz"]);
  assertEquals(await pairs({ branch: "none" }), []);
  const bad = { runId: "a\n", branch: "", more: 1 } as ForecastInput;
  const { message } = await assertRejects(() => forecast(bad));
  for (const field of ["runId must", "branch must", "more is unknown"]) {
    assertStringIncludes(message, field);
  }
});

it("forecast() counts what is live, and intents with it", async () => {
  const { coord, clock, reserve, forecast } = await project();
  const x = await reserve("x", "a.ts");
  const intent = { addresses: ["a.ts"], runId: "y", operation: "delete" } as const;
  await coord.reservations.intent(intent);
  const { reservation_id: reservationId } = x;
  await coord.reservations.intent({
    ...intent,
    operation: "modify",
    runId: "x",
    branch: "b-x",
    reservationId,
  });
  const types = async () => (await forecast()).conflicts.map(({ type }) => type);
  assertEquals(await types(), ["address_overlap", "operation_conflict"]);
  await coord.reservations.release({ id: reservationId, runId: "x" });
  assertEquals(await types(), []);
  await reserve("z", "a.ts");
  assertEquals(await types(), ["address_overlap"]);
  clock.advance(3_601);
  assertEquals(await types(), []);
});

it("forecast() lists the surest of many conflicts and counts all", async () => {
  const { reserve, forecast } = await project();
  for (let i = 0; i < 50; i++) await reserve(`a${i}`, "a.ts", "src", "src/b.ts::f");
  const { total, truncated, conflicts } = await forecast();
  assertEquals([total, truncated, conflicts.length], [3 * 50 * 49 / 2, true, MAX_FORECAST]);
});

/** A checkout in which every file is there, and imports `b.ts`, and no folder has any. */
function withoutFiles(warnings: string[]) {
  const tree = {
    exists: () => true,
    read: () => undefined,
    below: () => [],
    imports: () => Promise.resolve([{ module: "./b.ts", name: null }]),
  };
  const sources = () => ({ of: () => tree });
  const checkout = {
    branch: () => "main",
    worktree: () => undefined,
    commitsSince: () => undefined,
    named: namedInEmpty,
    sources,
  };
  return { checkout, warn: (message: string) => void warnings.push(message) };
}

it("clashesOf() stops when it has spent its effort, with a warning", async () => {
  const live = liveRecords(
    ...["x", "y", "z"].map((run) => ({ run, says: "- a.ts b.ts c.ts src/** src/d*.ts" })),
  );
  const warnings: string[] = [];
  const context = withoutFiles(warnings);
  const count = async (left: number) =>
    (await clashesOf(context, live, { left, steps: { left: 1e6 } })).clashes.length;
  const whole = await count(10_000);
  assertEquals(warnings, []);
  assert_(await count(50) < whole);
  assertEquals(warnings, ["There are too many addresses to compare all: conflicts are missing"]);
});

/** What agents say who touch 100 patterns each that no glance separates. */
function wildRecords(...runs: string[]) {
  const wild = (i: number) => `**/*a${i}*/{x,y*}*b/**/*${i % 7}*`;
  const says = (at: number) => Array.from({ length: 100 }, (_, i) => wild(2 * i + at)).join(" ");
  return liveRecords(...runs.map((run, at) => ({ run, says: `modify ${says(at)}` })));
}

it("clashesOf() compares no patterns of one agent alone", async () => {
  const warnings: string[] = [];
  const context = withoutFiles(warnings);
  const effort = { left: 10_000, steps: { left: 1_000 } };
  const { clashes, isWhole } = await clashesOf(context, wildRecords("x"), effort);
  assertEquals([clashes, isWhole, effort.steps.left, warnings], [[], true, 1_000, []]);
});

it("clashesOf() keeps to its steps in patterns, and what no glance decides is unsure then", async () => {
  const warnings: string[] = [];
  const context = withoutFiles(warnings);
  const effort = { left: 1e7, steps: { left: 100_000 } };
  const { clashes, isWhole } = await clashesOf(context, wildRecords("x", "y"), effort);
  const spent = 100_000 - effort.steps.left;
  assert_(spent >= 100_000 && spent < 100_000 + 3 * GLOB_STEPS, `${spent} steps`);
  assertEquals([isWhole, clashes.length], [true, 10_000]);
  const unsure = clashes.filter(({ confidence }) => confidence === 0.5).length;
  assert_(unsure > 0 && unsure < clashes.length, `${unsure} unsure`);
  assertEquals(warnings, [
    "There are too many patterns to compare all in time: some conflicts are unsure",
  ]);
});

it("clashesOf() lets others have their turn while it compares patterns", async () => {
  let [longest, last] = [0, performance.now()];
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  const began = performance.now();
  await clashesOf(withoutFiles([]), wildRecords("x", "y"));
  const took = performance.now() - began;
  clearInterval(timer);
  console.log(`${Math.round(took)} ms, the longest piece ${Math.round(longest)} ms`);
  assert_(longest < Math.max(250, took / 4), `${longest} of ${took} ms without a turn`);
});

it("forecast() says that it is not whole when its effort is spent", async () => {
  const says = Array.from({ length: 400 }, (_, i) => `*${i}*`).join(" ");
  const live = liveRecords(...["x", "y"].map((run) => ({ run, says: `- ${says}` })));
  const warnings: string[] = [];
  const context = withoutFiles(warnings) as unknown as Context;
  const { total, truncated } = await forecast(
    context,
    { records: async () => await live, leases: async () => await [] },
    { runId: "z" },
  );
  assertEquals([total, truncated], [0, true]);
  assertEquals(
    warnings.at(-1),
    "There are too many addresses to compare all: conflicts are missing",
  );
});

it("reconcile() orders the branches of what is live", async () => {
  const { coord, reserve } = await project({ "a.ts": `import "./b.ts";`, "b.ts": "" });
  await reserve("x", "a.ts");
  await reserve("y", "b.ts");
  const { conflicts, merge_order, hotspots } = await coord.reconcile();
  assertEquals([conflicts, hotspots], [1, []]);
  assertEquals(merge_order.map(({ branch, strategy }) => `${branch} ${strategy}`), [
    "b-x merge",
    "b-y rebase",
  ]);
});

it("forecast() counts lanes as holders, but those that are a name alone", async () => {
  const { coord, reserve, forecast } = await project();
  await coord.lanes.acquire({ lane: "api", tree: ["src/api/**"], owner: "x" });
  await coord.lanes.acquire({ lane: "@deploy", owner: "z" });
  const { reservation_id } = await reserve("y", "src/api/a.ts");
  await reserve("x", "src/api/b.ts");
  const { conflicts } = await forecast();
  assertEquals(conflicts.map(({ description: _text, confidence: _sure, ...rest }) => rest), [{
    type: "scope_overlap",
    addresses: ["src/api/**", "src/api/a.ts"],
    agents: ["x", "y"],
    branches: ["", "b-y"],
    reservation_ids: [reservation_id],
    intent_ids: [],
    lanes: ["api"],
  }]);
  assertEquals((await forecast({ runId: "z" })).total, 0);
});
