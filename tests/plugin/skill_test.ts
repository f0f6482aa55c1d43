/** The skill names only commands and flags that there are, and is as short as a skill must be. */
import { detectHost } from "../../src/host/detect.ts";
import { assert_, assertEquals, it } from "../deps.ts";
import { unknownIn } from "../support/program/command_lines.ts";

const { fs } = await detectHost();
const SKILL = `${import.meta.dirname}/../../plugin/claude/skills/coord/SKILL.md`;
const text = new TextDecoder().decode(fs.read(SKILL));

it("the skill of Claude Code names commands and flags that there are", async () => {
  const lines = [...text.matchAll(/^coord (.+)$/gm)].map(([, line = ""]) => line);
  assert_(lines.length > 8, "it has commands");
  assertEquals(await unknownIn(lines), []);
});

it("the skill says in its head what it is for, within the bounds of a host", () => {
  const [, name, description = ""] = /^---\nname: (.+)\ndescription: (.+)\n---\n/.exec(text) ?? [];
  assertEquals(name, "coord");
  assert_(description.length > 0 && description.length <= 1024, description);
  assert_(text.length < 4_000, "it is read in full");
});
