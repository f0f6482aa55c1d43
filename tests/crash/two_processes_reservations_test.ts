import type { FsCollector } from "../../src/adapters/fs/upkeep/gc.ts";
import { initWorkspace } from "../../src/adapters/fs/layout.ts";
import type { FsReservationStore } from "../../src/adapters/fs/reservation/store.ts";
import { detectHost } from "../../src/host/detect.ts";
import { assert_, assertEquals, it } from "../deps.ts";
import { quickFs, T0 } from "../support/crash/queue_cases.ts";
import { mutatedTogether } from "../support/explore/mutants.ts";
import { newSeed, someOf } from "../support/random.ts";
import { openReservations } from "../support/scene/reservation_files.ts";
import { type Faulty, FINDING, RESERVATION_STORIES } from "../support/crash/reservation_stories.ts";
import { makeTempDir } from "../support/scene/scratch.ts";
import { countingSyncs } from "../support/crash/syncs.ts";
import { assertNothingLost, assertNoticed } from "../support/crash/two_processes.ts";

const host = await detectHost();

for (const story of someOf("stories of reservations", RESERVATION_STORIES, 2)) {
  it(`what two processes were answered survives a power cut: ${story.name}`, async () => {
    await assertNothingLost(story, newSeed(story.name));
  });
}

const MODULES = [
  "reservation/store",
  "upkeep/gc",
  "reservation/gc",
  "reservation/removal",
  "reservation/order",
  "reservation/files",
  "reservation/check",
  "reservation/chain",
  "reservation/addition",
].map((name) => `src/adapters/fs/${name}.ts`);

/** Syncs that are left out, and the stories that find it. */
const FORGOTTEN: readonly { story: keyof typeof FINDING; from: string; to: string }[] = [
  {
    story: "release",
    from: 'if (released.length > 0) files.sync("releases");',
    to: "",
  },
  { story: "repeated", from: "persistEnd(this.#files, stemOfId(id));", to: "" },
  { story: "rebuild", from: 'this.#sync(this.layout.folder("release"));', to: "" },
  {
    story: "entries",
    from: "const entries = index.withAbove(index.foldersOf(this.anchors));",
    to: "const entries: string[] = [];",
  },
  { story: "removal", from: '  files.sync(ORDER);\n  files.sync("reservations");\n', to: "" },
];

for (const fault of FORGOTTEN) {
  it(`the power cuts find what is forgotten: ${fault.story}`, async () => {
    const [reservations, gc] = await mutatedTogether(MODULES, fault) as [
      { FsReservationStore: typeof FsReservationStore },
      { FsCollector: typeof FsCollector },
    ];
    const faulty: Faulty = { Store: reservations.FsReservationStore, Collector: gc.FsCollector };
    await assertNoticed(FINDING[fault.story](faulty), newSeed(fault.story));
  });
}

it("an exclusive reserve() syncs a release that came while it looked", async () => {
  const { path: workspace } = initWorkspace(host, makeTempDir());
  const input = { addresses: ["src/a.ts"], exclusive: true };
  const before = openReservations(workspace, () => T0, quickFs).reservations;
  const first = await before.reserve({ ...input, runId: "A" });
  assert_(first.status === "reserved");
  const name = `${first.reservation_id.slice(7)}.json`;
  quickFs.createNew(
    `${workspace}/releases/${name}`,
    new TextEncoder().encode(JSON.stringify({
      reservation_id: first.reservation_id,
      run_id: "A",
      released_at: new Date(T0).toISOString(),
      reason: "completed",
    })),
  );

  const { fs, take } = countingSyncs(quickFs, workspace);
  let looks = 0;
  const late = {
    ...fs,
    // The first look at the release comes too early.
    lstat: (path: string) =>
      path.endsWith(`/releases/${name}`) && looks++ === 0 ? undefined : fs.lstat(path),
  };
  const after = openReservations(workspace, () => T0, late).reservations;
  assertEquals((await after.reserve({ ...input, runId: "B" })).status, "reserved");
  const synced = take();
  // By itself, or with its folder where the index was compared with the records at that moment.
  const isRelease = (each: string) => each === "releases/<hex>.json" || each === "releases";
  const at = synced.findIndex(isRelease);
  assert_(at >= 0 && at < synced.indexOf("reservations/<hex>.json"), synced.join());
});
