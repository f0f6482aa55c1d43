/** Power cuts on real file systems: what their `fsync` makes last, and what coord rests on it. */
import { initWorkspace, Layout } from "../../src/adapters/fs/layout.ts";
import { indexed } from "../../src/adapters/fs/reservation/address_index.ts";
import { readEntry } from "../../src/adapters/fs/reservation/chain.ts";
import { ReservationFiles } from "../../src/adapters/fs/reservation/files.ts";
import { stemOfId } from "../../src/domain/ids.ts";
import { detectHost } from "../../src/host/detect.ts";
import type { HostFs } from "../../src/ports/host.ts";
import { assertEquals, itIf } from "../deps.ts";
import {
  canMount,
  DiskImage,
  IMAGE_KINDS,
  type ImageKind,
  makerOf,
} from "../support/crash/disk_image.ts";
import { faulty, PowerOff } from "../support/crash/faulty_fs.ts";
import { assertKept, assertLost, type PowerCut } from "../support/crash/power_cut.ts";
import { Promised } from "../support/crash/promised.ts";
import { openQueue, T0 } from "../support/crash/queue_cases.ts";
import { isHeavy, sized } from "../support/length.ts";
import { itWith } from "../support/program/programs.ts";
import { newSeed, type Random } from "../support/random.ts";
import { openReservations } from "../support/scene/reservation_files.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const host = await detectHost();

/** Only a file's own sync brings its names to the disk, and no sync of a folder. */
const namesFs: HostFs = { ...host.fs, syncDir: () => {} };

/** Syncs that do nothing. */
const lazyFs: HostFs = {
  ...namesFs,
  createNew: (path, bytes) => host.fs.createNew(path, bytes),
  syncFile: () => {},
  syncNames: () => {},
  syncNamesAsync: () => Promise.resolve(),
};

/** Reserves as two processes do until the power goes; what was answered lacks neither record nor entries. */
async function reservationRound(
  kind: ImageKind,
  random: Random,
  real: HostFs,
): Promise<PowerCut> {
  using disk = new DiskImage(kind, makeTempDir());
  const { path: workspace } = initWorkspace(host, disk.mount);
  const open = (fs: HostFs) => openReservations(workspace, () => T0, fs).reservations;
  await open(host.fs).reserve({ addresses: ["old"], runId: "A" });
  disk.sync();
  const { fs } = faulty(real, { kind: "off", at: 20 + random.below(600), torn: false });
  const processes = [open(fs), open(fs)];
  const promised: string[] = [];
  try {
    for (let n = 0;; n++) {
      const answer = await random.pick(processes).reserve({
        addresses: [
          `${random.pick(["src", "lib/deep"])}/d${random.below(20)}/f${n}.ts`,
          `x${n}::f`,
        ],
        runId: "A",
        exclusive: random.chance(0.7),
      });
      if (answer.status === "reserved") promised.push(answer.reservation_id);
    }
  } catch (error) {
    if (!(error instanceof PowerOff || error instanceof SuppressedError)) throw error;
  }
  disk.cut();
  const files = new ReservationFiles(host.fs, new Layout(workspace), () => {});
  const lost = promised.map(stemOfId).filter((stem) => {
    const entry = readEntry(files, stem);
    if (entry === undefined || entry.unsettled === true) return true;
    return !files.index.has(...indexed(stem, entry.reservation));
  });
  return { answers: promised.length, lost };
}

/** Works on a file system in an image until its power goes, and looks at what is left. */
async function round(kind: ImageKind, random: Random, real: HostFs): Promise<PowerCut> {
  using disk = new DiskImage(kind, makeTempDir());
  const { path: workspace } = initWorkspace(host, disk.mount);
  disk.sync();
  const { fs } = faulty(real, { kind: "off", at: 20 + random.below(1_500), torn: false });
  const second = (Date.now() - T0) / 1000;
  const promised = new Promised();
  try {
    await promised.work(openQueue(workspace, second, fs).queue, random, false);
  } catch (error) {
    if (!(error instanceof PowerOff)) throw error;
  }
  disk.cut();
  return await promised.judge(workspace, second);
}

for (const kind of IMAGE_KINDS) {
  const itOn = !isHeavy()
    ? itIf(false, "it mounts images, only with COORD_HEAVY=1")
    : canMount()
    ? itWith(makerOf(kind))
    : itIf(false, "images cannot be mounted here");

  itOn(`what was answered before a power cut is true after it on ${kind}`, async () => {
    const random = newSeed(kind);
    await assertKept(sized(1, 12, 100), () => round(kind, random, namesFs));
  });

  itOn(`what was answered about reservations is found after a power cut on ${kind}`, async () => {
    const random = newSeed(`${kind}, reservations`);
    await assertKept(sized(1, 12, 100), () => reservationRound(kind, random, namesFs));
  });

  itOn(`what was answered about reservations is lost on ${kind} without syncs`, async () => {
    const random = newSeed(`${kind}, reservations, no syncs`);
    await assertLost(10, () => reservationRound(kind, random, lazyFs));
  });

  itOn(`appendSynced() keeps what it adds to a file through a power cut on ${kind}`, () => {
    using disk = new DiskImage(kind, makeTempDir());
    const path = `${disk.mount}/log`;
    host.fs.createNew(path, new Uint8Array());
    host.fs.syncDir(disk.mount);
    const lines = ["first\n", "second\n", `${"third".repeat(2_000)}\n`];
    for (const line of lines) host.fs.appendSynced(path, new TextEncoder().encode(line));
    disk.cut();
    assertEquals(new TextDecoder().decode(host.fs.read(path)), lines.join(""));
  });

  itOn(`what was answered before a power cut is lost on ${kind} without syncs`, async () => {
    const random = newSeed(`${kind}, no syncs`);
    await assertLost(10, () => round(kind, random, lazyFs));
  });
}
