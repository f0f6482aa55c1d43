import { parseCoreConfig } from "../../../src/domain/git/config.ts";
import { assertEquals, it } from "../../deps.ts";

it("parseCoreConfig() reads whether a repository is bare, in every form that git takes", () => {
  const bare = (text: string) => parseCoreConfig(text).bare;
  assertEquals(
    ["[core]\n\tbare = true\n", "[CORE]\nBare=yes", "[core] bare\n", "[core]\nbare = 1 ; x"]
      .map(bare),
    [true, true, true, true],
  );
  assertEquals(
    ["", "[core]\n\tbare = false\n", "[remote]\nbare = true", '[core "x"]\nbare = true']
      .map(bare),
    [false, false, false, false],
  );
  assertEquals(bare("[core]\nbare = true\n[x]\ny = 1\n[core]\nbare = off\n"), false);
});

it("parseCoreConfig() reads the main checkout's folder as it is written", () => {
  const folder = (value: string) => parseCoreConfig(`[core]\n\tworktree = ${value}\n`).worktree;
  assertEquals(folder("../../../sub"), "../../../sub");
  assertEquals(folder('"/a b/#c" # the checkout'), "/a b/#c");
  assertEquals(folder('"C:\\\\x"'), "C:\\x");
  assertEquals(folder(""), undefined);
  assertEquals(parseCoreConfig("[core]\nworktreeConfig = true\n").worktree, undefined);
});
