import * as order from "../../../../src/adapters/fs/reservation/order.ts";
import { assert_, it } from "../../../deps.ts";
import type { Mutation } from "../../../support/explore/mutants.ts";
import { newSeed, someOf } from "../../../support/random.ts";
import type { Protocol } from "../../../support/explore/reservation_calls.ts";
import {
  type Kind,
  mutatedReservations,
  REAL,
  ReservationExplorer,
  show,
} from "../../../support/explore/reservation_explorer.ts";

it("the explorer finds two exclusive reservations where create() of the file system is not exclusive", () => {
  const faulty: Protocol = {
    ...REAL,
    order: { ...order, add: (files, addition) => order.add(notExclusive(files), addition) },
  };
  const { violation } = new ReservationExplorer(faulty).explore("nothing", [
    "exclusive",
    "exclusive",
  ]);
  assert_(violation !== undefined, "nothing was found");
});

function notExclusive(files: order.OrderFiles): order.OrderFiles {
  return {
    ...files,
    link(from, to) {
      if (files.exists(to)) return false;
      files.remove(to);
      return files.link(from, to);
    },
  };
}

/** What follows where a heartbeat looks whether it came too late; a confirmation looks as well. */
const LATE = `
      files.remove(slotName(stem, slot + 1));`;

/** A fault, and who must meet from where for it to show. */
interface Fault extends Mutation {
  readonly shows: readonly [start: string, ...kinds: Kind[]];
  /** Whether too many meet for all orders of their steps; then it is looked for by chance. */
  readonly byChance?: true;
}

const FAULTS: readonly Fault[] = [
  {
    name: "the newest place is not settled before the next is taken",
    shows: ["nothing", "exclusive", "exclusive"],
    from: "    if (!isGuess) settle(files, newestPlace);\n",
    to: "",
  },
  {
    name: "one's own place is not settled",
    shows: ["nothing", "exclusive", "exclusive"],
    from: "link(coming, name))) giveRecord(files, stem);",
    to: "link(coming, name))) files.exists(coming);",
  },
  {
    name: "what overlaps is collected before the newest place is known",
    shows: ["nothing", "exclusive", "exclusive"],
    from: "    const newestPlace = isGuess ? known : findHead(files, head);\n" +
      "    if (!isGuess) settle(files, newestPlace);\n" +
      "    if (isFirst || !(yield* others.addPlaces(head, newestPlace))) yield* others.addAll();",
    to:
      "    if (isFirst) yield* others.addAll();\n    const newestPlace = findHead(files, head);\n" +
      "    settle(files, newestPlace);\n    if (!isFirst) yield* others.addPlaces(head, newestPlace);",
  },
  {
    name: "the index gets its entry only after the place is taken",
    shows: ["nothing", "exclusive", "exclusive"],
    from: "    yield* addition.enter();\n",
    to: "",
    also: {
      from: "    files.remove(coming);\n    return head + 1;",
      to: "    yield* addition.enter();\n    return head + 1;",
    },
  },
  {
    name: "the entry is made before the file that it is to be a name of",
    shows: ["nothing", "exclusive", "exclusive"],
    from: "    files.create(coming, addition.reservation);\n    yield* addition.enter();\n",
    to: "    yield* addition.enter();\n    files.create(coming, addition.reservation);\n",
  },
  {
    name: "a notice's entry is made before the file that it is to be a name of",
    shows: ["nothing", "notice", "notice"],
    from: "  files.create(coming, notice.reservation);\n  yield* notice.enter();\n",
    to: "  yield* notice.enter();\n  files.create(coming, notice.reservation);\n",
  },
  {
    name: "what came meanwhile is not looked at",
    shows: ["nothing", "exclusive", "exclusive"],
    from: "if (isFirst || !(yield* others.addPlaces(head, newestPlace))) yield* others.addAll();",
    to: "if (isFirst) yield* others.addAll();",
  },
  {
    name: "the floor is not looked at after a guess",
    shows: ["an expired exclusive one", "again", "exclusive", "remove"],
    byChance: true,
    from: "takePlace(files, head, (name) => files.link(coming, name))",
    to: "(isGuess ? files.link(coming, placeName(head + 1)) : " +
      "takePlace(files, head, (name) => files.link(coming, name)))",
  },
  {
    name: "the floor is not looked at after a place was taken",
    shows: ["an expired exclusive one", "exclusive", "exclusive", "remove"],
    byChance: true,
    from: "if (files.floor() <= head) return true;",
    to: "if (head >= 0) return true;",
  },
  {
    name: "a place that counts for nothing is thought to count",
    shows: ["an expired exclusive one", "exclusive", "exclusive", "remove"],
    from: "  files.remove(name);\n  return false;",
    to: "  return true;",
  },
  {
    name: "what a reservation was to come by stays when it goes",
    shows: ["an expired one that is not settled", "exclusive", "remove"],
    from: "    files.remove(comingName(stem));\n",
    to: "",
  },
  {
    name: "expired ones are not sealed",
    shows: ["an expired exclusive one", "exclusive", "beat"],
    from: "if (reservation.exclusive !== true) return true;",
    to: "return true;",
  },
  {
    name: "one that was revived instead of sealed does not matter",
    shows: ["an expired exclusive one", "exclusive", "beat"],
    from: "isRevived ||= after !== undefined && isHeld(files, after, now);",
    to: "isRevived = false;",
  },
  {
    name: "a seal does not take the slot of a heartbeat",
    shows: ["an expired exclusive one", "exclusive", "beat"],
    from: "if (!take(files, stem, state, staged)) continue;",
    to: "take(files, stem, state, staged);",
  },
  {
    name: "a heartbeat goes on after a seal",
    shows: ["an expired exclusive one", "exclusive", "beat"],
    from: 'if (seal !== undefined || files.exists(releaseName(stem))) return "released";',
    to: 'if (files.exists(releaseName(stem))) return "released";',
  },
  {
    name: "a heartbeat does not look for a release afterwards",
    shows: ["an expired exclusive one", "exclusive", "beat"],
    from: `if (isOver(files, stem)) {${LATE}`,
    to: `if (!files.exists(recordName(stem))) {${LATE}`,
  },
  {
    name: "a heartbeat does not look for the record afterwards",
    shows: ["an expired exclusive one", "beat", "remove"],
    from: `if (isOver(files, stem)) {${LATE}`,
    to: `if (files.exists(releaseName(stem))) {${LATE}`,
  },
  {
    name: "a heartbeat that did not get its slot counts",
    shows: ["an expired exclusive one", "exclusive", "beat"],
    from: "if (!take(files, stem, top, staged)) continue;",
    to: "take(files, stem, top, staged);",
  },
  {
    name: "a heartbeat does not look whether its reservation has lapsed",
    shows: ["an expired exclusive one", "punctual"],
    from: "reservation.exclusive === true && clock() >= end;",
    to: "reservation.exclusive === true && clock() < 0;",
  },
  {
    name: "a heartbeat looks at its own start alone whether its reservation has lapsed",
    shows: ["an expired exclusive one", "late"],
    from: "    if (hasLapsed()) {\n",
    to: "    if (slot < 0) {\n",
  },
  {
    name: "a heartbeat that came late ends what another has extended since",
    shows: ["an expired exclusive one", "late", "beat"],
    from: "if (own.slot !== slot + 1) continue;",
    to: "if (own.slot < 0) continue;",
    also: {
      from: "if (!take(files, stem, own, late)) continue;",
      to: "if (!take(files, stem, own, late)) late.create(releaseName(stem));",
    },
  },
  {
    name: "the view alone is read",
    shows: ["an expired exclusive one", "exclusive", "beats"],
    from: "    if (next === undefined) return top;",
    to: "    if (next === undefined || slot > 1) return top;",
  },
  {
    name: "the view is renewed past a seal",
    shows: ["an expired exclusive one", "exclusive", "beats"],
    from: "if (seal !== undefined || heartbeat === undefined || slot <= shown) return;",
    to: "if (heartbeat === undefined || slot <= shown) return;",
  },
  {
    name: "a seal without its release is no release",
    shows: ["a sealed one without its release", "exclusive", "read"],
    from: "release: end ?? seal };",
    to: "release: end };",
  },
  {
    name: "a reservation is not looked for again when there is no release",
    shows: ["a sealed one without its release", "remove", "read"],
    from:
      "  if (entry.release === undefined && !files.exists(recordName(stem))) return undefined;\n",
    to: "",
  },
  {
    name: "slots are removed before the release is there",
    shows: ["an expired exclusive one", "exclusive", "beat"],
    from:
      "      files.link(slotName(stem, slot), releaseName(stem));\n      ended(files, stem, slot);",
    to: "      for (let n = slot; n > 0; n--) files.remove(slotName(stem, n));\n" +
      "      if (!files.exists(releaseName(stem))) {\n" +
      "        files.stage(seal, true).create(releaseName(stem));\n      }",
  },
  {
    name: "what is only expired is removed without a seal",
    shows: ["an expired exclusive one", "beat", "remove"],
    from: "(entry.release ?? seal(files, stem, now, RUN_ID, false)?.release) !== undefined",
    to: "entry.release !== undefined || stem !== '' || seal === undefined",
  },
  {
    name: "places are removed without raising the floor",
    shows: ["an expired exclusive one", "exclusive", "remove"],
    from: "  if (head > files.floor()) {",
    to: "  if (head < 0) {",
  },
  {
    name: "the floor is raised after the places are removed",
    shows: ["an expired exclusive one", "exclusive", "remove"],
    from: "  const floor = raiseFloor(files);\n",
    to: "  const floor = Math.max(0, ...files.places()) - 1;\n",
    also: {
      from: "  for (const { stem } of ended) {\n    files.remove(comingName",
      to: "  raiseFloor(files);\n  for (const { stem } of ended) {\n    files.remove(comingName",
    },
  },
  {
    name: "the newest place is removed, too",
    shows: ["an expired exclusive one", "exclusive", "remove"],
    from: "if (place <= floor) files.remove(placeName(place));",
    to: "if (place <= floor + 1) files.remove(placeName(place));",
  },
  {
    name: "a place is believed that the floor has reached",
    shows: ["an expired exclusive one", "exclusive", "exclusive", "remove", "remove"],
    byChance: true,
    from: " || files.floor() >= place) return;",
    to: ") return;",
  },
  {
    name: "a place that was settled for its taker is given up",
    shows: ["a released one", "both", "exclusive", "release", "remove"],
    byChance: true,
    from: "else if (!files.exists(recordName(stem))) continue;",
    to: "else continue;",
  },
  {
    name: "an inert place is taken without settling the one before",
    shows: ["an expired exclusive one", "exclusive", "remove"],
    from: "    settle(files, head);\n    if (takePlace(",
    to: "    if (takePlace(",
  },
  {
    name: "a listing shows records alone",
    shows: ["a live one that is not settled", "list"],
    from: "  return { stems: [...stems, coming.stem], coming };",
    to: "  return { stems, coming };",
  },
  {
    name: "a listing looks at the newest place after the records",
    shows: ["a live one that is not settled", "list", "advisory"],
    from: "  const coming = findComing(files);\n  const stems = records();\n",
    to: "  const stems = records();\n  const coming = findComing(files);\n",
  },
  {
    name: "a listing shows what is on its way to a place and has none",
    shows: ["nothing", "exclusive", "exclusive", "list"],
    from: "  const placed = files.place(placeName(place));\n" +
      '  if (placed === undefined || "inert" in placed) return undefined;\n',
    to: '  const placed = files.reservation(comingName("X0"));\n' +
      "  if (placed === undefined) return undefined;\n",
  },
  {
    name: "a heartbeat does not settle what it is about",
    shows: ["a live one that is not settled", "punctual"],
    from: "  if (files.exists(recordName(stem)) || !files.exists(comingName(stem))) return;\n",
    to: "  if (stem !== '') return;\n",
  },
  {
    name: "a notice looks at others before it is written",
    shows: ["nothing", "notice", "notice"],
    from: "  yield* write(files, notice);\n  return yield* look(files, notice);\n",
    to: "  const found = yield* look(files, notice);\n  yield* write(files, notice);\n" +
      "  return found;\n",
  },
  {
    name: "a notice gets its entry only after its record",
    shows: ["nothing", "notice", "exclusive"],
    from: "  yield* notice.enter();\n",
    to: "",
    also: {
      from: "  files.remove(coming);\n  notice.persist();\n",
      to: "  yield* notice.enter();\n  files.remove(coming);\n  notice.persist();\n",
    },
  },
  {
    name: "a notice misses what has its place and not its record yet",
    shows: ["a live one that is not settled", "notice"],
    from: "    const entry = findEntry(files, stem);\n",
    to: "    const entry = files.reservation(recordName(stem)) && findEntry(files, stem);\n",
  },
  {
    name: "the release goes before the record",
    shows: ["a released one", "exclusive", "remove"],
    from: "    files.remove(recordName(stem));\n",
    to: "    files.remove(releaseName(stem));\n    files.remove(recordName(stem));\n",
  },
];

for (const fault of someOf("faults of reservations", FAULTS, 3)) {
  it(`the explorer finds this fault: ${fault.name}`, async () => {
    const explorer = new ReservationExplorer(await mutatedReservations(fault));
    const [start, ...kinds] = fault.shows;
    const violation = fault.byChance
      ? explorer.walk(start, kinds, 100_000, newSeed(fault.name))
      : explorer.explore(start, kinds).violation;
    assert_(violation !== undefined, `nothing was found in ${show(explorer.total)}`);
    console.log(`${fault.name}: found ${violation.message}`);
  });
}
