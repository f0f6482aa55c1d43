/** The note that has the heads of many segments: when a listing believes it, and what it saves. */
import { Room } from "../../../../src/adapters/fs/disk/gc_room.ts";
import { initWorkspace, Layout } from "../../../../src/adapters/fs/layout.ts";
import { SegmentGc } from "../../../../src/adapters/fs/segment/gc.ts";
import { segmentBytes } from "../../../../src/domain/task/segment.ts";
import { Segments } from "../../../../src/adapters/fs/segment/segments.ts";
import { FsCollector } from "../../../../src/adapters/fs/upkeep/gc.ts";
import { checkFiles } from "../../../../src/adapters/fs/upkeep/fsck.ts";
import { STAMP_TICK_MS } from "../../../../src/domain/limits.ts";
import { detectHost } from "../../../../src/host/detect.ts";
import { contentId } from "../../../../src/engine/content_id.ts";
import { HostError, type HostFs } from "../../../../src/ports/host.ts";
import { assert_, assertEquals, it, itIf } from "../../../deps.ts";
import { PowerOff } from "../../../support/crash/faulty_fs.ts";
import { ForgetfulFs } from "../../../support/crash/power_cut.ts";
import { quickFs } from "../../../support/crash/queue_cases.ts";
import { isHeavy, sized } from "../../../support/length.ts";
import { newSeed, type Random } from "../../../support/random.ts";
import { mutatedTogether, type Mutation } from "../../../support/explore/mutants.ts";
import { lineOf } from "../../../support/explore/segment_model.ts";
import { makeTempDir, removeTree, setMtime } from "../../../support/scene/scratch.ts";
import { workspace } from "../../../support/scene/workspace.ts";

const SEGMENTS = 14;

/** Heads that are read though the note has them. */
const FEW = 4;

const NOTE = "index/segments";

const nameOf = (n: number, version = 1) => `${String(n).padStart(8, "0")}.${version}.ndjson`;

/** A workspace with many segments, each with one task. */
async function place() {
  const scene = await workspace();
  const { host, path, write } = scene;
  const layout = new Layout(path);
  host.fs.makeDir(layout.segments);
  const lines = Array.from(
    { length: 2 * SEGMENTS },
    (_, n) => lineOf(n.toString(16).padStart(64, "0"), n),
  );
  lines.slice(0, SEGMENTS)
    .forEach((line, n) => write(`tasks/segments/${nameOf(n + 1)}`, segmentBytes([line])));
  const opened: string[] = [];
  let looks = 0;
  const fs: HostFs = {
    ...host.fs,
    lstat(file) {
      if (file.endsWith(".ndjson")) looks++;
      return host.fs.lstat(file);
    },
    readRange(file, ...range) {
      if (file.endsWith(".ndjson")) opened.push(file.slice(-nameOf(1).length));
      return host.fs.readRange(file, ...range);
    },
  };
  /** How many tasks another process counts by heads, and which segments it reads for that. */
  const counted = (Module = Segments, by = fs) => {
    opened.splice(0);
    looks = 0;
    const segments = new Module(by, layout, (message) => void scene.warnings.push(message));
    const tasks = segments.count(segments.listed(segments.known()));
    return { tasks, reads: new Set(opened).size, looks };
  };
  let quiet = Date.UTC(2020);
  /** As if no segment had come or gone for long. */
  const rest = () => setMtime(layout.segments, quiet += 60_001);
  return { ...scene, layout, lines, fs, counted, rest };
}

it("a listing reads the heads of many segments from one note, and those that it lacks", async () => {
  const { counted, lines, write, names, host, layout, rest } = await place();
  // No change of it would show.
  setMtime(layout.segments, Date.now() + 3_600_000);
  for (const _ of [1, 2]) {
    assertEquals(counted(), { tasks: SEGMENTS, reads: SEGMENTS, looks: SEGMENTS - FEW });
  }
  rest();
  counted();
  assertEquals(counted(), { tasks: SEGMENTS, reads: FEW, looks: 0 });
  write(`tasks/segments/${nameOf(SEGMENTS + 1)}`, segmentBytes(lines.slice(SEGMENTS)));
  const tasks = 2 * SEGMENTS;
  const changed = counted();
  assertEquals([changed.tasks, changed.reads], [tasks, FEW + 1], "the others are looked at");
  rest();
  counted();
  assertEquals(counted(), { tasks, reads: FEW, looks: 0 });
  host.fs.remove(`${layout.index}/segments`);
  assertEquals(counted().tasks, tasks);
  assertEquals(names("tmp"), []);
});

it("there is no note where there are few segments", async () => {
  const { counted, names, host, layout, rest } = await place();
  for (let n = 9; n <= SEGMENTS; n++) host.fs.remove(`${layout.segments}/${nameOf(n)}`);
  rest();
  for (const _ of [1, 2]) assertEquals(counted().reads, 8);
  assertEquals(names("index").includes("segments"), false);
});

it("a listing and a status answer by the note as without it", async () => {
  const { coord, open, host, path, rest } = await place();
  rest();
  const answers = async (from: typeof coord) => [
    await from.tasks.list({ limit: 5 }),
    await from.tasks.list({ status: "completed", queue: "default" }),
    await from.status(),
    await from.queues.list(),
  ];
  const before = await answers(coord);
  assert_(host.fs.lstat(`${path}/${NOTE}`) !== undefined, "the note is there");
  assertEquals(await answers(open()), before);
  host.fs.remove(`${path}/${NOTE}`);
  assertEquals(await answers(open()), before);
});

/** What is wrong of a reader's counts when segments change under the note. */
async function problemOf(Module = Segments): Promise<string | undefined> {
  const { counted, lines, write, host, path, rest } = await place();
  rest();
  counted(Module);
  const file = (n: number) => `tasks/segments/${nameOf(n)}`;
  const { mtimeMs = 0 } = host.fs.lstat(`${path}/${file(9)}`) ?? {};
  // As a power cut leaves it, after which the segment is made again of other lines.
  write(file(9), segmentBytes(lines.slice(0, 3)));
  setMtime(`${path}/${file(9)}`, mtimeMs);
  if (counted(Module).tasks !== SEGMENTS + 2) return "another size is not seen";
  write(file(9), segmentBytes([]));
  write(file(10), segmentBytes([]));
  host.fs.remove(`${path}/${file(11)}`);
  if (counted(Module).tasks !== SEGMENTS - 3) return "a segment that has gone counts";
  // The same size, another time.
  const bytes = host.fs.read(`${path}/${file(12)}`) ?? new Uint8Array();
  const text = new TextDecoder().decode(bytes).replace('{"tasks":1,', '{"tasks":7,');
  host.fs.remove(`${path}/${file(12)}`);
  host.fs.createNew(`${path}/${file(12)}`, new TextEncoder().encode(text));
  setMtime(`${path}/${file(12)}`, mtimeMs - 5_000);
  if (counted(Module).tasks !== SEGMENTS + 3) return "another time is not seen";
  return undefined;
}

it("the note says nothing of a segment that has gone, nor of another one under its name", async () => {
  assertEquals(await problemOf(), undefined);
});

const FAULTS: readonly Mutation[] = [
  {
    name: "the note is believed by the name alone",
    from: "return now && isFile(now, said.file) ? said : undefined;",
    to: "return now && said;",
  },
  {
    name: "the note is believed whatever the time",
    from: "isSameFile(now, known)",
    to: "now.size === known.size",
  },
  {
    name: "the note is believed of a folder that has changed",
    from: "isUnchanged(this.#note.folder, folder)",
    to: "this.#note.folder !== undefined",
  },
];

for (const fault of FAULTS) {
  it(`the tests notice that ${fault.name}`, async () => {
    const modules = ["segments", "heads"].map((name) => `src/adapters/fs/segment/${name}.ts`);
    const [Mutant] = await mutatedTogether(modules, fault) as [{ Segments: typeof Segments }];
    assert_(await problemOf(Mutant.Segments) !== undefined);
  });
}

it("gc takes tasks from segments that the note has, and counts follow", async () => {
  const { counted, host, layout, coord, clock, warnings, rest } = await place();
  rest();
  assertEquals(counted().tasks, SEGMENTS);
  clock.ms = Date.now() + 10_000;
  const gc = new FsCollector(host, layout, clock.now, () => {});
  assertEquals((await gc.sweep({ graceMs: 0, execute: true })).length, SEGMENTS);
  assertEquals(counted().tasks, 0);
  assertEquals((await coord.tasks.list()).total, 0);
  assertEquals(warnings, []);
});

it("a note that a power cut has torn, anywhere, counts for nothing", async () => {
  const { counted, read, write, rest } = await place();
  rest();
  counted();
  const whole = read(NOTE);
  for (let cut = 0; cut < whole.length; cut += 211) {
    for (const torn of [whole.slice(0, cut), whole.slice(0, cut).padEnd(whole.length, "\0")]) {
      write(NOTE, torn);
      assertEquals(counted().tasks, SEGMENTS, `cut at ${cut}`);
    }
  }
});

it("a listing works where the note can neither be read nor written", async () => {
  const { counted, fs, warnings, rest } = await place();
  rest();
  const broken: HostFs = {
    ...fs,
    lstat(path) {
      if (path.endsWith(NOTE)) throw new HostError("io", "look at", path);
      return fs.lstat(path);
    },
    rename(_, path) {
      throw new HostError("io", "rename", path);
    },
  };
  assertEquals(counted(Segments, broken).tasks, SEGMENTS);
  assertEquals(warnings, []);
});

it("fsck finds a note that says something else than a head, and a repair moves it", async () => {
  const { counted, host, layout, clock, read, write, names, rest } = await place();
  rest();
  const check = (repair = false) => {
    const idOf = (record: object) => contentId(record, host.sha256);
    const now = () => Date.now() + 60_000;
    return checkFiles(host, layout, clock.now, { repair, idOf }, { now, pause: async () => {} });
  };
  counted();
  assertEquals((await check()).damages, []);
  write(NOTE, read(NOTE).replaceAll('"tasks":1,', '"tasks":5,'));
  assert_(counted().tasks > SEGMENTS);
  const { damages: [damage] } = await check(true);
  assertEquals({ class: damage?.class, file: damage?.file, repaired: damage?.repaired }, {
    class: "index",
    file: NOTE,
    repaired: "moved",
  });
  assertEquals(names("index").includes("segments"), false);
  assertEquals(counted().tasks, SEGMENTS);
  assertEquals((await check()).damages, []);
});

/**
 * What the note says wrongly after a power cut: `gc` makes versions of segments, another process counts by
 * them before they are on the disk, and the next `gc` makes others of the same names.
 */
async function wrongAfterCut(random: Random, Module = Segments): Promise<string | undefined> {
  const folder = makeTempDir();
  try {
    const { path } = initWorkspace(await detectHost(), folder);
    const layout = new Layout(path);
    quickFs.makeDir(layout.segments);
    const stems = Array.from({ length: 48 }, (_, n) => n.toString(16).padStart(64, "0"));
    for (let n = 0; n < stems.length; n += 4) {
      const lines = stems.slice(n, n + 4).map((stem) => lineOf(stem, 1 + Number(`0x${stem}`)));
      quickFs.createNew(`${layout.segments}/${nameOf(1 + n / 4)}`, segmentBytes(lines));
    }
    const counted = () => {
      const segments = new Module(quickFs, layout, () => {});
      return { segments, ...segments.listed(segments.known()) };
    };
    const collect = (fs: HostFs) => {
      const files = { agrees: () => undefined, remove: () => {} };
      const awaited = new Set(stems.filter(() => random.chance(0.5)));
      const gc = new SegmentGc(fs, layout, () => {}, new Room(), files);
      gc.sweep({ now: Date.now(), graceMs: 0, execute: true }, awaited);
    };
    const forgetful = new ForgetfulFs(quickFs, path, `${folder}/attic`, true);
    const cutting: HostFs = {
      ...forgetful.fs,
      syncDir(dir) {
        if (random.chance(0.2)) {
          setMtime(layout.segments, Date.UTC(2020));
          counted();
          throw new PowerOff();
        }
        forgetful.fs.syncDir(dir);
      },
    };
    try {
      collect(cutting);
    } catch (error) {
      if (!(error instanceof PowerOff)) throw error;
    }
    forgetful.cut(random, random.pick(["all", "last", "scattered"]));
    // No machine is up again sooner.
    await new Promise((resolve) => setTimeout(resolve, 2 * STAMP_TICK_MS.fine));
    for (const isRested of [false, true]) {
      collect(quickFs);
      if (isRested) setMtime(layout.segments, Date.UTC(2021));
      const { segments, sealed } = counted();
      for (const each of sealed) {
        const bytes = segmentBytes(segments.linesOf(each) ?? []);
        const [head] = new TextDecoder().decode(bytes).split("\n", 1);
        if (JSON.stringify(each.head) !== head) return `${each.n} has another head`;
      }
    }
    return undefined;
  } finally {
    removeTree(folder);
  }
}

it("the note is right after a power cut that took segments which it had", async () => {
  const random = newSeed("heads power cut");
  for (let n = 0; n < sized(4, 30, 1_000); n++) {
    assertEquals(await wrongAfterCut(random), undefined);
  }
});

const itHeavy = itIf(isHeavy(), "it cuts the power many times, only with COORD_HEAVY=1");

itHeavy("a note that knows files by size alone: the tests notice after a power cut", async () => {
  const random = newSeed("heads by size");
  const [, bySize] = FAULTS;
  const modules = ["segments", "heads"].map((name) => `src/adapters/fs/segment/${name}.ts`);
  const faults = bySize === undefined ? [] : [bySize];
  const [Mutant] = await mutatedTogether(modules, ...faults) as [{ Segments: typeof Segments }];
  for (let tries = 0; await wrongAfterCut(random, Mutant.Segments) === undefined; tries++) {
    assert_(tries < 300, "nothing was noticed");
  }
});
