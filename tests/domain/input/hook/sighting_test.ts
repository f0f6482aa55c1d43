import { type FileState, isSameState } from "../../../../src/domain/input/hook/sighting.ts";
import { assertEquals, it } from "../../../deps.ts";

const SMALL: FileState = { size: 3, modified_at: "2026-11-21T09:00:00.000Z", sha256: "ab" };
const LARGE: FileState = { ...SMALL, sha256: null };
const LATER = { modified_at: "2026-11-21T09:00:01.000Z" };

it("isSameState() goes by the content, and of a large file by size and stamp", () => {
  const pairs: readonly (readonly [FileState | null, FileState | null, boolean])[] = [
    [SMALL, { ...SMALL, ...LATER }, true],
    [SMALL, { ...SMALL, sha256: "cd" }, false],
    [SMALL, { ...SMALL, size: 4 }, false],
    [LARGE, { ...LARGE }, true],
    [LARGE, { ...LARGE, ...LATER }, false],
    [LARGE, { ...LARGE, size: 4 }, false],
    [SMALL, LARGE, false],
    [SMALL, null, false],
    [null, null, true],
  ];
  for (const [a, b, same] of pairs) {
    assertEquals({ a, b, same: isSameState(a, b) }, { a, b, same });
    assertEquals({ a, b, same: isSameState(b, a) }, { a, b, same });
  }
});
