import * as chain from "../../../../src/adapters/fs/lane/mutex_chain.ts";
import { assert_, assertEquals, assertStringIncludes, it } from "../../../deps.ts";
import { type Explored, Explorer } from "../../../support/explore/explorer.ts";
import { mutated, type Mutation } from "../../../support/explore/mutants.ts";
import {
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
import { isLong, sized } from "../../../support/length.ts";
import { newSeed, type Random } from "../../../support/random.ts";

type Plan = Parameters<typeof mutexProcess>[2];

/** Who meets, and where. */
interface Scene<Ticket> {
  /** Names and who made them; `log` is what is replaced under the mutex. */
  readonly files: Readonly<Record<string, string>>;
  /** What each does; names that begin with `old` may be overtaken at any time. */
  readonly plans: Readonly<Record<string, Plan>>;
  /** Who holds from the begin. */
  readonly holders?: Readonly<Record<string, Ticket>>;
  /** Whether a listing misses what changes meanwhile. */
  readonly hazy?: boolean;
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
  const model = new MutexModel(scene.hazy ?? false);
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

const nothing: Scene<ChainTicket> = { files: { log: "start" }, plans: {} };
const held: Scene<ChainTicket> = {
  files: { "1": "old", log: "start" },
  holders: { old: { generation: 1, names: ["1"] } },
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
    hazy: true,
    plans: { a: FRESH, b: FRESH, c: FRESH },
  },
  "a late replacement and two stealers, by hazy listings": {
    ...held,
    hazy: true,
    plans: { old: ["replace", "release"], a: FRESH, b: REPLACING },
  },
  "one who slept through many holds, by hazy listings": {
    ...nothing,
    hazy: true,
    plans: { a: OFTEN, b: FRESH },
  },
  "a late release, two stealers and a fresh one": {
    ...held,
    plans: { old: ["release"], a: FRESH, b: FRESH, c: FRESH },
  },
};

/** Scenes of which each takes longer than all of the others. */
const HEAVY_SCENES: typeof SCENES = {
  "a late replacement, two stealers and a fresh one": {
    ...held,
    plans: { old: ["replace", "release"], a: FRESH, b: FRESH, c: REPLACING },
  },
  "a late renewal, two stealers and a fresh one": {
    ...held,
    plans: { old: ["renew", "work", "release"], a: FRESH, b: FRESH, c: FRESH },
  },
  "two who slept through many holds": {
    ...nothing,
    plans: { a: OFTEN, b: FRESH, c: FRESH },
  },
};

for (const [name, scene] of Object.entries(isLong() ? { ...SCENES, ...HEAVY_SCENES } : SCENES)) {
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

const MUTATIONS: readonly Mutation[] = [
  {
    name: "no look after the creation",
    from: "if (!isNewest(names, generation)) {",
    to: "if (generation < 0) {",
  },
  {
    name: "a hold is followed without asking",
    from: "if (newest > 0 && !isClean && !mayFollow(newest)) return",
    to: "if (newest < 0) return",
  },
  {
    name: "a release takes the file away",
    from: "if (!files.link(`${generation}`, `${generation}.free`)) return;",
    to: "files.remove(`${generation}`);",
  },
  {
    name: "a sweep takes the newest",
    from: "< generation - KEPT) files.remove(name);",
    to: "<= generation) files.remove(name);",
  },
  {
    name: "a sweep leaves nothing below the newest",
    from: "const KEPT = 2;",
    to: "const KEPT = 0;",
  },
  {
    name: "waiting replacements of older holds stay",
    from: "if (/^\\d+\\.next$/.test(name) && parseInt(name) < generation) files.remove(name);",
    to: "",
  },
  {
    name: "a file is replaced without a look",
    from: "if (isHeld(files, generation)) return files.moveOut(name, target);",
    to: "if (generation > 0) return files.moveOut(name, target);",
  },
  {
    name: "renewing takes no new number",
    from: "return begin(files, generation + 1);",
    to: "return isHeld(files, generation) ? files.list() : undefined;",
  },
];

for (const mutation of MUTATIONS) {
  it(`the explorer finds this fault of the mutex: ${mutation.name}`, async () => {
    const code = await mutated("src/adapters/fs/lane/mutex_chain.ts", mutation) as typeof chain;
    const sleepy = Object.entries(SCENES).filter(([name]) => /slept|hazy/.test(name));
    const scenes = mutation.name.startsWith("a sweep") ? sleepy : Object.entries(SCENES);
    for (const [name, scene] of scenes) {
      const { violation } = explore(() => chainProtocol(code), scene);
      if (violation === undefined) continue;
      console.log(`${mutation.name}: with ${name} ${violation.message}`);
      return;
    }
    throw new Error("nothing was found");
  });
}
