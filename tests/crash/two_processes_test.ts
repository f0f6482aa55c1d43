import { FsTaskStore } from "../../src/adapters/fs/task/store.ts";
import { it } from "../deps.ts";
import { mutated } from "../support/explore/mutants.ts";
import { QUEUE_STORIES, repeatedComplete } from "../support/crash/queue_stories.ts";
import { newSeed } from "../support/random.ts";
import { assertNothingLost, assertNoticed } from "../support/crash/two_processes.ts";

for (const story of QUEUE_STORIES) {
  it(`what two processes were answered survives a power cut: ${story.name}`, async () => {
    await assertNothingLost(story, newSeed(story.name));
  });
}

it("a repeated complete() that syncs nothing is found by the power cuts", async () => {
  const faulty = await mutated("src/adapters/fs/task/store.ts", {
    name: "a repeat that believes what it finds",
    from: "if (isTerminal(outcome.claim)) this.#settleEnd(stem);",
    to: "",
  }) as { FsTaskStore: typeof FsTaskStore };
  await assertNoticed(repeatedComplete(faulty.FsTaskStore), newSeed("planted fault"));
});
