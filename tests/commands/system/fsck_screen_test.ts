/** Kinds of damage: `coord fsck` says on one screen what to do next, and after that the workspace is sound. */
import { main } from "../../../src/cli/main.ts";
import { assert_, assertEquals, assertMatch, itIf } from "../../deps.ts";
import { moveAll } from "../../support/crash/moving.ts";
import { fakeHost } from "../../support/fake/host.ts";
import { isHeavy } from "../../support/length.ts";
import {
  makeFolder,
  makeSymlink,
  makeTempDir,
  setMtime,
  writeOver,
} from "../../support/scene/scratch.ts";
import { lutimesSync, readFileSync, renameSync, rmSync } from "../../support/scene/raw_files.ts";

/** A workspace with a claimed task, a pending one, a segment and a lane. */
async function scene() {
  const dir = makeTempDir();
  const w = `${dir}/.coord`;
  const coord = async (line: string) => {
    const args = [...line.split(" "), ...(/^(init|fsck|gc)/.test(line) ? [] : ["--run-id", "me"])];
    const host = fakeHost({ args, cwd: dir, env: { HOME: dir } });
    const code = await main(host);
    assertEquals(host.err, "");
    return { code, out: host.out.trimEnd() };
  };
  const enqueue = async (title: string) => {
    const { out } = await coord(`enqueue ${title} --json`);
    return String(JSON.parse(out).task_id).slice(7);
  };
  await coord("init");
  const done = await enqueue("done");
  await coord("claim");
  await coord(`complete ${done}`);
  moveAll(w, fakeHost().fs, 0);
  const claimed = await enqueue("claimed");
  await coord("claim");
  const pending = await enqueue("pending");
  await coord("lane acquire web/** --lane web --owner me");
  await coord("lane acquire api/** --lane api --owner me");
  return { dir, w, coord, claimed, pending };
}

type Scene = Awaited<ReturnType<typeof scene>>;

/** Something written ten minutes ago, so that no program may be in the middle of it. */
function old(path: string, content?: string): void {
  if (content !== undefined) {
    rmSync(path, { force: true });
    writeOver(path, content);
  }
  setMtime(path, Date.now() - 600_000);
}

/** Replaces a part of a file. */
function edited(path: string, from: string | RegExp, to: string): void {
  const text = readFileSync(path, "utf-8");
  assertMatch(text, new RegExp(from));
  old(path, text.replace(from, to));
}

interface Kind {
  readonly what: string;
  /** Whether it is looked at again for two seconds. */
  readonly isSlow?: true;
  harm(scene: Scene): void | Promise<void>;
  /** What the text says of it. */
  readonly said: RegExp;
  /** What a person does by that, where no repair mends it. */
  mend?(scene: Scene): void | Promise<void>;
}

const KINDS: readonly Kind[] = [
  {
    what: "a record that is cut short",
    harm: ({ w, pending }) => old(`${w}/tasks/${pending}.json`, '{"title":'),
    said: /^broken, repair: 1\n- tasks\/.* is not JSON$/m,
  },
  {
    what: "a record that is being written",
    harm: ({ w }) => writeOver(`${w}/tasks/${"a".repeat(64)}.json`, '{"title":'),
    said: /^Next: run "coord fsck --repair" in a minute for 1 that may be in use\.$/m,
    async mend({ w, coord }) {
      old(`${w}/tasks/${"a".repeat(64)}.json`);
      assertEquals((await coord("fsck --repair")).code, 0);
    },
  },
  {
    what: "a claim that is none",
    harm: ({ w, claimed }) => old(`${w}/claims/${claimed}.json`, "noise"),
    said: /^broken, repair: 1\n- claims\/.* is not JSON$/m,
  },
  {
    what: "a folder in the place of a record",
    harm({ w, pending }) {
      rmSync(`${w}/tasks/${pending}.json`);
      makeFolder(`${w}/tasks/${pending}.json`);
      old(`${w}/tasks/${pending}.json`);
    },
    said: /^misplaced, repair: 1\n- tasks\/.* is a directory, not a file$/m,
  },
  {
    what: "a link in the place of a folder",
    harm({ dir, w }) {
      renameSync(`${w}/intents`, `${dir}/elsewhere`);
      makeSymlink(`${dir}/elsewhere`, `${w}/intents`);
      lutimesSync(`${w}/intents`, 0, 0);
    },
    said: /^- intents is a symbolic link, not a directory$/m,
  },
  {
    what: "a file of no record",
    harm: ({ w }) => old(`${w}/tasks/notes.json`, "{}"),
    said: /^foreign, repair: 1\n- tasks\/notes\.json is not named by an id$/m,
  },
  {
    what: "a record that was edited",
    harm: ({ w, pending }) => edited(`${w}/tasks/${pending}.json`, '"pending"', '"another"'),
    said: /^ {2}Cancel the task or release the reservation, and make it again\.$/m,
    async mend({ coord, pending }) {
      await coord(`cancel-task ${pending}`);
      await coord("gc --execute --grace 0");
    },
  },
  {
    what: "a line of ended tasks that is damaged",
    harm: ({ w }) => edited(`${w}/tasks/segments/00000001.log`, '"done"', 'done"'),
    said: /^segment, repair: 1\n- tasks\/segments\/.* 1 line is no task$/m,
  },
  {
    what: "a line of the lanes' journal that is damaged",
    harm: ({ w }) => edited(`${w}/lanes/lane-journal.jsonl`, "api/", "apj/"),
    said: /^journal, repair: 1\n- lanes\/lane-journal\.jsonl line 2 does not match its check sum/m,
  },
  {
    what: "an index that was removed",
    isSlow: true,
    harm: ({ w }) => rmSync(`${w}/index`, { recursive: true }),
    said: /^index, repair: 2\n- tasks\/.* has no entry in the index$/m,
  },
  {
    what: "files of a task that contradict one another",
    isSlow: true,
    async harm({ w, coord, claimed }) {
      await coord(`fail-task ${claimed} --error x --final`);
      await coord(`requeue ${claimed}`);
      writeOver(`${w}/claims/${claimed}.end.2`, readFileSync(`${w}/claims/${claimed}.end`));
    },
    said: /^ {2}Look at all its files: any of them may be the wrong one\.$/m,
    mend: ({ dir, w, claimed }) => renameSync(`${w}/claims/${claimed}.end.2`, `${dir}/away`),
  },
  {
    what: "settings that are wrong",
    harm: ({ dir }) => writeOver(`${dir}/coord.json`, '{"ttl":"long"}'),
    said: /^ {2}Correct the file, and check again\.$/m,
    mend: ({ dir }) => writeOver(`${dir}/coord.json`, '{"ttl":600}'),
  },
];

/** The lines of a text that are longer than a screen is wide, but for those that name a file or count. */
function long(text: string, dir: string): string[] {
  return text.replaceAll(dir, "/w").split("\n")
    .filter((line) => line.length > 80 && !/^(- |Looked at: )/.test(line));
}

for (const { what, isSlow, harm, said, mend } of KINDS) {
  const it = itIf(!isSlow || isHeavy(), "it is looked at again, only with COORD_HEAVY=1");
  it(`fsck says on one screen what to do about ${what}, and that mends it`, async () => {
    const made = await scene();
    const { coord } = made;
    assertEquals((await coord("fsck")).code, 0);
    await harm(made);
    const { code, out } = await coord("fsck");
    assertMatch(out, said);
    assertMatch(out, /^(Next: run |By hand: 1, as said below)/m);
    assertEquals({ code, long: long(out, made.dir) }, { code: 1, long: [] });
    assert_(out.split("\n").length <= 24, out);
    const repaired = await coord("fsck --repair");
    assertEquals({ code: repaired.code, long: long(repaired.out, made.dir) }, {
      code: mend === undefined ? 0 : 1,
      long: [],
    });
    await mend?.(made);
    assertEquals((await coord("fsck")).code, 0);
  });
}
