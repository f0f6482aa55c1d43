import { pointsOf } from "../../../src/domain/glob/chars.ts";
import { membersOf, readClass } from "../../../src/domain/glob/syntax.ts";
import { assertEquals, it } from "../../deps.ts";

/** The ranges of a class as text, whether it is negated, and what follows it; or what is wrong. */
function read(text: string) {
  const found = readClass(pointsOf(text, false), 0);
  if (typeof found === "string") return found;
  const ranges = found.ranges.map((range) => String.fromCodePoint(...range));
  return [ranges.join(" "), found.negated, [...text].slice(found.end).join("")];
}

it("readClass() reads members, ranges and negations, and where the class ends", () => {
  const texts = [
    "ab]c",
    "a-cx]",
    "!a]",
    "^a]]",
    "]a]",
    "!]-b]",
    "a-]b",
    "-]",
    "\\]\\-\\\\]",
    "a-\\]]",
  ];
  assertEquals(texts.map(read), [
    ["aa bb", false, "c"],
    ["ac xx", false, ""],
    ["aa", true, ""],
    ["aa", true, "]"],
    ["]] aa", false, ""],
    ["]b", true, ""],
    ["aa --", false, "b"],
    ["--", false, ""],
    ["]] -- \\\\", false, ""],
    "holds a range in [] that ends before it begins",
  ]);
});

it("readClass() refuses a class without an end, wherever it stops", () => {
  const texts = ["", "!", "a", "]", "!]", "a-", "a-b", "\\", "a\\", "a-\\", "\\]"];
  assertEquals(
    texts.map(read),
    texts.map(() => 'holds a "[" without its "]"'),
  );
});

it("membersOf() leaves the slash out of paths, and gives a negation all else", () => {
  const members = (negated: boolean, paths: boolean) =>
    membersOf({ ranges: [[0x2e, 0x30]], negated, end: 0 }, paths);
  assertEquals([members(false, true), members(false, false)], [[0x2e, 0x2e, 0x30, 0x30], [
    0x2e,
    0x30,
  ]]);
  assertEquals(members(true, true), [1, 0x2d, 0x31, 0xd7ff, 0xe000, 0x10ffff]);
});
