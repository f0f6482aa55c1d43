/** A forecast of what agents touch in several worktrees of one repository. */
import { initWorkspace } from "../../../src/adapters/fs/open.ts";
import { MAX_PATTERN_FILES } from "../../../src/domain/limits.ts";
import { assertEquals, it } from "../../deps.ts";
import { sized } from "../../support/length.ts";
import { git } from "../../support/program/git.ts";
import { newSeed } from "../../support/random.ts";
import { fakeHost } from "../../support/fake/host.ts";
import { makeSymlink, makeTempDir } from "../../support/scene/scratch.ts";
import { repository } from "../../support/scene/worktrees.ts";
import { openFilesOn } from "../../../src/workspace/open.ts";

const IMPORTS_B = `import "./b.ts";`;

it("forecast() reads an import in the worktree of its reservation, wherever it is asked", async () => {
  const { reserve, dependencies, in: at, warnings } = repository(
    { "src/a.ts": "", "src/b.ts": "" },
    { side: { "src/a.ts": IMPORTS_B, "src/b.ts": "" } },
  );
  await reserve("", "x", "src/a.ts");
  await reserve("side", "y", "src/a.ts");
  await reserve("", "z", "src/b.ts");
  for (const caller of ["", "side"]) {
    assertEquals(await dependencies(caller), ["y:src/a.ts z:src/b.ts"], caller);
    const near = await dependencies(caller, { addresses: ["src/a.ts"] });
    assertEquals(near, ["y:src/a.ts z:src/b.ts"], caller);
  }
  const { conflicts } = await at("").forecast({ runId: "z" });
  assertEquals(conflicts.map(({ description }) => description), [
    '"src/a.ts", which "y" touches in worktree "side", imports "src/b.ts", which "z" touches',
  ]);
  const { merge_order } = await at("side").reconcile();
  assertEquals(merge_order.map(({ branch }) => branch), ["main", "side"]);
  assertEquals(warnings, []);
});

it("forecast() reads the worktrees that git itself made", async () => {
  const dir = makeTempDir();
  const write = (path: string, text: string) =>
    fakeHost().fs.createNew(`${dir}/${path}`, new TextEncoder().encode(text));
  git(dir, "init", "-q", "-b", "main", "main");
  write("main/b.ts", "");
  git(`${dir}/main`, "add", "b.ts");
  const as = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
  git(`${dir}/main`, ...as, "commit", "-q", "-m", "first");
  git(`${dir}/main`, "worktree", "add", "-q", "-b", "tax", "../side");
  git(`${dir}/main`, "worktree", "add", "-q", "-b", "vat", "../other");
  write("side/a.ts", IMPORTS_B);
  initWorkspace(fakeHost({ cwd: `${dir}/main` }), `${dir}/main`);
  const at = (folder: string) => openFilesOn(fakeHost({ cwd: `${dir}/${folder}` }), {});
  await at("side").reservations.reserve({ runId: "x", addresses: ["a.ts"] });
  await at("other").reservations.reserve({ runId: "y", addresses: ["b.ts"] });
  git(`${dir}/main`, "worktree", "move", "../side", "../moved");
  const { conflicts } = await at("other").forecast();
  assertEquals(conflicts.map(({ type, agents, branches }) => [type, agents, branches]), [
    ["dependency_overlap", ["x", "y"], ["tax", "vat"]],
  ]);
});

it("forecast() names a worktree that it cannot read, once, and answers the rest", async () => {
  const { dir, reserve, dependencies, warnings, remove } = repository({
    "a.ts": IMPORTS_B,
    "b.ts": "",
  }, {
    gone: { "a.ts": IMPORTS_B },
    pruned: { "a.ts": IMPORTS_B },
    cloned: { "a.ts": IMPORTS_B },
    other: { "a.ts": IMPORTS_B },
    left: { "a.ts": IMPORTS_B },
  });
  for (const name of ["gone", "pruned", "cloned", "other"]) {
    await reserve(name, name, "a.ts", "c.ts");
  }
  await reserve("", "x", "a.ts");
  await reserve("", "y", "b.ts");
  remove("gone");
  remove("main/.git/worktrees/pruned");
  remove("cloned/.git");
  fakeHost().fs.makeDir(`${dir}/cloned/.git`);
  // Another worktree where this one was.
  remove("other");
  makeSymlink(`${dir}/left`, `${dir}/other`);
  assertEquals(await dependencies(""), ["x:a.ts y:b.ts"]);
  assertEquals(
    warnings.toSorted(),
    ["cloned", "gone", "other", "pruned"].map((name) =>
      `The worktree "${name}" cannot be found: the imports of what is touched in it are not read`
    ),
  );
});

it("forecast() reads what one agent touches in several worktrees, and counts it once", async () => {
  const { reserve, in: at } = repository(
    { "a.ts": IMPORTS_B, "b.ts": "", "c.ts": "" },
    {
      side: { "a.ts": `${IMPORTS_B} import "./c.ts";` },
      third: { "a.ts": "" },
    },
  );
  for (const worktree of ["", "side", "third"]) {
    await at(worktree).reservations.reserve({ runId: "x", addresses: ["a.ts"], branch: "one" });
  }
  await reserve("", "y", "b.ts", "c.ts");
  const { conflicts } = await at("").forecast();
  assertEquals(conflicts.map(({ addresses, description }) => [addresses, description]), [
    [["a.ts", "b.ts"], '"a.ts", which "x" touches, imports "b.ts", which "y" touches'],
    [
      ["a.ts", "c.ts"],
      '"a.ts", which "x" touches in worktree "side", imports "c.ts", which "y" touches',
    ],
  ]);
});

it("forecast() reports by the address of the worktree that has the import", async () => {
  const { reserve, dependencies } = repository(
    { "web/a.ts": `import "../lib/b.ts";`, "lib/b.ts": "" },
    { side: { "web/a.ts": "" }, third: { "web/a.ts": `import "../lib/b.ts";` } },
  );
  // Named by itself where it imports nothing, and by its folder where it does.
  await reserve("side", "x", "web/a.ts");
  await reserve("", "x", "web");
  await reserve("third", "y", "web/a.ts::f", "web/**");
  await reserve("", "z", "lib/b.ts");
  assertEquals(await dependencies(""), ["x:web z:lib/b.ts", "y:web/a.ts::f z:lib/b.ts"]);
});

it("forecast() names a file by a pattern only for agents who do not name it by itself there", async () => {
  const imports = `import "../lib/c.ts";`;
  const { reserve, dependencies } = repository(
    { "web/a.ts": imports, "web/b.ts": "", "lib/c.ts": "" },
    { side: { "web/a.ts": "", "web/b.ts": imports } },
  );
  await reserve("side", "x", "web/**", "web/b.ts");
  await reserve("", "y", "web/**");
  await reserve("", "z", "lib/c.ts");
  assertEquals(await dependencies(""), ["y:web/** z:lib/c.ts", "x:web/b.ts z:lib/c.ts"]);
});

it("forecast() reports the one of an agent's addresses that is of the worktree in question", async () => {
  const { in: at } = repository({ "a.ts": "", "b.ts": "" }, { side: { "a.ts": IMPORTS_B } });
  const said = { runId: "x", branch: "one" };
  await at("").reservations.reserve({ ...said, addresses: ["a.ts::f"] });
  const { reservation_id } = await at("side").reservations
    .reserve({ ...said, addresses: ["a.ts::g"] }) as { reservation_id: string };
  await at("").reservations.reserve({ runId: "y", addresses: ["b.ts"] });
  const { conflicts } = await at("").forecast();
  assertEquals(conflicts.map(({ addresses, reservation_ids: [first] }) => [addresses, first]), [
    [["a.ts::g", "b.ts"], reservation_id],
  ]);
});

it("forecast() takes a lane, and another tool's record, for one of the main checkout", async () => {
  const { reserve, dependencies, in: at } = repository(
    { "a.ts": IMPORTS_B, "b.ts": "" },
    { side: { "a.ts": "", "b.ts": "" } },
  );
  await at("side").lanes.acquire({ lane: "l", tree: ["a.ts"], owner: "x" });
  await reserve("side", "y", "b.ts");
  assertEquals(await dependencies("side"), ["x:a.ts y:b.ts"]);
});

it("forecast() reads the project where no repository is around it, from wherever it is reserved", async () => {
  const { dir } = repository({}, { side: {} });
  const host = fakeHost();
  host.fs.makeDir(`${dir}/plain`);
  host.fs.createNew(`${dir}/plain/a.ts`, new TextEncoder().encode(IMPORTS_B));
  initWorkspace(host, `${dir}/plain`);
  const warnings: string[] = [];
  const from = (cwd: string) =>
    openFilesOn(fakeHost({ cwd: `${dir}/${cwd}` }), {
      dir: `${dir}/plain`,
      onWarning: (message) => void warnings.push(message),
    });
  await from("plain").reservations.reserve({ runId: "x", addresses: ["a.ts"] });
  await from("side").reservations.reserve({ runId: "y", addresses: ["a.ts"] });
  await from("main").reservations.reserve({ runId: "z", addresses: ["b.ts"] });
  const { conflicts } = await from("side").forecast({ runId: "z" });
  assertEquals(conflicts.map(({ agents }) => agents), [["x", "z"], ["y", "z"]]);
  assertEquals(warnings, []);
});

it("forecast() in a bare repository reads the worktrees, and says that there is no main checkout", async () => {
  const dir = makeTempDir();
  const write = (path: string, text: string) => {
    fakeHost().fs.makeDir(`${dir}/${path}`.replace(/\/[^/]*$/, ""));
    fakeHost().fs.createNew(`${dir}/${path}`, new TextEncoder().encode(text));
  };
  git(dir, "init", "-q", "--bare", "p/.bare");
  write("p/.git", "gitdir: ./.bare\n");
  write("p/.bare/worktrees/dev/commondir", "../..\n");
  write("p/.bare/worktrees/dev/HEAD", "ref: refs/heads/dev\n");
  write("p/.bare/worktrees/dev/gitdir", `${dir}/p/dev/.git\n`);
  write("p/dev/.git", `gitdir: ${dir}/p/.bare/worktrees/dev\n`);
  write("p/dev/a.ts", IMPORTS_B);
  write("p/dev/b.ts", "");
  write("p/dev/l.ts", IMPORTS_B);
  const warnings: string[] = [];
  initWorkspace(fakeHost({ cwd: `${dir}/p/dev` }), `${dir}/p/dev`);
  const at = (folder: string) =>
    openFilesOn(fakeHost({ cwd: `${dir}/${folder}` }), {
      onWarning: (message) => void warnings.push(message),
    });
  await at("p/dev").reservations.reserve({ runId: "x", addresses: ["a.ts"] });
  await at("p/dev").reservations.reserve({ runId: "y", addresses: ["b.ts"] });
  await at("p/dev").lanes.acquire({ lane: "l", tree: ["l.ts"], owner: "z" });
  const agents = async (folder: string) =>
    (await at(folder).forecast()).conflicts.map(({ agents: [a, b] }) => `${a} ${b}`);
  assertEquals(await agents("p/dev"), ["x y", "z y"]);
  assertEquals(warnings, []);
  assertEquals(await agents("p"), ["x y"]);
  assertEquals(warnings, [
    "The main checkout cannot be found: the imports of what is touched in it are not read",
  ]);
});

it("forecast() names a pattern that stands for too many files", async () => {
  const many = Array.from({ length: MAX_PATTERN_FILES + 1 }, (_, i) => [`many/${i}.ts`, ""]);
  const { reserve, dependencies, warnings } = repository(
    { "b.ts": "" },
    { side: { ...Object.fromEntries(many), "few/a.ts": `import "../b.ts";` } },
  );
  await reserve("side", "x", "many/**", "few/**");
  await reserve("", "y", "b.ts");
  const said = [
    'The imports in "many/**" are not read: it stands for more than 100 source files, or lies ' +
    "among too many",
  ];
  assertEquals(await dependencies(""), ["x:few/** y:b.ts"]);
  assertEquals(warnings.splice(0), said);
  assertEquals(await dependencies("", { addresses: ["many/**"] }), []);
  assertEquals(warnings, said);
});

it("forecast() finds the imports that a look at each worktree finds, of all and of one file", async () => {
  const random = newSeed("forecast of worktrees");
  const files = ["a.ts", "b.ts", "src/c.ts", "src/d.ts"];
  const trees = ["", "one", "two"];
  for (let round = 0; round < sized(10, 60, 400); round++) {
    const imports = trees.map(() =>
      new Map(files.map((path) => [path, files.filter((to) => to !== path && random.chance(0.3))]))
    );
    const sources = imports.map((tree) =>
      Object.fromEntries([...tree].map(([path, targets]) => {
        const up = path.includes("/") ? ".." : ".";
        return [path, targets.map((to) => `import "${up}/${to}";`).join("\n")];
      }))
    );
    const [main = {}, one = {}, two = {}] = sources;
    const { reserve, dependencies, warnings } = repository(main, { one, two });
    const held: { agent: string; tree: number; path: string }[] = [];
    for (const agent of ["x", "y", "z"]) {
      const tree = random.below(trees.length);
      const paths = files.filter(() => random.chance(0.4));
      for (const path of paths) held.push({ agent, tree, path });
      if (paths.length > 0) await reserve(trees[tree] ?? "", agent, ...paths);
    }
    const expected = held.flatMap(({ agent, tree, path }) =>
      held.filter((other) =>
        other.agent !== agent && imports[tree]?.get(path)?.includes(other.path)
      )
        .map((other) => `${agent}:${path} ${other.agent}:${other.path}`)
    ).sort();
    const caller = random.pick(trees);
    assertEquals((await dependencies(caller)).sort(), expected);
    const asked = random.pick(files);
    assertEquals(
      (await dependencies(caller, { addresses: [asked] })).sort(),
      expected.filter((pair) => pair.includes(`:${asked} `)),
      asked,
    );
    assertEquals(warnings, []);
  }
});
