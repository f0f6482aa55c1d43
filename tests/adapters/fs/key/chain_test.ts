import * as chain from "../../../../src/adapters/fs/key/chain.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import { type Explored, Explorer } from "../../../support/explore/explorer.ts";
import {
  actor,
  FAULTY_ACTS,
  KeyModel,
  KeyProperties,
  type KeyStep,
  type Machine,
  type Protocol,
} from "../../../support/explore/key_model.ts";
import { mutated, type Mutation } from "../../../support/explore/mutants.ts";
import { sized } from "../../../support/length.ts";

type Plans = Readonly<Record<string, readonly string[]>>;

/** What there is at first: nothing, or a task `o` that has ended, perhaps before another one, `n`. */
type Start = keyof typeof STARTS;

const STARTS = {
  nothing: { names: {}, tasks: {} },
  ended: { names: { 1: "o" }, tasks: { o: "ended" } },
  buried: { names: { 2: 2 }, tasks: { o: "gone" } },
  "ended twice": { names: { 2: "n" }, tasks: { n: "ended", o: "ended" } },
  pledged: { names: { 2: "o+" }, tasks: { o: "ended" } },
};

function explore(
  protocol: Protocol,
  start: Start,
  plans: Plans,
  faulty?: Parameters<typeof actor>[3],
): Explored {
  const model = new KeyModel();
  const explorer = new Explorer<Machine, KeyStep>(model);
  const actors = Object.entries(plans).map(([name, acts]) => actor(protocol, name, acts, faulty));
  const properties = new KeyProperties(model, protocol);
  return explorer.explore(model.number(STARTS[start]), actors, properties);
}

const SCENES: Readonly<Record<string, readonly [Start, Plans]>> = {
  "two that add, and one who finishes": ["nothing", {
    p: ["add a"],
    q: ["add b"],
    w: ["end a", "end b"],
  }],
  "one that adds after an end, and one who removes what ended": ["ended", {
    p: ["add a"],
    gc: ["remove o"],
  }],
  "one that adds while others add, end and remove": ["nothing", {
    p: ["add a"],
    q: ["add b", "end a", "remove a"],
  }],
  "one that sleeps while a task comes and ends, and another comes": ["ended", {
    p: ["add a"],
    q: ["add b", "end b", "add c"],
  }],
  "two that add above a tombstone": ["buried", {
    p: ["add a"],
    q: ["add b", "end b", "end a"],
  }],
  "a batch, one that adds, and one who finishes": ["nothing", {
    p: ["add A"],
    q: ["add b", "end b", "end A"],
  }],
  "two batches": ["ended", { p: ["add A"], q: ["add B"] }],
};

const REVIVING: typeof SCENES = {
  "one that revives, one that adds, and one who finishes": ["ended", {
    r: ["revive o"],
    p: ["add a"],
    w: ["end o", "end a"],
  }],
  "two that revive, one of them after an end": ["ended", {
    r: ["revive o"],
    s: ["revive o", "end o", "add b"],
  }],
  "one that revives while what ended goes, and another is added": ["ended", {
    r: ["revive o"],
    gc: ["remove o", "add b"],
  }],
  "two tasks that are revived": ["ended twice", {
    r: ["revive o", "end o"],
    s: ["revive n"],
  }],
  "a pledge whose process has died, one that adds, and one that revives": ["pledged", {
    p: ["add a", "end o", "add b"],
    r: ["revive o", "add c"],
  }],
  "one that revives while a task comes and ends, and another comes": ["ended", {
    r: ["revive o"],
    q: ["add b", "end b", "add c"],
  }],
  "a pledge whose process has died, one that adds, and one who removes": ["pledged", {
    p: ["add a"],
    gc: ["remove o"],
  }],
  "one that revives, and a batch": ["ended", { r: ["revive o"], p: ["add A"] }],
};

const LONG: typeof SCENES = {
  "one that sleeps while a task is revived and ends, and another comes": ["ended", {
    r: ["revive o"],
    q: ["revive o", "end o", "remove o", "add b"],
  }],
  "two tasks that are revived while one goes": ["ended twice", {
    r: ["revive o"],
    s: ["revive n"],
    gc: ["remove o"],
  }],
  "one that adds after an end, and two who remove what ended": ["ended", {
    p: ["add a"],
    gc: ["remove o"],
    move: ["remove o"],
  }],
  "one that sleeps while a task comes, ends and goes, and another comes": ["ended", {
    p: ["add a"],
    q: ["add b", "end b", "remove b", "add c"],
  }],
  "two that add while what ended goes": ["ended", {
    p: ["add a"],
    q: ["add b"],
    gc: ["remove o"],
  }],
};

const LONGEST: typeof SCENES = {
  "one that revives, one that adds, and one who removes": ["ended", {
    r: ["revive o"],
    p: ["add a"],
    gc: ["remove o"],
  }],
};

const PLAYED = {
  ...SCENES,
  ...REVIVING,
  ...sized({}, LONG, { ...LONG, ...LONGEST }),
};

for (const [name, [start, plans]] of Object.entries(PLAYED)) {
  it(`a key has one unfinished task in all interleavings and crashes of ${name}`, () => {
    const { states, interleavings, crashes, violation } = explore(chain, start, plans);
    assertEquals(violation, undefined);
    assert_(states > 50 && crashes > 20);
    console.log(`${states} states, ${interleavings.toPrecision(3)} orders, ${crashes} crashes`);
  });
}

const MUTANTS: readonly Mutation[] = [
  {
    name: "a task that takes a number without looking above",
    from: "if (others.some((other) => other > number)) {",
    to: "if (others.length < 0) {",
  },
  {
    name: "a task that was followed and takes itself for one that never was",
    from: `const isMade = own !== undefined && (yield own) !== "unmade";`,
    to: "const isMade = false;",
  },
  {
    name: "a task without a definition that is taken for ended",
    from: `      if (standing === "unmade") {
        files.make(number, name.holder);
        continue;
      }`,
    to: "",
  },
  {
    name: "a number that is taken though another has it",
    from: "if (!files.link(number)) continue;",
    to: "files.link(number);",
  },
  {
    name: "an ended task whose name stays when its files go",
    from:
      '  if (name?.kind === "holder" && isIts(name.holder)) files.bury(number + 1, name.holder);',
    to: "  void isIts; void name;",
  },
  {
    name: "the highest name that goes",
    from: "for (const other of others) if (other < number) files.remove(other);",
    to: "for (const other of others) if (other <= number) files.remove(other);",
  },
  {
    name: "an unfinished task that is followed",
    from: `if (standing === "unfinished") return { holder: name.holder };`,
    to: "",
  },
];

for (const mutation of MUTANTS) {
  it(`the explorer finds ${mutation.name}`, async () => {
    const mutant = await mutated("src/adapters/fs/key/chain.ts", mutation) as Protocol;
    assertFound(Object.values(SCENES), (start, plans) => explore(mutant, start, plans));
  });
}

const REVIVING_MUTANTS: readonly Mutation[] = [
  ...MUTANTS.filter(({ name }) => !name.includes("definition") && !name.includes("when its")),
  {
    name: "a task that comes before it was looked above its number",
    from: "if (!files.link(number)) continue;",
    to: "if (!files.link(number)) continue;\n    if (own !== undefined) files.make(number, own);",
  },
];

for (const mutation of REVIVING_MUTANTS) {
  it(`the explorer finds, where tasks are revived, ${mutation.name}`, async () => {
    const mutant = await mutated("src/adapters/fs/key/chain.ts", mutation) as Protocol;
    assertFound(Object.values(REVIVING), (start, plans) => explore(mutant, start, plans));
  });
}

for (const [name, faulty] of Object.entries(FAULTY_ACTS)) {
  it(`the explorer finds ${name}`, () => {
    assertFound(Object.values(REVIVING), (start, plans) => explore(chain, start, plans, faulty));
  });
}

/** Asserts that one of the scenes shows a fault. */
function assertFound(
  scenes: readonly (readonly [Start, Plans])[],
  play: (start: Start, plans: Plans) => Explored,
): void {
  let found: string | undefined;
  for (const [start, plans] of scenes) found ??= play(start, plans).violation?.message;
  assert_(found !== undefined, "nothing was found");
  console.log(found);
}
