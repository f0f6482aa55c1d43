/**
 * Agents that read and edit while commands, of which no hook hears, change the files: what was changed
 * between a read and the edit is always noticed, and no edit is denied without a change.
 */
import { detectHost } from "../../src/host/detect.ts";
import { initOn, openOn } from "../../src/workspace/open.ts";
import { assert_, assertEquals, it } from "../deps.ts";
import { sized } from "../support/length.ts";
import { newSeed, Random } from "../support/random.ts";
import { callHook } from "../support/race/hook_race.ts";
import { write } from "../support/scene/journals.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const { agents, rounds } = sized(
  { agents: 2, rounds: 2 },
  { agents: 6, rounds: 20 },
  { agents: 8, rounds: 200 },
);

/** Files that several agents read and edit. */
const FILES = ["a.ts", "src/b [1].ts", "src/c.ts"];

it("hook run notices every change between a read and an edit, and reports none that was not", async () => {
  const dir = makeTempDir();
  const host = await detectHost();
  initOn(host, dir, {});
  const coord = await openOn(host, { dir });
  const random = newSeed("stale");
  const versions = new Map<string, number>();
  const change = (file: string) => {
    const version = (versions.get(file) ?? 0) + 1;
    versions.set(file, version);
    write(`${dir}/${file}.new`, `version ${version}`);
    host.fs.rename(`${dir}/${file}.new`, `${dir}/${file}`);
  };
  const counts = { fresh: 0, stale: 0, unsure: 0 };
  const wrong: string[] = [];

  const live = async (agent: number, dice: Random) => {
    for (let round = 0; round < rounds; round++) {
      // One of its own, so that others leave it alone, or one of all.
      const file = dice.below(2) === 0 ? `own/${agent}.ts` : dice.pick(FILES);
      const session = `${agent}-${round}`;
      const use = async (tool_name: string) => {
        const before = versions.get(file);
        const called = await callHook("claude", {
          session_id: session,
          cwd: dir,
          hook_event_name: "PreToolUse",
          tool_name,
          tool_input: { file_path: `${dir}/${file}` },
        });
        return { ...called, before, after: versions.get(file) };
      };
      if (!versions.has(file)) change(file);
      const read = await use("Read");
      assertEquals({ code: read.code, output: read.output }, { code: 0, output: "" });
      const isChanged = rounds < 3 ? (agent + round) % 2 === 0 : dice.below(2) === 0;
      if (isChanged) change(file);
      const edit = await use("Edit");
      const isStale = edit.code === 2 && edit.output.includes("after you saw it");
      const isHeld = edit.code === 2 && !isStale;
      const isSame = read.before === edit.after;
      const isSurelyChanged = read.after !== edit.before;
      // On a busy machine a call may have had no time, and no opinion.
      const isLate = read.ms >= 2000 || edit.ms >= 2000;
      if (isStale && isSame) wrong.push(`${session} ${file}: denied without a change`);
      if (isHeld && !/is held by|Another agent/.test(edit.output)) wrong.push(edit.output);
      if (!isStale && !isHeld && isSurelyChanged && !isLate) {
        wrong.push(`${session} ${file}: a change was not noticed`);
      }
      if (isStale && isSurelyChanged) counts.stale++;
      else if (edit.code === 0 && isSame) counts.fresh++;
      else counts.unsure++;
      if (isStale && file.startsWith("own/")) {
        const again = await use("Edit");
        if (again.ms < 2000) assertEquals({ again: again.code }, { again: 0 });
      }
      await coord.releaseMine({ runId: `claude:${session}` });
    }
  };

  await Promise.all(
    Array.from({ length: agents }, (_, n) => live(n, new Random(random.below(2 ** 31)))),
  );
  console.log(`stale: ${JSON.stringify(counts)}`);
  assertEquals(wrong, []);
  assert_(counts.stale > 0, "some changes were noticed");
  assert_(counts.fresh > 0, "some edits went on");
});
