import { assertEquals, fail, it } from "../../deps.ts";
import { addressesOverlap, contains, parseAddress } from "../../../src/domain/glob/address.ts";
import { addressOutlines, holdsMeet, treeOutlines } from "../../../src/domain/glob/holds/holds.ts";
import { isLiteral } from "../../../src/domain/glob/literal.ts";
import { Tree } from "../../../src/domain/glob/tree.ts";
import { pathsOver, randomGlob, seeded, slowGlob } from "../../support/scene/globs.ts";
import { sized } from "../../support/length.ts";

const PLENTY = () => ({ left: 1_000_000 });

/** A path or pattern, and whether it was a file when it was taken. */
interface Named {
  readonly text: string;
  readonly isFile: boolean;
}

function address({ text, isFile }: Named) {
  const parsed = parseAddress(text, new Set(isFile ? [text] : []));
  return typeof parsed === "string" ? fail(`${text} ${parsed}`) : parsed;
}

const files = ({ text, isFile }: Named) => isFile ? { files: [text] } : {};
const reservation = (named: Named) => addressOutlines({ addresses: [named.text], ...files(named) });
const lane = (named: Named) => treeOutlines({ tree: [named.text], ...files(named) });

/** What every comparison says of two. */
function meetings(a: Named, b: Named) {
  const meet = (ours: ReturnType<typeof lane>, theirs: ReturnType<typeof lane>) =>
    holdsMeet(ours, theirs, PLENTY(), PLENTY())?.meeting === "meets";
  const tree = (named: Named) => new Tree([named.text], named.isFile ? [named.text] : []);
  return {
    addresses: addressesOverlap(address(a), address(b)).overlaps,
    reservations: meet(reservation(a), reservation(b)),
    reservationAndLane: meet(reservation(a), lane(b)),
    laneAndReservation: meet(lane(a), reservation(b)),
    trees: tree(a).meets(tree(b), PLENTY()).overlaps,
  };
}

const every = (meets: boolean) => ({
  addresses: meets,
  reservations: meets,
  reservationAndLane: meets,
  laneAndReservation: meets,
  trees: meets,
});

it("a file meets a pattern only if that matches it, and any literal path through it", () => {
  const file = { text: "src/x.ts", isFile: true };
  for (
    const [text, meets, ifNotThere] of [
      ["src/**/*.md", false, true],
      ["src/x.ts/*", false, true],
      ["src/*.ts", true, true],
      ["SRC/X.*", true, true],
      ["src/{x,y}.ts", true, true],
      ["src/x.t[s]", true, true],
      ["**", true, true],
      ["src/x.ts/**", true, true],
      ["src", true, true],
      [".", true, true],
      ["src/x.ts", true, true],
      ["src/x.ts/below", true, true],
      ["src/x\\.ts", true, true],
      ["src/x", false, false],
      ["src/x.tsx", false, false],
      ["*.ts", false, false],
    ] as const
  ) {
    const other = { text, isFile: false };
    assertEquals([text, meetings(file, other)], [text, every(meets)]);
    assertEquals([text, meetings(other, { ...file, isFile: false })], [text, every(ifNotThere)]);
  }
  assertEquals(meetings(file, { text: "src/x.ts/y", isFile: true }), every(true));
});

it("holdsMeet() and the others agree with the slow matcher on the path of a file", () => {
  const random = seeded("holds");
  const paths = pathsOver("ab/", 5);
  const seen = { apart: 0, together: 0 };
  for (let round = 0; round < sized(6_000, 20_000, 200_000); round++) {
    const file = random.pick(paths);
    const text = random.chance(0.3) ? random.pick(paths) : randomGlob(random);
    if (typeof parseAddress(text) === "string") continue;
    const other = { text, isFile: isLiteral(text) && random.chance(0.5) };
    // Of two literal paths, one goes through the other or not, whatever they were.
    const meets = slowGlob(text)(file) || isLiteral(text) && pathOf(text).startsWith(`${file}/`);
    seen[meets ? "together" : "apart"]++;
    assertEquals(
      meetings({ text: file, isFile: true }, other),
      every(meets),
      `${file} and ${text}`,
    );
  }
  console.log(seen);
});

/** A path in its shortest form. */
function pathOf(text: string): string {
  const plain = text.toLowerCase().replaceAll(/\\([^/])/g, "$1");
  return plain.split("/").filter((part) => part !== "" && part !== ".").join("/");
}

it("contains() takes a file for that file alone", () => {
  const holds = (a: Named, b: Named) => contains(address(a), address(b));
  const [file, path] = [{ text: "a/x.ts", isFile: true }, { text: "a/x.ts", isFile: false }];
  assertEquals(holds({ text: "a/*.ts", isFile: false }, file), true);
  assertEquals(holds({ text: "a/*.ts", isFile: false }, path), false);
  assertEquals(holds(file, path), false);
  assertEquals(holds(path, file), true);
});

it("treeOutlines() takes a tree without globs, and one with a bad glob, for the whole workspace", () => {
  for (const tree of [[], ["src", "a["]]) {
    assertEquals(treeOutlines({ tree }).map(({ text }) => text), ["**"]);
  }
  const met = holdsMeet(
    addressOutlines({ addresses: ["x", "a\\:\\:b/c::f"] }),
    treeOutlines({ tree: ["y", "a::b", "a"] }),
    PLENTY(),
    PLENTY(),
  );
  assertEquals([met?.meeting, met?.ours.text, met?.theirs.text], [
    "meets",
    "a\\:\\:b/c::f",
    "a\\:\\:b",
  ]);
});

it("holdsMeet() says unsure where there is no time to know, and still finds what is sure", () => {
  const slow = (letter: string) =>
    `${"*a".repeat(200)}*${letter}*${"?".repeat(200)}[xy]{,${letter}}`;
  const ours = addressOutlines({ addresses: [slow("b"), "src/a.ts"] });
  const found = (tree: string[], steps: number) =>
    holdsMeet(ours, treeOutlines({ tree }), PLENTY(), { left: steps })?.meeting;
  assertEquals(found([slow("c")], 100), "unsure");
  assertEquals(found([slow("c"), "src"], 100), "meets");
  assertEquals(
    holdsMeet(ours, treeOutlines({ tree: ["src"] }), { left: 0 }, PLENTY())?.meeting,
    "unsure",
  );
  assertEquals(found(["docs"], 100), undefined);
});
