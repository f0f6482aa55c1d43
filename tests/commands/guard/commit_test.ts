/** `coord commit` and `coord guard check`, on repositories that git itself makes. */
import { main } from "../../../src/cli/main.ts";
import { assertEquals, assertMatch } from "../../deps.ts";
import { fakeHost, type FakeOptions, scratch } from "../../support/fake/host.ts";
import { git } from "../../support/program/git.ts";
import { itWith } from "../../support/program/programs.ts";
import { write } from "../../support/scene/journals.ts";

const itGit = itWith("git");

/** A repository with a workspace and one commit. */
async function repository() {
  const folder = scratch();
  const { path } = folder;
  git(path, "init", "--quiet", "-b", "main");
  git(path, "config", "user.email", "a@example.org");
  git(path, "config", "user.name", "A");
  const run = async (args: readonly string[], options: FakeOptions = {}) => {
    const host = fakeHost({ cwd: path, ...options, args });
    const code = await main(host);
    return { code, out: host.out, err: host.err };
  };
  const json = async (...args: readonly string[]) => {
    const { code, out } = await run([...args, "--json"]);
    return { ...JSON.parse(out), code };
  };
  await run(["init"]);
  for (const name of ["src/a", "src/[b]", "c"]) write(`${path}/${name}`, "one\n");
  git(path, "add", ".");
  git(path, "commit", "--quiet", "-m", "Start");
  /** The names of the last commit, each with what became of it. */
  const last = () => git(path, "show", "--format=", "--name-status").trim().replaceAll("\t", " ");
  return { path, run, json, last, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

const AS = (run: string) => ["--run-id", run];

itGit("coord commit commits just its paths, new ones and lost ones too", async () => {
  using place = await repository();
  const { path, json, last } = place;
  write(`${path}/src/a`, "two\n");
  write(`${path}/src/[b]`, "two\n");
  write(`${path}/c`, "two\n");
  write(`${path}/src/new/d`, "new\n");
  git(path, "add", "c");
  const first = await json("commit", "-m", "New", "-m", "More", "src/[b]", "src/new", ...AS("me"));
  assertEquals([first.status, first.lane, first.code], ["committed", "@git/index", 0]);
  assertEquals(first.commit, git(path, "rev-parse", "HEAD").trim());
  assertEquals(last(), "M src/[b]\nA src/new/d");
  assertEquals(git(path, "log", "-1", "--format=%B").trim(), "New\n\nMore");
  // What others have staged stays so, and what they edited too.
  assertEquals(git(path, "status", "--short").trimEnd(), "M  c\n M src/a");
  git(path, "rm", "--quiet", "--cached", "src/new/d");
  const second = await json("commit", "-m", "Old", "src/a", ...AS("me"));
  assertEquals([second.status, second.fence > first.fence], ["committed", true]);
  assertEquals(last(), "M src/a");
});

itGit(
  "coord commit refuses what another run holds, what git refuses, and nothing else",
  async () => {
    using place = await repository();
    const { path, json, run } = place;
    const before = git(path, "rev-parse", "HEAD");
    await run(["reserve", "c", "--exclusive", "--note", "half done", ...AS("you")]);
    write(`${path}/c`, "two\n");
    const held = await json("commit", "-m", "x", "c", ...AS("me"));
    assertEquals([held.status, held.code, held.holds.length], ["held", 1, 1]);
    assertMatch(held.error, /^"c" is held by "you", which says "half done", until .*coord wait/);
    const same = await json("commit", "-m", "x", "src", ...AS("me"));
    assertEquals([same.status, same.code], ["refused", 1]);
    const none = await json("commit", "-m", "x", "nowhere", ...AS("me"));
    assertEquals([none.status, none.code], ["refused", 1]);
    assertEquals(git(path, "rev-parse", "HEAD"), before);
    assertEquals((await json("commit", "-m", "x", "c", ...AS("you"))).status, "committed");
    assertEquals((await json("lane", "live")).leases, []);
    const bad = await run(["commit", "-m", " ", "", ...AS("me")]);
    assertEquals(bad.code, 64);
    assertMatch(bad.err, /--message must not be empty[^]*PATH must not be empty/);
  },
);

itGit("coord commit waits for another commit's lane, and gives up in time", async () => {
  using place = await repository();
  const { path, json } = place;
  await json("lane", "acquire", "--lane", "@git/index", "--owner", "you");
  write(`${path}/c`, "two\n");
  const late = await json("commit", "-m", "x", "c", "--wait", "1", ...AS("me"));
  assertEquals([late.status, late.code], ["timeout", 75]);
  await json("lane", "release", "--lane", "@git/index", "--owner", "you");
  assertEquals((await json("commit", "-m", "x", "c", ...AS("me"))).status, "committed");
});

itGit("coord commit in a linked worktree has that one's lane", async () => {
  using place = await repository();
  const { path, run } = place;
  git(path, "worktree", "add", "--quiet", "wt", "-b", "other");
  write(`${path}/wt/c`, "two\n");
  const args = ["commit", "-m", "x", "c", "--json", ...AS("me")];
  const { code, out } = await run(args, { cwd: `${path}/wt` });
  assertEquals([code, JSON.parse(out).lane], [0, "@git/index/wt"]);
  assertEquals(git(`${path}/wt`, "show", "--format=", "--name-only").trim(), "c");
});

itGit("coord guard check refuses staged files of another run as coord.json says", async () => {
  using place = await repository();
  const { path, json, run } = place;
  assertEquals((await json("guard", "check")).files, 0);
  write(`${path}/c`, "two\n");
  write(`${path}/src/[b]`, "two\n");
  git(path, "mv", "src/a", "src/e");
  git(path, "add", ".");
  await run(["reserve", "src/a", "--exclusive", ...AS("you")]);
  const held = await json("guard", "check", ...AS("me"));
  assertEquals([held.status, held.code, held.files], ["held", 1, 4]);
  assertEquals(held.holds.map(({ address }: { address: string }) => address), ["src/a"]);
  // Below the top, and as the hook of a commit of some paths alone, it looks at the same.
  const below = await run(["guard", "check", ...AS("me")], { cwd: `${path}/src` });
  assertEquals([below.code, below.err.includes('"src/a" is held by "you"')], [1, true]);
  assertEquals((await json("guard", "check", ...AS("you"))).status, "free");
  const settings = (hook: object) => write(`${path}/coord.json`, JSON.stringify({ hook }));
  settings({ ignore: ["src/**"] });
  const ignored = await json("guard", "check", ...AS("me"));
  assertEquals([ignored.status, ignored.files], ["free", 1]);
  settings({ mode: "warn" });
  const warned = await run(["guard", "check", ...AS("me")]);
  assertEquals([warned.code, warned.err.includes('"src/a" is held')], [0, true]);
  settings({ mode: "off" });
  assertEquals((await json("guard", "check", ...AS("me"))).status, "off");
});

itGit(
  "coord guard check says what it cannot look at, and stops no commit without a workspace",
  async () => {
    using folder = scratch();
    const { path } = folder;
    const check = async () => {
      const host = fakeHost({ cwd: path, args: ["guard", "check"] });
      return { code: await main(host), err: host.err };
    };
    const nowhere = await check();
    assertEquals(nowhere.code, 3);
    assertMatch(nowhere.err, /Cannot read what is staged: /);
    git(path, "init", "--quiet");
    write(`${path}/a`, "");
    git(path, "add", "a");
    const { code, err } = await check();
    assertEquals(code, 0);
    assertMatch(err, /warning: Nothing is guarded: /);
  },
);

itGit("coord guard check looks at any number of files at once", async () => {
  using place = await repository();
  const { path, json, run } = place;
  for (let n = 0; n < 1_100; n++) write(`${path}/many/${n}`, "");
  git(path, "add", "many");
  await run(["reserve", "many/7", "many/1099", "--exclusive", ...AS("you")]);
  const { status, files, holds } = await json("guard", "check", ...AS("me"));
  assertEquals([status, files, holds.length], ["held", 1_100, 2]);
});
