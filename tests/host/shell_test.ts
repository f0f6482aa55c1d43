import { detectHost } from "../../src/host/detect.ts";
import { assertEquals, it } from "../deps.ts";
import { makeTempDir, removeTree } from "../support/scene/scratch.ts";

const host = await detectHost();

it("shell() gives a command its input and variables, and resolves to its exit code", async () => {
  if (host.os === "windows") return;
  const folder = makeTempDir();
  const env = { PLACE: folder };
  const long = "x".repeat(300_000) + "\n";
  assertEquals(await host.shell('cat > "$PLACE/a"; exit 3', long, env), 3);
  assertEquals(new TextDecoder().decode(host.fs.read(`${folder}/a`)), long);
  assertEquals(await host.shell("exit 0", long, {}), 0, "a command that reads nothing");
  assertEquals(await host.shell("no-such-command-xyz 2>/dev/null", "", {}), 127);
  assertEquals(await host.shell("kill -9 $$", "", {}), 137);
  removeTree(folder);
});
