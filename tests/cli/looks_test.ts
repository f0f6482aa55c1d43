/** What the way to the workspace costs: every look at the file system outside of it. */
import { initWorkspace } from "../../src/adapters/fs/layout.ts";
import { main } from "../../src/cli/main.ts";
import { assertEquals, it } from "../deps.ts";
import { fakeHost } from "../support/fake/host.ts";
import { notingLooks } from "../support/fake/looks.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const { fs } = fakeHost();

/** The looks of one command, two folders below the top of a checkout, without those of the store. */
async function looksOf(...args: readonly string[]): Promise<string[]> {
  const top = makeTempDir();
  fs.makeDir(`${top}/.git`);
  fs.makeDir(`${top}/src/api`);
  fs.createNew(`${top}/.git/HEAD`, new TextEncoder().encode("ref: refs/heads/main\n"));
  initWorkspace(fakeHost(), top);
  const noting = notingLooks(fs, top);
  const host = fakeHost({ args, cwd: `${top}/src/api` });
  await main({ ...host, fs: noting.fs });
  return noting.take().filter((look) => !/ \.coord(\/|$)/.test(look));
}

const WAY = [
  "stat src/api/.coord",
  "stat src/api/.muse/coordination",
  "stat src/api/.git",
  "stat src/.coord",
  "stat src/.muse/coordination",
  "stat src/.git",
];

it("a claim looks at each name on the way to its workspace once, then for coord.json", async () => {
  assertEquals(await looksOf("claim", "--run-id", "a"), [
    ...WAY,
    "stat .git",
    "lstat coord.json",
  ]);
});

it("a reservation finds its checkout once, for its names and for its branch", async () => {
  const looks = await looksOf("reserve", "a", "--run-id", "a", "--ttl", "60");
  assertEquals(looks.filter((look) => / (src\/)*\.git$/.test(look)), [
    "stat src/.git",
    "stat .git", // for the store that coord.json may name
    "stat src/.git",
    "stat .git", // of the caller's folder
    "stat .git", // of the workspace
  ]);
  assertEquals(looks.filter((look) => look.endsWith("HEAD")), [
    "stat src/api/HEAD",
    "stat src/HEAD",
    "lstat .git/HEAD",
    "read .git/HEAD",
  ]);
});

it("a check looks at few names: no configuration of git, no journal that is not there", async () => {
  const looks = await looksOf("check", "lib/x.ts");
  assertEquals(looks.slice(WAY.length), [
    "stat .git", // for the store that coord.json may name
    "lstat coord.json",
    "stat src/api/.git", // the caller's checkout
    "stat src/api/HEAD",
    "stat src/.git",
    "stat src/HEAD",
    "stat .git",
    "stat .git", // the workspace's
    "list .git/worktrees",
    "lstat src", // the address
    "lstat src/api",
    "lstat src/api/lib",
  ]);
});
