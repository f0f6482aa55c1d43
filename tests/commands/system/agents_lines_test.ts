import { main } from "../../../src/cli/main.ts";
import { AGENTS_LINES } from "../../../src/commands/hook/agents_lines.ts";
import { assert_, assertEquals, it } from "../../deps.ts";
import { fakeHost } from "../../support/fake/host.ts";
import { unknownIn } from "../../support/program/command_lines.ts";
import { makeTempDir } from "../../support/scene/scratch.ts";

it("init prints at most 25 lines for agents, of commands and flags that there are", async () => {
  const dir = makeTempDir();
  const host = fakeHost({ cwd: dir, args: ["init", "--print-agents"] });
  assertEquals([await main(host), host.err], [0, ""]);
  assertEquals(host.out, `${AGENTS_LINES.join("\n")}\n`);
  assert_(AGENTS_LINES.length <= 25);
  assert_(AGENTS_LINES.every((line) => line.length <= 100));
  const commands = [...host.out.matchAll(/`coord ([^`]+)`/g)].map(([, line = ""]) => line);
  const asked = commands.filter((line) => !line.startsWith("help "));
  assertEquals(asked.length, commands.length - 1);
  assertEquals(await unknownIn(asked), []);
});
