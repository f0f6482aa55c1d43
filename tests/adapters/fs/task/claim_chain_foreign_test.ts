/** The protocol of `claims/` beside another tool, which knows nothing but the view. */
import * as chain from "../../../../src/adapters/fs/task/claim_chain.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import {
  Bench,
  described,
  FOREIGN,
  type Kind,
  show,
  slot,
  STARTS,
} from "../../../support/explore/claim_bench.ts";
import { mutatedClaims, type Mutation } from "../../../support/explore/mutants.ts";
import { isLong } from "../../../support/length.ts";
import { newSeed, type Random, someOf } from "../../../support/random.ts";

const BESIDE: readonly Kind[] = ["mid", "late", "worker", "done", "beat", "give", "force", "mend"];

/** All orders of the steps of three can be followed; four walk by chance. */
function violationIn(
  bench: Bench,
  start: string,
  crowd: readonly Kind[],
  random: Random,
): string | undefined {
  if (crowd.length > 3) return bench.walk(start, crowd, 2_000, random);
  const { violation } = bench.explore(start, crowd);
  return violation && described(start, violation);
}

/** What goes wrong first where a foreign process meets one or two of coord's. */
function violationBeside(bench: Bench, other: Kind): string | undefined {
  const random = newSeed(other);
  const pairs: Kind[][] = [["mid", "mend"], ["late", "done"], ["beat", "mid"], ["mid", "mid"]];
  for (const start of Object.keys(STARTS)) {
    // Who removes slot 1 when there is no other makes the task one that was never claimed.
    if (other === "museDrop" && STARTS[start]?.files[slot(2)] === undefined) continue;
    for (const kinds of [...BESIDE.map((kind) => [kind]), ...pairs]) {
      const crowds = [[other, ...kinds], ...(isLong() ? [[other, ...kinds, "done" as const]] : [])];
      for (const crowd of crowds) {
        const found = violationIn(bench, start, crowd, random);
        if (found !== undefined) return found;
      }
    }
  }
  return undefined;
}

for (const other of someOf("other tools", FOREIGN, 2)) {
  it(`transition() is linearizable when another tool does ${other}, and then honours it`, () => {
    const bench = new Bench(chain);
    assertEquals(violationBeside(bench, other), undefined);
    console.log(`${other}: ${show(bench.total)}`);
  });
}

/** Faults that show only beside another tool. */
const FOREIGN_MUTATIONS: readonly Mutation[] = [
  {
    name: "what another tool did is decided on before it has a slot",
    from: "if (state === undefined || !isForeign) return isShown",
    to: "if (stem !== '') return isShown",
  },
  {
    name: "a view that was read before the slots is believed",
    from: "const isSettled = view === undefined ? again === undefined : isSame(again, view);",
    to: "const isSettled = stem !== '' || again === undefined;",
  },
  {
    name: "a view that shows no slot is one's own",
    from: "return slot !== undefined && shows(view, slot) ? transition : undefined;",
    to: "return slot !== undefined ? transition : undefined;",
  },
  {
    name: "a removed view is a task that was never claimed",
    from: "return isTouched ? undefined : { state: undefined };",
    to: "return isTouched && stem === '' ? undefined : { state: undefined };",
  },
  {
    name: "mend() ends what another tool ended without its slot",
    from: "const head = isForeign ? settled(files, stem) : state;",
    to: "const head = state;",
  },
];

for (const mutation of someOf("faults beside another tool", FOREIGN_MUTATIONS, 3)) {
  it(`the explorer finds this fault beside another tool: ${mutation.name}`, async () => {
    const bench = new Bench(await mutatedClaims(mutation));
    let found: string | undefined;
    for (const other of FOREIGN.toReversed()) found ??= violationBeside(bench, other);
    assert_(found !== undefined, `nothing was found in ${show(bench.total)}`);
    console.log(`${mutation.name}: found ${found.split("\n")[0]}`);
  });
}
