import * as chain from "../../../../src/adapters/fs/task/claim_chain.ts";
import { assert_, assertEquals, assertStringIncludes, it } from "../../../deps.ts";
import {
  Bench,
  combinations,
  described,
  EVERYDAY,
  EXTENDING,
  HARD_STARTS,
  type Kind,
  KINDS,
  LARGE_STARTS,
  REVIVED_STARTS,
  show,
  STARTS,
} from "../../../support/explore/claim_bench.ts";
import { mutatedClaims, type Mutation, notExclusive } from "../../../support/explore/mutants.ts";
import { isHeavy, isLong, sized } from "../../../support/length.ts";
import { newSeed, sample, someOf } from "../../../support/random.ts";
import * as seed from "../../../support/explore/seed_protocol.ts";

/** Which combinations fit into the time: the files have most states where claims are extended. */
function fits(start: string, kinds: readonly Kind[]): boolean {
  const extending = kinds.filter((kind) => EXTENDING.includes(kind)).length;
  if (isLong()) return extending < 2 || extending === 2 && !kinds.includes("beats");
  const working = kinds.includes("worker");
  if (start === "a claim" && working && kinds.includes("read")) return false;
  return extending < 2 && !(working && (extending > 0 || HARD_STARTS.includes(start)));
}

for (const start of Object.keys(STARTS)) {
  const [some, size] = isLong() || isHeavy() && !LARGE_STARTS.includes(start)
    ? [KINDS, 3]
    : LARGE_STARTS.includes(start)
    ? [KINDS, 2]
    : [EVERYDAY, 3];
  it(`transition() is linearizable from ${start} in all interleavings and crashes of ${size}`, () => {
    const bench = new Bench(chain);
    const random = newSeed(`from ${start}`);
    for (const kinds of sample(combinations(some, size), sized(0.1, 1, 1), random)) {
      if (!fits(start, kinds)) continue;
      const { violation } = bench.explore(start, kinds);
      assertEquals(violation && described(start, violation), undefined);
    }
    console.log(`from ${start}: ${show(bench.total)}`);
  });
}

it("transition() is linearizable when priorities are changed beside claims and ends", () => {
  const bench = new Bench(chain);
  const some: [string, Kind[]][] = [
    ["an untouched task", ["first", "aim", "aim"]],
    ["an untouched task", ["cancel", "aim", "read"]],
    ["a claim", ["mid", "aim", "done"]],
    ["a claim", ["aim", "beat", "mend"]],
    ["a view that lags", ["aim", "aim", "force"]],
  ];
  for (const [start, kinds] of isHeavy() ? some : sample(some, 0.4, newSeed("priorities"))) {
    const { violation } = bench.explore(start, kinds);
    assertEquals(violation && described(start, violation), undefined);
  }
});

it("transition() is linearizable when heartbeats, completions and new claims meet", () => {
  const bench = new Bench(chain);
  const some: Kind[][] = [
    ["worker", "force", "read"],
    ["beat", "beat", "done"],
    ["worker", "beat", "mend"],
  ];
  const random = newSeed("heartbeats");
  const whole = isLong() ? some : isHeavy() ? sample(some, 1 / 3, random) : [];
  for (const kinds of some) {
    const violation = whole.includes(kinds)
      ? bench.explore("a claim", kinds).violation
      : bench.walk("a claim", kinds, sized(200, 2_000, 2_000), random);
    assertEquals(violation, undefined);
  }
  console.log(`heartbeats: ${show(bench.total)}`);
});

it("transition() is linearizable when an attempt fails, is reported twice and is claimed again", () => {
  const bench = new Bench(chain);
  const some: Kind[][] = [["retry", "done", "late"], ["retry", "retry", "mid"]];
  const many: Kind[][] = [["retry", "worker", "force"], ["retry", "beat", "late"]];
  some.push(...isLong() ? many : isHeavy() ? sample(many, 1 / 2, newSeed("retries")) : []);
  for (const kinds of some) {
    const { violation } = bench.explore("a claim", kinds);
    assertEquals(violation && described("a claim", violation), undefined);
  }
  console.log(`retries: ${show(bench.total)}`);
});

/** Those that move a task while its files are listed and read. */
const MOVING: readonly Kind[][] = [["done"], ["beat"], ["worker"], ["force", "mend"], ["beats"]];

it("readHead() with a listing is as new as that listing, in all interleavings and crashes", () => {
  const bench = new Bench(chain);
  for (const start of Object.keys(STARTS)) {
    for (const kinds of MOVING) {
      const { violation } = bench.explore(start, ["listed", ...kinds]);
      assertEquals(violation && described(start, violation), undefined);
    }
  }
  console.log(`with a listing: ${show(bench.total)}`);
});

/** Those that take too many orders of steps to follow all of them. */
const CROWDS: readonly (readonly Kind[])[] = [
  ["beat", "beats", "done"],
  ["beats", "give", "mid"],
  ["worker", "beats", "late", "mend"],
  ["beat", "give", "force", "read"],
  ["worker", "worker", "beats", "force", "mend"],
];

for (const kinds of CROWDS) {
  it(`transition() is linearizable when ${kinds.join(", ")} meet by chance`, () => {
    const random = newSeed(kinds.join(", "));
    const bench = new Bench(chain);
    for (const start of Object.keys(STARTS)) {
      assertEquals(bench.walk(start, kinds, sized(30, 2_000, 20_000), random), undefined);
    }
  });
}

/** Processes that meet where a task is revived. */
const REVIVING: readonly Kind[][] = [
  ["revive", "revive"],
  ["revive", "mend"],
  ["revive", "archive"],
  ["revive", "late"],
  ["revive", "read"],
  ["revive", "listed"],
  ["revive", "force"],
  ["worker", "mend"],
  ["archive", "late"],
  ["archive", "force"],
  ["listed", "force"],
];
/** The same, from before the end on: an old holder sleeps over it. */
const SLEEPING: readonly Kind[][] = [
  ["fail", "revive"],
  ["done", "revive"],
  ["force", "revive"],
  ["retry", "revive"],
];
const REVIVING_THREES: readonly Kind[][] = [
  ["revive", "revive", "late"],
  ["revive", "archive", "late"],
  ["revive", "force", "mend"],
  ["archive", "archive", "revive"],
];
const SLEEPING_THREES: readonly Kind[][] = [
  ["force", "revive", "done"],
  ["done", "revive", "fail"],
  ["fail", "fail", "revive"],
  ["force", "revive", "archive"],
];

it("a revival is a transition like any other, in all interleavings and crashes", () => {
  const bench = new Bench(chain);
  const from = (starts: readonly string[], all: readonly Kind[][]) => {
    for (const start of starts) {
      for (const kinds of all) {
        const { violation } = bench.explore(start, kinds);
        assertEquals(violation && described(start, violation), undefined);
      }
    }
  };
  const random = newSeed("revivals");
  from(Object.keys(REVIVED_STARTS), sample(REVIVING, sized(0.25, 1, 1), random));
  from(Object.keys(STARTS), sample(SLEEPING, sized(0.25, 1, 1), random));
  if (isHeavy()) {
    // Those whose view lags take too many orders of steps; they are walked below.
    from(["a failed task", "a task that was cancelled at once"], REVIVING_THREES);
  }
  console.log(`revivals: ${show(bench.total)}`);
});

/** Those that take too many orders of steps; an old holder sleeps over an end and its revival. */
const OVERSLEPT: readonly (readonly Kind[])[] = [
  ...REVIVING_THREES,
  ...SLEEPING_THREES,
  ["force", "revive", "done", "late"],
  ["beats", "force", "revive", "worker"],
  ["fail", "revive", "archive", "late", "mend"],
  ["done", "force", "revive", "revive", "force"],
];

for (const kinds of OVERSLEPT) {
  it(`a revival is a transition like any other when ${kinds.join(", ")} meet by chance`, () => {
    const random = newSeed(`revival: ${kinds.join(", ")}`);
    const bench = new Bench(chain);
    const starts = ["a claim", "a claim with heartbeats", ...Object.keys(REVIVED_STARTS)];
    for (const start of sample(starts, sized(0.4, 1, 1), random)) {
      assertEquals(bench.walk(start, kinds, sized(20, 500, 20_000), random), undefined);
    }
  });
}

if (isLong()) {
  const FOURS: readonly Kind[][] = [
    ["early", "early", "mid", "late"],
    ["mid", "late", "done", "force"],
    ["mid", "mid", "mid", "done"],
    ["mid", "mid", "mid", "mid"],
    ["late", "done", "force", "mend"],
    ["mid", "done", "mend", "mend"],
    ["done", "done", "force", "read"],
    ["mid", "done", "fail", "mend"],
    ["mid", "force", "mend", "read"],
  ];
  for (const kinds of FOURS) {
    it(`transition() is linearizable when ${kinds.join(", ")} meet`, () => {
      const bench = new Bench(chain);
      for (const start of Object.keys(STARTS)) {
        const { violation } = bench.explore(start, kinds);
        assertEquals(violation && described(start, violation), undefined);
      }
      console.log(`${kinds.join(", ")}: ${show(bench.total)}`);
    });
  }
}

it("the explorer finds two winners in the seed's protocol", () => {
  const { violation } = new Bench(seed, "winners").explore("a claim", ["mid", "mid"]);
  assert_(violation !== undefined, "nothing was found");
  console.log(described("a claim", violation));
  assertStringIncludes(violation.message, "two winners: attempt 2 was granted to mid0 and to mid1");
});

it("the explorer finds that create() of some file system is not exclusive", () => {
  const { violation } = new Bench(notExclusive(chain), "winners").explore("an untouched task", [
    "early",
    "early",
  ]);
  assertStringIncludes(violation?.message ?? "", "two winners: attempt 1 was granted");
});

const MADE = "const isMade = !isLate && staged.create(end);";
const NOT_MADE = "if (!isMade && !isSame(files.read(end), next)) {";

const MUTATIONS: readonly Mutation[] = [
  {
    name: "no look for the end after a slot was taken",
    from:
      "if (!isFree && !(transition > 1 && files.read(end) && files.isBroken(end))) return undefined;",
    to: "",
  },
  {
    name: "the end looked for first",
    from: "  while (true) {\n    const name = slotName(stem, (newest",
    to: "  while (true) {\n    const end = files.read(endName(stem, newest?.revived_after));\n" +
      "    const name = slotName(stem, (newest",
    also: {
      from: "    const end = files.read(endName(stem, after));\n    const isTorn",
      to: "    const isTorn",
    },
  },
  {
    name: "an end that others made is not one's own",
    from: NOT_MADE,
    to: "if (!isMade) {",
  },
  {
    name: "an end that others made is one's own",
    from: NOT_MADE,
    to: "if (stem === '') {",
  },
  {
    name: "a decision on the view alone",
    from: "} else if (newest) {",
    to: "} else if (stem !== '') {",
  },
  {
    name: "a swept slot that was taken stays",
    from: "if (next.transition > 1) files.remove(slot);",
    to: "",
  },
  {
    name: "sweeping before the end is made",
    from: MADE,
    to: "sweep(files, stem, next);\n  " + MADE,
  },
  {
    name: "mend() sweeps without making the end",
    from: "if (!isSame(files.read(end), head)) {",
    to: "if (stem === '') {",
  },
  {
    name: "mend() leaves the view",
    from: "if (!isSame(view, head)) {",
    to: "if (view === undefined) {",
  },
  {
    name: "one slot is never swept",
    from: "for (let n = first; n <= transition; n++)",
    to: "for (let n = first; n < transition; n++)",
  },
  {
    name: "the view is not looked at again",
    from: "refreshView(files, stem, next);\n  if (!isUnaccounted) {",
    to: "if (!isUnaccounted) {",
  },
  {
    name: "the newest state is not looked for again after a lost slot",
    from: "    current = settled(files, stem);\n    newest = true;\n  }",
    to: "    newest = true;\n  }",
  },
];

const LISTING_MUTATIONS: readonly Mutation[] = [
  {
    name: "slots above the view are not looked for",
    from: "if (listed.slots.some((slot) => slot > shown)) return undefined;",
    to: "",
  },
  {
    name: "no end but one that was listed is looked for",
    from: "const state = listed && readListed(files, stem, listed) || look(files, stem).state;",
    to: "const state = listed ? readListed(files, stem, listed) : look(files, stem).state;",
  },
];

for (const mutation of LISTING_MUTATIONS) {
  it(`the explorer finds this fault in a listing: ${mutation.name}`, async () => {
    const bench = new Bench(await mutatedClaims(mutation));
    const found = Object.keys(STARTS).flatMap((start) =>
      MOVING.flatMap((kinds) => bench.explore(start, ["listed", ...kinds]).violation ?? [])
    );
    assert_(found[0] !== undefined, `nothing was found in ${show(bench.total)}`);
    console.log(`${mutation.name}: found ${found[0].message.split("\n")[0]}`);
  });
}

const REVIVAL_MUTATIONS: readonly Mutation[] = [
  {
    name: "the slot of a revival is swept",
    from: "const first = revived_after === undefined ? 2 : revived_after + 2;",
    to: "const first = 2;",
  },
  {
    name: "a revival that was ended at once counts for nothing",
    from: "const isFree = isRevival(next) || !files.exists(end);",
    to: "const isFree = !files.exists(end);",
  },
  {
    name: "a task is revived that has no end yet",
    from: "  mend(files, stem);\n  const end = endOf(state);",
    to: "  const end = endOf(state);\n  if (!files.exists(end)) return true;",
  },
  {
    name: "an end is archived that was followed",
    from: "return there !== undefined && isTerminal(there);",
    to: "return there !== undefined;",
  },
  {
    name: "an end that was archived is followed",
    from: "  return next === undefined || !isTerminal(next);\n}",
    to:
      "  if (next !== undefined && isTerminal(next)) files.remove(slotName(stem, state.transition + 1));\n" +
      "  return true;\n}",
  },
  {
    name: "an end sets the view back, and it stays so",
    from: "sweep(files, stem, next);\n    refreshView(files, stem, next);",
    to: "sweep(files, stem, next);",
  },
  {
    name: "a listing with an end needs no look for a revival",
    from: "if (listed.slots.length > 0) return undefined;\n    const end",
    to: "const end",
  },
];

for (const mutation of someOf("faults of revivals", REVIVAL_MUTATIONS, 3)) {
  it(`the explorer finds this fault of revivals: ${mutation.name}`, async () => {
    const bench = new Bench(await mutatedClaims(mutation));
    const found = bench.firstOf(Object.keys(REVIVED_STARTS), REVIVING) ??
      bench.firstOf(["a claim"], SLEEPING) ??
      bench.firstOf(["a claim"], SLEEPING_THREES);
    assert_(found !== undefined, `nothing was found in ${show(bench.total)}`);
    console.log(`${mutation.name}: found ${found.split("\n")[0]}`);
  });
}

for (const mutation of someOf("faults of claims", MUTATIONS, 3)) {
  it(`the explorer finds this fault: ${mutation.name}`, async () => {
    const bench = new Bench(await mutatedClaims(mutation));
    const found = bench.firstViolation(Object.keys(STARTS), EVERYDAY);
    assert_(found !== undefined, `nothing was found in ${show(bench.total)}`);
    console.log(`${mutation.name}: found ${found.split("\n")[0]}`);
  });
}
