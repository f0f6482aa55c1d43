/** Where a journal lies, and what is too long for it. */
import { assert_, assertEquals, it } from "../../deps.ts";
import { main } from "../../../src/cli/main.ts";
import { MAX_TREE_BYTES } from "../../../src/domain/limits.ts";
import { fakeHost } from "../../support/fake/host.ts";
import { makeSymlink } from "../../support/scene/scratch.ts";
import { workspace } from "../../support/scene/workspace.ts";

const JOURNAL = "lanes/lane-journal.jsonl";

/** A workspace with a folder in it, and the command line in each. */
async function scene(named?: string) {
  const place = await workspace();
  place.host.fs.makeDir(`${place.dir}/sub/deep`);
  const coordIn = (cwd: string, journal = named) => async (...args: string[]) => {
    const env: Record<string, string> = {};
    if (journal !== undefined) env["DISPATCH_LANE_JOURNAL_PATH"] = journal;
    const fake = fakeHost({ args: [...args, "--json"], cwd, env });
    const code = await main(fake, place.clock.now);
    return { ...JSON.parse(fake.out), code };
  };
  const acquire = async (cwd: string, owner: string, ...more: string[]) => {
    const coord = coordIn(`${place.dir}${cwd}`);
    const answer = await coord(
      "lane",
      "acquire",
      "src",
      "--lane",
      "api",
      "--owner",
      owner,
      ...more,
    );
    return { code: answer.code, status: answer.status };
  };
  return { ...place, coordIn, acquire, coord: coordIn(place.dir) };
}

const GOT = { code: 0, status: "acquired" };
const HELD = { code: 1, status: "refused" };

it("a relative $DISPATCH_LANE_JOURNAL_PATH is one journal from all folders of a project", async () => {
  for (const named of ["j.jsonl", "./logs/j.jsonl", "sub/deep/j", "sub//j"]) {
    const { acquire, host, dir, coordIn } = await scene(named);
    assertEquals([named, await acquire("/sub/deep", "one")], [named, GOT]);
    assertEquals([named, await acquire("", "two")], [named, HELD]);
    assertEquals([named, await acquire("/sub", "three", "--dir", "..")], [named, HELD]);
    assertEquals([named, await acquire("/sub", "four", "-C", `${dir}/.coord`)], [named, HELD]);
    assertEquals(host.fs.stat(`${dir}/${named}`)?.kind, "file");
    assertEquals((await coordIn(`${dir}/sub`)("journal", "replay")).leases.length, 1);
  }
});

it("a relative $DISPATCH_LANE_JOURNAL_PATH is in the project folder of a Muse workspace", async () => {
  const { host, coordIn, path } = await scene("j.jsonl");
  const project = `${path}/muse`;
  host.fs.makeDir(`${project}/.muse/coordination`);
  host.fs.makeDir(`${project}/sub`);
  const taken = await coordIn(`${project}/sub`)("lane", "acquire", "a", "--owner", "x");
  assertEquals([taken.status, host.fs.stat(`${project}/j.jsonl`)?.kind], ["acquired", "file"]);
});

it("a relative $DISPATCH_LANE_JOURNAL_PATH that could lead to two journals is refused", async () => {
  for (const named of ["../j.jsonl", "sub/../../j.jsonl", ".."]) {
    const { coord } = await scene(named);
    const { code, status, problems } = await coord("lane", "live");
    assertEquals({ code, status, problems }, {
      code: 64,
      status: "bad_args",
      problems: [{
        field: "$DISPATCH_LANE_JOURNAL_PATH",
        code: "bad_args",
        message: 'must not hold ".." unless it is absolute',
      }],
    });
  }
});

it("a $DISPATCH_LANE_JOURNAL_PATH that is blank or leads among the records is refused", async () => {
  const message = async (named: string) => {
    const { coord, names } = await scene(named);
    const { code, status, problems } = await coord("lane", "acquire", "a", "--owner", "x");
    assertEquals([code, status, names("lanes")], [64, "bad_args", []]);
    return problems?.[0]?.message;
  };
  for (const blank of [" ", "\t ", "\n"]) assertEquals(await message(blank), "must not be blank");
  for (const folder of ["tasks", "claims", "reservations", "releases", "index", "tmp"]) {
    assertEquals(
      await message(`./.coord/${folder}/deep/j.jsonl`),
      `must not be in the folder "${folder}" of the workspace, which is for other files`,
    );
  }
  const outside = await scene(".coord/lanes/other.jsonl");
  assertEquals(await outside.acquire("", "one"), GOT);
  const { dir, host, coordIn } = await scene();
  host.fs.makeDir(`${dir}/.coord/tasks`);
  makeSymlink(`${dir}/.coord/tasks`, `${dir}/elsewhere`);
  for (const named of ["j.jsonl", "deep/j.jsonl"]) {
    const path = `${dir}/elsewhere/${named}`;
    const linked = await coordIn(dir, path)("lane", "acquire", "a", "--owner", "x");
    assertEquals(linked.status, "bad_args");
  }
});

it(
  "a relative $DISPATCH_LANE_JOURNAL_PATH is refused where the workspace is a link",
  async () => {
    const { coordIn, host, path, dir } = await scene("j.jsonl");
    for (const project of ["p", "q"]) {
      host.fs.makeDir(`${dir}/sub/${project}`);
      makeSymlink(path, `${dir}/sub/${project}/.coord`);
      const { code, problems } = await coordIn(`${dir}/sub/${project}`)("lane", "live");
      assertEquals([code, problems?.[0]?.message], [
        64,
        "must be absolute: the workspace is a symbolic link, which several projects may have",
      ]);
    }
  },
);

it(
  "nothing is written to a journal through a link below the workspace",
  async () => {
    const { host, dir, path, acquire, coord } = await scene();
    host.fs.removeDir(`${path}/lanes`);
    host.fs.makeDir(`${dir}/victim`);
    makeSymlink(`${dir}/victim`, `${path}/lanes`);
    assertEquals(await acquire("", "one"), { code: 3, status: "io_error" });
    assertEquals((await coord("journal", "compact")).status, "io_error");
    assertEquals(host.fs.list(`${dir}/victim`), []);
  },
);

/** Globs that are valid and make a tree of about a number of bytes. */
function globsOf(bytes: number, prefix: string): string[] {
  const each = 300;
  return Array.from(
    { length: Math.floor(bytes / (each + 3)) },
    (_, at) => `${prefix}/${at}/`.padEnd(each, "x"),
  );
}

it("lane acquire refuses a tree that no entry could hold, with all other problems", async () => {
  const { coord, names } = await scene();
  const tree = Array.from({ length: 100 }, (_, at) => `${at}/`.padEnd(10_000, "y"));
  const bytes = JSON.stringify(tree).length;
  const answer = await coord("lane", "acquire", ...tree, "a\nb", "--owner", "a\nb", "--ttl", "0");
  assertEquals({ code: answer.code, problems: answer.problems }, {
    code: 64,
    problems: [
      {
        field: "--owner",
        code: "bad_args",
        message: "must not hold control or line-separator characters",
      },
      { field: "--ttl", code: "bad_args", message: "must be between 1 and 31536000, got 0" },
      {
        field: "TREE",
        code: "bad_args",
        message: `takes ${bytes + 7} bytes, and ${MAX_TREE_BYTES} are allowed`,
      },
      {
        field: "TREE",
        code: "bad_args",
        message: 'holds "a\\nb", which must not hold control or line-separator characters',
      },
    ],
  });
  assertEquals(names("lanes"), []);
});

it("a refusal with more than the journal takes is answered, and shortened in the log", async () => {
  const { coord, read } = await scene();
  for (let n = 0; n < 10; n++) {
    const tree = globsOf(MAX_TREE_BYTES, `p${n}`);
    const args = ["--lane", `l${n}`, "--owner", `o${n}`];
    assertEquals((await coord("lane", "acquire", ...tree, ...args)).status, "acquired");
  }
  const ours = [
    ...globsOf(MAX_TREE_BYTES - 2_000, "mine"),
    ...Array.from({ length: 10 }, (_, n) => `p${n}`),
  ];
  const no = await coord("lane", "acquire", ...ours, "--lane", "all", "--owner", "me");
  assertEquals({ code: no.code, status: no.status, conflicts: no.conflicts.length }, {
    code: 1,
    status: "refused",
    conflicts: 10,
  });
  const line = read(JOURNAL).trim().split("\n").at(-1) ?? "";
  const entry = JSON.parse(line);
  assertEquals([entry.op, entry.lane, entry.holder, entry.tree], ["REFUSE", "all", "me", ours]);
  assertEquals([entry.conflicts.length, entry.conflicts_total], [10, 10]);
  assertEquals(entry.conflicts.map(({ lane }: { lane: string }) => lane), [
    ...Array.from({ length: 10 }, (_, n) => `l${n}`),
  ]);
  assert_(line.length < 3 * MAX_TREE_BYTES, `${line.length}`);
  assertEquals((await coord("journal", "verify")).status, "sound");
});

it("a refusal on account of a foreign lease of any size is answered", async () => {
  const { coord, host, path } = await scene();
  const lane = "w".repeat(1_200_000);
  const lease = { tree: ["src/a"], holder: "dos", acquired_at: "2026-11-21T09:00:00Z" };
  const entry = { op: "ACQUIRE", lane, loop_ts: "1", seq: 1, lease };
  host.fs.append(`${path}/${JOURNAL}`, new TextEncoder().encode(`${JSON.stringify(entry)}\n`));
  const no = await coord("lane", "acquire", "src/**", "--lane", "x", "--owner", "me");
  assertEquals({ code: no.code, status: no.status, conflicts: no.conflicts.length }, {
    ...{ code: 1, status: "refused", conflicts: 1 },
  });
  const { entries } = await coord("journal", "tail", "-n", "3");
  const { op, conflicts, conflicts_total } = entries.find((each: { op: string }) =>
    each.op === "REFUSE"
  );
  assertEquals({ op, conflicts, conflicts_total, warnings: no.warnings }, {
    ...{ op: "REFUSE", conflicts: [], conflicts_total: 1, warnings: [] },
  });
});
