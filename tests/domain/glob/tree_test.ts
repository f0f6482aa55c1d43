import { Tree } from "../../../src/domain/glob/tree.ts";
import { assertEquals, it } from "../../deps.ts";

function meeting(ours: readonly string[], theirs: readonly string[]) {
  return new Tree(ours).meets(new Tree(theirs), { left: 10_000 });
}

it("meets() gives a path of the first pair that meets, and takes no globs for the workspace", () => {
  const [a, b, c] = ["src/a/**", "src/b", "**/*.md"];
  const found = { overlaps: true, exhausted: false };
  assertEquals(meeting([a, b], [c, b]), { ...found, witness: "src/a/.md" });
  assertEquals(meeting([b], [a, b]), { ...found, witness: "src/b" });
  assertEquals(meeting([a], [b]), { overlaps: false, witness: null, exhausted: false });
  assertEquals(meeting([], [b]), { ...found, witness: "src/b" });
  assertEquals(meeting([], []), { ...found, witness: "a" });
});
