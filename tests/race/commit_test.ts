/** Agents of one checkout commit at once: every commit is there once, with its own files and no other's. */
import { assertEquals } from "../deps.ts";
import { sized } from "../support/length.ts";
import { git } from "../support/program/git.ts";
import { itWith } from "../support/program/programs.ts";
import { Running } from "../support/program/working.ts";
import { write } from "../support/scene/journals.ts";
import { workspace } from "../support/scene/workspace.ts";

const { agents, commits } = sized(
  { agents: 3, commits: 2 },
  { agents: 8, commits: 5 },
  { agents: 16, commits: 10 },
);

itWith("git")(
  "coord commit of many processes at once loses no commit, and mixes none",
  async () => {
    const { dir } = await workspace();
    git(dir, "init", "--quiet");
    git(dir, "config", "user.email", "a@example.org");
    git(dir, "config", "user.name", "A");
    const agent = async (name: string) => {
      for (let n = 0; n < commits; n++) {
        const files = ["new", "same"].map((file) => `${name}/${file === "new" ? n : file}`);
        for (const file of files) write(`${dir}/${file}`, `${n}\n`);
        const args = ["commit", "-m", `${name} ${n}`, ...files, "--run-id", name, "--wait", "600"];
        await using call = new Running(dir, args);
        assertEquals([await call.ended, call.err], [0, ""]);
      }
    };
    const names = Array.from({ length: agents }, (_, n) => `agent-${n}`);
    await Promise.all(names.map(agent));
    const log = git(dir, "log", "--reverse", "--format=%x00%s", "--name-only").split("\0").slice(1);
    const made = log.map((entry) => entry.split("\n").filter((line) => line !== ""));
    const expected = names.flatMap((name) =>
      Array.from({ length: commits }, (_, n) => [`${name} ${n}`, `${name}/${n}`, `${name}/same`])
    );
    const sorted = (lists: readonly (readonly string[])[]) => lists.map(String).sort();
    assertEquals(sorted(made), sorted(expected));
    assertEquals(git(dir, "status", "--short"), "");
  },
);
