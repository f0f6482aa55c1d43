import { StagedFile, stageFile } from "../../../../src/adapters/fs/disk/staging.ts";
import { detectHost } from "../../../../src/host/detect.ts";
import { HostError } from "../../../../src/ports/host.ts";
import { assertEquals, assertThrows, it } from "../../../deps.ts";
import { makeTempDir } from "../../../support/scene/scratch.ts";

const { fs } = await detectHost();

/** A folder for staging and one for names, both still to be made, and a file for them. */
function scene() {
  const root = makeTempDir();
  const [tmp, folder] = [`${root}/tmp`, `${root}/records`];
  let made = 0;
  const stage = () => stageFile(fs, tmp, new TextEncoder().encode(`${++made}`), false);
  const text = (name: string) => new TextDecoder().decode(fs.read(`${folder}/${name}`));
  const names = (of: string) => (fs.list(of) ?? []).map(({ name }) => name).sort();
  const clear = (of: string) => {
    for (const name of names(of)) fs.remove(`${of}/${name}`);
    fs.removeDir(of);
  };
  return { tmp, folder, stage, text, names, clear, staged: new StagedFile(fs, folder, stage) };
}

it("StagedFile.create() puts one file under several names, and under none that is taken", () => {
  const { tmp, folder, staged, names, text } = scene();
  assertEquals(["a", "b", "a"].map((name) => staged.create(name)), [true, true, false]);
  assertEquals([names(folder), names(tmp).length, text("b")], [["a", "b"], 1, "1"]);
  staged.discard();
  assertEquals([names(folder), names(tmp)], [["a", "b"], []]);
});

it("StagedFile.create() stages again when the file, or any folder, was removed", () => {
  const { tmp, folder, staged, names, text, clear } = scene();
  staged.create("a");
  clear(tmp);
  clear(folder);
  assertEquals([staged.create("deep/b"), names(folder), text("deep/b")], [true, ["deep"], "2"]);
});

it("StagedFile.replace() stages again when the file was removed, and leaves nothing behind", () => {
  const { tmp, folder, staged, names, text, clear } = scene();
  fs.makeDir(folder);
  fs.createNew(`${folder}/a`, new TextEncoder().encode("old"));
  staged.create("b");
  clear(tmp);
  staged.replace("a");
  assertEquals([names(folder), text("a"), text("b"), names(tmp)], [["a", "b"], "2", "1", []]);
});

it("StagedFile.replace() keeps the file while the folder of the name is made again", () => {
  const { folder, staged, text, clear } = scene();
  staged.create("a");
  clear(folder);
  staged.replace("a");
  assertEquals(text("a"), "1");
});

it("StagedFile with a path throws not_found when that file was removed, and makes no other", () => {
  const { tmp, folder, stage, names } = scene();
  const path = stage();
  const staged = new StagedFile(fs, folder, path);
  assertEquals(staged.create("a"), true);
  fs.remove(path);
  for (const act of [() => staged.create("b"), () => staged.replace("a")]) {
    assertEquals((assertThrows(act, HostError) as HostError).reason, "not_found");
  }
  assertEquals([names(folder), names(tmp)], [["a"], []]);
});
