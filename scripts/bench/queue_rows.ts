/** Rows of the queue, in one process. */
import { denoHost } from "../../src/host/deno.ts";
import type { Coord } from "../../mod.ts";
import { ratioRow, type Row, sideBySide, sized } from "./measure.ts";
import { largeScene, scene } from "./scene.ts";

const { fs } = denoHost;

/** Rounds of calls, each beside the same number of its floor. */
const ROUNDS = sized(40, 30);
const CALLS = 25;

async function claimSome(
  coord: Coord,
  times: number,
  wanted: { readonly tag?: string } = {},
): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < times; i++) {
    const claim = await coord.tasks.claim({ runId: "bench", ...wanted });
    if (claim.status !== "claimed") throw new Error("the queue ran dry");
    ids.push(claim.task_id);
  }
  return ids;
}

/** Files made beforehand, of which each round removes some, as a claim removes its index entry. */
const OLD_FILES = 1_000;

/** What claiming must do at the least: make one file, remove one name. */
function floor(dir: string, size: number, sync: boolean) {
  const bytes = new Uint8Array(size).fill(65);
  for (let i = 0; i < OLD_FILES; i++) fs.createNew(`${dir}/old${i}`, bytes);
  let n = 0;
  return (times: number) => {
    for (let i = 0; i < times; i++, n++) {
      fs.createNew(`${dir}/${n}`, bytes, sync);
      if (sync) fs.syncDir(dir);
      fs.remove(`${dir}/old${n}`);
    }
  };
}

function claimSize(workspace: string): number {
  for (const { name } of fs.list(`${workspace}/claims`) ?? []) {
    return fs.lstat(`${workspace}/claims/${name}`)?.size ?? 0;
  }
  throw new Error("no claim to measure");
}

/** Claim and complete against the system calls that they cannot do without. */
export async function singleRows(parent: string): Promise<Row[]> {
  const small = await scene(parent, { pending: 1_101 });
  const floorDir = await Deno.makeTempDir({ dir: parent });
  const ids = await claimSome(small.coord, 100); // warm
  const size = claimSize(small.workspace);
  const claimed = await sideBySide(
    {
      claim: async (times) => void ids.push(...await claimSome(small.coord, times)),
      floor: floor(floorDir, size, false),
    },
    ROUNDS,
    CALLS,
  );
  const syncDir = await Deno.makeTempDir({ dir: parent });
  const completed = await sideBySide(
    {
      complete: async (times) => {
        for (const id of ids.splice(0, times)) {
          await small.coord.tasks.complete({ id, runId: "bench", result: { ok: true } });
        }
      },
      floor: floor(syncDir, size, true),
    },
    ROUNDS,
    CALLS,
  );
  return [
    ratioRow("claim, 1,000 pending, against its floor", claimed.claim, claimed.floor, "ms", {
      atMost: 2.5,
    }),
    ratioRow("complete, against its floor", completed.complete, completed.floor, "ms", {
      atMost: 1.6,
    }),
  ];
}

/** A tag that one in four of the tasks has. */
const RELEASE = "release";

/** Tasks of which each has a tag that no other has, or the one above. */
function taggedTasks(): { title: string; runId: string; tags: string[] }[] {
  return Array.from({ length: 10_000 }, (_, i) => ({
    title: `task ${i}`,
    runId: "bench",
    tags: [i % 4 === 0 ? RELEASE : `task-${i}`],
  }));
}

/** Claims by a tag, and of tasks that have tags, against claims of tasks without. */
export async function tagRows(parent: string): Promise<Row[]> {
  const plain = await scene(parent, { pending: 10_000 });
  const [tagged, unasked] = [await scene(parent, {}), await scene(parent, {})];
  for (const { coord } of [tagged, unasked]) await coord.tasks.enqueueAll(taggedTasks());
  for (const { coord } of [plain, unasked]) await claimSome(coord, 100); // warm
  await claimSome(tagged.coord, 100, { tag: RELEASE });
  const cost = await sideBySide(
    {
      tag: async (times) => void await claimSome(tagged.coord, times, { tag: RELEASE }),
      unasked: async (times) => void await claimSome(unasked.coord, times),
      plain: async (times) => void await claimSome(plain.coord, times),
    },
    ROUNDS,
    CALLS,
  );
  const among = "claim by a tag, 10,000 pending, against one without";
  const others = "claim, 7,500 tags in the queue, against none";
  return [
    ratioRow(among, cost.tag, cost.plain, "ms", { atMost: 1.5 }),
    ratioRow(others, cost.unasked, cost.plain, "ms", { atMost: 1.3 }),
  ];
}

/** Claims among many tasks against claims among few. */
export async function scaleRows(parent: string): Promise<Row[]> {
  const few = await scene(parent, { pending: 1_100 });
  const many = await largeScene();
  const after = await scene(parent, { pending: 1_100, finished: 100_000 });
  for (const { coord } of [few, many, after]) await claimSome(coord, 100); // warm
  const cost = await sideBySide(
    {
      few: async (times) => void await claimSome(few.coord, times),
      many: async (times) => void await claimSome(many.coord, times),
      after: async (times) => void await claimSome(after.coord, times),
    },
    ROUNDS,
    CALLS,
  );
  return [
    ratioRow("claim, 100,000 pending, against 1,000", cost.many, cost.few, "ms", { atMost: 1.3 }),
    ratioRow("claim, 100,000 finished, against none", cost.after, cost.few, "ms", { atMost: 1.3 }),
  ];
}
