import { type OpenedReservations, openReservations } from "../support/scene/reservation_files.ts";
import { initWorkspace } from "../../src/adapters/fs/layout.ts";
import { detectHost } from "../../src/host/detect.ts";
import { assertEquals, it } from "../deps.ts";
import { T0 } from "../support/crash/queue_cases.ts";
import { faulty, PowerOff } from "../support/crash/faulty_fs.ts";
import { assertKept, assertLost, ForgetfulFs, type PowerCut } from "../support/crash/power_cut.ts";
import { sized } from "../support/length.ts";
import { newSeed, type Random } from "../support/random.ts";
import { makeTempDir, removeTree } from "../support/scene/scratch.ts";

const host = await detectHost();

const PLACES = ["src/a.ts", "src/b.ts", "src/deep/er/c.ts::f", "docs/x.md", "lib/y.ts"];

/** What was answered, by reservation. */
interface Kept {
  readonly address: string;
  readonly fence: number | undefined;
  readonly released: boolean;
}

type Promised = Map<string, Kept>;

/** Reserves and releases until the power goes, as several processes in turn. */
async function work(
  open: () => OpenedReservations,
  random: Random,
  promised: Promised,
): Promise<void> {
  for (let { reservations } = open();; reservations = open().reservations) {
    for (let calls = 1 + random.below(4); calls > 0; calls--) {
      const address = random.pick(PLACES);
      const held = [...promised].find(([, kept]) => kept.address === address && !kept.released);
      if (held !== undefined) {
        const [id, kept] = held;
        // From here on it may be released, and after the answer it is.
        promised.delete(id);
        await reservations.release({ id, runId: "A" });
        promised.set(id, { ...kept, released: true });
        continue;
      }
      const answer = await reservations.reserve({
        addresses: [address],
        runId: "A",
        ttl: 1000,
        exclusive: true,
      });
      if (answer.status === "reserved") {
        const { reservation_id: id, fence } = answer;
        promised.set(id, { address, fence, released: false });
      }
    }
  }
}

/** What of all that was answered does not hold after a power cut. */
async function round(random: Random, syncs: boolean): Promise<PowerCut> {
  const folder = makeTempDir();
  const workspace = initWorkspace(host, folder).path;
  const forgetful = new ForgetfulFs(host.fs, workspace, `${folder}/attic`, syncs);
  const at = 30 + random.below(600);
  const { fs } = faulty(forgetful.fs, { kind: "off", at, torn: random.chance(0.5) });
  const promised: Promised = new Map();
  try {
    await work(() => openReservations(workspace, () => T0, fs), random, promised);
  } catch (error) {
    if (!(error instanceof PowerOff || error instanceof SuppressedError)) throw error;
  }
  forgetful.cut(random);

  const { reservations } = openReservations(workspace, () => T0 + 1000, host.fs);
  const { reservations: items } = await reservations.list({ all: true });
  const fenceOf = async (id: string) => {
    const beat = await reservations.heartbeat({ id, runId: "A" });
    return beat.status === "ok" ? beat.fence : undefined;
  };
  const lost: string[] = [];
  for (const [id, { address, fence, released }] of promised) {
    const status = items.find((item) => item.reservation_id === id)?.status ?? "gone";
    if (status !== (released ? "released" : "live")) lost.push(`${id} is ${status}`);
    else if (!released && await fenceOf(id) !== (fence ?? "none")) lost.push(`fence of ${id}`);
    if (released) continue;
    const answer = await reservations.reserve({
      addresses: [address],
      runId: "B",
      exclusive: true,
    });
    if (answer.status === "reserved") lost.push(`${address} was given away`);
  }
  assertEquals((await reservations.reserve({ addresses: ["new"], runId: "B" })).status, "reserved");
  removeTree(folder);
  return { answers: promised.size, lost };
}

it("what was answered about reservations before a power cut is true after it", async () => {
  const random = newSeed("reservations and power cuts");
  await assertKept(sized(8, 200, 4_000), () => round(random, true));
});

it("what was answered about reservations is lost in a power cut where syncing does nothing", async () => {
  const random = newSeed("reservations without syncs");
  await assertLost(40, () => round(random, false));
});
