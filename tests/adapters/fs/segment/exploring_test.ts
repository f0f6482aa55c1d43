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

function explore(protocol: Protocol, start: Start, plans: readonly (readonly Act[])[]): Explored {
  const { explorer, disk, actors, properties } = prepared(protocol, start, plans);
  return explorer.explore(disk, actors, properties);
}

function prepared(protocol: Protocol, start: Start, plans: readonly (readonly Act[])[]) {
  const model = new SegmentModel();
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
    from: "result !== undefined && this.#wasLog(names.at(-1))",
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
];

const MODULES = ["sealing", "gc", "segments", "names"].map((name) =>
  `src/adapters/fs/segment/${name}.ts`
);

/** Where three meet, it takes seconds to find. */
const QUICK = FAULTS.filter(({ plans }) => isHeavy() || plans.length < 3);

for (const fault of someOf("faults of segments", QUICK, 3)) {
  it(`the explorer finds this fault of segments: ${fault.name}`, async () => {
    const parts = await mutatedTogether(MODULES, fault) as Partial<Protocol>[];
    const { violation } = explore(Object.assign({}, ...parts), fault.start, fault.plans);
    assert_(violation !== undefined, "nothing was found");
    console.log(`${fault.name}: ${violation.message}`);
  });
}

it("the explorer finds a reader that looks at the segments before the files", () => {
  const { violation } = explore(REAL, "no segment", [["moveNew"], ["findEarly"]]);
  assertEquals(violation?.message, "a reader missed a task");
});
