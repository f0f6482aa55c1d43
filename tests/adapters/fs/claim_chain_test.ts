import * as chain from "../../../src/adapters/fs/claim_chain.ts";
import type { ClaimRecord } from "../../../src/domain/claim.ts";
import { assert_, assertEquals, assertStringIncludes, it } from "../../deps.ts";
import {
  callsOf,
  ClaimProperties,
  END,
  granted,
  process,
  type Protocol,
  states,
  STEM,
  VIEW,
} from "../../support/claim_model.ts";
import { type Explored, Explorer, type Process } from "../../support/explorer.ts";
import { ModelFiles } from "../../support/model_files.ts";
import { mutated, type Mutation, notExclusive } from "../../support/mutants.ts";
import { isHeavy } from "../../support/processes.ts";
import { newSeed, type Random } from "../../support/random.ts";
import * as seed from "../../support/seed_protocol.ts";

/** The processes that may meet a task of which `A` holds the first claim, until second 10. */
function processesOf(protocol: Protocol) {
  const calls = callsOf(protocol);
  return {
    first: (i: number) => process(`first${i}`, calls.claim(`F${i}`, 11, true)),
    early: (i: number) => process(`early${i}`, calls.claim(`E${i}`, 5)),
    mid: (i: number) => process(`mid${i}`, calls.claim(`M${i}`, 11)),
    late: (i: number) => process(`late${i}`, calls.claim(`L${i}`, 20)),
    worker: (i: number): Process => ({
      name: `worker${i}`,
      next(outcomes) {
        if (outcomes.length === 0) return calls.claim(`W${i}`, 20);
        const fence = granted(outcomes);
        if (fence === undefined || outcomes.length > 1) return undefined;
        return calls.complete(`W${i}`, 21, fence);
      },
    }),
    done: (i: number) => process(`done${i}`, calls.complete("A", 5)),
    fail: (i: number) => process(`fail${i}`, calls.fail("A", 20)),
    beat: (i: number) => process(`beat${i}`, calls.beat("A", 5 + i / 10)),
    beats: (i: number) => process(`beats${i}`, calls.beat("A", 5), calls.complete("A", 6, 1)),
    give: (i: number) => process(`give${i}`, calls.giveBack("A", 6)),
    force: (i: number) => process(`force${i}`, calls.cancel(`X${i}`, 6, true)),
    cancel: (i: number) => process(`cancel${i}`, calls.cancel(`Y${i}`, 6, false)),
    mend: (i: number) => process(`mend${i}`, calls.mend),
    read: (i: number) => process(`read${i}`, calls.read, calls.read),
  } satisfies Record<string, (i: number) => Process>;
}

type Kind = keyof ReturnType<typeof processesOf>;

const KINDS = Object.keys(processesOf(chain)) as Kind[];
const EVERYDAY: readonly Kind[] = [
  "first",
  "mid",
  "worker",
  "done",
  "beat",
  "force",
  "mend",
  "read",
];
const EXTENDING: readonly Kind[] = ["beat", "beats", "give"];

const calls = callsOf(chain);
const [one, two, three, four] = states(
  calls.claim("A", 0),
  calls.beat("A", 2),
  calls.beat("A", 3),
  calls.complete("A", 4),
) as [ClaimRecord, ClaimRecord, ClaimRecord, ClaimRecord];
const [, done] = states(calls.claim("A", 0), calls.complete("A", 4)) as [ClaimRecord, ClaimRecord];
const [late2] = states(calls.claim("A", 0), calls.claim("B", 12)).slice(1) as [ClaimRecord];

/** Where it begins: the files, and whether they are such without a crash. */
const STARTS: Record<string, { files: Record<string, ClaimRecord>; whole: boolean }> = {
  "an untouched task": { files: {}, whole: true },
  "a claim": { files: { [VIEW]: one }, whole: true },
  "a second claim": { files: { [VIEW]: late2, [slot(2)]: late2 }, whole: true },
  "a claim with heartbeats": {
    files: { [VIEW]: three, [slot(2)]: two, [slot(3)]: three },
    whole: true,
  },
  "a view that lags": { files: { [VIEW]: one, [slot(2)]: two }, whole: false },
  "a terminal slot and no end": { files: { [VIEW]: one, [slot(2)]: done }, whole: false },
  "an end and a view that lags": {
    files: { [VIEW]: one, [slot(2)]: done, [END]: done },
    whole: false,
  },
  "a half swept task": {
    files: { [VIEW]: two, [slot(3)]: three, [slot(4)]: four, [END]: four },
    whole: false,
  },
  "a swept task and a view that lags": { files: { [VIEW]: two, [END]: four }, whole: false },
};

const HARD_STARTS = ["a claim with heartbeats", "a view that lags"];
const LARGE_STARTS = ["an untouched task", "a claim", ...HARD_STARTS];

function slot(transition: number): string {
  return `${STEM}.${transition}`;
}

/** A protocol with all that it takes to explore it. */
class Bench {
  readonly #model = new ModelFiles();
  readonly #explorer: Explorer;
  readonly #properties: ClaimProperties;
  readonly #processes = new Map<string, Process>();
  readonly total = { combinations: 0, states: 0, interleavings: 0, crashes: 0 };

  constructor(readonly protocol: Protocol, judged: "all" | "winners" = "all") {
    this.#explorer = new Explorer(this.#model);
    this.#properties = new ClaimProperties(this.#model, protocol, judged);
  }

  explore(start: string, kinds: readonly Kind[]): Explored {
    const [disk, whole] = this.#startAt(start);
    const processes = kinds.map((kind, index) => this.#process(kind, index));
    const explored = this.#explorer.explore(disk, processes, this.#properties.from(disk, whole));
    this.total.combinations++;
    this.total.states += explored.states;
    this.total.interleavings += explored.interleavings;
    this.total.crashes += explored.crashes;
    return explored;
  }

  /** Follows some orders of steps by chance; what went wrong first. */
  walk(start: string, kinds: readonly Kind[], rounds: number, random: Random): string | undefined {
    const [disk, whole] = this.#startAt(start);
    const processes = kinds.map((kind, index) => this.#process(kind, index));
    const violation = this.#explorer.walk(disk, processes, this.#properties.from(disk, whole), {
      rounds,
      random,
    });
    return violation && told(start, violation);
  }

  #startAt(start: string): [disk: number, whole: boolean] {
    const { files, whole } = STARTS[start] as {
      files: Record<string, ClaimRecord>;
      whole: boolean;
    };
    const disk = this.#model.disk(
      Object.entries(files).map(([name, state]) => [name, this.#model.numberOf(state)]),
    );
    return [disk, whole];
  }

  /** Explores combinations, of two first, until one goes wrong; the steps to that. */
  firstViolation(starts: readonly string[], kinds: readonly Kind[]): string | undefined {
    for (const size of [2, 3]) {
      for (const start of starts) {
        for (const some of combinations(kinds, size)) {
          if (some.filter((kind) => EXTENDING.includes(kind)).length > 1) continue;
          const { violation } = this.explore(start, some);
          if (violation !== undefined) return told(start, violation);
        }
      }
    }
    return undefined;
  }

  #process(kind: Kind, index: number): Process {
    let known = this.#processes.get(kind + index);
    if (known === undefined) {
      known = processesOf(this.protocol)[kind](index);
      this.#processes.set(kind + index, known);
    }
    return known;
  }
}

function told(start: string, violation: NonNullable<Explored["violation"]>): string {
  return `from ${start}: ${violation.message}\n  ${violation.trail.join("\n  ")}`;
}

/** All choices of `size` kinds, where one may be chosen again. */
function combinations(kinds: readonly Kind[], size: number): Kind[][] {
  if (size === 0) return [[]];
  return kinds.flatMap((kind, index) =>
    combinations(kinds.slice(index), size - 1).map((rest) => [kind, ...rest])
  );
}

function show({ combinations, states, interleavings, crashes }: Bench["total"]): string {
  return `${combinations} combinations, ${states} states, ` +
    `${interleavings.toPrecision(3)} interleavings, ${crashes} states after a crash`;
}

/** Which combinations fit into the time: the files have most states where claims are extended. */
function fits(start: string, kinds: readonly Kind[]): boolean {
  const extending = kinds.filter((kind) => EXTENDING.includes(kind)).length;
  if (isHeavy()) return extending < 2 || extending === 2 && !kinds.includes("beats");
  const working = kinds.includes("worker");
  if (start === "a claim" && working && kinds.includes("read")) return false;
  return extending < 2 && !(working && (extending > 0 || HARD_STARTS.includes(start)));
}

for (const start of Object.keys(STARTS)) {
  const [some, size] = isHeavy()
    ? [KINDS, 3]
    : LARGE_STARTS.includes(start)
    ? [KINDS, 2]
    : [EVERYDAY, 3];
  it(`transition() is linearizable from ${start} in all interleavings and crashes of ${size}`, () => {
    const bench = new Bench(chain);
    for (const kinds of combinations(some, size)) {
      if (!fits(start, kinds)) continue;
      const { violation } = bench.explore(start, kinds);
      assertEquals(violation && told(start, violation), undefined);
    }
    console.log(`from ${start}: ${show(bench.total)}`);
  });
}

it("transition() is linearizable when heartbeats, completions and new claims meet", () => {
  const bench = new Bench(chain);
  const some: Kind[][] = [
    ["beat", "beat", "done"],
    ["worker", "beat", "mend"],
    ["worker", "force", "read"],
  ];
  for (const kinds of some) {
    const { violation } = bench.explore("a claim", kinds);
    assertEquals(violation && told("a claim", violation), undefined);
  }
  console.log(`heartbeats: ${show(bench.total)}`);
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
      assertEquals(bench.walk(start, kinds, isHeavy() ? 20_000 : 100, random), undefined);
    }
  });
}

if (isHeavy()) {
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
        assertEquals(violation && told(start, violation), undefined);
      }
      console.log(`${kinds.join(", ")}: ${show(bench.total)}`);
    });
  }
}

it("the explorer finds two winners in the seed's protocol", () => {
  const { violation } = new Bench(seed, "winners").explore("a claim", ["mid", "mid"]);
  assert_(violation !== undefined, "nothing was found");
  console.log(told("a claim", violation));
  assertStringIncludes(violation.message, "two winners: attempt 2 was granted to mid0 and to mid1");
});

it("the explorer finds that create() of some file system is not exclusive", () => {
  const { violation } = new Bench(notExclusive(chain), "winners").explore("an untouched task", [
    "early",
    "early",
  ]);
  assertStringIncludes(violation?.message ?? "", "two winners: attempt 1 was granted");
});

const MUTATIONS: readonly Mutation[] = [
  {
    name: "no look for the end after a slot was taken",
    from: "    if (!files.exists(end)) {",
    to: "    if (stem !== '') {",
  },
  {
    name: "the end looked for first",
    from: "  let state = files.read(slotName(stem, 1));",
    to: `  const over = files.read(endName(stem));
  if (over !== undefined) return over;
  let state = files.read(slotName(stem, 1));`,
    also: { from: "return files.read(endName(stem)) ?? state;", to: "return state;" },
  },
  {
    name: "an end that others made is not one's own",
    from: "if (staged.create(end) || isSame(files.read(end), next)) {",
    to: "if (staged.create(end)) {",
  },
  {
    name: "an end that others made is one's own",
    from: "if (staged.create(end) || isSame(files.read(end), next)) {",
    to: "if (staged.create(end) || stem !== '') {",
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
    from: "if (staged.create(end) || isSame(files.read(end), next)) {",
    to: "sweep(files, stem, next.transition);\n      " +
      "if (staged.create(end) || isSame(files.read(end), next)) {",
  },
  {
    name: "mend() sweeps without making the end",
    from: "if (!files.exists(endName(stem))) {",
    to: "if (stem === '') {",
  },
  {
    name: "mend() leaves the view",
    from: "if (view !== undefined && !isSame(view, head))",
    to: "if (view === undefined)",
  },
  {
    name: "one slot is never swept",
    from: "for (let n = 2; n <= last; n++)",
    to: "for (let n = 2; n < last; n++)",
  },
  {
    name: "the view is not looked at again",
    from: "refreshView(files, stem, next.transition);",
    to: "",
  },
  {
    name: "the newest state is not looked for again after a lost slot",
    from: "    current = readHead(files, stem);\n    newest = true;\n  }",
    to: "    newest = true;\n  }",
  },
];

for (const mutation of MUTATIONS) {
  it(`the explorer finds this fault: ${mutation.name}`, async () => {
    const bench = new Bench(await mutated("src/adapters/fs/claim_chain.ts", mutation) as Protocol);
    const found = bench.firstViolation(Object.keys(STARTS), EVERYDAY);
    assert_(found !== undefined, `nothing was found in ${show(bench.total)}`);
    console.log(`${mutation.name}: found ${found.split("\n")[0]}`);
  });
}
