import { ImportReader } from "../../../../src/adapters/fs/checkout/import_reader.ts";
import { FsSourceTree } from "../../../../src/adapters/fs/checkout/source_tree.ts";
import { MAX_IMPORTS, MAX_LISTED, MAX_SOURCE_BYTES } from "../../../../src/domain/limits.ts";
import { type DirEntry, HostError } from "../../../../src/ports/host.ts";
import { assert_, assertEquals, it, itIf } from "../../../deps.ts";
import { fakeHost } from "../../../support/fake/host.ts";
import { makeFifo, makeSymlink, makeTempDir } from "../../../support/scene/scratch.ts";

const { fs, os } = fakeHost();

/** Files in a scratch folder, and the tree of those in its folder `p`. */
function project(host: Partial<typeof fs> = {}, ms?: { file: number; all: number }) {
  const dir = makeTempDir();
  const warnings: string[] = [];
  const file = (path: string, text: string | Uint8Array = "") => {
    fs.makeDir(`${dir}/${path}`.replace(/\/[^/]*$/, ""));
    fs.createNew(
      `${dir}/${path}`,
      typeof text === "string" ? new TextEncoder().encode(text) : text,
    );
  };
  const warn = (message: string) => void warnings.push(message.replaceAll(dir, ""));
  const on = { os, fs: { ...fs, ...host } };
  const tree = new FsSourceTree(on, `${dir}/p`, warn, new ImportReader(ms));
  const modules = async (path: string) => (await tree.imports(path)).map(({ module }) => module);
  return { dir, file, tree, modules, warnings };
}

it("read() gives the files of the project, and nothing outside of it", () => {
  const { file, tree, warnings } = project();
  file("p/src/a.ts", "a");
  file("secret", "s");
  const paths = ["src/a.ts", "src/b.ts", "src", "", ".", "../secret", "src/../../secret"];
  paths.push("/etc/passwd", "src//a.ts", "./src/a.ts", "src/a.ts/", "src/a.ts/b", "src/\0");
  assertEquals(
    paths.filter((path) => tree.exists(path) || tree.read(path) !== undefined),
    ["src/a.ts"],
  );
  assertEquals([tree.read("src/a.ts"), warnings], ["a", []]);
});

itIf(os !== "windows", "there are no FIFOs")(
  "read() and below() follow no symbolic link and open no FIFO",
  () => {
    const { dir, file, tree, warnings } = project();
    file("outside/a.ts", "a");
    file("p/real/a.ts", "a");
    makeSymlink(`${dir}/outside`, `${dir}/p/linked`);
    makeSymlink(`${dir}/outside/a.ts`, `${dir}/p/real/link.ts`);
    makeSymlink(`${dir}/p/real/loop.ts`, `${dir}/p/real/loop.ts`);
    makeSymlink(`${dir}/p/real`, `${dir}/p/real/again`);
    makeFifo(`${dir}/p/real/fifo.ts`);
    const paths = ["real/a.ts", "linked/a.ts", "real/link.ts", "real/loop.ts", "real/again/a.ts"];
    paths.push("real/fifo.ts");
    assertEquals(paths.filter((path) => tree.exists(path)), ["real/a.ts"]);
    assertEquals(paths.filter((path) => tree.read(path) !== undefined), ["real/a.ts"]);
    assertEquals(tree.below("", () => true, 100), ["real/a.ts"]);
    assertEquals(tree.below("linked", () => true, 100), []);
    assertEquals(warnings, []);
  },
);

it("imports() warns of what is too large, no text, or may not be read", async () => {
  const { file, modules, warnings } = project({
    read(path) {
      if (path.endsWith("secret.ts")) throw new HostError("permission", "read", path);
      return fs.read(path);
    },
  });
  file("p/large.ts", new Uint8Array(MAX_SOURCE_BYTES + 1).fill(32));
  file("p/bytes.ts", new Uint8Array([0xff, 0xfe]));
  file("p/zeros.ts", "\0\0\0import './a';\0");
  file("p/secret.ts", "import './a';");
  file("p/notes.md", "import './a';");
  file("p/many.go", `import (${'"m"\n'.repeat(MAX_IMPORTS + 1)})`);
  const paths = ["large.ts", "bytes.ts", "secret.ts", "notes.md", "missing.ts"];
  for (const path of paths) assertEquals(await modules(path), [], path);
  assertEquals(await modules("zeros.ts"), ["./a"]);
  assertEquals((await modules("many.go")).length, MAX_IMPORTS);
  assertEquals(warnings, [
    `large.ts is larger than ${MAX_SOURCE_BYTES} bytes: its imports are not read`,
    "bytes.ts is not UTF-8: its imports are not read",
    'Cannot read "/p/secret.ts": permission denied: imports are not read from it',
    `many.go has more than ${MAX_IMPORTS} imports: the others are not counted`,
  ]);
});

it("imports() gives up on what takes too long to understand, with a warning", async () => {
  const { file, modules, warnings } = project({}, { file: 300, all: 60_000 });
  file("p/slow.ts", `${"async <T>(".repeat(20_000)}import('./x')`);
  file("p/deep.rs", `use a::${"{b::".repeat(100_000)}c${"}".repeat(100_000)}; use z;`);
  file("p/fine.ts", "import './x'");
  const start = performance.now();
  assertEquals([await modules("slow.ts"), await modules("deep.rs")], [[], []]);
  assert_(performance.now() - start < 10_000);
  assertEquals(await modules("fine.ts"), ["./x"]);
  assertEquals(warnings, [
    "slow.ts takes too long to understand: its imports are not read",
    "deep.rs takes too long to understand: its imports are not read",
  ]);
});

it("imports() reads no more when the time for all has passed, and says so once", async () => {
  const { file, tree, modules, warnings } = project({}, { file: 1_000, all: 100 });
  for (const name of ["a", "b", "c"]) {
    file(`p/${name}.ts`, "async <T>(".repeat(20_000) + "import('x')");
  }
  for (const name of ["a", "b", "c"]) assertEquals(await modules(`${name}.ts`), []);
  assertEquals(warnings, [
    "There are too many source files to read in time: imports are missing",
  ]);
  assert_(tree.exists("c.ts"));
});

it("imports() of several trees have one time for all, and each that lacks some says so", async () => {
  const { dir, file, warnings } = project();
  for (const name of ["a", "b"]) file(`p/${name}.ts`, "async <T>(".repeat(20_000) + "import('x')");
  const reader = new ImportReader({ file: 1_000, all: 100 });
  const warn = (message: string) => void warnings.push(message);
  const trees = ["side", undefined, "other"].map((name) =>
    new FsSourceTree({ os, fs }, `${dir}/p`, warn, reader, name)
  );
  for (const tree of trees) {
    for (const path of ["a.ts", "b.ts"]) assertEquals(await tree.imports(path), []);
    assertEquals(tree.below("", () => true, 9), []);
  }
  assertEquals(warnings, [
    'There are too many source files of worktree "side" to read in time: imports are missing',
    "There are too many source files to read in time: imports are missing",
    'There are too many source files of worktree "other" to read in time: imports are missing',
  ]);
});

it("imports() reads a text once that several trees have, and no other one for it", async () => {
  const { dir, file, warnings } = project();
  file("p/slow.ts", `${"async <T>(".repeat(20_000)}import('./x')`);
  file("p/fine.ts", "import './x'");
  file("q/slow.ts", `${"async <T>(".repeat(20_000)}import('./x')`);
  file("q/fine.ts", "import './y'");
  // There is time to find out once that the text takes too long.
  const reader = new ImportReader({ file: 500, all: 950 });
  const warn = (message: string) => void warnings.push(message);
  const found = [];
  for (const [folder, name] of [["p", undefined], ["q", "side"]] as const) {
    const tree = new FsSourceTree({ os, fs }, `${dir}/${folder}`, warn, reader, name);
    for (const path of ["slow.ts", "fine.ts"]) {
      found.push((await tree.imports(path)).map(({ module }) => module));
    }
  }
  assertEquals(found, [[], ["./x"], [], ["./y"]]);
  assertEquals(warnings, [
    "slow.ts takes too long to understand: its imports are not read",
    'slow.ts in worktree "side" takes too long to understand: its imports are not read',
  ]);
});

it("below() finds the files of a folder that are accepted, hidden and installed ones left out", () => {
  const { file, tree } = project();
  for (const path of ["a.ts", "src/b.ts", "src/deep/c.ts", "src/d.md", ".git/e.ts"]) {
    file(`p/${path}`);
  }
  file("p/src/node_modules/f.ts");
  const isSource = (path: string) => path.endsWith(".ts");
  assertEquals(tree.below("", isSource, 3), ["a.ts", "src/b.ts", "src/deep/c.ts"]);
  assertEquals(tree.below("src", () => true, 3), ["src/b.ts", "src/d.md", "src/deep/c.ts"]);
  assertEquals(tree.below("", isSource, 2), undefined);
  for (const none of ["src/b.ts", "missing", "..", "src/.."]) {
    assertEquals(tree.below(none, isSource, 3), [], none);
  }
});

it("below() gives up where there are too many names to look at, or a folder may not be listed", () => {
  const entry = (name: string): DirEntry => ({
    name,
    isFile: true,
    isDirectory: false,
    isSymlink: false,
  });
  let listed = 0;
  const { file, tree, warnings } = project({
    list(path) {
      if (path.endsWith("secret")) throw new HostError("permission", "list", path);
      listed++;
      return Array.from({ length: MAX_LISTED / 2 }, (_, i) => entry(`${i}.md`));
    },
  });
  for (const folder of ["secret", "one", "two", "three"]) file(`p/${folder}/x`);
  const look = (folder: string) => tree.below(folder, () => false, 1);
  assertEquals([look("secret"), look("one"), look("one"), look("two")], [[], [], [], undefined]);
  assertEquals(listed, 2);
  assertEquals(warnings, [
    'Cannot list "/p/secret": permission denied: imports are not read from it',
  ]);
});
