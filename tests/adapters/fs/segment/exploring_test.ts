import * as gc from "../../../../src/adapters/fs/segment/gc.ts";
import * as names from "../../../../src/adapters/fs/segment/names.ts";
import * as sealing from "../../../../src/adapters/fs/segment/sealing.ts";
import * as segments from "../../../../src/adapters/fs/segment/segments.ts";
import { segmentBytes, type SegmentLine } from "../../../../src/domain/task/segment.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import { type Explored, Explorer } from "../../../support/explore/explorer.ts";
import { mutatedTogether, type Mutation } from "../../../support/explore/mutants.ts";
import {
  type Act,
  actor,
  diskOf,
  type Machine,
  NEW,
  OLD,
  type Protocol,
  SegmentModel,
  SegmentProperties,
  type Step,
} from "../../../support/explore/segment_model.ts";
import { isHeavy, sized } from "../../../support/length.ts";
import { newSeed, someOf } from "../../../support/random.ts";

const REAL: Protocol = { ...sealing, ...gc, ...segments, ...names };

const bytesOf = (lines: readonly SegmentLine[]) => new TextDecoder().decode(segmentBytes(lines));

const [LOG, MARK, SEALED] = ["00000001.log", "00000001.seal", "00000001.1.ndjson"];

/** Files before, as a process that died may have left them. */
const STARTS = {
  "no segment": diskOf({}, [true, "ended"], [true, "ended"], bytesOf),
  "lines of tasks with files": diskOf(
    { [LOG]: [OLD, NEW] },
    [true, "ended"],
    [true, "ended"],
    bytesOf,
  ),
  "a line of a task that goes on": diskOf(
    { [LOG]: [OLD, NEW] },
    [false, ""],
    [true, "other"],
    bytesOf,
  ),
  "a sealing that has begun": diskOf(
    { [LOG]: [OLD], [MARK]: [] },
    [true, "ended"],
    [true, "ended"],
    bytesOf,
  ),
  "a segment that has its mark": diskOf(
    { [LOG]: [OLD, NEW], [MARK]: [], [SEALED]: [OLD, NEW] },
    [false, "ended"],
    [true, "ended"],
    bytesOf,
  ),
  "a segment": diskOf({ [SEALED]: [OLD] }, [false, ""], [true, "ended"], bytesOf),
} as const;

type Start = keyof typeof STARTS;

function explore(
  protocol: Protocol,
  start: Start,
  plans: readonly (readonly Act[])[],
  isNoted = false,
): Explored {
  const { explorer, disk, actors, properties } = prepared(protocol, start, plans, isNoted);
  return explorer.explore(disk, actors, properties);
}

function prepared(
  protocol: Protocol,
  start: Start,
  plans: readonly (readonly Act[])[],
  isNoted = false,
) {
  const model = new SegmentModel(isNoted);
  return {
    explorer: new Explorer<Machine, Step>(model),
    disk: model.number(STARTS[start]),
    actors: plans.map((acts, n) => actor(protocol, `p${n}`, acts)),
    properties: new SegmentProperties(model, protocol),
  };
}

const STARTS_OF = Object.keys(STARTS) as Start[];

/** Processes that meet, and from where all that they can do is followed. */
interface Pair {
  readonly plans: readonly (readonly Act[])[];
  readonly from: readonly Start[];
}

const PAIRS: readonly Pair[] = [
  { plans: [["moveOld"], ["moveOld"]], from: sized(["no segment"], STARTS_OF, STARTS_OF) },
  { plans: [["moveOld"], ["seal"]], from: sized(["a segment"], STARTS_OF, STARTS_OF) },
  { plans: [["moveNew"], ["seal"]], from: sized(["no segment"], STARTS_OF, STARTS_OF) },
  { plans: [["seal"], ["seal"]], from: ["a line of a task that goes on"] },
  { plans: [["seal", "moveNew"], ["findNew"]], from: STARTS_OF },
  { plans: [["moveOld"], ["findOld"]], from: STARTS_OF },
  { plans: [["moveOld"], ["collect"]], from: sized([], STARTS_OF, STARTS_OF) },
  { plans: [["moveNew"], ["collect"]], from: sized([], ["a segment"], STARTS_OF) },
  { plans: [["collect"], ["findNew"]], from: ["a segment"] },
  { plans: [["moveNew"], ["moveNew", "seal"], ["findNew"]], from: sized([], [], ["a segment"]) },
  ...sized<readonly Pair[]>([], [{ plans: [["seal"], ["collect"]], from: STARTS_OF }], [
    { plans: [["seal"], ["collect"]], from: STARTS_OF },
    { plans: [["collect"], ["collect"]], from: STARTS_OF },
    { plans: [["move"], ["collect"]], from: STARTS_OF },
  ]),
];

it("a task that moves is found, counted once and removed once, in all interleavings and crashes", () => {
  let [states, crashes] = [0, 0];
  for (const { plans, from } of PAIRS) {
    for (const start of from) {
      const explored = explore(REAL, start, plans);
      assertEquals(explored.violation, undefined, `${start}: ${JSON.stringify(plans)}`);
      states += explored.states;
      crashes += explored.crashes;
    }
  }
  assert_(states > 10_000 && crashes > 100, `${states} states, ${crashes} crashes`);
  console.log(`${states} states, ${crashes} crashes`);
});

/** Those that take too many orders of steps to follow all of them. */
const CROWDS: readonly (readonly (readonly Act[])[])[] = [
  [["move"], ["move"], ["seal", "move"], ["findNew", "findOld"]],
  [["moveOld", "seal"], ["moveNew", "seal"], ["collect"], ["findNew"]],
  [["seal"], ["seal", "collect"], ["collect", "moveNew"], ["findNew", "findNew"]],
];

it("a task that moves is found, counted once and removed once, when many meet by chance", () => {
  const random = newSeed("segments");
  for (const plans of CROWDS) {
    for (const start of STARTS_OF) {
      const { explorer, disk, actors, properties } = prepared(REAL, start, plans);
      const rounds = sized(5, 500, 20_000);
      assertEquals(explorer.walk(disk, actors, properties, { rounds, random }), undefined, start);
    }
  }
});

interface Fault extends Mutation {
  /** Where one head is enough for the note. */
  readonly isNoted?: true;
  readonly start: Start;
  readonly plans: readonly (readonly Act[])[];
}

const FAULTS: readonly Fault[] = [
  {
    name: "lines are believed without a look at the log",
    from: "return last?.n === n && last.hasLog && !last.isSealing && newestOf(last) === 0;",
    to: "return true;",
    start: "no segment",
    plans: [["moveNew"], ["seal"]],
  },
  {
    name: "a log is sealed without a mark",
    from: "  fs.createNew(`${segments}/${sealName(n)}`, new Uint8Array());\n",
    to: "",
    start: "no segment",
    plans: [["moveNew"], ["seal"]],
  },
  {
    name: "a line counts whose task goes on",
    from: "if (agrees === false) lines.delete(line.stem);",
    to: "",
    start: "a line of a task that goes on",
    plans: [["seal"]],
  },
  {
    name: "files go without a look at their end",
    from: "files.agrees(line) === true",
    to: "files.agrees(line) !== undefined",
    also: { from: "if (agrees === false) lines.delete(line.stem);", to: "" },
    start: "a line of a task that goes on",
    plans: [["seal"]],
  },
  {
    name: "files go by the lines that this process read, though another one made the segment",
    from: "if (staged.create(sealedName(n, 1))) own = lines.values();",
    to: "staged.create(sealedName(n, 1)); own = lines.values();",
    start: "no segment",
    plans: [["moveNew"], ["seal"], ["seal"]],
  },
  {
    name: "the mark goes before the files",
    from: "  files.remove(left);\n",
    to: "  fs.remove(`${segments}/${sealName(n)}`);\n  files.remove(left);\n",
    start: "lines of tasks with files",
    plans: [["seal"]],
  },
  {
    name: "gc removes a version before there is another one",
    from: "    const created = staged.create(sealedName(n, version + 1));\n",
    to: "    fs.remove(`${segments}/${sealedName(n, version)}`);\n" +
      "    const created = staged.create(sealedName(n, version + 1));\n",
    start: "a segment that has its mark",
    plans: [["seal", "collect"]],
  },
  {
    name: "gc reports what it leaves there",
    from: "lines.filter((line) => !isOver(line))",
    to: "lines.filter((line) => isOver(line) || line.stem !== '')",
    start: "a segment",
    plans: [["collect"]],
  },
  {
    name: "a log is believed that a sleeper has made again",
    from: "result !== undefined && wasLog(names.at(-1), look)",
    to: "result !== undefined",
    start: "a segment",
    plans: [["moveNew"], ["moveNew", "seal"], ["findNew"]],
  },
  {
    name: "the log goes before there is a segment",
    from:
      "    const staged = new StagedFile(fs, segments, () => stageFile(fs, tmp, bytes, true));\n" +
      "    if (staged.create(sealedName(n, 1)))",
    to:
      "    const staged = new StagedFile(fs, segments, () => stageFile(fs, tmp, bytes, true));\n" +
      "    fs.remove(`${segments}/${logName(n)}`);\n    if (staged.create(sealedName(n, 1)))",
    start: "no segment",
    plans: [["moveOld", "seal"]],
  },
  {
    name: "a note is believed of another version of a segment",
    from: "const line = this.#note.lines.get(name);",
    to: "const of = (line: string) => line.slice(2, 10) === name.slice(0, 8);\n" +
      "const line = [...this.#note.lines.values()].find(of);",
    also: {
      from: "return now && isFile(now, said.file) ? said : undefined;",
      to: "return said;",
    },
    start: "a segment",
    plans: [["collect"], ["count"]],
    isNoted: true,
  },
  {
    name: "a listing looks at the folder's time stamp after its names",
    from: "this.#known = { folder, names: this.names() };",
    to: "{\n      const names = this.names();\n" +
      "      this.#known = { folder: markFolder(this.fs, this.layout.segments), names };\n    }",
    start: "no segment",
    plans: [["moveNew", "seal"], ["count"]],
    isNoted: true,
  },
];

const MODULES = ["sealing", "gc", "segments", "names", "heads"].map((name) =>
  `src/adapters/fs/segment/${name}.ts`
);

/** The protocol where one head is enough for the note, perhaps with a fault. */
async function noted(...faults: readonly Mutation[]): Promise<Protocol> {
  const few = { from: "const FEW = 4;", to: "const FEW = 0;" };
  return Object.assign({}, ...await mutatedTogether(MODULES, few, ...faults) as Protocol[]);
}

const SEALED_OF: readonly Start[] = ["a segment", "a segment that has its mark"];
const UNSEALED = STARTS_OF.filter((start) => start !== "a segment");

const NOTED: readonly Pair[] = [
  { plans: [["seal"], ["count", "count"]], from: sized(["no segment"], UNSEALED, STARTS_OF) },
  { plans: [["collect"], ["count", "count"]], from: sized(["a segment"], SEALED_OF, STARTS_OF) },
  { plans: [["moveNew", "seal"], ["count"]], from: sized([], [], STARTS_OF) },
  { plans: [["seal", "collect"], ["count"]], from: sized([], [], STARTS_OF) },
  { plans: [["seal", "collect"], ["count"], ["count"]], from: sized([], [], ["a segment"]) },
];

it("the note of heads counts what there is, in all interleavings and crashes", async () => {
  const protocol = await noted();
  let states = 0;
  for (const { plans, from } of NOTED) {
    for (const start of from) {
      const explored = explore(protocol, start, plans, true);
      assertEquals(explored.violation, undefined, `${start}: ${JSON.stringify(plans)}`);
      states += explored.states;
    }
  }
  assert_(states > 1_000, `${states} states`);
  console.log(`${states} states`);
});

/** Where three meet, it takes seconds to find. */
const QUICK = FAULTS.filter(({ plans }) => isHeavy() || plans.length < 3);

for (const fault of someOf("faults of segments", QUICK, 3)) {
  it(`the explorer finds this fault of segments: ${fault.name}`, async () => {
    const { start, plans, isNoted } = fault;
    const { violation } = isNoted
      ? explore(await noted(fault), start, plans, true)
      : explore(Object.assign({}, ...await mutatedTogether(MODULES, fault)), start, plans);
    assert_(violation !== undefined, "nothing was found");
    console.log(`${fault.name}: ${violation.message}`);
  });
}

it("the explorer finds a reader that looks at the segments before the files", () => {
  const { violation } = explore(REAL, "no segment", [["moveNew"], ["findEarly"]]);
  assertEquals(violation?.message, "a reader missed a task");
});
