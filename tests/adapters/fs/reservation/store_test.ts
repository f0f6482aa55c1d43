import { initWorkspace, Layout } from "../../../../src/adapters/fs/layout.ts";
import { beat } from "../../../../src/adapters/fs/reservation/chain.ts";
import { ReservationFiles } from "../../../../src/adapters/fs/reservation/files.ts";
import { detectHost } from "../../../../src/host/detect.ts";
import { assertEquals, it } from "../../../deps.ts";
import { sleep } from "../../../support/race/processes.ts";
import { openReservations } from "../../../support/scene/reservation_files.ts";
import { makeTempDir, removeTree } from "../../../support/scene/scratch.ts";

const host = await detectHost();
const NOW = Date.now();

/** A workspace, each opening of which is a process of its own. */
function workspace() {
  const { path } = initWorkspace(host, makeTempDir());
  const open = (second = 0) => openReservations(path, () => NOW + second * 1000);
  const exclusive = async (address: string, runId: string, opened = open()) => {
    const answer = await opened.reservations.reserve({
      addresses: [address],
      runId,
      exclusive: true,
    });
    return answer.status;
  };
  const write = (name: string, text: string) => {
    host.fs.remove(`${path}/${name}`);
    host.fs.createNew(`${path}/${name}`, new TextEncoder().encode(text));
  };
  return { path, open, exclusive, write };
}

const UUID = "0b5c9c1e-6a8e-4f5e-9d5e-6a8e4f5e9d5e";
const foreign = JSON.stringify({
  reservation_id: UUID,
  run_id: "muse",
  branch: "main",
  addresses: ["src/a.py::f"],
  created_at: new Date(NOW).toISOString().replace("Z", "000+00:00"),
  expires_at: new Date(NOW + 600_000).toISOString().replace("Z", "000+00:00"),
  operation: null,
  exclusive: true,
});

for (const folder of ["index", "tmp", "reservations/addresses"]) {
  it(`reserve() knows what others have when ${folder}/ was removed`, async () => {
    const { path, open, exclusive } = workspace();
    const opened = open();
    assertEquals(await exclusive("src/*.ts", "A", opened), "reserved");
    removeTree(`${path}/${folder}`);
    assertEquals(await exclusive("src/a.ts::f", "B"), "conflict");
    assertEquals(await exclusive("src/a.ts::f", "B", opened), "conflict");
    assertEquals(await exclusive("docs", "B", opened), "reserved");
  });
}

it("reserve() reads no record of another process that lies elsewhere", async () => {
  const { path, exclusive, write } = workspace();
  for (const [n, runId] of [..."ABC"].entries()) {
    assertEquals(await exclusive(`d${n}`, runId), "reserved");
  }
  write("index/reservations/checked", "-1 0 0"); // a comparison is due
  const read: string[] = [];
  const fs = {
    ...host.fs,
    read(name: string) {
      if (/reservations\/[0-9a-f]{64}\.json$/.test(name)) read.push(name);
      return host.fs.read(name);
    },
  };
  assertEquals(await exclusive("x", "D", openReservations(path, () => NOW, fs)), "reserved");
  assertEquals(read, []);
});

it("reserve() notices a reservation that another tool writes meanwhile", async () => {
  const { open, exclusive, write } = workspace();
  const opened = open();
  assertEquals(await exclusive("docs", "A", opened), "reserved");
  write(`reservations/${UUID}.json`, foreign);
  await sleep(1_050);
  assertEquals(await exclusive("src/**", "A", opened), "conflict");
  assertEquals(await exclusive("src/a.py::g", "A", opened), "reserved");
});

it("reserve() notices a record that was half written when it was met", async () => {
  const { open, exclusive, write, path } = workspace();
  const opened = open();
  write(`reservations/${UUID}.json`, "");
  assertEquals(await exclusive("docs", "A", opened), "reserved");
  host.fs.append(`${path}/reservations/${UUID}.json`, new TextEncoder().encode(foreign));
  await sleep(1_050);
  assertEquals(await exclusive("src", "A", opened), "conflict");
});

it("gc removes what ended longer ago than the grace and nothing else", async () => {
  const { path, open, write } = workspace();
  const { reservations } = open();
  const reserve = async (address: string, ttl: number) => {
    const answer = await reservations.reserve({ addresses: [address], runId: "A", ttl });
    return answer.reservation_id;
  };
  const live = await reserve("a", 3600);
  const beaten = await reserve("b", 10);
  await reservations.heartbeat({ id: beaten, runId: "A", extension: 3600 });
  const expired = await reserve("c", 10);
  const released = await reserve("d", 3600);
  await reservations.heartbeat({ id: released, runId: "A" });
  await reservations.release({ id: released, runId: "A" });
  write(`reservations/${UUID}.json`, "{ torn");
  const sweep = (second: number, graceMs: number, execute: boolean) =>
    open(second).gc.sweep({ graceMs, execute }).then((swept) => swept.map(({ id }) => id).sort());
  const over = [expired, released].sort();
  assertEquals(await sweep(30, 60_000, true), [], "the grace is not over");
  assertEquals(await sweep(30, 0, false), over, "it is only reported");
  assertEquals(await sweep(30, 0, true), over);
  assertEquals(await sweep(30, 0, true), []);
  const left = (await reservations.list({ all: true })).reservations;
  assertEquals(left.map((item) => item.reservation_id).sort(), [live, beaten].sort());
  const names = (folder: string) => (host.fs.list(`${path}/${folder}`) ?? []).map((at) => at.name);
  assertEquals(names("releases"), []);
  assertEquals(names("heartbeats").length, 2, "the view and its number");
  assertEquals(names("reservations").includes(`${UUID}.json`), true, "what is broken stays");
});

it("a heartbeat between any two looks of a sweep is kept, or answered that it came too late", async () => {
  const outcomes = new Set<string>();
  for (let at = 1;; at++) {
    const { path, open } = workspace();
    const made = await open().reservations.reserve({ addresses: ["a.py"], runId: "a", ttl: 10 });
    if (made.status !== "reserved") throw new Error(made.status);
    const { reservation_id } = made;
    const stem = reservation_id.slice(7);
    // The notice has expired, and a heartbeat revives it.
    const now = NOW + 20_000;
    const heartbeat = {
      reservation_id,
      run_id: "a",
      last_beat_at: new Date(now).toISOString(),
      extended_expires_at: new Date(now + 60_000).toISOString(),
    };
    const files = new ReservationFiles(host.fs, new Layout(path), () => {});
    let looks = 0;
    let answer: string | undefined;
    const lstat = (name: string) => {
      const stat = host.fs.lstat(name);
      if (name.includes(stem) && ++looks === at) {
        const beaten = beat(files, stem, heartbeat, () => now);
        answer = typeof beaten === "string" ? beaten : "kept";
      }
      return stat;
    };
    const { gc } = openReservations(path, () => now, { ...host.fs, lstat });
    await gc.sweep({ graceMs: 0, execute: true });
    if (answer === undefined) break;
    outcomes.add(answer);
    const live = (await open(20).store.list(now, false)).length;
    assertEquals({ at, answer, live }, { at, answer, live: answer === "kept" ? 1 : 0 });
  }
  assertEquals([...outcomes].sort(), ["kept", "released"]);
});

it("a fence goes with its reservation: by a release, a seal, a sweep or after a crash", async () => {
  const { path, open } = workspace();
  const root = `${path}/reservations/addresses`;
  const fencesIn = (folder: string): string[] =>
    (host.fs.list(folder) ?? []).flatMap(({ name, isDirectory }) => {
      const at = `${folder}/${name}`;
      return isDirectory ? fencesIn(at) : /^\d{16}f/.test(name) ? [at] : [];
    });
  const fences = () => fencesIn(root).map((at) => Number(at.split("/").at(-1)?.slice(0, 16)));
  const reserve = (address: string, second: number, ttl = 60) =>
    open(second).reservations.reserve({
      addresses: [address, "z"],
      runId: "A",
      ttl,
      exclusive: true,
    });
  const release = (id: string) => open().reservations.release({ id, runId: "A" });
  const first = await reserve("a.ts::f", 0);
  const second = await reserve("b", 0, 1);
  assertEquals(fences().sort(), [1, 2]);
  await release(first.status === "reserved" ? first.reservation_id : "");
  assertEquals(fences(), [2]);
  const third = await reserve("b", 5); // which seals the second
  assertEquals([second, third].map(({ status }) => status), ["reserved", "reserved"]);
  await open(5).gc.sweep({ graceMs: 60_000, execute: true });
  assertEquals(fences(), [3]);
  const [at = ""] = fencesIn(root);
  await release(third.status === "reserved" ? third.reservation_id : "");
  host.fs.createNew(at, new Uint8Array());
  assertEquals(fences(), [3]);
  await open(5).gc.sweep({ graceMs: 60_000, execute: true });
  assertEquals(fences(), []);
});
