import { FsMutex } from "../../../../src/adapters/fs/lane/mutex.ts";
import * as chain from "../../../../src/adapters/fs/lane/mutex_chain.ts";
import { FsMutexFiles } from "../../../../src/adapters/fs/lane/mutex_files.ts";
import { detectHost } from "../../../../src/host/detect.ts";
import {
  type Host,
  HostError,
  type HostFs,
  type ProcessIdentity,
} from "../../../../src/ports/host.ts";
import type { MutexHold } from "../../../../src/adapters/fs/lane/mutex_hold.ts";
import { assert_, assertEquals, assertRejects, it, itIf } from "../../../deps.ts";
import { sleep } from "../../../support/race/processes.ts";
import {
  makeFifo,
  makeSymlink,
  makeTempDir,
  removeTree,
  setMtime,
} from "../../../support/scene/scratch.ts";

const host = await detectHost();
const onLinux = itIf(host.os === "linux", "it needs /proc");

const encode = (text: string) => new TextEncoder().encode(text);
const textOf = (path: string) => new TextDecoder().decode(host.fs.read(path));

function newFolder(): string {
  return `${makeTempDir()}/lock`;
}

function namesIn(folder: string): string[] {
  return (host.fs.list(folder) ?? []).map(({ name }) => name).sort();
}

async function held(mutex: FsMutex): Promise<MutexHold> {
  const outcome = await mutex.acquire(0);
  if (outcome.status === "held") return outcome.hold;
  throw new Error(`Cannot hold ${mutex.folder}: ${JSON.stringify(outcome.holder)}`);
}

async function statusOf(mutex: FsMutex): Promise<string> {
  const outcome = await mutex.acquire(0);
  if (outcome.status === "held") outcome.hold.release();
  return outcome.status;
}

/** Makes a file look as if it had last changed that number of seconds ago. */
function makeOld(path: string, seconds: number): void {
  setMtime(path, Date.now() - seconds * 1000);
}

/** A host that says to be another process. */
function posing(as: Partial<ProcessIdentity>): Host {
  return { ...host, processIdentity: () => ({ ...host.processIdentity(), ...as }) };
}

it("acquire() gives the mutex to one of two, also of one process with one name", async () => {
  const folder = newFolder();
  const [one, other] = [new FsMutex(host, folder), new FsMutex(host, folder)];
  const hold = await held(one);
  assert_(hold.isHeld());
  const busy = await other.acquire(0);
  assert_(busy.status === "lock_busy");
  assertEquals([busy.holder.pid, busy.holder.host], [host.pid, host.processIdentity().host]);
  assert_(busy.holder.ageSeconds < 20);
  assertEquals(await statusOf(one), "lock_busy");
  hold.release();
  hold.release();
  const next = await held(other);
  assert_(next.generation > hold.generation && next.isClean);
  assert_(!hold.isHeld() && !hold.renew(), "what was released stays so");
});

it("acquire() waits for a release, and ends with its time or its signal", async () => {
  const folder = newFolder();
  const [one, other] = [new FsMutex(host, folder), new FsMutex(host, folder)];
  const hold = await held(one);
  const start = performance.now();
  assertEquals((await other.acquire(60)).status, "lock_busy");
  assert_(performance.now() - start >= 55);
  const abort = new AbortController();
  const aborted = other.acquire(60_000, abort.signal);
  setTimeout(() => abort.abort(new Error("enough")), 20);
  await assertRejects(() => aborted, Error, "enough");
  const waiting = other.acquire(60_000);
  await sleep(100); // until the kernel is asked to notify
  hold.release();
  assertEquals((await waiting).status, "held");
  assert_(performance.now() - start < 20_000);
});

onLinux("acquire() follows a process that has gone at once, and no other", async () => {
  const gone = { pid: 4_000_000 };
  const posers: [Partial<ProcessIdentity>, string][] = [
    [gone, "held"],
    [{ start: "1" }, "held"], // its number is used again
    [{}, "lock_busy"],
    [{ ...gone, host: "elsewhere" }, "lock_busy"],
    [{ ...gone, boot: "another" }, "lock_busy"],
    [{ ...gone, pidns: "pid:[1]" }, "lock_busy"],
  ];
  for (const [as, status] of posers) {
    const folder = newFolder();
    const hold = await held(new FsMutex(posing(as), folder));
    const outcome = await new FsMutex(host, folder).acquire(0);
    assertEquals(outcome.status, status, JSON.stringify(as));
    assertEquals(hold.isHeld(), status === "lock_busy");
    if (outcome.status === "held") assert_(!outcome.hold.isClean);
  }
});

it("acquire() follows a hold past the stale bound, and the old one comes too late", async () => {
  for (const seconds of [31, -31]) {
    const folder = newFolder();
    const target = `${folder}.log`;
    host.fs.createNew(target, encode("start"));
    const old = await held(new FsMutex(host, folder));
    makeOld(`${folder}/${old.generation}`, 29);
    assertEquals(await statusOf(new FsMutex(host, folder)), "lock_busy");
    makeOld(`${folder}/${old.generation}`, seconds);
    const next = await held(new FsMutex(host, folder));
    assert_(!old.isHeld() && next.isHeld() && !next.isClean);
    assertEquals([old.renew(), old.replaceFile(target, encode("late"))], [false, false]);
    old.release();
    assert_(next.isHeld(), "a late release ends nothing of others");
    assert_(next.replaceFile(target, encode("new")));
    assertEquals(textOf(target), "new");
  }
});

it("renew() starts the stale bound again", async () => {
  const folder = newFolder();
  const hold = await held(new FsMutex(host, folder));
  const before = hold.generation;
  makeOld(`${folder}/${before}`, 31);
  assert_(hold.renew() && hold.generation > before && hold.isHeld());
  assertEquals(await statusOf(new FsMutex(host, folder)), "lock_busy");
  hold.release();
  assertEquals(await statusOf(new FsMutex(host, folder)), "held");
});

it("acquire() follows whatever lies in the place of a hold once it is stale", async () => {
  const makers: Record<string, (path: string) => void> = {
    "an empty file": (path) => host.fs.createNew(path, encode("")),
    "half a record": (path) => host.fs.createNew(path, encode('{"token":"x","pid":12')),
    "a record of no process": (path) => host.fs.createNew(path, encode('{"pid":"x","start":7}')),
    "an owner, as dos writes it": (path) => host.fs.createNew(path, encode("a b\n2026-01-01\n")),
    "bytes": (path) => host.fs.createNew(path, new Uint8Array(2_000_000)),
    "a folder": (path) => host.fs.makeDir(path),
    ...(host.os === "windows" ? {} : { "a FIFO": makeFifo }),
  };
  for (const [what, make] of Object.entries(makers)) {
    const folder = newFolder();
    host.fs.makeDir(folder);
    make(`${folder}/1`);
    assertEquals(await statusOf(new FsMutex(host, folder)), "lock_busy", what);
    makeOld(`${folder}/1`, 31);
    assertEquals(await statusOf(new FsMutex(host, folder)), "held", what);
    assertEquals(await statusOf(new FsMutex(host, folder)), "held", what);
  }
});

onLinux("acquire() follows a link that leads nowhere once it is stale", async () => {
  const folder = newFolder();
  host.fs.makeDir(folder);
  makeSymlink("/nowhere", `${folder}/1`);
  const mutex = new FsMutex(host, folder, 50);
  assertEquals(await statusOf(mutex), "lock_busy");
  await sleep(80);
  assertEquals(await statusOf(mutex), "held");
});

it("acquire() skips names that mean nothing", async () => {
  const folder = newFolder();
  host.fs.makeDir(folder);
  for (const name of ["junk", "07", "0", "9.free.bak", "9.nextx", "-3", "9".repeat(20)]) {
    host.fs.createNew(`${folder}/${name}`, encode("x"));
  }
  assertEquals((await held(new FsMutex(host, folder))).generation, 1);
});

it("a hold is released whatever the names of its host and process hold", async () => {
  const folder = newFolder();
  const names = { host: 'a b\n\u2028"c', boot: "d\ne", start: " f " };
  for (let round = 0; round < 3; round++) {
    const hold = await held(new FsMutex(posing(names), folder));
    const busy = await new FsMutex(host, folder).acquire(0);
    assertEquals(busy.status === "lock_busy" && busy.holder.host, names.host);
    hold.release();
  }
});

it("the folder stays small, and what killed processes left in it goes", async () => {
  const folder = newFolder();
  const mutex = new FsMutex(host, folder);
  host.fs.makeDir(folder);
  const dead = `${crypto.randomUUID()}.new`;
  for (const name of [dead, "other.new"]) host.fs.createNew(`${folder}/${name}`, encode("{}"));
  for (let round = 0; round < 30; round++) {
    const hold = await held(mutex);
    if (round % 3 === 0) hold.renew();
    hold.release();
  }
  const names = namesIn(folder);
  assert_(names.length < 10 && !names.includes(dead), names.join(" "));
  assert_(names.includes("other.new"), "what has no name of ours is left alone");
});

it("one who waits holds the mutex while others hold it often", async () => {
  const folder = newFolder();
  const first = await held(new FsMutex(host, folder));
  const waiting = new FsMutex(host, folder).acquire(20_000);
  holdOften(folder, 20);
  first.release();
  const outcome = await waiting;
  assert_(outcome.status === "held");
  assertEquals([outcome.hold.isHeld(), outcome.hold.generation], [true, 22]);
});

/** As many holds of others, each of which follows whatever it finds. */
function holdOften(folder: string, holds: number): void {
  for (let hold = 0; hold < holds; hold++) {
    const files = new FsMutexFiles(host, folder);
    const taken = chain.take(files, () => true);
    files.unstage();
    assert_(taken.kind === "held");
    chain.release(files, taken.seen.generation, taken.seen);
  }
}

/**
 * A host that is stopped in its listings of a folder while others hold the mutex six times: what
 * `lates`, one for each stop, match is listed when it goes on, and the rest before.
 */
function stopping(folder: string, lates: RegExp[]): Host {
  const list = (path: string) => {
    const early = host.fs.list(path);
    const late = path === folder ? lates.shift() : undefined;
    if (late === undefined) return early;
    holdOften(folder, 6);
    return [
      ...(early ?? []).filter(({ name }) => !late.test(name)),
      ...(host.fs.list(path) ?? []).filter(({ name }) => late.test(name)),
    ];
  };
  return { ...host, fs: { ...host.fs, list } };
}

it("isHeld() and renew() are right when a stop cuts a listing in two", async () => {
  for (const act of ["isHeld", "renew"] as const) {
    const folder = newFolder();
    const lates: RegExp[] = [];
    const old = await held(new FsMutex(stopping(folder, lates), folder));
    holdOften(folder, 1);
    lates.push(/^[23](\D|$)/, /^[23](\D|$)/);
    assertEquals(old[act](), false, act);
  }
});

it("acquire() takes no number again when stops cut its listings in two", async () => {
  const folder = newFolder();
  const mutex = new FsMutex(stopping(folder, [/^$/, /^[1-6](\D|$)/]), folder);
  assertEquals((await held(mutex)).generation, 13);
});

it("replaceFile() is false when a newer hold removes the file before it is synced", async () => {
  const folder = newFolder();
  const target = `${folder}.log`;
  host.fs.createNew(target, encode("start"));
  const createNew = (path: string, bytes: Uint8Array, sync?: boolean) => {
    const isMade = host.fs.createNew(path, bytes);
    if (sync !== true) return isMade;
    holdOften(folder, 1);
    host.fs.syncFile(path);
    throw new Error("it is still there");
  };
  const old = await held(new FsMutex({ ...host, fs: { ...host.fs, createNew } }, folder));
  assertEquals(old.replaceFile(target, encode("late")), false);
  assertEquals(textOf(target), "start");
});

it("isHeld() is false for a holder whose folder another process removed", async () => {
  const folder = newFolder();
  const target = `${folder}.log`;
  host.fs.createNew(target, encode("start"));
  for (let round = 0; round < 3; round++) (await held(new FsMutex(host, folder))).release();
  const old = await held(new FsMutex(host, folder));
  removeTree(folder);
  assert_(!old.isHeld());
  const next = await held(new FsMutex(host, folder));
  assertEquals([old.isHeld(), old.replaceFile(target, encode("late"))], [false, false]);
  old.release();
  assert_(next.isHeld() && next.replaceFile(target, encode("new")));
  assertEquals(textOf(target), "new");
});

it("acquire() that fails half-way leaves nothing held", async () => {
  for (const [operation, nth] of [["list", 2], ["remove", 1]] as const) {
    const folder = newFolder();
    let count = 0;
    const failing = (name: string) => {
      if (name === operation && ++count === nth) throw new HostError("other", name, folder);
    };
    const fs: HostFs = {
      ...host.fs,
      list: (path) => (failing("list"), host.fs.list(path)),
      remove: (path) => (failing("remove"), host.fs.remove(path)),
    };
    const outcome = await new FsMutex({ ...host, fs }, folder).acquire(0).catch(() => undefined);
    if (outcome?.status === "held") outcome.hold.release();
    assertEquals(await statusOf(new FsMutex(host, folder)), "held", `${operation} failed`);
  }
});

/** A mutex whose first hold was released long ago, the file of that, and what its process does then. */
async function heldOnce(given: Host = host) {
  const folder = newFolder();
  const mutex = new FsMutex(given, folder);
  (await held(mutex)).release();
  makeOld(`${folder}/1`, 40);
  return { folder, mutex, file: host.fs.lstat(`${folder}/1`)?.ino };
}

it("acquire() takes the file of the last hold again, as young as a new one", async () => {
  const { folder, mutex, file } = await heldOnce();
  const hold = await held(mutex);
  assertEquals(namesIn(folder), ["1", "1.free", "2"]);
  if (file !== 0) assertEquals(host.fs.lstat(`${folder}/2`)?.ino, file);
  assertEquals(await statusOf(new FsMutex(host, folder)), "lock_busy");
  const { pid } = JSON.parse(textOf(`${folder}/2`));
  assertEquals(pid, host.pid);
  assertEquals(await statusOf(mutex), "lock_busy"); // another attempt of the process has another file
  hold.release();
  assertEquals([hold.isHeld(), namesIn(folder)], [false, ["2", "2.free"]]);
});

it("acquire() makes a file where the last one is swept meanwhile", async () => {
  for (const at of ["link", "append"]) {
    let sweep = () => {};
    const swept = (when: string) => when === at ? sweep() : undefined;
    const fs: HostFs = {
      ...host.fs,
      link: (from, to) => (swept("link"), host.fs.link(from, to)),
      append: (path, bytes) => (swept("append"), host.fs.append(path, bytes)),
    };
    const { folder, mutex } = await heldOnce({ ...host, fs });
    sweep = () => {
      sweep = () => {};
      if (at === "link") return holdOften(folder, 1);
      for (const name of namesIn(folder)) {
        if (name.endsWith(".new")) host.fs.remove(`${folder}/${name}`);
      }
    };
    const hold = await held(mutex);
    assertEquals(JSON.parse(textOf(`${folder}/${hold.generation}`)).pid, host.pid, at);
    assertEquals(await statusOf(new FsMutex(host, folder)), "lock_busy", at);
    hold.release();
    assertEquals(namesIn(folder).filter((name) => name.endsWith(".new")), [], at);
  }
});

it("a hold's file stays small however often its process holds", async () => {
  const { folder, mutex } = await heldOnce();
  for (let n = 0; n < 1_000; n++) {
    const hold = await held(mutex);
    const { size = 0 } = host.fs.lstat(`${folder}/${hold.generation}`) ?? {};
    assert_(size <= 1_024, `${size} bytes`);
    hold.release();
  }
});

it("release() tries once more where the machine fails, so that others need not wait for the stale bound", async () => {
  const folder = newFolder();
  let failures = 0;
  const failing: HostFs = {
    ...host.fs,
    link(from, to) {
      if (to.endsWith(".free") && failures++ === 0) throw new HostError("io", "link", to);
      return host.fs.link(from, to);
    },
  };
  const hold = await held(new FsMutex({ ...host, fs: failing }, folder));
  hold.release();
  assertEquals(failures, 2);
  assertEquals(await statusOf(new FsMutex(host, folder)), "held");
});
