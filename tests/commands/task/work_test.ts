import { assertEquals, itIf } from "../../deps.ts";
import { openWorkspace } from "../../../mod.ts";
import { main } from "../../../src/cli/main.ts";
import { fakeHost } from "../../support/fake/host.ts";
import { hasShell } from "../../support/program/posix_shell.ts";
import { workspace } from "../../support/scene/workspace.ts";

const itSh = itIf(hasShell, "there is no shell of POSIX");

itSh(
  "coord work shows on a terminal what runs, in one line of its width, and clears it",
  async () => {
    const { dir } = await workspace();
    const coord = await openWorkspace({ dir });
    const title = "Teach the parser of dates what a leap second is, and test it";
    await coord.tasks.enqueue({ title, runId: "p" });
    const run = async (columns: number) => {
      const host = fakeHost({
        args: ["work", "--run-id", "a", "--once", "--", "sh", "-c", "sleep 1.3; exit 75"],
        cwd: dir,
        terminals: ["stdout", "stderr"],
        columns,
      });
      await main(host);
      return host;
    };
    const narrow = await run(50);
    const lines = (text: string) => text.replace(/\d+s/, "[S]s").split("\r\x1b[K");
    assertEquals(lines(narrow.err), [
      "",
      "waiting for a task",
      "1 running · [S]s Teach the parser of dates what a …",
      "",
    ]);
    assertEquals([...narrow.out.trimEnd()].length, 50);
    const wide = await run(80);
    assertEquals(lines(wide.err)[2], `1 running · [S]s ${title}`);
  },
);
