import { addressesOverlap, parseAddress } from "../../../src/domain/glob/address.ts";
import { addressOutlines } from "../../../src/domain/glob/holds/holds.ts";
import { Comparison } from "../../../src/domain/glob/holds/comparison.ts";
import {
  findConflicts,
  heldReservation,
  overlapsRecord,
} from "../../../src/domain/reservation/conflict.ts";
import { MAX_CONFLICTS } from "../../../src/domain/limits.ts";
import type { ReservationEntry } from "../../../src/domain/reservation/reservation.ts";
import { inOneGo } from "../../../src/domain/glob/steps.ts";
import { formatTime } from "../../../src/domain/time.ts";
import { assert_, assertEquals, it } from "../../deps.ts";
import { randomGlob, seeded } from "../../support/scene/globs.ts";
import { sized } from "../../support/length.ts";

const T0 = Date.UTC(2026, 10, 21, 9, 30);

function entry(n: number, runId: string, addresses: readonly string[]): ReservationEntry {
  const reservation = {
    reservation_id: `r${n}`,
    run_id: runId,
    branch: "main",
    addresses,
    created_at: formatTime(T0 + n),
    expires_at: formatTime(T0 + 60_000),
    operation: null,
  };
  return { reservation, heartbeat: undefined, release: undefined };
}

const globs = (count: number, name: string) =>
  Array.from({ length: count }, (_, n) => `src/**/*${name}${n}*/**/*.ts`);

/** No shape says whether such a pattern meets another, and its automaton takes very long. */
const slow = (letter: string) => `${"*a".repeat(200)}*${letter}*${"?".repeat(200)}[xy]{,${letter}}`;

it("findConflicts() finds the pairs that addressesOverlap() finds, whatever the addresses", () => {
  const random = seeded("conflicts");
  const address = () => {
    while (true) {
      const text = random.chance(0.3)
        ? `${randomGlob(random)}::${randomGlob(random, "x")}`
        : randomGlob(random);
      if (typeof parseAddress(text) !== "string") return text;
    }
  };
  const some = (count: number) => [...new Set(Array.from({ length: count }, address))];
  let pairs = 0;
  for (let round = 0; round < sized(600, 2_000, 20_000); round++) {
    const ours = some(4);
    const others = [entry(1, "b", some(3)), entry(2, "c", some(3))];
    const expected = ours.flatMap((address) =>
      others.flatMap(({ reservation: { addresses, reservation_id } }) =>
        addresses.filter((their) => {
          const [a, b] = [parseAddress(address), parseAddress(their)];
          return typeof a !== "string" && typeof b !== "string" && addressesOverlap(a, b).overlaps;
        }).map((their_address) => ({ address, their_address, reservation_id }))
      )
    );
    const { conflicts, total } = findConflicts("a", { addresses: ours }, others);
    const found = conflicts.map(({ address, their_address, reservation_id }) => ({
      address,
      their_address,
      reservation_id,
    }));
    assertEquals({ ours, found, total }, { ours, found: expected, total: expected.length });
    pairs += total;
  }
  assert_(pairs > 1_000, `${pairs} pairs`);
});

it("findConflicts() names 100 in the order of our addresses, then of creation, and counts the others", () => {
  const others = Array.from({ length: 40 }, (_, n) => entry(40 - n, `b${n}`, globs(200, "b")));
  const ours = globs(200, "a");
  const { conflicts, total, isCounted, doubts } = findConflicts("a", { addresses: ours }, others);
  assertEquals({ total, isCounted, doubts }, { total: 1_600_000, isCounted: true, doubts: [] });
  assertEquals(conflicts.length, MAX_CONFLICTS);
  assertEquals(
    conflicts.map(({ address, their_address, reservation_id }) =>
      `${address} ${their_address} ${reservation_id}`
    ),
    globs(100, "b").map((their) => `${ours[0]} ${their} r1`),
  );
});

it("findConflicts() skips what is no address, and the agent's own", () => {
  const others = [
    entry(1, "b", ["/etc/passwd", "../x", "[", "", "src/a.py"]),
    entry(2, "a", ["src/a.py"]),
  ];
  const { conflicts, total } = findConflicts("a", { addresses: ["src", "etc", "**"] }, others);
  assertEquals(total, 2);
  assertEquals(conflicts.map(({ their_address }) => their_address), ["src/a.py", "src/a.py"]);
});

it("findConflicts() counts what it cannot compare in time as a conflict, and marks it", () => {
  const { conflicts, total, isCounted, doubts } = findConflicts("a", { addresses: [slow("b")] }, [
    entry(1, "b", [slow("c")]),
  ]);
  assertEquals({ total, isCounted }, { total: 1, isCounted: true });
  assertEquals(conflicts.map(({ unsure }) => unsure), [true]);
  assertEquals(doubts.length, 1);
});

it("a reservation for which there is no effort left counts as overlapping, and the counting has stopped", () => {
  const others = [entry(1, "b", ["docs"]), entry(2, "c", ["lib/**/*.x"]), entry(3, "d", ["web"])];
  const comparison = new Comparison("a", addressOutlines({ addresses: ["**/*.ts", "b"] }), {
    left: 3,
  });
  const overlaps = others.map(({ reservation }) =>
    inOneGo(overlapsRecord(comparison)(reservation))
  );
  const { conflicts, total, isCounted, doubts } = comparison.conflicts(others.map(heldReservation));
  assertEquals(overlaps.at(-1), true, "it is never taken for free");
  assertEquals(isCounted, false);
  assertEquals(total, conflicts.length);
  assertEquals(conflicts.at(-1), {
    kind: "reservation",
    exclusive: false,
    address: "**/*.ts",
    their_address: "web",
    reservation_id: "r3",
    run_id: "d",
    branch: "main",
    operation: null,
    expires_at: formatTime(T0 + 60_000),
    unsure: true,
  });
  assertEquals(
    doubts.at(-1)?.replace(/\d of/, "N of"),
    "Cannot compare all addresses in time: N of 3 holds that may overlap were not " +
      "compared to the end, and count as overlapping",
  );
});

it("overlaps() of one reservation with 200 patterns of the worst kind takes a few milliseconds", () => {
  const heavy = Array.from({ length: 200 }, (_, n) => `${slow("b")}${n}`);
  const times = Array.from({ length: 10 }, () => {
    const start = performance.now();
    const comparison = new Comparison("a", addressOutlines({ addresses: [slow("c"), "*/x"] }));
    assertEquals(inOneGo(comparison.overlaps(heldReservation(entry(1, "b", heavy)))), true);
    return performance.now() - start;
  });
  console.log(`the worst reservation: ${Math.min(...times).toFixed(1)} ms`);
  assert_(Math.min(...times) < 100, `${times}`);
});

it("overlaps() may pause after each address of the other reservation", () => {
  const comparison = new Comparison("a", addressOutlines({ addresses: ["src/**/*.md"] }));
  const steps = comparison.overlaps(heldReservation(entry(1, "b", globs(200, "b"))));
  let pauses = 0;
  while (steps.next().done !== true) pauses++;
  assertEquals(pauses, 200);
});
