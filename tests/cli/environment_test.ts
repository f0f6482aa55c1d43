/** Variables whose bytes are no text, which only a shell can set. */
import { detectHost } from "../../src/host/detect.ts";
import { assertEquals, itIf } from "../deps.ts";
import { shell } from "../support/program/posix_shell.ts";
import { workspace } from "../support/scene/workspace.ts";

const onPosix = itIf((await detectHost()).os !== "windows", "it needs a POSIX shell");

onPosix("a run id in the environment that is no UTF-8 is bad input, and no agent", async () => {
  const { dir } = await workspace();
  for (const name of ["COORD_RUN_ID", "CLAUDE_CODE_SESSION_ID"]) {
    const script = `unset COORD_RUN_ID; export ${name}="$(printf 'a\\377')"; coord claim; echo $?`;
    const { out, err } = await shell(dir, script).ended;
    assertEquals({ out, err }, { out: "64\n", err: `coord: $${name} must be text in UTF-8\n` });
  }
});
