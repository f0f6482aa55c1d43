import { assertEquals, it } from "../../../deps.ts";
import { isLong, sized } from "../../../support/length.ts";
import { newSeed, sample } from "../../../support/random.ts";
import {
  combinations,
  described,
  type Kind,
  KINDS,
  REAL,
  ReservationExplorer,
  show,
  STARTS,
} from "../../../support/explore/reservation_explorer.ts";

/** In the long run, three that meet; the other combinations take more memory than there is. */
function triples(): readonly (readonly Kind[])[] {
  if (!isLong()) return [];
  return [
    ["exclusive", "exclusive", "beat"],
    ["exclusive", "beat", "remove"],
    ["exclusive", "release", "remove"],
    ["beat", "release", "remove"],
  ];
}

for (const start of Object.keys(STARTS)) {
  it(`add(), beat(), release() and removal are right from ${start} in all interleavings and crashes`, () => {
    const explorer = new ReservationExplorer(REAL);
    const pairs = sample(combinations(KINDS, 2), sized(0.1, 1, 1), newSeed(`from ${start}`));
    for (const kinds of [...pairs, ...triples()]) {
      const { violation } = explorer.explore(start, kinds);
      assertEquals(violation && described(start, violation), undefined);
    }
    console.log(`from ${start}: ${show(explorer.total)}`);
  });
}

/** Where place 1 is settled, as it is for the process that took it. */
for (const start of ["an expired exclusive one", "a released one", "a live advisory one"]) {
  it(`add() that guesses the newest place from ${start} is right in all interleavings and crashes`, () => {
    const explorer = new ReservationExplorer(REAL);
    const random = newSeed(`guesses from ${start}`);
    for (const kind of sample(["again", ...KINDS] as const, sized(0.3, 1, 1), random)) {
      const { violation } = explorer.explore(start, ["again", kind]);
      assertEquals(violation && described(start, violation), undefined);
    }
    const crowd = ["again", "exclusive", "beat", "remove"] as const;
    const violation = explorer.walk(start, crowd, sized(30, 2_000, 20_000), random);
    assertEquals(violation && described(start, violation), undefined);
    console.log(`from ${start}: ${show(explorer.total)}`);
  });
}

/** Those that take too many orders of steps to follow all of them. */
const CROWDS: readonly (readonly Kind[])[] = [
  ["exclusive", "exclusive", "remove"],
  ["exclusive", "exclusive", "remove", "remove"],
  ["exclusive", "exclusive", "exclusive", "remove"],
  ["exclusive", "exclusive", "beat", "remove"],
  ["both", "exclusive", "release", "remove"],
];

for (const kinds of CROWDS) {
  it(`add(), beat(), release() and removal are right when ${kinds.join(", ")} meet by chance`, () => {
    const random = newSeed(kinds.join(", "));
    for (const start of Object.keys(STARTS)) {
      const violation = new ReservationExplorer(REAL)
        .walk(start, kinds, sized(30, 2_000, 20_000), random);
      assertEquals(violation && described(start, violation), undefined);
    }
  });
}
