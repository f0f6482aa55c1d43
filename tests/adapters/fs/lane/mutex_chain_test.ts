import * as chain from "../../../../src/adapters/fs/lane/mutex_chain.ts";
import { assert_, assertEquals, assertStringIncludes, it } from "../../../deps.ts";
import { type Explored, Explorer } from "../../../support/explore/explorer.ts";
import { mutated, type Mutation } from "../../../support/explore/mutants.ts";
import {
  CUT,
  HAZY,
  type Listing,
  type Machine,
  MutexModel,
  mutexProcess,
  MutexProperties,
  type MutexProtocol,
  type MutexStep,
} from "../../../support/explore/mutex_model.ts";
import {
  chainProtocol,
  type ChainTicket,
  enterByName,
  removeAndCreate,
  renameAway,
} from "../../../support/explore/mutex_protocols.ts";
import { isHeavy, sized } from "../../../support/length.ts";
import { newSeed, type Random, someOf } from "../../../support/random.ts";

type Plan = Parameters<typeof mutexProcess>[2];

/** Who meets, and where. */
interface Scene<Ticket> {
  /** Names and who made them; `log` is what is replaced under the mutex. */
  readonly files: Readonly<Record<string, string>>;
  /** What each does; names that begin with `old` may be overtaken at any time. */
  readonly plans: Readonly<Record<string, Plan>>;
  /** Who holds from the begin. */
  readonly holders?: Readonly<Record<string, Ticket>>;
  /** What a listing shows that does not end at once. */
  readonly listing?: Listing;
}

const mayFollow = (by: string) => by.startsWith("old");

function explore<Ticket>(
  protocolOf: (by: string) => MutexProtocol<Ticket>,
  scene: Scene<Ticket>,
  judged: "all" | "grants" = "all",
): Explored {
  const { explorer, disk, processes, properties } = prepare(protocolOf, scene, judged);
  return explorer.explore(disk, processes, properties);
}

/** Follows some orders of steps by chance; what went wrong first. */
function walk(scene: Scene<ChainTicket>, rounds: number, random: Random) {
  const { explorer, disk, processes, properties } = prepare(ours, scene, "all");
  return explorer.walk(disk, processes, properties, { rounds, random });
}

function prepare<Ticket>(
  protocolOf: (by: string) => MutexProtocol<Ticket>,
  scene: Scene<Ticket>,
  judged: "all" | "grants",
) {
  const model = new MutexModel(scene.listing);
  const explorer = new Explorer<(by: string) => Machine, MutexStep>(model);
  const holders = new Map(Object.entries(scene.holders ?? {}));
  const processes = Object.entries(scene.plans).map(([by, plan]) =>
    mutexProcess(protocolOf(by), by, plan, mayFollow, holders.get(by))
  );
  return {
    explorer,
    disk: model.disk(Object.entries(scene.files)),
    processes,
    properties: new MutexProperties(model, protocolOf("any"), mayFollow, holders, judged),
  };
}

const ours = () => chainProtocol(chain);

function described({ message, trail }: NonNullable<Explored["violation"]>): string {
  return `${message}\n  ${trail.join("\n  ")}`;
}

const FRESH: Plan = ["acquire", "work", "release"];
const REPLACING: Plan = ["acquire", "replace", "release"];
const OFTEN: Plan = ["cycle", "cycle", "acquire", "work"];

/** What the holder of a number knows that saw no others when it began. */
const ticketOf = (generation: number) => ({ generation, seen: { generation, names: [] } });

const nothing: Scene<ChainTicket> = { files: { log: "start" }, plans: {} };
const held: Scene<ChainTicket> = {
  files: { "1": "old", log: "start" },
  holders: { old: ticketOf(1) },
  plans: {},
};

const overtaken: Scene<ChainTicket> = {
  files: { "1": "old", "2": "b", log: "start" },
  holders: { old: ticketOf(1), b: { generation: 2, seen: { generation: 2, names: ["1", "2"] } } },
  plans: {},
};

const SCENES: Readonly<Record<string, Scene<ChainTicket>>> = {
  "three who find nothing": { ...nothing, plans: { a: FRESH, b: FRESH, c: REPLACING } },
  "one who slept through many holds": { ...nothing, plans: { a: OFTEN, b: FRESH } },
  "a late release and two stealers": {
    ...held,
    plans: { old: ["release"], a: FRESH, b: REPLACING },
  },
  "a late replacement and two stealers": {
    ...held,
    plans: { old: ["replace", "release"], a: FRESH, b: REPLACING },
  },
  "a late renewal and a stealer": {
    ...held,
    plans: { old: ["renew", "replace", "release"], a: FRESH, oldToo: ["acquire"] },
  },
  "a late renewal while one holds often": {
    ...held,
    plans: { old: ["renew", "work"], a: ["cycle", "cycle", "acquire"] },
  },
  "one who is stopped in a listing": {
    ...nothing,
    listing: HAZY,
    plans: { a: ["cycle", "acquire"], b: ["acquire", "work"] },
  },
  "a late look that is stopped": {
    ...overtaken,
    listing: CUT,
    plans: { old: ["work"], b: ["release"], a: ["cycle", "cycle"] },
  },
  "a late renewal that is stopped": {
    ...overtaken,
    listing: HAZY,
    plans: { old: ["renew"], b: ["release"], a: ["cycle", "acquire"] },
  },
};

/** Scenes of which each takes longer than all of the others. */
const HEAVY_SCENES: typeof SCENES = {
  "a late renewal and two stealers": {
    ...held,
    plans: { old: ["renew", "replace", "release"], a: FRESH, b: REPLACING },
  },
  "a stealer who sleeps as well": {
    ...held,
    plans: { old: ["replace"], oldToo: REPLACING, a: FRESH },
  },
  "three who find nothing, by hazy listings": {
    ...nothing,
    listing: HAZY,
    plans: { a: FRESH, b: FRESH, c: FRESH },
  },
  "a late replacement and two stealers, by hazy listings": {
    ...held,
    listing: HAZY,
    plans: { old: ["replace", "release"], a: FRESH, b: REPLACING },
  },
  "one who slept through many holds, by hazy listings": {
    ...nothing,
    listing: HAZY,
    plans: { a: OFTEN, b: FRESH },
  },
  "two of whom one is stopped in a listing": {
    ...overtaken,
    listing: CUT,
    plans: { b: ["release"], a: ["cycle", "acquire"], c: ["acquire"] },
  },
  "a late release, two stealers and a fresh one": {
    ...held,
    plans: { old: ["release"], a: FRESH, b: FRESH, c: FRESH },
  },
};

for (const [name, scene] of Object.entries(isHeavy() ? { ...SCENES, ...HEAVY_SCENES } : SCENES)) {
  it(`the mutex has one holder in all interleavings and crashes of ${name}`, () => {
    const { states, interleavings, crashes, violation } = explore(ours, scene);
    assertEquals(violation && described(violation), undefined);
    const shown = interleavings.toPrecision(3);
    console.log(`${name}: ${states} states, ${shown} interleavings, ${crashes} after a crash`);
  });
}

/** Those that take too many orders of steps to follow all of them. */
const CROWDS: typeof SCENES = {
  "five who find nothing": {
    ...nothing,
    plans: { a: OFTEN, b: OFTEN, c: REPLACING, d: FRESH, e: FRESH },
  },
  "a late holder and four others": {
    ...held,
    plans: {
      old: ["renew", "replace", "release"],
      oldToo: REPLACING,
      a: OFTEN,
      b: FRESH,
      c: FRESH,
    },
  },
  "a late replacement, two stealers and a fresh one": {
    ...held,
    plans: { old: ["replace", "release"], a: FRESH, b: FRESH, c: REPLACING },
  },
  "a late renewal, two stealers and a fresh one": {
    ...held,
    plans: { old: ["renew", "work", "release"], a: FRESH, b: FRESH, c: FRESH },
  },
  "three of whom one holds often, by hazy listings": {
    ...nothing,
    listing: HAZY,
    plans: { a: OFTEN, b: FRESH, c: FRESH },
  },
};

for (const [name, scene] of Object.entries(CROWDS)) {
  it(`the mutex has one holder when ${name} meet by chance`, () => {
    const random = newSeed(name);
    const violation = walk(scene, sized(300, 20_000, 200_000), random);
    assertEquals(violation && described(violation), undefined);
  });
}

const stale: Scene<string> = {
  files: { lock: "old", log: "start" },
  plans: { a: FRESH, b: FRESH, c: FRESH },
};

it("the explorer finds two holders when a stale lock is renamed away and back", () => {
  const { violation } = explore(renameAway, stale, "grants");
  assert_(violation !== undefined, "nothing was found");
  console.log(described(violation));
  assertStringIncludes(violation.message, "two inside");
  assertStringIncludes(violation.trail.join("\n"), "rename away.b to lock -> true");
});

it("the explorer finds two holders when a stale lock is removed and made again", () => {
  const { violation } = explore(removeAndCreate, stale, "grants");
  assertStringIncludes(violation?.message ?? "", "two inside");
});

it("the explorer finds two holders when one name is taken for one process", () => {
  const scene: Scene<string> = { files: { log: "start" }, plans: { a1: FRESH, a2: FRESH } };
  const { violation } = explore(enterByName, scene, "grants");
  assertStringIncludes(violation?.message ?? "", "two inside: a1 and a2");
});

it("the explorer finds two holders where create() is not exclusive", () => {
  const loose = (files: Machine): Machine => ({
    ...files,
    create(name) {
      if (files.list().includes(name)) return false;
      files.put(name);
      return true;
    },
  });
  const protocol: MutexProtocol<ChainTicket> = {
    ...ours(),
    acquire: (files, mayFollow) => ours().acquire(loose(files), mayFollow),
  };
  const { violation } = explore(() => protocol, { ...nothing, plans: { a: FRESH, b: FRESH } });
  assertStringIncludes(violation?.message ?? "", "two inside");
});

it("the explorer finds a late replacement when the file is staged after the look", () => {
  const protocol: MutexProtocol<ChainTicket> = {
    ...ours(),
    replace(files, { generation }) {
      if (!chain.isHeld(files, generation)) return false;
      files.put(chain.nextName(generation));
      return files.moveOut(chain.nextName(generation), "log");
    },
  };
  const scene = SCENES["a late replacement and two stealers"] as Scene<ChainTicket>;
  const { violation } = explore(() => protocol, scene);
  assert_(violation !== undefined, "nothing was found");
});

/** Faults, and the scene that shows each. */
const MUTATIONS: readonly (Mutation & { readonly scene: string })[] = [
  {
    name: "an attempt is announced after its look",
    scene: "three who find nothing",
    from: "  files.stage();\n  const names = files.list();",
    to: "  const names = files.list();\n  files.stage();",
  },
  {
    name: "a hold is followed without asking",
    scene: "three who find nothing",
    from: "if (!hasEnded && !mayFollow(newest)) return",
    to: "if (newest < 0) return",
  },
  {
    name: "a release takes the file away",
    scene: "three who find nothing",
    from: "if (!files.link(`${generation}`, freeName(generation))) return false;",
    to: "files.remove(`${generation}`);",
  },
  {
    name: "a sweep takes the newest",
    scene: "one who is stopped in a listing",
    from: "number(name) < seen.generation)",
    to: "number(name) <= seen.generation)",
  },
  {
    name: "a sweep leaves what others have staged",
    scene: "one who slept through many holds",
    from: "for (const name of others) files.remove(name);\n",
    to: "",
  },
  {
    name: "a sweep removes what others have staged at its end",
    scene: "one who slept through many holds",
    from: "for (const name of others) files.remove(name);\n",
    to: "",
    also: {
      from: "number(a) - number(b))) files.remove(name);\n",
      to:
        "number(a) - number(b))) files.remove(name);\nfor (const name of others) files.remove(name);\n",
    },
  },
  {
    name: "a sweep begins with the highest",
    scene: "a late replacement and two stealers",
    from: "number(a) - number(b)",
    to: "number(b) - number(a)",
  },
  {
    name: "a look takes the names in the other order",
    scene: "a late replacement and two stealers",
    from: "return !files.has(`${generation + 1}`) && files.has(`${generation}`);",
    to: "return files.has(`${generation}`) && !files.has(`${generation + 1}`);",
  },
  {
    name: "a look takes the next name alone",
    scene: "a late replacement and two stealers",
    from: "return !files.has(`${generation + 1}`) && files.has(`${generation}`);",
    to: "return !files.has(`${generation + 1}`);",
  },
  {
    name: "a look takes a listing",
    scene: "a late look that is stopped",
    from: "return !files.has(`${generation + 1}`) && files.has(`${generation}`);",
    to: "const names = files.list();\n" +
      "return newestOf(names) <= generation && names.includes(`${generation}`);",
  },
  {
    name: "waiting replacements of older holds stay",
    scene: "a late replacement and two stealers",
    from: "if (/^\\d+\\.next$/.test(name) && parseInt(name) < generation) files.remove(name);",
    to: "",
  },
  {
    name: "a file is replaced without a look",
    scene: "a late replacement and two stealers",
    from: "if (isHeld(files, generation)) return files.moveOut(name, target);",
    to: "if (generation > 0) return files.moveOut(name, target);",
  },
  {
    name: "renewing takes no new number",
    scene: "a late renewal and a stealer",
    from: "if (files.create(`${generation + 1}`)) return true;",
    to: "return true;",
  },
  {
    name: "renewing takes a new number without a look",
    scene: "a late renewal and a stealer",
    from: "for (files.stage(); isHeld(files, generation); files.stage()) {",
    to: "for (files.stage(); generation > 0; files.stage()) {",
    also: {
      from: "return true;\n  }\n  return false;",
      to: "return true;\n  return false; }\n  return false;",
    },
  },
  {
    name: "renewing is announced after its look",
    scene: "a late renewal while one holds often",
    from: "for (files.stage(); isHeld(files, generation); files.stage()) {",
    to: "for (; isHeld(files, generation);) { files.stage();",
  },
];

for (const mutation of someOf("faults of the mutex", MUTATIONS, 3)) {
  it(`the explorer finds this fault of the mutex: ${mutation.name}`, async () => {
    const code = await mutated("src/adapters/fs/lane/mutex_chain.ts", mutation) as typeof chain;
    const scene = SCENES[mutation.scene] as Scene<ChainTicket>;
    const { violation } = explore(() => chainProtocol(code), scene);
    assert_(violation !== undefined, "nothing was found");
    console.log(`${mutation.name}: with ${mutation.scene} ${violation.message}`);
  });
}
