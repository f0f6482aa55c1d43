import {
  allEntries,
  createEntry,
  entryPath,
  TimeCursor,
} from "../../../../src/adapters/fs/disk/time_index.ts";
import { detectHost } from "../../../../src/host/detect.ts";
import { assertEquals, it } from "../../../deps.ts";
import { makeTempDir } from "../../../support/scene/scratch.ts";

const { fs } = await detectHost();

/** An empty tree, and what puts entries into it. */
function treeOf(leafMs: number) {
  const tree = { root: makeTempDir(), leafMs };
  const add = (ms: number) =>
    createEntry(fs, tree, ms, "abcdef", (path) => fs.createNew(path, new Uint8Array()));
  const remove = (ms: number) => fs.remove(entryPath(tree, ms, "abcdef"));
  return { tree, add, remove };
}

/** How many folders there are on each level. */
function foldersIn(path: string): number[] {
  const folders = (fs.list(path) ?? []).filter(({ isDirectory }) => isDirectory);
  const below = folders.map(({ name }) => foldersIn(`${path}/${name}`));
  const depth = Math.max(0, ...below.map(({ length }) => length));
  const sums = Array.from(
    { length: depth },
    (_, level) => below.reduce((sum, counts) => sum + (counts[level] ?? 0), 0),
  );
  return folders.length === 0 ? [] : [folders.length, ...sums];
}

it("allEntries() gives entries in the order of their instants, whatever a leaf spans", () => {
  const instants = [0, 7, 8, 127, 128, 4_095, 4_096, 4_194_304, 1_795_944_139_266];
  for (const leafMs of [8, 128]) {
    const { tree, add } = treeOf(leafMs);
    for (const ms of instants.toReversed()) add(ms);
    assertEquals([...allEntries(fs, tree.root)].map(({ ms }) => ms), instants);
  }
});

it("peek() removes the folders that it finds empty, up to the root", () => {
  const { tree, add, remove } = treeOf(128);
  for (const ms of [1, 200, 5_000_000]) add(ms), remove(ms);
  assertEquals(foldersIn(tree.root), [2, 2, 3]);
  assertEquals(new TimeCursor(fs, tree.root).peek(), undefined);
  assertEquals(foldersIn(tree.root), []);
});

it("peek() leaves the last folder, and those that it lies in, while entries come to it", () => {
  const { tree, add, remove } = treeOf(128);
  let isGrowing = true;
  const cursor = new TimeCursor(fs, tree.root, () => isGrowing);
  for (const ms of [1, 200, 5_000_000, 5_000_200]) add(ms), remove(ms);
  assertEquals(cursor.peek(), undefined);
  assertEquals(foldersIn(tree.root), [1, 1, 1]);
  add(5_000_201);
  cursor.reset();
  assertEquals(cursor.peek()?.ms, 5_000_201);
  remove(5_000_201);
  isGrowing = false;
  cursor.reset();
  assertEquals(cursor.peek(), undefined);
  assertEquals(foldersIn(tree.root), []);
});
