import { assertEquals, fail, it } from "../../deps.ts";
import { addressesOverlap, parseAddress } from "../../../src/domain/glob/address.ts";
import { anchorOf } from "../../../src/domain/glob/address.ts";
import { matches, parseGlob } from "../../../src/domain/glob/glob.ts";
import { Tree } from "../../../src/domain/glob/tree.ts";
import { findConflicts } from "../../../src/domain/reservation/conflict.ts";
import { seeded } from "../../support/scene/globs.ts";

/** Letters that one case, or one form, writes with another number of characters. */
const LETTERS = ["a", "É", "ǰ", "İ", "ΐ", "ẖ", "Å", "ñ", "각", "ё", "Ω", "ô̌", "1"];

const FORMS: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => text.normalize("NFC"),
  (text) => text.normalize("NFD"),
  (text) => text.toLowerCase(),
  (text) => text.normalize("NFD").toLowerCase(),
  (text) =>
    text.normalize("NFD").replaceAll(/\p{Ll}/gu, (letter) => {
      const upper = letter.toUpperCase();
      return [...upper].length === 1 ? upper : letter;
    }),
];

function overlap(a: string, b: string) {
  const [one, other] = [parseAddress(a), parseAddress(b)];
  if (typeof one === "string" || typeof other === "string") return fail(`${a} ${b}`);
  return addressesOverlap(one, other).overlaps;
}

function conflict(a: string, b: string) {
  const reservation = {
    ...{ reservation_id: "sha256:1", run_id: "b", branch: "main", operation: null },
    ...{ addresses: [b], created_at: "2026-01-01T00:00:00Z", expires_at: "2027-01-01T00:00:00Z" },
  };
  const entry = { reservation, heartbeat: undefined, release: undefined };
  return findConflicts("a", { addresses: [a] }, [entry]).total > 0;
}

it("one name in two forms of Unicode, and in either case, overlaps itself by every comparison", () => {
  const random = seeded("unicode");
  const pick = <T>(from: readonly T[]) => random.pick(from);
  for (let round = 0; round < 2_000; round++) {
    const name = Array.from({ length: 3 }, () => pick(LETTERS)).join("");
    const [a, b] = [pick(FORMS)(`d/${name}/x`), pick(FORMS)(`d/${name}/x`)];
    const glob = parseGlob(pick(FORMS)(pick([`d/**`, "*/*/x", `d/${name}/*`, `{d,e}/${name}/x`])));
    if (typeof glob === "string") return fail(glob);
    const found = {
      addresses: overlap(a, b),
      outlines: conflict(a, b),
      anchors: JSON.stringify(anchorOf(a)) === JSON.stringify(anchorOf(b)),
      trees: new Tree([a]).meets(new Tree([b]), { left: 10_000 }).overlaps,
      path: matches(glob, a),
    };
    const all = { addresses: true, outlines: true, anchors: true, trees: true, path: true };
    assertEquals(found, all, JSON.stringify([a, b, glob.text]));
  }
});

it("a pattern meets a name whose composed form it matches", () => {
  for (
    const [pattern, name, meets] of [
      ["caf?.ts", "cafe\u0301.ts", true],
      ["caf[é].ts", "CAFE\u0301.ts", true],
      ["caf[!e].ts", "cafe\u0301.ts", true],
      ["{cafe\u0301,tea}.ts", "café.ts", true],
      ["cafe.ts", "café.ts", false],
      ["src/*.md", "src/cafe\u0301.ts", false],
    ] as const
  ) {
    const found = [pattern, overlap(pattern, name), conflict(pattern, name)];
    const tree = new Tree([pattern]).meets(new Tree([name]), { left: 10_000 }).overlaps;
    assertEquals([...found, tree], [pattern, meets, meets, meets]);
  }
});

it("symbols are compared in their composed form, and keep their case", () => {
  const cases = [["cafe\u0301", "café", true], ["Café", "café", false]] as const;
  for (const [a, b, meets] of cases) {
    const pair = [`x.py::${a}`, `x.py::${b}`] as const;
    assertEquals([overlap(...pair), conflict(...pair)], [meets, meets]);
  }
});
