/** The protocol of `claims/` where slots of heartbeats are removed, at every one of them. */
import * as chain from "../../../../src/adapters/fs/task/claim_chain.ts";
import { DamagedRecord } from "../../../../src/adapters/fs/disk/unreadable.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import {
  Bench,
  described,
  type Kind,
  REVIVED_STARTS,
  show,
  slot,
  TRIMMED_STARTS,
} from "../../../support/explore/claim_bench.ts";
import { mutatedClaims, type Mutation, TRIMMED_AT_ONCE } from "../../../support/explore/mutants.ts";
import { callsOf, END, STEM, VIEW } from "../../../support/explore/claim_calls.ts";
import { ModelFiles } from "../../../support/explore/model_files.ts";
import { isLong, sized } from "../../../support/length.ts";
import { newSeed, sample, someOf } from "../../../support/random.ts";

/** Those that meet a holder which gives two signs of life. */
const MEETING: readonly Kind[] = [
  "late",
  "done",
  "force",
  "give",
  "retry",
  "beat",
  "worker",
  "mend",
  "read",
  "listed",
];
/** Where all orders of steps take a minute, but for those that only look. */
const LARGEST = "one with such a slot and a view that was set back";

it("transition() is linearizable while slots of heartbeats are removed", async () => {
  const bench = new Bench(await mutatedClaims(TRIMMED_AT_ONCE));
  const pairs = Object.keys(TRIMMED_STARTS).flatMap((start) =>
    MEETING.map((kind) => ({ start, kind }))
  ).filter(({ start, kind }) =>
    isLong() || start !== LARGEST || ["mend", "read", "listed"].includes(kind)
  );
  for (const { start, kind } of sample(pairs, sized(0.02, 0.1, 1), newSeed("trimmed"))) {
    const { violation } = bench.explore(start, ["pulse", kind]);
    assertEquals(violation && described(start, violation), undefined);
  }
  console.log(`trimmed: ${show(bench.total)}`);
});

/** Those that take too many orders of steps to follow all of them; some are other tools. */
const CROWDS: readonly (readonly Kind[])[] = [
  ["pulse", "pulse", "late"],
  ["pulse", "worker", "done", "read"],
  ["pulse", "beat", "force", "listed"],
  ["pulse", "give", "late", "mend"],
  ["pulse", "museDone"],
  ["pulse", "keepDone", "late"],
  ["pulse", "museClaim", "done"],
  ["pulse", "museDrop"],
];

it("transition() is linearizable while slots are removed and more processes meet by chance", async () => {
  const bench = new Bench(await mutatedClaims(TRIMMED_AT_ONCE));
  const random = newSeed("trimmed crowds");
  for (const start of Object.keys(TRIMMED_STARTS)) {
    for (const kinds of CROWDS) {
      assertEquals(bench.walk(start, kinds, sized(3, 60, 5_000), random), undefined);
    }
  }
});

/** Steps of a process that is alone; many more than any call takes before it gives up. */
const MAX_STEPS = 100_000;

it("a process alone comes to an end, whatever slots, ends and torn files it meets", () => {
  const random = newSeed("any files");
  const calls = callsOf(chain);
  const acts = [
    calls.claim("Z", 500),
    calls.claim("Z", 500, true),
    calls.complete("A", 5),
    calls.retry("A", 5),
    calls.beat("A", 5),
    calls.giveBack("A", 5),
    calls.cancel("Z", 5, true),
    calls.revive("Z", 500),
    calls.aim("Z", 500, 3),
    calls.mend,
    calls.archive,
    calls.readListed,
  ];
  const states = Object.values({ ...TRIMMED_STARTS, ...REVIVED_STARTS })
    .flatMap(({ files }) => Object.values(files));
  const names = [VIEW, END, `${END}.2`, `${END}.3`, ...[2, 3, 4, 5, 6, 7, 8].map(slot)];
  let damaged = 0;
  for (let round = 0; round < sized(100, 600, 100_000); round++) {
    const share = random.pick([0.3, 0.6, 0.9]);
    const there = names.filter(() => random.chance(share));
    const contents = there.map((name) => {
      const transition = Number(name.slice(STEM.length + 1)) || 1;
      const state = random.pick(states);
      return [name, random.chance(0.5) ? state : { ...state, transition }] as const;
    });
    const torn = there.filter(() => random.chance(0.2));
    const model = new ModelFiles();
    const start = model.disk(contents.map(([name, state]) => [name, model.numberOf(state)]));
    for (const { name, run } of [calls.read, random.pick(acts)]) {
      const broken = new Set(torn);
      let disk = start;
      let steps = 0;
      const files = model.view((step) => {
        if (++steps > MAX_STEPS) {
          throw new Error(`no end of ${name}: ${JSON.stringify({ contents, torn })}`);
        }
        const taken = model.take(disk, step, model.stepNumber(step));
        // Another file has the name then.
        if (taken.disk !== disk) broken.delete(step.name);
        ({ disk } = taken);
        return taken.answer;
      });
      try {
        run({ ...files, isBroken: (name: string) => broken.has(name) });
      } catch (error) {
        if (name === "read" || !(error instanceof DamagedRecord)) throw error;
        const file = String(error.details["file"]);
        const at = [...model.files(disk).keys()].map((known) => `claims/${known}`);
        assert_(at.includes(file), `${file} is not there`);
        assert_(error.message.includes(file) && error.message.endsWith('run "coord fsck"'));
        damaged++;
      }
    }
  }
  assert_(damaged > 0, "there was nothing that contradicts");
});

/** Faults, and where they show. */
const MUTATIONS:
  readonly (Mutation & { readonly start: string; readonly kinds: readonly Kind[] })[] = [
    {
      name: "a slot that was removed is taken once more",
      from: "    files.isUnchanged(slotName(stem, next.transition - 1));",
      to: "    stem !== '';",
      start: "heartbeats before a slot goes",
      kinds: ["pulse", "late"],
    },
    {
      name: "the second slot of a hold stays as it is",
      from: "if (low <= last) chain.mark(low - 1);",
      to: "",
      start: "heartbeats before a slot goes",
      kinds: ["pulse", "late"],
    },
    {
      name: "another hold's slots are removed",
      from: "return state && isSameHold(state, next);",
      to: "return state && stem !== '';",
      start: "heartbeats before a slot goes",
      kinds: ["pulse", "retry"],
    },
    {
      name: "the highest is removed first",
      from: "for (let number = low; number <= last; number++) chain.remove(number);",
      to: "for (let number = last; number >= low; number--) chain.remove(number);",
      start: "heartbeats and a view that lags",
      kinds: ["pulse", "read"],
    },
    {
      name: "slots are removed before the view is replaced",
      from: "  else staged.replace(view);\n",
      to: "",
      also: {
        from: "      Math.max(1, fence),\n    );\n",
        to: "      Math.max(1, fence),\n    );\n    staged.replace(view);\n" +
          "    refreshView(files, stem, next);\n",
      },
      start: "one with the view of the grant",
      kinds: ["pulse", "read"],
    },
    {
      name: "the view's slot is looked for before those above it",
      from: "    const top = climb(files, stem, view);\n",
      to: "    const isShown = shownSlot(files, stem, view) !== undefined;\n" +
        "    const top = climb(files, stem, view);\n",
      also: {
        from: "if (shownSlot(files, stem, view) !== undefined) {",
        to: "if (isShown) {",
      },
      start: "heartbeats before a slot goes",
      kinds: ["pulse", "read"],
    },
    {
      name: "a slot that was followed upwards is not looked at again",
      from: 'if (last !== undefined && !files.isUnchanged(last)) return "moved";',
      to: "",
      start: "heartbeats and the view of the grant",
      kinds: ["pulse", "read"],
    },
    {
      name: "slots after the second are taken for all there are",
      from: 'if (next.transition > (newest?.transition ?? 1) + 1) return "trimmed";',
      to: "",
      start: "one with the view of the grant",
      kinds: ["pulse", "read"],
    },
    {
      name: "a listing is believed whatever became of the view",
      from: 'if (top === "moved" || !files.isUnchanged(slotName(stem, 1))) return undefined;',
      to: 'if (top === "moved") return undefined;',
      start: "one with the view of the grant",
      kinds: ["pulse", "read"],
    },
    {
      name: "a view that was set back is another tool's",
      from: "return { ...reached, isOwn: isOwn || isOld };",
      to: "return { ...reached, isOwn: isOwn && !isOld };",
      start: "one with a view that was set back",
      kinds: ["beat", "late"],
    },
  ];

for (const mutation of someOf("faults of trimming", MUTATIONS, 2)) {
  it(`the explorer finds this fault of trimming: ${mutation.name}`, async () => {
    const bench = new Bench(await mutatedClaims(TRIMMED_AT_ONCE, mutation));
    const { violation } = bench.explore(mutation.start, mutation.kinds);
    assert_(violation !== undefined, `nothing was found in ${show(bench.total)}`);
    console.log(`${mutation.name}: found ${violation.message.split("\n")[0]}`);
  });
}
