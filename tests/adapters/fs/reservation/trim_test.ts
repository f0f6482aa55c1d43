/** The protocol of `heartbeats/` where slots are removed, at every heartbeat. */
import { assert_, assertEquals, it } from "../../../deps.ts";
import { type Mutation, TRIMMED_AT_ONCE } from "../../../support/explore/mutants.ts";
import {
  described,
  type Kind,
  KINDS,
  mutatedReservations,
  ReservationExplorer,
  show,
  TRIMMED_STARTS,
} from "../../../support/explore/reservation_explorer.ts";
import { sized } from "../../../support/length.ts";
import { newSeed, sample, someOf } from "../../../support/random.ts";

it("beat() is right while slots of heartbeats are removed, in all interleavings and crashes", async () => {
  const explorer = new ReservationExplorer(await mutatedReservations(TRIMMED_AT_ONCE));
  const pairs = Object.keys(TRIMMED_STARTS).flatMap((start) =>
    KINDS.map((kind) => ({ start, kind }))
  );
  for (const { start, kind } of sample(pairs, sized(0.01, 0.1, 1), newSeed("trimmed"))) {
    const { violation } = explorer.explore(start, ["pulse", kind]);
    assertEquals(violation && described(start, violation), undefined);
  }
  console.log(`trimmed: ${show(explorer.total)}`);
});

/** Those that take too many orders of steps to follow all of them. */
const CROWDS: readonly (readonly Kind[])[] = [
  ["pulse", "pulse"],
  ["pulse", "pulse", "exclusive"],
  ["pulse", "late", "exclusive", "read"],
  ["pulse", "beats", "release", "list"],
  ["pulse", "punctual", "exclusive", "remove"],
];

it("beat() is right while slots are removed and more processes meet by chance", async () => {
  const explorer = new ReservationExplorer(await mutatedReservations(TRIMMED_AT_ONCE));
  const random = newSeed("trimmed crowds");
  for (const start of Object.keys(TRIMMED_STARTS)) {
    for (const kinds of CROWDS) {
      const violation = explorer.walk(start, kinds, sized(1, 40, 5_000), random);
      assertEquals(violation && described(start, violation), undefined);
    }
  }
});

/** Faults, and who must meet from where for them to show. */
const FAULTS: readonly (Mutation & { readonly shows: readonly [start: string, ...Kind[]] })[] = [
  {
    name: "a slot that was removed is taken once more",
    from: "if (isTaken && isFollowed(files, stem, last)) return true;",
    to: "if (isTaken) return true;",
    shows: ["expired ones before a slot goes", "pulse", "exclusive"],
  },
  {
    name: "the second slot stays as it is",
    from: "if (low <= last) chain.mark(low - 1);",
    to: "",
    shows: ["heartbeats before a slot goes", "pulse", "beat"],
  },
  {
    name: "the highest is removed first",
    from: "for (let number = low; number <= last; number++) chain.remove(number);",
    to: "for (let number = last; number >= low; number--) chain.remove(number);",
    shows: ["heartbeats and a view that lags", "pulse", "read"],
  },
  {
    name: "slots are removed before the view is replaced",
    from: "    staged.replace(viewName(stem));\n    refreshView(files, stem, slot + 1);\n" +
      "    trimBelow(files, stem, slot + 1, next);\n",
    to: "    trimBelow(files, stem, slot + 1, next);\n    staged.replace(viewName(stem));\n" +
      "    refreshView(files, stem, slot + 1);\n",
    shows: ["a slot that went, and no view", "pulse", "beat"],
  },
  {
    name: "the view is not renewed where its slot was removed",
    from: " || shown > 2 && !files.exists(slotName(stem, shown));",
    to: ";",
    shows: ["heartbeats before a slot goes", "pulse", "beat"],
  },
  {
    name: "a slot that was followed upwards is not looked at again",
    from: "    if (!isLast(files, stem, top)) return undefined;\n",
    to: "    if (slot === top.slot) return undefined;\n",
    shows: ["heartbeats and a view that lags", "pulse", "beat"],
  },
  {
    name: "a view is a start whatever file its slot is",
    from: "climb(files, stem, { ...start, slot: shown })",
    to: "files.slot(slotName(stem, shown)) && " +
      "climb(files, stem, { ...start, slot: shown, readAs: slotName(stem, shown) })",
    shows: ["a slot that went, and an old one with a view that was set back", "read"],
  },
  {
    name: "slots after a mark are taken for all there are",
    from: "if (number !== slot) top = { ...top, isTrimmed: true };",
    to: "",
    shows: ["a slot that went, and no view", "read"],
  },
  {
    name: "a listing is believed whatever became of the view",
    from: "return files.isStill(readAs, readAs) ? found : undefined;",
    to: "return found;",
    shows: ["a slot that went, and no view", "pulse", "beat"],
  },
  {
    name: "a heartbeat that came late seals what others have extended",
    from: "      if (own.slot !== slot + 1) continue;\n",
    to: "",
    shows: ["expired ones before a slot goes", "late", "beat"],
  },
];

for (
  const { shows: [start, ...kinds], ...fault } of someOf("faults of trimming heartbeats", FAULTS, 2)
) {
  it(`the explorer finds this fault of trimming heartbeats: ${fault.name}`, async () => {
    const explorer = new ReservationExplorer(await mutatedReservations(TRIMMED_AT_ONCE, fault));
    const { violation } = explorer.explore(start, kinds);
    assert_(violation !== undefined, `nothing was found in ${show(explorer.total)}`);
    console.log(`${fault.name}: found ${violation.message}`);
  });
}
