import { SmallFiles } from "../../../../src/adapters/fs/checkout/small_files.ts";
import { assertEquals, it } from "../../../deps.ts";
import { fakeHost } from "../../../support/fake/host.ts";
import { notingLooks } from "../../../support/fake/looks.ts";
import { makeTempDir, setMtime, writeOver } from "../../../support/scene/scratch.ts";

const MINUTE = 60_000;

it("text() opens a file again only when it may have changed", () => {
  const dir = makeTempDir();
  const path = `${dir}/HEAD`;
  const noting = notingLooks(fakeHost().fs, dir);
  const files = new SmallFiles({ ...fakeHost(), fs: noting.fs }, () => {});
  const read = () => [files.text(path), ...noting.take()];
  const opened = (text: string) => [text, "lstat HEAD", "read HEAD"];
  const before = Date.now() - MINUTE;

  writeOver(path, "one");
  setMtime(path, before);
  assertEquals([read(), read()], [opened("one"), ["one", "lstat HEAD"]]);
  writeOver(path, "two");
  // So soon after a change the next one might have the same time stamp.
  setMtime(path, Date.now() + MINUTE);
  assertEquals([read(), read()], [opened("two"), opened("two")]);
  setMtime(path, before + 1);
  assertEquals([read(), read()], [opened("two"), ["two", "lstat HEAD"]]);
  // Another file of the same size and time.
  fakeHost().fs.rename(path, `${dir}/old`);
  writeOver(path, "six");
  setMtime(path, before + 1);
  assertEquals(read(), opened("six"));
  fakeHost().fs.remove(path);
  assertEquals(read(), [undefined, "lstat HEAD"]);
});
