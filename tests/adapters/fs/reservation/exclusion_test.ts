import { assert_, assertEquals, it } from "../../../deps.ts";
import type { Explored } from "../../../support/explore/explorer.ts";
import {
  type Actor,
  described,
  ExclusionExplorer,
  type Protocol,
  REAL,
  STARTS,
} from "../../../support/explore/exclusion_model.ts";
import { sized } from "../../../support/length.ts";
import { newSeed, someOf } from "../../../support/random.ts";
import { mutated, mutatedTogether } from "../../../support/explore/mutants.ts";

const MEETINGS: readonly (readonly Actor[])[] = [["R", "L"], ["R", "M"], ["L", "L"], ["R", "R"]];
const BEATS: readonly (readonly Actor[])[] = [["B"], ["B", "R"], ["B", "L"]];
const CROWDS: readonly (readonly Actor[])[] = [["R", "R", "L"], ["R", "L", "L"]];

for (const [start, { files }] of Object.entries(STARTS)) {
  it(`a reservation and a lane keep each other out from ${start}, in all interleavings and crashes`, () => {
    const explorer = new ExclusionExplorer(REAL);
    for (const actors of "lanes/log" in files ? [...MEETINGS, ...BEATS] : MEETINGS) {
      const violation = explorer.explore(start, actors);
      assertEquals(violation && described(violation), undefined);
    }
  });
}

for (const actors of CROWDS) {
  it(`one of ${actors.join(", ")} gets what all want, also when some of them die`, () => {
    const random = newSeed(`crowd of ${actors.join(", ")}`);
    for (const start of Object.keys(STARTS)) {
      const rounds = sized(100, 2_000, 20_000);
      const violation = new ExclusionExplorer(REAL).walk(start, actors, rounds, random);
      assertEquals(violation && described(violation), undefined);
    }
  });
}

const FILES = ["chain", "order", "rival"].map((name) => `src/adapters/fs/reservation/${name}.ts`);
const STEPS = "src/engine/hold/exclusion.ts";
const BLIND = { from: `isFree = yield "look";`, to: `isFree = true;` };

async function faulty(from: string, to: string): Promise<Protocol> {
  const [chain, order, rival] = await mutatedTogether(FILES, { from, to });
  return { ...REAL, chain, order, rival } as Protocol;
}

const FAULTS: Record<string, () => Promise<Protocol>> = {
  "a reservation does not look at the lanes": async () => ({
    ...REAL,
    reserver: await mutated(STEPS, { name: "", ...BLIND }) as Protocol["reserver"],
  }),
  "a lane does not look at the reservations": async () => ({
    ...REAL,
    acquirer: await mutated(STEPS, { name: "", ...BLIND }) as Protocol["acquirer"],
  }),
  "a sealed reservation is confirmed anyway": () =>
    faulty("return slot > 0 && seal === undefined;", "return true;"),
  "a confirmation does not look for a release": () =>
    faulty(
      "  if (isOver(files, stem)) {\n    if (isFirst)",
      "  if (slotName(stem, 1) === recordName(stem)) {\n    if (isFirst)",
    ),
};

for (const [fault, make] of someOf("faults of exclusion", Object.entries(FAULTS), 3)) {
  it(`the explorer finds this fault: ${fault}`, async () => {
    const explorer = new ExclusionExplorer(await make());
    let found: Explored["violation"];
    for (const actors of MEETINGS) found ??= explorer.explore("nothing", actors);
    assert_(found !== undefined, "nothing was found");
    let ofThree: Explored["violation"];
    const random = newSeed(fault);
    // Most are found in some hundred orders of steps.
    for (const actors of CROWDS) ofThree ??= explorer.walk("nothing", actors, 50_000, random);
    assert_(ofThree !== undefined, "nothing was found where three meet");
  });
}
