import { main } from "../../../src/cli/main.ts";
import { DIALECTS } from "../../../src/commands/hook/dialects.ts";
import { SAMPLES } from "../../../src/domain/input/hook/sample.ts";
import { assertEquals, it } from "../../deps.ts";
import { fakeHost } from "../../support/fake/host.ts";
import { makeTempDir } from "../../support/scene/scratch.ts";

it("hook test plays a free file and a held one for each host, and leaves nothing behind", async () => {
  const dir = makeTempDir();
  assertEquals(Object.keys(SAMPLES).sort(), Object.keys(DIALECTS).sort());
  for (const name of Object.keys(SAMPLES)) {
    const args = ["hook", "test", name, "--print", "status"];
    // What is set where it is called must not reach the workspace that it is tried in.
    const env = { TMPDIR: dir, COORD_DIR: `${dir}/none`, COORD_RUN_ID: "another-agent" };
    const host = fakeHost({ cwd: dir, env, args });
    assertEquals([await main(host), host.out, host.err], [0, "ok\n", ""], name);
  }
  assertEquals(fakeHost().fs.list(dir), []);
});
