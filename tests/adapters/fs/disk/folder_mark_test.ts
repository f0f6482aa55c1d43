import { isSettled, isUnchanged } from "../../../../src/adapters/fs/disk/folder_mark.ts";
import { STAMP_TICK_MS } from "../../../../src/domain/limits.ts";
import { assertEquals, it } from "../../../deps.ts";

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
