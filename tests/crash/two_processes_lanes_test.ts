import type { FsJournal } from "../../src/adapters/fs/lane/journal.ts";
import { it } from "../deps.ts";
import { LANE_STORIES, repeatedAcquire } from "../support/crash/lane_stories.ts";
import { mutated } from "../support/explore/mutants.ts";
import { newSeed, someOf } from "../support/random.ts";
import { assertNothingLost, assertNoticed } from "../support/crash/two_processes.ts";

for (const story of someOf("stories of lanes", LANE_STORIES, 2)) {
  it(`what two processes were answered survives a power cut: ${story.name}`, async () => {
    await assertNothingLost(story, newSeed(story.name));
  });
}

it("a repeated acquire() that syncs nothing is found by the power cuts", async () => {
  const faulty = await mutated("src/adapters/fs/lane/journal.ts", {
    name: "an answer on entries of others that waits for nothing",
    from: `      this.#fs.syncFile(this.#path);
      this.#syncFolder();
    } catch`,
    to: `    } catch`,
  }) as { FsJournal: typeof FsJournal };
  await assertNoticed(repeatedAcquire(faulty.FsJournal), newSeed("planted fault"));
});
