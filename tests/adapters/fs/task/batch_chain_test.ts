import * as chain from "../../../../src/adapters/fs/task/batch_chain.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import {
  actor,
  type ACTS,
  BatchModel,
  BatchProperties,
  type Machine,
  type Protocol,
  type Step,
} from "../../../support/explore/batch_model.ts";
import { type Explored, Explorer } from "../../../support/explore/explorer.ts";
import { mutated, type Mutation } from "../../../support/explore/mutants.ts";
import { isHeavy } from "../../../support/length.ts";

type Plans = Readonly<Record<string, readonly (keyof typeof ACTS)[]>>;

function explore(protocol: Protocol, plans: Plans): Explored {
  const model = new BatchModel();
  const explorer = new Explorer<Machine, Step>(model);
  const disk = model.number({
    folders: { "0.new": ["lines", "staged"] },
    task: false,
    collected: false,
  });
  const actors = Object.entries(plans).map(([name, acts]) => actor(protocol, name, acts));
  return explorer.explore(disk, actors, new BatchProperties(model, protocol));
}

const SCENES: Readonly<Record<string, Plans>> = {
  "a writer, a settler and gc": { w: ["add"], s: ["settle"], gc: ["collect", "collect"] },
  "a writer, a repairer, a settler and gc": {
    w: ["add"],
    r: ["repair"],
    s: ["settle"],
    gc: ["collect"],
  },
  "two settlers who take each other for dead, and gc": {
    w: ["add"],
    s: ["settle"],
    t: ["settle"],
    gc: ["collect"],
  },
  "a writer, one who settles in steps, and gc": {
    w: ["add"],
    p: ["pause", "settle"],
    gc: ["collect"],
  },
};

for (const [name, plans] of Object.entries(SCENES)) {
  it(`a task of a batch is neither lost nor comes back in all interleavings and crashes of ${name}`, () => {
    const { states, interleavings, crashes, violation } = explore(chain, plans);
    assertEquals(violation, undefined);
    assert_(states > 100 && crashes > 100);
    console.log(`${states} states, ${interleavings.toPrecision(3)} orders, ${crashes} crashes`);
  });
}

const MUTANTS: readonly Mutation[] = [
  {
    name: "a settler that leaves missing tasks alone",
    from: "if (!files.stage(batch, line, sync) || !files.link(batch, line)) return false;",
    to: "if (sync) return true;",
  },
  {
    name: "a definition that is made without a look at the batch",
    from: "if (!files.stage(batch, line, sync) || !files.link(batch, line)) return false;",
    to: "(files as unknown as { put(): void }).put();",
  },
  {
    name: "turns of one name, and a batch that is removed under it",
    from: "turn: batch.turn + 1 }",
    to: "turn: batch.turn }",
    also: {
      from: `  const last = takeTurn(files, turn.batch, "void", { at, who });`,
      to: "  const last = turn; void at; void who;",
    },
  },
  {
    name: "a turn that another process was faster to take",
    from: "return files.move(batch, next) ? { batch: next } : undefined;",
    to: "files.move(batch, next); return { batch };",
    also: {
      from: `  const last = takeTurn(files, turn.batch, "void", { at, who });`,
      to: "  const last = turn; void at; void who;",
    },
  },
];

for (const mutation of MUTANTS) {
  it(`the explorer finds ${mutation.name}`, async () => {
    const mutant = await mutated("src/adapters/fs/task/batch_chain.ts", mutation) as Protocol;
    const found = Object.values(SCENES).map((plans) => explore(mutant, plans).violation?.message)
      .find((message) => message !== undefined);
    assert_(found !== undefined, "nothing was found");
    console.log(found);
  });
}

it("the explorer finds a gc that looks at the batches before the tasks", () => {
  const { violation } = explore(chain, { w: ["add"], r: ["repair"], gc: ["collectEarly"] });
  assertEquals(violation?.message, "a task that had ended and was removed came back");
});

if (isHeavy()) {
  it("the same with two repairers and gc", () => {
    const plans: Plans = { w: ["add"], r: ["repair"], q: ["repair"], gc: ["collect"] };
    assertEquals(explore(chain, plans).violation, undefined);
  });
}
