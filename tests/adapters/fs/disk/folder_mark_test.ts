import {
  BarrenFolders,
  isSettled,
  isUnchanged,
} from "../../../../src/adapters/fs/disk/folder_mark.ts";
import { STAMP_TICK_MS } from "../../../../src/domain/limits.ts";
import { assertEquals, it } from "../../../deps.ts";
import { fakeHost } from "../../../support/fake/host.ts";
import { makeTempDir, setMtime } from "../../../support/scene/scratch.ts";

const AT = 1_764_000_000_123;

it("isSettled() waits for the tick of a time stamp, and longer for one of whole seconds", () => {
  const whole = AT - 123;
  assertEquals({
    soon: isSettled(AT, AT + STAMP_TICK_MS.fine - 1),
    later: isSettled(AT, AT + STAMP_TICK_MS.fine),
    "whole seconds, soon": isSettled(whole, whole + STAMP_TICK_MS.whole - 1),
    "whole seconds, later": isSettled(whole, whole + STAMP_TICK_MS.whole),
    "ahead of the clock": isSettled(AT + 3_600_000, AT),
  }, {
    soon: false,
    later: true,
    "whole seconds, soon": false,
    "whole seconds, later": true,
    "ahead of the clock": false,
  });
});

it("isUnchanged() trusts a listing only when it began after the tick of the last change", () => {
  const current = { mtimeMs: AT, atMs: AT + 60_000 };
  assertEquals({
    never: isUnchanged(undefined, current),
    settled: isUnchanged({ mtimeMs: AT, atMs: AT + 100 }, current),
    "listed within the tick": isUnchanged({ mtimeMs: AT, atMs: AT + 5 }, current),
    changed: isUnchanged({ mtimeMs: AT - 1, atMs: AT + 100 }, current),
  }, { never: false, settled: true, "listed within the tick": false, changed: false });
});

const { fs } = fakeHost();

const MINUTE = 60_000;

/** What looks for one name in a folder, and how often it looked. */
function lookout(skewMs?: number) {
  const folder = makeTempDir();
  const barren = new BarrenFolders(fs, skewMs);
  const path = `${folder}/name`;
  let looks = 0;
  const body = () => {
    looks++;
    return fs.lstat(path);
  };
  const look = (what?: string) => barren.within(folder, body, { what })?.kind;
  return { folder, path, look, looks: () => looks };
}

it("within() looks no more while the folder has the names that it had", () => {
  const at = lookout();
  setMtime(at.folder, Date.now() - MINUTE);
  const found = [at.look(), at.look(), at.look(), at.look()];
  assertEquals({ found, looks: at.looks() }, { found: Array(4).fill(undefined), looks: 2 });
  fs.createNew(at.path, new Uint8Array());
  assertEquals([at.look(), at.look()], ["file", "file"]);
  fs.remove(at.path);
  assertEquals([at.look(), at.look()], [undefined, undefined]);
});

it("within() looks each time where a change might not show in the folder's time stamp", () => {
  const at = lookout();
  setMtime(at.folder, Date.now() + MINUTE);
  const skewed = lookout(2 * MINUTE);
  setMtime(skewed.folder, Date.now() - MINUTE);
  for (let n = 0; n < 4; n++) [at.look(), skewed.look()];
  assertEquals([at.looks(), skewed.looks()], [4, 4]);
});

it("within() looks again in another folder of that name, and for another name", () => {
  const at = lookout();
  const before = Date.now() - MINUTE;
  setMtime(at.folder, before);
  for (let n = 0; n < 3; n++) at.look();
  fs.rename(at.folder, `${at.folder}.old`);
  fs.makeDir(at.folder);
  fs.createNew(at.path, new Uint8Array());
  setMtime(at.folder, before);
  assertEquals([at.look(), at.looks()], ["file", 3]);
  fs.remove(at.path);
  assertEquals([at.look("another"), at.looks()], [undefined, 4]);
});
