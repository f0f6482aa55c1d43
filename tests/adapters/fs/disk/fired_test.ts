import { firedAt, noteFired } from "../../../../src/adapters/fs/disk/fired.ts";
import { Layout } from "../../../../src/adapters/fs/layout.ts";
import { assertEquals, it } from "../../../deps.ts";
import { fakeHost } from "../../../support/fake/host.ts";
import { makeTempDir } from "../../../support/scene/scratch.ts";

it("noteFired() keeps the last call of each host, and writes once a minute", () => {
  const { fs } = fakeHost();
  const layout = new Layout(makeTempDir());
  const now = Date.now();
  const at = (host: string, ms: number) => {
    noteFired(fs, layout, host, now + ms);
    return (firedAt(fs, layout, host) ?? NaN) - now;
  };
  assertEquals(firedAt(fs, layout, "claude"), undefined);
  assertEquals([at("claude", 0), at("claude", 50_000), at("codex", 50_000)], [0, 0, 50_000]);
  assertEquals(at("claude", 100_000), 100_000);
  fs.remove(`${layout.index}/fired-claude`);
  fs.createNew(`${layout.index}/fired-claude`, new TextEncoder().encode("torn"));
  assertEquals(firedAt(fs, layout, "claude"), undefined);
});
