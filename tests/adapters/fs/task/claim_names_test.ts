import {
  endName,
  groupClaims,
  parseClaimName,
  slotName,
} from "../../../../src/adapters/fs/task/claim/names.ts";
import { assertEquals, it } from "../../../deps.ts";

const STEM = "ab".repeat(32);
const OTHER = "cd".repeat(32);

it("parseClaimName() reads every name that slotName() and endName() give", () => {
  for (const slot of [1, 2, 9, 10, 500, 2 ** 48, Number.MAX_SAFE_INTEGER]) {
    assertEquals(parseClaimName(slotName(STEM, slot)), { stem: STEM, slot });
  }
  assertEquals(parseClaimName(endName(STEM)), { stem: STEM, slot: "end" });
});

it("parseClaimName() reads no name that they do not give", () => {
  const endings = [
    "",
    ".",
    ".0",
    ".1",
    ".02",
    ".-2",
    ".2.json",
    ".json.2",
    ".END",
    ".9007199254740993",
  ];
  const names = [...endings.map((ending) => STEM + ending), "end", ".end", "xyz.json", "abc.2"];
  assertEquals(names.filter((name) => parseClaimName(name) !== undefined), []);
});

it("groupClaims() gathers the names of each task, and leaves others out", () => {
  const names = [`${OTHER}.end`, `${STEM}.3`, "README", `${STEM}.json`, `${STEM}.2`, `${STEM}.1`];
  assertEquals(Object.fromEntries(groupClaims(names)), {
    [OTHER]: { hasView: false, slots: [], isEnded: true },
    [STEM]: { hasView: true, slots: [3, 2], isEnded: false },
  });
});
