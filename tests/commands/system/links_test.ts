/** No command writes or removes anything through a symbolic link below the workspace. */
import { main } from "../../../src/cli/main.ts";
import type { HostFs } from "../../../src/ports/host.ts";
import { assert_, assertEquals, it } from "../../deps.ts";
import { fakeHost } from "../../support/fake/host.ts";
import { isLong, sized } from "../../support/length.ts";
import { newSeed, sample } from "../../support/random.ts";
import {
  makeSymlink,
  makeTempDir,
  removeTree,
  setMtime,
  treeOf,
} from "../../support/scene/scratch.ts";

const UUID = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d";
const HEX = "a".repeat(64);
const AT = "0000000000000001";

/** Files that look like ones of ours, and some that do not; all are long out of use. */
const BAIT = [
  ...[UUID, `${UUID}.ndjson`, `${UUID}.new`, `${AT}-${HEX}`, `${AT}x${HEX}`, `${AT}-${HEX}_1_ab`],
  ...[`${HEX}.json`, `${HEX}.1`, `${HEX}.2`, `${HEX}.end`, HEX, AT, "1", "1.free", "1.next"],
  ...["checked", "known", "complete", "lane-journal.jsonl", "README.md", "main.ts", "x.new"],
];
const EMPTY_FOLDERS = [AT, "0", "here", "symbols", "_abc"].map((name) => `empty-${name}/${name}`);

/** Folders that a link may take the place of. */
const FOLDERS = [
  ...["tasks", "tasks/batches", "claims", "tmp", "index", "index/ready", "index/due"],
  ...["index/ready/default", "index/ready/default/0", "index/reservations", "quarantine"],
  ...["reservations", "reservations/order", "reservations/order/floor", "reservations/addresses"],
  ...["reservations/addresses/_x", "heartbeats", "releases", "intents", "dependencies"],
  ...["lanes", "lanes/lane-journal.jsonl.lock"],
];

const READING: readonly string[][] = [
  ["tasks"],
  ["list", "--all"],
  ["status"],
  ["watch", "--once"],
  ["forecast"],
  ["reconcile"],
  ["lane", "live"],
];

const WRITING: readonly string[][] = [
  ["claim", "--run-id", "a"],
  ["enqueue", "one", "--run-id", "a"],
  ["enqueue", "--stdin", "--run-id", "a"],
  ["reserve", "src", "--run-id", "b"],
  ["reserve", "docs", "--exclusive", "--run-id", "b"],
  ["intent", "src", "--op", "modify", "--run-id", "b"],
  ["lane", "acquire", "lib", "--lane", "l", "--owner", "b"],
  ["lane", "release", "--lane", "api", "--owner", "a"],
  ["journal", "compact"],
  ["gc"],
  ["gc", "--execute", "--grace", "0"],
  ["init"],
];

async function coord(cwd: string, args: readonly string[], broken: Partial<HostFs> = {}) {
  const stdin = Array.from({ length: 12 }, (_, n) => `task ${n}`).join("\n");
  const host = fakeHost({ args, cwd, stdin });
  Object.assign(host, { fs: { ...host.fs, ...broken } });
  const code = await main(host);
  return { code, out: host.out, err: host.err };
}

/** A workspace in which all is in use, and bait in the folders around it. */
async function scene() {
  const top = makeTempDir();
  const project = `${top}/project`;
  const { fs } = fakeHost();
  fs.makeDir(project);
  const run = (...args: string[]) => coord(project, args);
  await run("init");
  await run("enqueue", "--stdin", "--run-id", "p");
  await run("enqueue", "single", "--run-id", "p");
  await run("claim", "--run-id", "a");
  const { out } = await run("claim", "--run-id", "a", "--json");
  await run("complete", JSON.parse(out).task_id, "--run-id", "a");
  const { out: made } = await run("reserve", "src/a.ts", "--run-id", "a", "--json");
  const id = JSON.parse(made).reservation_id;
  await run("heartbeat", id, "--run-id", "a");
  await run("intent", "src/a.ts", "--op", "modify", "--reservation-id", id, "--run-id", "a");
  await run("release", id, "--run-id", "a");
  await run("reserve", "lib", "--exclusive", "--run-id", "a");
  await run("lane", "acquire", "api", "--lane", "api", "--owner", "a");
  const w = `${project}/.coord`;
  for (const place of [top, project, `${top}/outside`, `${w}/kept`]) {
    for (const folder of EMPTY_FOLDERS) fs.makeDir(`${place}/${folder}`);
    for (const name of BAIT) {
      fs.createNew(`${place}/${name}`, new TextEncoder().encode(`{"bait":"${name}"}\n`));
      setMtime(`${place}/${name}`, Date.now() - 30 * 86_400_000);
    }
  }
  const bait = () => [...treeOf(top, w), ...treeOf(`${w}/kept`)];
  return { run, w, bait, top, project };
}

/** Puts a link where a folder was, or would be. */
function replaceByLink(path: string, target: string): void {
  fakeHost().fs.makeDir(path);
  removeTree(path);
  makeSymlink(target, path);
}

const TARGETS: Record<string, (scene: { w: string; top: string }) => string> = {
  "a folder outside": ({ top }) => `${top}/outside`,
  "the folder above": () => "../..",
  "another folder of the workspace": ({ w }) => `${w}/kept`,
  "nothing": ({ top }) => `${top}/nowhere`,
};

for (const [turn, [what, target]] of Object.entries(TARGETS).entries()) {
  it(`no command writes or removes through a link to ${what}`, async () => {
    const own = FOLDERS.filter((_, at) => isLong() || at % Object.keys(TARGETS).length === turn);
    for (const folder of sample(own, sized(0.25, 1, 1), newSeed(`links to ${what}`))) {
      const place = await scene();
      replaceByLink(`${place.w}/${folder}`, target(place));
      const before = place.bait();
      for (const args of [...READING, ...WRITING, ...READING]) {
        const { code, err } = await place.run(...args);
        const said = `${args.join(" ")} with ${folder}: ${code} ${err}`;
        assertEquals(place.bait(), before, said);
        assert_(code === 0 || code === 1 || code === 3, said);
        assert_(!err.includes("Internal"), said);
        if (READING.includes(args)) assertEquals(code, 0, said);
      }
    }
  });
}

it("a program that follows links is found to write through them", async () => {
  const { w, top, project, bait } = await scene();
  replaceByLink(`${w}/tasks`, `${top}/outside`);
  const before = bait();
  // It takes a link for what it leads to.
  const { code } = await coord(project, ["enqueue", "one", "--run-id", "a"], {
    lstat: fakeHost().fs.stat,
  });
  assertEquals({ code, isFound: bait().join() !== before.join() }, { code: 0, isFound: true });
});

/** What must fail with which link, and which listing must say why it is not whole. */
const DECIDING: readonly { folder: string; fails: string[]; warns?: string[] }[] = [
  { folder: "tasks", fails: ["claim", "--run-id", "a"], warns: ["tasks"] },
  { folder: "claims", fails: ["claim", "--run-id", "a"], warns: ["tasks"] },
  { folder: "tasks/batches", fails: ["enqueue", "--stdin", "--run-id", "a"] },
  { folder: "index", fails: ["claim", "--run-id", "a"] },
  { folder: "index/ready/default", fails: ["claim", "--run-id", "a"] },
  { folder: "tmp", fails: ["gc", "--execute"] },
  { folder: "reservations", fails: ["reserve", "src", "--run-id", "b"], warns: ["list"] },
  { folder: "reservations/order", fails: ["reserve", "src", "--exclusive", "--run-id", "b"] },
  { folder: "reservations/addresses", fails: ["reserve", "src", "--run-id", "b"] },
  { folder: "heartbeats", fails: ["gc"], warns: ["list"] },
  { folder: "releases", fails: ["gc"], warns: ["list"] },
  { folder: "intents", fails: ["intent", "src", "--op", "modify", "--run-id", "b"] },
  { folder: "lanes", fails: ["lane", "acquire", "--lane", "l", "--owner", "b"], warns: ["status"] },
  {
    folder: "lanes/lane-journal.jsonl.lock",
    fails: ["lane", "release", "--lane", "api", "--owner", "a"],
  },
];

for (const { folder, fails, warns } of DECIDING) {
  it(`${fails.slice(0, 2).join(" ")} fails with io_error where ${folder} is a link`, async () => {
    const place = await scene();
    replaceByLink(`${place.w}/${folder}`, `${place.top}/outside`);
    const { code, out } = await place.run(...fails, "--json");
    const { status, reason, path } = JSON.parse(out.trim().split("\n").at(-1) ?? "");
    assertEquals({ code, status, reason, path }, {
      code: 3,
      status: "io_error",
      reason: "link",
      path: `${place.w}/${folder}`,
    });
    if (warns === undefined) return;
    const listed = await place.run(...warns, "--json");
    const { warnings } = JSON.parse(listed.out);
    assertEquals(listed.code, 0, listed.err);
    assert_(warnings.some((text: string) => text.includes(`${folder}": it is a symbolic link`)));
  });
}

it("a workspace that is a link itself is followed", async () => {
  const place = await scene();
  const project = `${place.top}/alias`;
  fakeHost().fs.makeDir(project);
  makeSymlink(place.w, `${project}/.coord`);
  const { code } = await coord(project, ["claim", "--run-id", "z"]);
  assertEquals(code, 0);
});
