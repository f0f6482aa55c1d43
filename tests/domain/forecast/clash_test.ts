import {
  conflictOf,
  eachConflict,
  overlapClashes,
  type PredictedConflict,
  sortClashes,
} from "../../../src/domain/forecast/clash.ts";
import { touchesOf } from "../../../src/domain/forecast/touches.ts";
import { inOneGo } from "../../../src/domain/glob/steps.ts";
import { MAX_PREDICTED_PAIRS } from "../../../src/domain/limits.ts";
import { assert_, assertEquals, it } from "../../deps.ts";
import { liveRecords, plenty, type Said } from "../../support/scene/live_records.ts";

function predicted(...said: Said[]): PredictedConflict[] {
  const holds = inOneGo(touchesOf(liveRecords(...said), () => {}));
  const conflicts: PredictedConflict[] = [];
  const clashes = sortClashes(inOneGo(overlapClashes(holds, plenty())));
  inOneGo(eachConflict(clashes, () => true, (...found) => {
    conflicts.push(conflictOf(...found));
  }));
  return conflicts;
}

/** Each conflict as `type confidence first second`. */
function lines(...said: Said[]): string[] {
  return predicted(...said).map(({ type, confidence, agents, addresses }) =>
    `${type} ${confidence} ${agents[0]}:${addresses[0]} ${agents[1]}:${addresses[1]}`
  );
}

it("overlapClashes() reports all of a conflict", () => {
  assertEquals(
    predicted(
      { run: "b", branch: "feature", says: "modify src/a.ts::f" },
      { run: "b", branch: "feature", says: "modify src/a.ts::f", intent: "r1" },
      { run: "a", says: "- src/a.ts::f docs" },
    ),
    [{
      type: "address_overlap",
      addresses: ["src/a.ts::f", "src/a.ts::f"],
      agents: ["a", "b"],
      branches: ["main", "feature"],
      reservation_ids: ["r2", "r1"],
      intent_ids: ["i1"],
      lanes: [],
      confidence: 1,
      description: '"a" and "b" both touch "src/a.ts::f"',
    }],
  );
});

it("overlapClashes() distinguishes overlap, scope and operations, the surest first", () => {
  assertEquals(
    lines(
      { run: "a", says: "delete src/a.ts" },
      { run: "b", says: "modify src/a.ts::f" },
      { run: "c", says: "rename src/*.ts" },
      { run: "d", says: "extract ./src//A.ts" },
      { run: "e", says: "- src/a*" },
    ),
    [
      "address_overlap 1 d:./src//A.ts a:src/a.ts",
      "address_overlap 1 c:src/*.ts e:src/a*",
      "operation_conflict 0.9 c:src/*.ts d:./src//A.ts",
      "operation_conflict 0.9 c:src/*.ts b:src/a.ts::f",
      "operation_conflict 0.9 a:src/a.ts d:./src//A.ts",
      "operation_conflict 0.9 a:src/a.ts b:src/a.ts::f",
      "scope_overlap 0.8 d:./src//A.ts b:src/a.ts::f",
      "scope_overlap 0.8 a:src/a.ts b:src/a.ts::f",
      "scope_overlap 0.6 c:src/*.ts d:./src//A.ts",
      "scope_overlap 0.6 c:src/*.ts a:src/a.ts",
      "scope_overlap 0.6 c:src/*.ts b:src/a.ts::f",
      "scope_overlap 0.6 e:src/a* d:./src//A.ts",
      "scope_overlap 0.6 e:src/a* a:src/a.ts",
      "scope_overlap 0.6 e:src/a* b:src/a.ts::f",
    ],
  );
});

it("overlapClashes() finds operations that oppose each other, in reservations and intents", () => {
  const away = ["delete", "move", "rename", "inline", "split", "merge"];
  const verbs = [...away, "modify", "extract", "-", "paint"];
  for (const ours of verbs) {
    for (const theirs of verbs) {
      const found = predicted(
        { run: "a", says: `${ours} x.ts::f`, intent: ours !== "-" },
        { run: "b", says: `${theirs} x.ts::f` },
      ).filter(({ type }) => type === "operation_conflict").map(({ agents }) => agents.join(" "));
      const changes = (verb: string) => verb === "modify" || verb === "extract";
      const expected = away.includes(ours) && changes(theirs)
        ? ["a b"]
        : away.includes(theirs) && changes(ours)
        ? ["b a"]
        : [];
      assertEquals(found, expected, `${ours} and ${theirs}`);
    }
  }
  // Who changes all of a file need not change what goes away in it.
  const inner = lines({ run: "a", says: "modify x.ts" }, { run: "b", says: "delete x.ts::f" });
  assertEquals(inner, ["scope_overlap 0.8 a:x.ts b:x.ts::f"]);
});

it("overlapClashes() reports a pair once, however often it is said", () => {
  assertEquals(
    lines(
      { run: "a", says: "delete x.ts x.ts::f" },
      { run: "a", says: "modify x.ts::f x.ts", intent: true },
      { run: "b", says: "delete x.ts::f" },
      { run: "b", says: "modify x.ts::f", intent: "r2" },
    ),
    [
      "address_overlap 1 a:x.ts::f b:x.ts::f",
      "operation_conflict 0.9 a:x.ts b:x.ts::f",
      "operation_conflict 0.9 a:x.ts::f b:x.ts::f",
    ],
  );
});

it("overlapClashes() never takes two unknown agents for one", () => {
  assertEquals(
    lines(
      { run: "unknown", says: "- x.ts" },
      { run: "unknown", says: "modify x.ts", intent: "r1" },
      { run: "unknown", says: "- x.ts" },
      { run: "a", says: "- y.ts" },
      { run: "a", branch: "other", says: "- y.ts" },
    ),
    ["address_overlap 1 unknown:x.ts unknown:x.ts"],
  );
});

it("touchesOf() skips addresses that cannot be read, with a warning", () => {
  const warnings: string[] = [];
  const live = liveRecords({ run: "a", says: "- ../x a.ts" }, { run: "b", says: "- ../x a.ts" });
  const holds = inOneGo(touchesOf(live, (message) => void warnings.push(message)));
  assertEquals([...holds.places()].map(({ address }) => address.text), ["a.ts"]);
  assertEquals(warnings, ['Skipped "../x" of "r1": it has a path that must not hold ".."']);
});

it("eachConflict() stops when there are too many pairs", () => {
  const said = Array.from({ length: 400 }, (_, i) => ({ run: `a${i}`, says: "- x" }));
  const holds = inOneGo(touchesOf(liveRecords(...said), () => {}));
  const clashes = inOneGo(overlapClashes(holds, plenty()));
  let count = 0;
  assert_(inOneGo(eachConflict(clashes, () => true, () => void count++)));
  assertEquals(count, 400 * 399 / 2);
  const many = Array(100).fill(clashes).flat();
  assertEquals(inOneGo(eachConflict(many, () => false, () => {})), false);
  assert_(MAX_PREDICTED_PAIRS < 100 * count);
});
