import { assert_, assertEquals, it } from "../deps.ts";
import { isHeavy, sized } from "../support/length.ts";
import { newSeed } from "../support/random.ts";
import type { ExclusionCounts } from "../support/race/exclusion_worker.ts";
import { start } from "../support/race/processes.ts";
import { newStore } from "../support/race/stores.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const { workers, rounds } = sized(
  { workers: 3, rounds: 12 },
  { workers: 8, rounds: 60 },
  { workers: 8, rounds: 500 },
);

it("reserve() and acquire() never let two racing processes in, whichever they use", async () => {
  const [store, dir] = [newStore(), makeTempDir()];
  const random = newSeed("exclusion");
  const startAt = Date.now() + 250 * workers;
  const children = Array.from({ length: workers }, (_, n) => {
    const orders = { store, dir, worker: `w${n}`, seed: random.below(2 ** 31), rounds, startAt };
    return start("race/exclusion_worker.ts", orders);
  });
  const all: ExclusionCounts[] = [];
  for (const { ended } of children) {
    const { code, output } = await ended;
    assertEquals(code, 0, output);
    all.push(JSON.parse(output.trim().split("\n").at(-1) ?? ""));
  }
  const total = (what: "reserved" | "acquired" | "refused") =>
    all.reduce((sum, counts) => sum + counts[what], 0);
  const [reserved, acquired, refused] = [total("reserved"), total("acquired"), total("refused")];
  console.log(`exclusion: ${reserved} reserved, ${acquired} acquired, ${refused} refused`);
  assertEquals(all.flatMap(({ overlaps }) => overlaps), []);
  assertEquals(reserved + acquired + refused, workers * rounds);
  // A few calls may all be of one kind, on a busy machine.
  assert_(!isHeavy() || reserved > 0 && acquired > 0, `${reserved} and ${acquired} were granted`);
});
