import { readdirSync } from "../support/scene/raw_files.ts";
import { assert_, assertEquals, it } from "../deps.ts";
import { type KeyOutcome, keyProblems, type KeyRequest } from "../support/race/key_race.ts";
import { sleep, start, until } from "../support/race/processes.ts";
import { readRecorded, type Recorded } from "../support/race/recorder.ts";
import { newStore, openStore } from "../support/race/stores.ts";
import { sized } from "../support/length.ts";
import { newSeed } from "../support/random.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const KEYS = ["a", "b", "c", "d"];
const SIZE = sized({ workers: 2, ms: 500 }, { workers: 4, ms: 10_000 }, { workers: 8, ms: 60_000 });

/** Processes that add and end tasks of a few keys; what they did, and what they printed. */
async function race(what: string, kills: number) {
  const random = newSeed(what);
  const [store, folder] = [newStore(), makeTempDir()];
  const children = Array.from(
    { length: SIZE.workers + kills },
    (_, n) =>
      start("race/key_worker.ts", {
        store,
        history: `${folder}/w${n}.ndjson`,
        runId: `w${n}`,
        seed: random.below(2 ** 31),
        keys: KEYS,
        ms: SIZE.ms,
        ageMs: 3_000,
      }),
  );
  await until("all work", () => readdirSync(folder).length === children.length);
  for (const child of children.slice(0, kills)) {
    await sleep(random.below(SIZE.ms / 2));
    child.kill();
  }
  const ends = await Promise.all(children.map(({ ended }) => ended));
  const printed = ends.slice(kills).map(({ code, output }) => `${code} ${output}`);
  const paths = readdirSync(folder).map((name) => `${folder}/${name}`);
  const history: Recorded<KeyRequest, KeyOutcome>[] = readRecorded(paths);
  const { tasks } = await openStore(store, Date.now, () => {});
  const { items } = await tasks.list({ limit: 100_000 });
  const unfinished = items.filter(({ status }) => status !== "completed" && status !== "failed");
  const keys = unfinished.map(({ task }) => task.key);
  const revived = history.filter(({ outcome }) => outcome?.isBack === true).length;
  console.log(`${what}: ${items.length} tasks, ${history.length} calls, ${revived} revivals`);
  assert_(items.length > 0 && history.length > 1, "too little happened");
  assertEquals(new Set(keys).size, keys.length, "two unfinished tasks have a key");
  return { history, printed };
}

it("enqueue() and requeue() of racing processes leave one unfinished task of a key at a time, also when some are killed", async () => {
  const { history, printed } = await race("keys, with kills", sized(1, 2, 4));
  assertEquals(printed, printed.map(() => "0 "));
  assertEquals(keyProblems(history), []);
});
