/** Agents whose hosts call the hook before every edit: no file is ever edited by two of them at once. */
import { detectHost } from "../../src/host/detect.ts";
import { initOn, openOn } from "../../src/workspace/open.ts";
import { assert_, assertEquals, it } from "../deps.ts";
import { sized } from "../support/length.ts";
import { newSeed, Random } from "../support/random.ts";
import { claude, cursor, edited, leave } from "../support/race/hook_race.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const FILES = ["a.ts", "b.ts", "src/c.ts", "src/d [1].ts", "src/e.ts"];

const { agents, calls } = sized(
  { agents: 2, calls: 4 },
  { agents: 8, calls: 25 },
  { agents: 8, calls: 200 },
);

it("hook run lets no file be edited by two sessions at once", async () => {
  const dir = makeTempDir();
  const host = await detectHost();
  initOn(host, dir, {});
  const coord = await openOn(host, { dir });
  const random = newSeed("hook");
  const counts = { edits: 0, denied: 0, late: 0, lateEnds: 0 };
  const overlaps: string[] = [];

  const live = async (agent: number, dice: Random) => {
    // A call that was made twice must be for one run.
    const host = agent % 2 === 0 ? claude : cursor;
    const pass = (output: string) => output === "" || host === cursor && output === "{}\n";
    let session = `${agent}-0`;
    const editing = new Set<string>();
    const end = async () => {
      leave(editing);
      editing.clear();
      for (const { code, ms, output } of await host.end(session, dir)) {
        assertEquals({ code, pass: pass(output) }, { code: 0, pass: true }, output);
        if (ms >= 2000) counts.lateEnds++;
      }
    };
    for (let call = 1; call <= calls; call++) {
      const file = dice.pick(FILES);
      const called = await host.edit(session, dir, file);
      const ms = Math.max(...called.map((each) => each.ms));
      const denials = called.filter(({ output }) => !pass(output));
      if (denials.length > 0) {
        for (const { output } of denials) {
          assert_(output.includes("is held by") || output.includes("Another agent"), output);
        }
        counts.denied++;
      } else {
        assertEquals(called.map(({ code }) => code), called.map(() => 0));
        const runId = `${host.name}:${session}`;
        const asked = { addresses: [file], literal: true, file: true, runId };
        const { status } = await coord.check(asked);
        // On a busy machine it may have had no time, and no opinion.
        if (status !== "mine" && ms >= 2000) counts.late++;
        else {
          assertEquals({ file, status }, { file, status: "mine" });
          counts.edits++;
          const marker = `${dir}/${file.replaceAll("/", "_")}.editing`;
          const inside = editing.has(marker) ? session : edited(marker, session);
          if (inside !== session) overlaps.push(`${file}: ${session} and ${inside}`);
          else editing.add(marker);
        }
      }
      if (dice.below(4) > 0 && call < calls) continue;
      await end();
      session = `${agent}-${call}`;
    }
  };

  await Promise.all(
    Array.from({ length: agents }, (_, n) => live(n, new Random(random.below(2 ** 31)))),
  );
  const { edits, denied, late } = counts;
  console.log(`hook: ${edits} edits, ${denied} denied, ${late} late`);
  assertEquals(overlaps, []);
  assertEquals(edits + denied + late, agents * calls);
  assert_(edits > 0, "some were let through");
  if (counts.lateEnds === 0) assertEquals((await coord.reservations.list()).live, 0);
});
