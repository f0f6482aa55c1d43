/** Each promise of the file system is broken in turn: the examination names that one, and no other. */
import { examineFiles } from "../../../../src/adapters/fs/disk/doctor/examine.ts";
import { mountOf } from "../../../../src/adapters/fs/disk/doctor/mount.ts";
import { PROMISES } from "../../../../src/adapters/fs/disk/doctor/promises.ts";
import { joinRaces } from "../../../../src/adapters/fs/disk/doctor/racers.ts";
import { initWorkspace } from "../../../../src/adapters/fs/layout.ts";
import { type Host, HostError, type HostFs } from "../../../../src/ports/host.ts";
import type { Examination } from "../../../../src/ports/store.ts";
import { assertEquals, assertMatch, it } from "../../../deps.ts";
import { fakeHost } from "../../../support/fake/host.ts";
import { makeTempDir } from "../../../support/scene/scratch.ts";

const HOUR = 3_600_000;
const real = fakeHost();
const { fs } = real;

/** A kernel that says at once that something happened; a real one may be late on a busy machine. */
const watch: Host["watch"] = ([dir = ""], onHint) => {
  const timer = setTimeout(() => onHint({ dir, name: undefined }), 1);
  return { close: () => clearTimeout(timer) };
};

/** Examines a workspace on a machine that is broken in some way; nothing may be left of it. */
async function examined(broken: Partial<Host>, stop?: AbortSignal): Promise<Examination> {
  const { path } = initWorkspace(real, makeTempDir());
  const machine: Host = Object.create(real, Object.getOwnPropertyDescriptors({ watch, ...broken }));
  const examination = await examineFiles(machine, path, machine.outputAgain, stop);
  assertEquals(fs.list(`${path}/tmp`) ?? [], []);
  return examination;
}

/** The promises that came out otherwise than ok, with what was found; never tried are left out. */
function notOk({ promises }: Examination): Record<string, string> {
  return Object.fromEntries(
    promises.filter(({ promise, result }) => result !== "ok" && promise !== "durable_names")
      .map(({ promise, result, found }) => [promise, `${result}: ${found}`]),
  );
}

function withFs(broken: Partial<HostFs>): Partial<Host> {
  return { fs: { ...fs, ...broken } };
}

/** Puts a file in the place of another one's, whatever is there. */
function overwrite(path: string, bytes: Uint8Array): void {
  fs.remove(path);
  fs.createNew(path, bytes);
}

const inRace = (path: string, kind: string) => path.includes(`/${kind}/`);

/** Each is a file system that breaks one promise, and what is found of it. */
const FAULTS: Readonly<Record<string, readonly [() => Partial<Host>, found: RegExp]>> = {
  exclusive_creation: [
    () =>
      withFs({
        createNew(path, bytes, sync) {
          if (!inRace(path, "create")) return fs.createNew(path, bytes, sync);
          overwrite(path, bytes);
          return true;
        },
      }),
    /^\d of \d names went to several$/,
  ],
  hard_links: [
    () =>
      withFs({
        link(from, to) {
          fs.remove(to);
          return fs.link(from, to);
        },
      }),
    /^\d of \d names went to several$/,
  ],
  atomic_rename: [
    () =>
      withFs({
        rename(from, to) {
          if (to.endsWith("/open")) return fs.rename(from, to);
          const bytes = fs.read(from) ?? new Uint8Array();
          const old = fs.read(to) ?? new Uint8Array();
          const half = bytes.length / 2;
          overwrite(to, new Uint8Array([...bytes.subarray(0, half), ...old.subarray(half)]));
          return fs.remove(from);
        },
      }),
    /^\d+ of \d+ reads were torn or found nothing$/,
  ],
  open_files: [
    () =>
      withFs({
        // It knows an open file by its name.
        readRange(path, offset, length, opened) {
          opened?.();
          return fs.readRange(path, offset, length);
        },
      }),
    /^what had it open did not read all of the old one$/,
  ],
  append: [
    () =>
      withFs({
        append(path, bytes) {
          fs.append(path, new Uint8Array());
          overwrite(path, bytes);
        },
      }),
    /^\d+ of \d+ lines were lost or torn$/,
  ],
  sync: [
    () =>
      withFs({
        syncDir(path) {
          throw new HostError("unsupported", "sync", path);
        },
      }),
    /^the file system does not support it$/,
  ],
  listing: [
    () => {
      let lists = 0;
      return withFs({
        list(path) {
          const names = fs.list(path);
          const lacks = path.endsWith("/list") && lists++ % 2 === 0;
          return lacks ? names?.filter(({ name }) => name !== "stay-7") : names;
        },
      });
    },
    /^\d+ of \d+ lists lacked a name that was there$/,
  ],
  folder_times: [
    () =>
      withFs({
        lstat(path) {
          const stat = fs.lstat(path);
          return stat && path.endsWith("/times") ? { ...stat, mtimeMs: 1_001 } : stat;
        },
      }),
    /^a new name left the time stamp as it was$/,
  ],
  clock: [
    () =>
      withFs({
        lstat(path) {
          const stat = fs.lstat(path);
          return stat && path.endsWith("/stamped") ? { ...stat, mtimeMs: Date.now() + HOUR } : stat;
        },
      }),
    /^the file system is 3[56]\d{5} ms ahead$/,
  ],
  notification: [() => ({ watch: () => ({ close() {} }) }), /^none within a second$/],
};

it("a sound file system keeps all promises, and each that can be tried has a fault here", async () => {
  assertEquals(notOk(await examined({})), {});
  assertEquals(Object.keys(FAULTS).concat("durable_names").sort(), Object.keys(PROMISES).sort());
});

for (const [promise, [fault, found]] of Object.entries(FAULTS)) {
  it(`a file system that breaks ${promise} is found to break that alone`, async () => {
    const { promises } = await examined(fault());
    const broken = promises.filter(({ result }) => result === "failed");
    assertEquals(broken.map((one) => one.promise), [promise]);
    assertMatch(broken[0]?.found ?? "", found);
  });
}

it("a file system that still gives the old file where a new one is by now is found", async () => {
  let old: Uint8Array | undefined;
  const broken = await examined(withFs({
    read: (path) => path.endsWith("/open") ? old : fs.read(path),
    readRange(path, ...range) {
      if (path.endsWith("/open")) old = fs.read(path);
      return fs.readRange(path, ...range);
    },
  }));
  const found = "what opened it then did not get the new one";
  assertEquals(notOk(broken), { open_files: `failed: ${found}` });
});

it("a clock that is an hour behind is found as well", async () => {
  const broken = await examined(withFs({
    lstat(path) {
      const stat = fs.lstat(path);
      return stat && path.endsWith("/stamped") ? { ...stat, mtimeMs: stat.mtimeMs - HOUR } : stat;
    },
  }));
  assertMatch(notOk(broken)["clock"] ?? "", /^failed: the file system is 3[56]\d{5} ms behind$/);
});

it("a file system without hard links breaks that promise, and says so", async () => {
  const broken = await examined(withFs({
    link(_, to) {
      throw new HostError("no_links", "link", to);
    },
  }));
  const found = "the file system has no hard links, or the file is another user's";
  assertEquals(notOk(broken), { hard_links: `failed: ${found}` });
});

it("where nothing may be written nothing is tried, and the reason is said", async () => {
  const examination = await examined(withFs({
    makeDir(path) {
      throw new HostError("read_only", "create directory", path);
    },
  }));
  const found = new Set(Object.values(notOk(examination)));
  assertEquals([...found], ["not_tried: the file system is read-only"]);
});

it("a full disk is no broken promise", async () => {
  const broken = await examined(withFs({
    append(path) {
      throw new HostError("no_space", "append to", path);
    },
  }));
  const found = "no space left on the device or quota reached";
  assertEquals(notOk(broken), { append: `not_tried: ${found}` });
});

it("what is stopped leaves nothing, and says what was not tried", async () => {
  const examination = await examined({}, AbortSignal.abort());
  assertEquals(notOk(examination)["hard_links"], "not_tried: it was stopped");
});

it("processes that are started race with one another, on the file system as they see it", async () => {
  const racer = async (args: readonly string[]) => {
    const raced = await joinRaces(fs, args[2] ?? "");
    const stdout = new TextEncoder().encode(`${JSON.stringify({ raced })}\n`);
    return { code: 0, stdout, stderr: new Uint8Array() };
  };
  const { promises } = await examined({ outputAgain: racer });
  const links = promises.find(({ promise }) => promise === "hard_links");
  assertMatch(links?.found ?? "", /names, 3 processes$/);
});

it("a process that is started and breaks off is not waited for", async () => {
  const { promises } = await examined({
    outputAgain: async () => ({ code: 1, stdout: new Uint8Array(), stderr: new Uint8Array() }),
  });
  const links = promises.find(({ promise }) => promise === "hard_links");
  assertMatch(links?.found ?? "", /names, this process alone$/);
});

it("little room is a problem, and what the system does not say is none", async () => {
  const space = { totalBytes: 2 ** 30, freeBytes: 2 ** 20, freeInodes: 7 };
  const { problems } = await examined({ disk: async () => ({ space }) });
  assertEquals(problems.map(({ what }) => what), [
    "The file system has 1 MiB left",
    "The file system has room for 7 more files",
  ]);
  const unknown = await examined({ disk: async () => ({}) });
  assertEquals({ problems: unknown.problems, type: unknown.file_system?.type }, {
    problems: [],
    type: null,
  });
});

it("mountOf() finds the innermost mount, of several at one place the last", () => {
  const table = [
    "27 1 254:0 / / rw - ext4 /dev/vda rw",
    "40 27 0:30 / /mnt/a\\040b rw shared:1 - tmpfs none rw",
    "41 40 7:0 /x /mnt/a\\040b rw - xfs /dev/loop0 rw",
    "42 27 0:31 / /mnt/a rw - nfs4 server:/a rw",
  ].join("\n");
  const of = (path: string) => mountOf(table, path)?.type;
  assertEquals(["/mnt/a b/c", "/mnt/a/c", "/mnt/ab", "/"].map(of), ["xfs", "nfs4", "ext4", "ext4"]);
  assertEquals(mountOf("", "/"), undefined);
});
