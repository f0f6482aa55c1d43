import { FsTaskStore } from "../../src/adapters/fs/task/store.ts";
import { it } from "../deps.ts";
import { mutated } from "../support/explore/mutants.ts";
import {
  batchGivenUp,
  planWorkedOff,
  pledgeUnsynced,
  QUEUE_STORIES,
  repeatedComplete,
} from "../support/crash/queue_stories.ts";
import { newSeed, someOf } from "../support/random.ts";
import {
  assertNothingLost,
  assertNoticed,
  assertSurvives,
  failedSync,
} from "../support/crash/two_processes.ts";

for (const story of someOf("stories of the queue", QUEUE_STORIES, 2)) {
  it(`what two processes were answered survives a power cut: ${story.name}`, async () => {
    await assertNothingLost(story, newSeed(story.name));
  });
}

it("a batch that was given up does not come back beside the tasks that took its keys", async () => {
  await assertSurvives(batchGivenUp, failedSync(3), newSeed("given up"));
});

it("of a batch that is repaired before it is on the disk no power cut leaves a part", async () => {
  const fault = { kind: "off", at: 1, torn: false, among: ["syncDir"] } as const;
  await assertSurvives(planWorkedOff, fault, newSeed("repaired"));
});

it("a repeated complete() that syncs nothing is found by the power cuts", async () => {
  const faulty = await mutated("src/adapters/fs/task/store.ts", {
    name: "a repeat that believes what it finds",
    from: "if (isTerminal(outcome.claim)) await this.#settleEnd(stem, outcome.claim);",
    to: "if (isTerminal(outcome.claim)) {}",
  }) as { FsTaskStore: typeof FsTaskStore };
  await assertNoticed(repeatedComplete(faulty.FsTaskStore), newSeed("planted fault"));
});

it("a revived task beside the one that took its key is noticed where a pledge is not synced", async () => {
  await assertNoticed(pledgeUnsynced, newSeed("unsynced pledge"));
});
