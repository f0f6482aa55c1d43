import { assert_, assertEquals, it } from "../../deps.ts";
import { overlap, parseGlob } from "../../../src/domain/glob/glob.ts";
import { boundsOf, mayOverlap } from "../../../src/domain/glob/bounds.ts";
import { readLease } from "../../../src/domain/lane/lease.ts";
import { LeaseIndex } from "../../../src/domain/lane/lease_index.ts";
import { Tree, treeProblems } from "../../../src/domain/glob/tree.ts";
import { randomGlob, seeded } from "../../support/scene/globs.ts";
import { sized } from "../../support/length.ts";
import type { Random } from "../../support/random.ts";

/** A glob of one of many looks, always good. */
function goodGlob(random: Random): string {
  for (;;) {
    const text = random.chance(0.3) ? randomGlob(random) : homely(random);
    if (typeof parseGlob(text) !== "string") return text;
  }
}

/** A glob as people write them. */
function homely(random: Random): string {
  const parts = [
    "src",
    "SRC",
    "a",
    "ab",
    "lib",
    "*",
    "**",
    "a*",
    "*.ts",
    "x.ts",
    "a.md",
    ".",
    "é",
    "É",
    "ς",
    "Σ",
  ];
  let text = random.chance(0.1) ? "./" : "";
  for (let depth = 1 + random.below(4); depth > 0; depth--) text += `${random.pick(parts)}/`;
  return random.chance(0.8) ? text.slice(0, -1) : text;
}

function leaseOf(lane: string, tree: string[], fence = 1) {
  return readLease({ tree }, { lane, loop_ts: "1" }, { fence, renewed_seq: fence, events: 0 });
}

it("mayOverlap() is only false when no path is matched by both globs", () => {
  const random = seeded("bounds of globs");
  let apart = 0;
  let met = 0;
  for (let round = 0; round < sized(8_000, 100_000, 4_000_000); round++) {
    const [a, b] = [goodGlob(random), goodGlob(random)];
    const [one, two] = [parseGlob(a), parseGlob(b)];
    assert_(typeof one !== "string" && typeof two !== "string");
    const may = mayOverlap(boundsOf(a), boundsOf(b));
    const { witness, overlaps } = overlap(one, two);
    assert_(may || !overlaps, `${a} and ${b} both match ${witness}`);
    if (!may) apart++;
    if (overlaps) met++;
  }
  assert_(apart > 1000 && met > 1000, `${apart} were apart, ${met} met`);
});

it("boundsOf() separates what differs at an end or in a segment", () => {
  const apart = (a: string, b: string) => !mayOverlap(boundsOf(a), boundsOf(b));
  assertEquals(apart("src/**/*.ts", "src/**/*.md"), true);
  assertEquals(apart("src/api/**", "./src//web/**"), true);
  assertEquals(apart("src/a*.ts", "src/b*.ts"), true);
  assertEquals(apart("SRC/a", "src/A/**"), false);
  assertEquals(apart("src/*/index.ts", "src/mod/part/**"), true);
  assertEquals(apart("src/*/Index.ts", "./src//mod/index.ts/**"), false);
  assertEquals(apart("src/**/b/x", "src/a/c/**"), false, "`**` may stand for it");
  assertEquals(apart("src/a\\*", "src/b"), true);
  assertEquals(apart("src/\\*a", "src/\\*b"), true);
  assertEquals(apart("src/a\\/b", "src/a/b"), false, "an escaped slash is left to the search");
  assertEquals(apart("src/{a,b{c,d}}/**", "src/bd/x"), false);
  assertEquals(apart("src/{a,b{c,d}}/**", "src/c"), true);
  assertEquals(apart("**/*.{ts,md}", "**/{c,d}.{rs,go}"), true);
  assertEquals(apart("src/{a,b}{c,d}{e,f}{g,h}{i,j}/x", "src/z"), false, "too many to look at");
});

it("meeting() finds the same leases as comparing all of them one by one", () => {
  const random = seeded("leases by tree");
  for (let round = 0; round < sized(60, 300, 10_000); round++) {
    const index = new LeaseIndex();
    const trees = new Map<string, string[]>();
    const treeAt = () => Array.from({ length: random.below(4) }, () => goodGlob(random));
    for (let step = 0; step < 60; step++) {
      const lane = `l${random.below(20)}`;
      if (random.chance(0.3)) {
        index.remove({ lane, loop_ts: "1" });
        trees.delete(lane);
      } else {
        const tree = treeAt();
        index.put(leaseOf(lane, tree));
        trees.set(lane, tree);
      }
      if (step % 6 !== 0) continue;
      const asked = new Tree(treeAt());
      const met = [...index.meeting(asked, { left: 1e9 })].map(({ lease }) => lease.lane).sort();
      const expected = [...trees].filter(([, tree]) => meets(asked.globs, tree)).map(([name]) =>
        name
      );
      assertEquals(met, expected.sort());
      assertEquals(index.size, trees.size);
    }
  }
});

/** Whether two trees meet, without any short cut. */
function meets(a: readonly string[], b: readonly string[]): boolean {
  return a.some((ours) =>
    (b.length === 0 ? ["**"] : b).some((theirs) => {
      const [one, two] = [parseGlob(ours), parseGlob(theirs)];
      return typeof one !== "string" && typeof two !== "string" && overlap(one, two).overlaps;
    })
  );
}

it("put() keeps the place of a lease that is granted again, and finds it by its new tree", () => {
  const index = new LeaseIndex();
  index.put(leaseOf("a", ["src"]));
  index.put(leaseOf("b", ["lib"]));
  const [found] = index.meeting(new Tree(["src/x"]), { left: 1e6 });
  assertEquals(found?.lease.lane, "a");
  index.put(leaseOf("a", ["docs"], 7));
  assertEquals([...index.all()].map(({ lane, fence }) => [lane, fence]), [["a", 7], ["b", 1]]);
  assertEquals([...index.meeting(new Tree(["src/x"]), { left: 1e6 })], []);
  assertEquals([...index.meeting(new Tree(["docs/x"]), { left: 1e6 })].length, 1);
});

it("treeProblems() reports all that is wrong, and a Tree with a bad glob is the whole workspace", () => {
  assertEquals(treeProblems(["src/**", "../x", "a{b"]), [
    'holds "../x", which must not hold ".."',
    'holds "a{b", which holds a "{" without its "}"',
  ]);
  assertEquals(treeProblems(Array(300).fill("a")), ["holds 300 globs, and 256 are allowed"]);
  for (const bad of ["../x", "/etc", "", "a..{b", "c:\\x", "a\u0000", "[", "a//../b"]) {
    assertEquals(new Tree(["src", bad]).globs, ["**"], bad);
  }
});

it("holds() is true of a tree that is within", () => {
  const tree = new Tree(["src/**", "docs/*.md"]);
  assertEquals(tree.holds(new Tree(["src/a", "docs/a?.md"])), true);
  assertEquals(tree.holds(new Tree(["src/a", "docs/a/b.md"])), false);
  assertEquals(tree.holds(new Tree([])), false);
});

it("meeting() takes globs of thousands of folders", () => {
  const index = new LeaseIndex();
  const deep = "a/".repeat(8_000);
  index.put(leaseOf("deep", [`${deep}x`]));
  index.put(leaseOf("near", [`${deep}y`]));
  const met = [...index.meeting(new Tree([`${deep}x`]), { left: 1e9 })];
  assertEquals(met.map(({ lease }) => lease.lane), ["deep"]);
  index.remove({ lane: "deep", loop_ts: "1" });
  assertEquals([...index.meeting(new Tree([`${deep}x`]), { left: 1e9 })], []);
});
