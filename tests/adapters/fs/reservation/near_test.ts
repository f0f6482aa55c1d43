/** What `check()` finds in the files, and that it leaves them as they are. */
import { initWorkspace, openFsStore } from "../../../../src/adapters/fs/open.ts";
import { STAMP_TICK_MS } from "../../../../src/domain/limits.ts";
import { detectHost } from "../../../../src/host/detect.ts";
import type { HostFs } from "../../../../src/ports/host.ts";
import { openFilesOn } from "../../../../src/workspace/open.ts";
import { coordOn } from "../../../support/scene/over_store.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import { PowerOff } from "../../../support/crash/faulty_fs.ts";
import { notingLooks } from "../../../support/fake/looks.ts";
import { sleep } from "../../../support/race/processes.ts";
import { makeTempDir, removeTree } from "../../../support/scene/scratch.ts";
import { FakeClock } from "../../../support/scene/workspace.ts";

const host = await detectHost();
const UUID = "0b5c9c1e-6a8e-4f5e-9d5e-6a8e4f5e9d5e";

/** Calls that change the disk. */
const WRITES: ReadonlySet<string | symbol> = new Set<keyof HostFs>([
  ...["createNew", "append", "appendSynced", "link", "rename", "remove"] as const,
  ...["removeDir", "makeDir", "syncFile", "syncDir", "syncNames"] as const,
]);

function workspace() {
  const { path } = initWorkspace(host, makeTempDir());
  const clock = new FakeClock();
  const written: string[] = [];
  /** A process that notes what it writes. */
  const watched = new Proxy(host.fs, {
    get(target, name) {
      const own: unknown = Reflect.get(target, name);
      if (typeof own !== "function") return own;
      return (...args: unknown[]) => {
        if (WRITES.has(name)) written.push(String(name));
        return Reflect.apply(own, target, args);
      };
    },
  });
  const open = (fs: HostFs = host.fs) =>
    coordOn(openFsStore({ ...host, fs }, path, clock.now, () => {}));
  const ask = async (coord = open(watched)) => {
    const addresses = ["src/a.ts", "lib/a.ts"];
    const { status, holds } = await coord.check({ addresses, runId: "me" });
    return [status, ...holds.map(({ run_id }) => run_id)].join();
  };
  const foreign = (runId: string) => {
    const record = {
      reservation_id: UUID,
      run_id: runId,
      branch: "main",
      addresses: ["src/**"],
      created_at: new Date(clock.ms).toISOString(),
      expires_at: new Date(clock.ms + 60_000).toISOString(),
      operation: null,
    };
    const name = `${path}/reservations/${UUID}.json`;
    host.fs.createNew(name, new TextEncoder().encode(JSON.stringify(record)));
  };
  return { path, clock, written, open, ask, foreign };
}

const LOCK = { addresses: ["src/**"], runId: "b", exclusive: true, ttl: 60 };

it("check() writes nothing, in a workspace that is new, and in one that is used", async () => {
  const { written, ask, open, clock } = workspace();
  assertEquals(await ask(), "free");
  await open().reservations.reserve(LOCK);
  await open().lanes.acquire({ owner: "c", lane: "api", tree: ["lib"] });
  assertEquals(await ask(), "held,b,c");
  clock.advance(61);
  assertEquals(await ask(), "held,c");
  assertEquals(written, []);
});

it("check() finds what another tool wrote, before any call of coord has indexed it", async () => {
  const { written, ask, open, foreign } = workspace();
  const coord = open();
  await coord.reservations.reserve({ ...LOCK, addresses: ["docs"] });
  assertEquals(await ask(coord), "free");
  foreign("muse");
  // Names are compared at most every second.
  let found = await ask();
  for (let tries = 0; found === "free" && tries < 100; tries++) {
    await sleep(50);
    found = await ask();
  }
  assertEquals(found, "free,muse");
  assertEquals(written, []);
});

for (const folder of ["index", "tmp", "reservations/addresses"]) {
  it(`check() knows what others hold when ${folder}/ was removed`, async () => {
    const { path, ask, open } = workspace();
    await open().reservations.reserve(LOCK);
    removeTree(`${path}/${folder}`);
    assertEquals(await ask(), "held,b");
  });
}

for (const [exclusive, answer] of [[false, "free,b"], [true, "free"]] as const) {
  const which = exclusive ? "skips an exclusive reservation" : "knows a notice";
  it(`check() ${which} whose place is taken and whose record is to come`, async () => {
    const { ask, open, written } = workspace();
    const dying: HostFs = {
      ...host.fs,
      link(from, to) {
        if (/reservations\/[0-9a-f]{64}\.json$/.test(to)) throw new PowerOff();
        return host.fs.link(from, to);
      },
    };
    const { reservations } = open(dying);
    const died = await reservations.reserve({ ...LOCK, exclusive, renew: true }).catch((error) =>
      error
    );
    assertEquals(died instanceof PowerOff, true);
    // An exclusive one was never confirmed.
    assertEquals(await ask(), answer);
    assertEquals(written, []);
  });
}

it("reserve() with renew finds its own reservation where the time stamps of folders stand still", async () => {
  const { open } = workspace();
  const at = Date.now() - 60_000;
  const stale: HostFs = {
    ...host.fs,
    lstat(path) {
      const stat = host.fs.lstat(path);
      return stat?.kind === "directory" ? { ...stat, mtimeMs: at } : stat;
    },
  };
  const [coord, other] = [open(stale), open()];
  for (const exclusive of [true, false]) {
    const input = { addresses: [`src/${exclusive}.ts`], runId: "me", exclusive, renew: true };
    // What it remembers of the folders on the way.
    await coord.reservations.reserve({ ...input, addresses: ["lib/x.ts"] });
    const made = await other.reservations.reserve(input);
    const found = await coord.reservations.reserve(input);
    assertEquals(
      found.status === "reserved" && [found.reservation_id, found.renewed],
      made.status === "reserved" && [made.reservation_id, true],
    );
  }
  assertEquals((await other.reservations.list()).live, 3);
});

it("check() fails where reservations or the journal cannot be read, and answers nothing", async () => {
  for (const folder of ["reservations", "lanes"]) {
    const { path, open, ask } = workspace();
    await open().reservations.reserve(LOCK);
    await open().lanes.acquire({ owner: "c", lane: "api", tree: ["lib"] });
    removeTree(`${path}/${folder}`);
    host.fs.createNew(`${path}/${folder}`, new Uint8Array());
    const failure = await ask().then(String, (error: { code?: string }) => error.code);
    assertEquals(failure, "io_error", folder);
  }
});

it("check() in a process that lives on reads a note of others that holds once", async () => {
  const { path, open } = workspace();
  const others = open();
  await others.reservations.reserve(LOCK);
  await sleep(1_000);
  // Long enough after its last comparison it compares the reservations, and it adds none.
  await others.lanes.acquire({ owner: "c", lane: "api", tree: ["lib"] });
  const noting = notingLooks(host.fs, path);
  const coord = open(noting.fs);
  const isRead = async () => {
    noting.take();
    await coord.check({ addresses: ["src/z.ts"], runId: "me" });
    return noting.take().some((look) => look.includes("checked"));
  };
  let reads = 0;
  // A comparison that took long is followed by up to a second without one.
  for (; reads < 100 && await isRead(); reads++) await sleep(30);
  assert_(reads > 0 && reads < 100, `${reads}`);
});

it("check() in a process that lives on asks for what is there, and finds the checkout once", async () => {
  const { path, open, clock } = workspace();
  const others = open().reservations;
  await others.reserve({ ...LOCK, addresses: ["src/api/b.ts"] });
  await open().lanes.acquire({ owner: "c", lane: "api", tree: ["lib"] });
  const top = path.replace(/\/\.coord$/, "");
  const noting = notingLooks(host.fs, top);
  const coord = openFilesOn({ ...host, fs: noting.fs, cwd: () => top }, {
    dir: top,
    clock: clock.now,
  });
  const check = async () => {
    noting.take();
    const { status } = await coord.check({ addresses: ["src/api/a.ts"], runId: "me" });
    const looks = noting.take().map((look) => look.replace(/_[0-9a-z]+/g, "_"));
    return [status, ...looks.map((look) => look.replace(".coord", "W"))];
  };
  const expected = [
    "free",
    "stat ", // no checkout
    "lstat src",
    "stat W",
    "lstat W/reservations/addresses",
    "lstat W/reservations/addresses/complete",
    "lstat W/reservations",
    "lstat W/reservations/addresses",
    "lstat W/reservations/addresses/_",
    "lstat W/reservations/addresses/_/_",
    "stat W",
    "stat W/lanes/lane-journal.jsonl",
    "readRange W/lanes/lane-journal.jsonl",
  ];
  let looks = await check();
  // Stamps that are too young are not trusted, and what was found is believed for a second at most.
  for (let tries = 0; tries < 100 && looks.join() !== expected.join(); tries++) {
    await sleep(STAMP_TICK_MS.fine + 5);
    looks = await check();
  }
  assertEquals(looks, expected);
});
