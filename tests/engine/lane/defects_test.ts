/**
 * Faults that were measured in another program of this kind, each by its name, and each with a test
 * from outside that coord is free of it.
 */
import { assert_, assertEquals, assertStringIncludes, it, itIf } from "../../deps.ts";
import { FsJournal } from "../../../src/adapters/fs/lane/journal.ts";
import { main } from "../../../src/cli/main.ts";
import { detectHost } from "../../../src/host/detect.ts";
import { fakeHost } from "../../support/fake/host.ts";
import { checked, goOn, isStopped, ordersFor, reportsOf } from "../../support/race/lane_race.ts";
import { isLinux } from "../../support/race/mutex_race.ts";
import { start, until } from "../../support/race/processes.ts";
import { setMtime } from "../../support/scene/scratch.ts";
import { workspace } from "../../support/scene/workspace.ts";

const JOURNAL = "lanes/lane-journal.jsonl";
const MUTEX = `${JOURNAL}.lock`;
const DAY = 86_400;

const host = await detectHost();
type Body = () => Promise<void>;
const free = (fault: string, body: Body) => it(`coord is free of ${fault}`, body);
const freeOnLinux = (fault: string, body: Body) =>
  itIf(isLinux, "it needs /proc and stop signals")(
    `coord is free of ${fault}`,
    body,
  );

interface Answer {
  readonly code: number;
  readonly status: string;
  readonly reason: string;
  readonly witness: string | null | undefined;
  readonly fence: number;
  readonly warnings: readonly string[];
}

/** A workspace and the command line in it. */
async function scene(env: Record<string, string> = {}) {
  const place = await workspace();
  const coord = async (...args: string[]): Promise<Answer> => {
    const fake = fakeHost({ args: [...args, "--json"], cwd: place.dir, env });
    const code = await main(fake, place.clock.now);
    const lines = fake.out.trimEnd().split("\n");
    assertEquals(
      [lines.length, code === 64 || fake.err === ""],
      [1, true],
      `one line: ${fake.out}${fake.err}`,
    );
    const said = JSON.parse(lines[0] ?? "");
    assertEquals([said.ok, said.exit_code], [code === 0, code]);
    return {
      ...said,
      code,
      reason: said.reason ?? said.error,
      witness: said.conflicts?.[0]?.witness,
    };
  };
  /** `acquired`, or why not. */
  const acquire = async (...args: string[]) => (await coord("lane", "acquire", ...args)).status;
  return { ...place, coord, acquire, journal: `${place.path}/${JOURNAL}` };
}

freeOnLinux("two processes with one owner name that are both inside the mutex", async () => {
  const { path, journal, coord } = await scene();
  host.fs.makeDir(`${path}/lanes`);
  const mishaps = [{ before: "appendSynced", nth: 1, how: "stop" }] as const;
  const child = start(
    "race/lane_worker.ts",
    ordersFor(`${path}/lanes`, { worker: "same", mishaps }),
  );
  await until("it stops in its critical section", () => isStopped(child.pid));
  const args = ["--owner", "same", "--lane", "x", "--lock-timeout", "0.2"];
  const { code, status } = await coord("lane", "acquire", "elsewhere", ...args);
  assertEquals([code, status], [5, "lock_busy"]);
  goOn(child.pid);
  assertEquals((await child.ended).code, 0);
  assertEquals(checked(journal).problems, []);
});

freeOnLinux("two commands that race on one fixed temporary file name", async () => {
  const { path, journal, coord } = await scene();
  host.fs.makeDir(`${path}/lanes`);
  const mishaps = [{ before: "rename", nth: 1, how: "stop" }] as const;
  const given = { staleMs: 200, epoch: Date.now(), compaction: 1, mishaps };
  const orders = ordersFor(`${path}/lanes`, given);
  const child = start("race/lane_worker.ts", orders);
  await until("it stops in its compaction", () => isStopped(child.pid));
  const [hold = ""] = await newestHold(`${path}/${MUTEX}`);
  setMtime(`${path}/${MUTEX}/${hold}`, Date.now() - 31_000);
  assertEquals((await coord("lane", "acquire", "a/x", "--owner", "me", "--lane", "x")).code, 0);
  assertEquals((await coord("journal", "compact")).status, "compacted");
  goOn(child.pid);
  assertEquals(await child.ended, { code: 0, output: "" });
  assertEquals(reportsOf(orders).some(({ kind }) => kind === "ended"), true);
  const { live, problems } = checked(journal);
  assertEquals([live.map(({ holder }) => holder), problems], [["me"], []]);
  assertEquals((await coord("journal", "verify")).status, "sound");
});

/** The file of the newest hold of a mutex. */
async function newestHold(folder: string): Promise<string[]> {
  const names = (host.fs.list(folder) ?? []).map(({ name }) => name);
  return await names.filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(b) - Number(a));
}

free("an owner name with a space or newline that leaks the mutex", async () => {
  const { coord, acquire } = await scene();
  const quick = ["--lane", "x", "--lock-timeout", "0"];
  assertEquals(await acquire("a", "--owner", "two words", ...quick), "acquired");
  const released = await coord("lane", "release", "--owner", "two words", ...quick);
  assertEquals(released.status, "released");
  for (const owner of ["two\nlines", "\u2028", " a", "a ", "\x7f"]) {
    assertEquals(await acquire("a", "--owner", owner, ...quick), "bad_args");
    assertEquals(await acquire("a", "--owner", "next", ...quick), "acquired");
    assertEquals((await coord("lane", "release", "--owner", "next", ...quick)).code, 0);
  }
});

free("an empty or half-written lock file that is never stale", async () => {
  for (const content of ["", '{"token":"5f', "someone 2026-11-21T09:30:00Z\n", "\0\0\0\0"]) {
    const { path, acquire, write } = await scene();
    host.fs.makeDir(`${path}/${MUTEX}`);
    write(`${MUTEX}/7`, content);
    const args = ["a", "--owner", "me", "--lane", "x", "--lock-timeout", "0"];
    assertEquals(await acquire(...args), "lock_busy", "its writer may still be at it");
    setMtime(`${path}/${MUTEX}/7`, Date.now() - 31_000);
    assertEquals(await acquire(...args), "acquired");
  }
});

free("a grant lost because its text held U+2028", async () => {
  const all = "\u2028\u2029\u0085\v\f\r\n";
  const { acquire, coord, read, open } = await scene({ DISPATCH_HOST_ID: `host${all}` });
  assertEquals(await acquire("a", "--owner", "me", "--lane", "x"), "acquired");
  const intent = ["--lane", "y", "--owner", "me", "--reason", "two\u2028lines"];
  assertEquals((await coord("lane", "spawn", ...intent)).code, 0);
  for (const after of ["as it was written", "as it was compacted"]) {
    // As a reader sees it that takes all of these for the end of a line.
    const lines = read(JOURNAL).split(/[\n\r\v\f\u0085\u2028\u2029]/u).filter((line) =>
      line !== ""
    );
    const [first] = lines.map((line) => JSON.parse(line));
    assertEquals((first.lease ?? first.leases[0]).host_id, `host${all}`, after);
    const { leases } = await open().lanes.live();
    assertEquals(leases.map(({ lane, host_id }) => [lane, host_id]), [["x", `host${all}`]], after);
    assertEquals(await acquire("a/b", "--owner", "you", "--lane", "z"), "refused", after);
    assertEquals((await coord("journal", "compact")).status, "compacted");
  }
});

free("a grant of dos lost because its text held U+2028", async () => {
  const { path, acquire, open } = await scene();
  const lease = { holder: "w\u2028x", tree: ["src/**"], acquired_at: "2026-11-21T09:00:00Z" };
  const entry = { op: "ACQUIRE", lane: "api", loop_ts: "1", seq: 1, lease };
  host.fs.makeDir(`${path}/lanes`);
  host.fs.append(`${path}/${JOURNAL}`, new TextEncoder().encode(JSON.stringify(entry) + "\n"));
  assertEquals((await open().lanes.live()).leases.map(({ holder }) => holder), ["w\u2028x"]);
  assertEquals(await acquire("src/a", "--owner", "you", "--lane", "z"), "refused");
});

free("globs that meet src/a.py and are admitted beside it", async () => {
  const ways: Readonly<Record<string, string>> = {
    "./src/**": "src/a.py",
    "src//a.py": "src/a.py",
    "src/[ab].py": "src/a.py",
    "src/{a,b}.py": "src/a.py",
    "src/?.py": "src/a.py",
    "SRC/A.PY": "src/a.py",
    "src/": "src/a.py",
    // One character more than the name has, so it is the neighbour that meets it.
    "src/a?.py": "src/ab.py",
  };
  for (const [way, file] of Object.entries(ways)) {
    for (const [first, second] of [[way, file], [file, way]] as const) {
      const { coord, acquire } = await scene();
      assertEquals(await acquire(first, "--owner", "one", "--lane", "x"), "acquired", first);
      const no = await coord("lane", "acquire", second, "--owner", "two", "--lane", "y");
      assertEquals([no.status, no.witness], ["refused", file], `${second} beside ${first}`);
    }
  }
  const { acquire } = await scene();
  assertEquals(await acquire("src/a?.py", "--owner", "one"), "acquired");
  assertEquals(await acquire("src/a.py", "--owner", "two"), "acquired", "nothing is in both");
});

free("a partial overlap admitted because it is a small part of the request", async () => {
  const { coord, acquire } = await scene();
  assertEquals(await acquire("src/deep/a.py", "--owner", "one", "--lane", "x"), "acquired");
  const most = Array.from({ length: 200 }, (_, i) => `lib${i}/**`);
  const no = await coord("lane", "acquire", ...most, "src/**", "--owner", "two", "--lane", "y");
  assertEquals([no.status, no.witness], ["refused", "src/deep/a.py"]);
});

free("a lease dead for 30 days that still blocks", async () => {
  const { acquire, clock, coord } = await scene();
  assertEquals(await acquire("src/**", "--owner", "gone", "--lane", "x"), "acquired");
  clock.advance(30 * DAY);
  const fresh = await coord("lane", "acquire", "src/a", "--owner", "me", "--lane", "y");
  assertEquals([fresh.status, fresh.fence > 1], ["acquired", true]);
  const old = await coord("lane", "check", "--lane", "x", "--fence", "1");
  assertEquals([old.code, old.status], [1, "stale_fence"]);
  const late = await coord("lane", "heartbeat", "--lane", "x", "--owner", "gone");
  assertEquals(late.code, 1, "and it does not come back to life");
});

free("exclusivity lost because a flag was left out", async () => {
  const { acquire, coord, write } = await scene();
  write("lanes.json", `{"lanes": {"release": {"tree": ["rel/**"], "exclusive": true}}}`);
  assertEquals(await acquire("--lane", "release", "--owner", "one"), "acquired");
  // The others name neither a kind nor the lane, and their trees are far away.
  const no = await coord("lane", "acquire", "docs/**", "--owner", "two");
  assertEquals(no.status, "refused");
  assertStringIncludes(no.reason, "exclusive");
  assertEquals((await coord("lane", "release", "--lane", "release", "--owner", "one")).code, 0);
  assertEquals(await acquire("docs/**", "--owner", "two"), "acquired");
  assertEquals(await acquire("rel/a", "--lane", "release", "--owner", "one"), "refused");
});

free("a lock-busy answer as a crash", async () => {
  const { coord, journal, clock } = await scene();
  assertEquals((await coord("lane", "acquire", "a", "--owner", "me", "--lane", "x")).code, 0);
  const outcome = await new FsJournal(host, journal, clock.now, () => {}).open(0);
  assert_(outcome.status === "open");
  using _session = outcome.session;
  const own = ["--lane", "x", "--owner", "me", "--lock-timeout", "0"];
  const commands = [
    ["lane", "acquire", "b", ...own],
    ["lane", "release", ...own],
    ["lane", "heartbeat", ...own],
    ["lane", "adopt", ...own],
    ["lane", "spawn", ...own],
    ["lane", "halt", "handle", "--lock-timeout", "0"],
    ["journal", "compact", "--lock-timeout", "0"],
  ];
  for (const args of commands) {
    const { code, status, reason } = await coord(...args);
    assertEquals([code, status], [5, "lock_busy"], args.join(" "));
    assertStringIncludes(reason, `process ${host.pid}`);
  }
});

free("a fence lowered by compaction", async () => {
  const { coord, path, names } = await scene();
  const fences: number[] = [];
  for (let round = 0; round < 3; round++) {
    for (const lane of ["x", "y"]) {
      const own = ["--lane", lane, "--owner", "me"];
      fences.push((await coord("lane", "acquire", lane, ...own)).fence);
      assertEquals((await coord("lane", "release", ...own)).code, 0);
    }
    assertEquals((await coord("journal", "compact")).status, "compacted");
    // What is kept of the history is never needed to go on.
    for (const name of names("lanes").filter((name) => name.includes("archive"))) {
      if (round === 1) host.fs.remove(`${path}/lanes/${name}`);
    }
  }
  assertEquals(fences, [...new Set(fences)].sort((a, b) => a - b));
});

it("lane acquire takes what cannot be compared in time for an overlap, and says so", async () => {
  const { coord } = await scene();
  const [theirs, ours] = [`${"*a".repeat(200)}*[bd]{,b}`, `${"*a*?".repeat(200)}[ce]{,c}`];
  assertEquals((await coord("lane", "acquire", theirs, "--owner", "one", "--lane", "x")).code, 0);
  const no = await coord("lane", "acquire", ours, "--owner", "two", "--lane", "y");
  assertEquals([no.status, no.witness], ["refused", null]);
  assertStringIncludes(no.warnings.join(), "would take too long to know");
  const { warnings } = await coord("lane", "arbitrate", ours, "--owner", "two", "--lane", "y");
  assertEquals(warnings, no.warnings);
});
