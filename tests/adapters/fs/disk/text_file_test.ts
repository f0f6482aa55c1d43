import { FsTextFile } from "../../../../src/adapters/fs/disk/text_file.ts";
import { UnfitFile } from "../../../../src/domain/errors.ts";
import { assertEquals, assertThrows, it } from "../../../deps.ts";
import { fakeHost } from "../../../support/fake/host.ts";
import { makeSymlink, makeTempDir, setMode } from "../../../support/scene/scratch.ts";

const { fs } = fakeHost();

/** A file of others with a content of more than ASCII, and a link to it. */
function scene() {
  const dir = makeTempDir();
  const path = `${dir}/own/a.txt`;
  fs.makeDir(`${dir}/own`);
  const put = (text: string) => {
    fs.remove(path);
    fs.createNew(path, new TextEncoder().encode(text));
  };
  put("\uFEFFé\r\n");
  setMode(path, 0o640);
  makeSymlink("own/a.txt", `${dir}/link`);
  const read = () => {
    const bytes = fs.read(path);
    return bytes && new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  };
  const names = () => (fs.list(`${dir}/own`) ?? []).map(({ name }) => name);
  return { dir, path, link: `${dir}/link`, put, read, names };
}

it("FsTextFile replaces what a link leads to, and keeps its mode and its byte order mark", () => {
  const { path, link, read, names } = scene();
  const file = new FsTextFile(fs, link);
  assertEquals([file.target, file.text, file.isWritable], [fs.realPath(path), "é\r\n", true]);
  assertEquals(file.replace("ü\n"), true);
  assertEquals([read(), fs.stat(path)?.mode], ["\uFEFFü\n", 0o640]);
  assertEquals([fs.lstat(link)?.kind, names()], ["symlink", ["a.txt"]]);
});

it("FsTextFile leaves alone what another program has changed since, and makes no rubbish", () => {
  const { path, put, read, names } = scene();
  const file = new FsTextFile(fs, path);
  put("theirs");
  assertEquals([file.replace("mine"), file.replace(undefined)], [false, false]);
  fs.remove(path);
  assertEquals(file.replace("mine"), false);
  assertEquals([read(), names()], [undefined, []]);
  const none = new FsTextFile(fs, path);
  put("theirs");
  assertEquals([none.replace("mine"), read()], [false, "theirs"]);
});

it("FsTextFile removes a file with the link to it, and makes one with its folder and its mode", () => {
  const { dir, path, link } = scene();
  assertEquals(new FsTextFile(fs, link).replace(undefined), true);
  assertEquals([fs.lstat(link), fs.lstat(path)], [undefined, undefined]);
  const made = `${dir}/a/b/c.sh`;
  assertEquals(new FsTextFile(fs, made).replace("x", 0o755), true);
  assertEquals([new FsTextFile(fs, made).text, fs.stat(made)?.mode], ["x", 0o755]);
});

it("FsTextFile names what is no file of text", () => {
  const { dir, path } = scene();
  makeSymlink("nowhere", `${dir}/lost`);
  fs.remove(path);
  fs.createNew(path, new Uint8Array([0x7b, 0xff]));
  const why = (at: string) => assertThrows(() => new FsTextFile(fs, at), UnfitFile).message;
  assertEquals([`${dir}/lost`, `${dir}/own`, path].map(why), [
    "it is a symbolic link that leads nowhere",
    "it is no regular file",
    "it is not UTF-8",
  ]);
});
