import {
  checkoutRoots,
  mainRoot,
  repositoryAt,
} from "../../../../src/adapters/fs/checkout/repository.ts";
import { SmallFiles } from "../../../../src/adapters/fs/checkout/small_files.ts";
import { STAMP_TICK_MS } from "../../../../src/domain/limits.ts";
import { assertEquals, it } from "../../../deps.ts";
import { fakeHost } from "../../../support/fake/host.ts";
import { notingLooks } from "../../../support/fake/looks.ts";
import { sleep } from "../../../support/race/processes.ts";
import { makeTempDir } from "../../../support/scene/scratch.ts";

const { fs } = fakeHost();

/** A folder with files, and what is found from a folder in it. */
function scene(texts: Readonly<Record<string, string>>) {
  const dir = makeTempDir();
  const shown = (path: string) => path.replaceAll(dir, "DIR");
  for (const [path, text] of Object.entries(texts)) {
    fs.makeDir(`${dir}/${path}`.replace(/\/[^/]*$/, ""));
    fs.createNew(`${dir}/${path}`, new TextEncoder().encode(text.replaceAll("DIR", dir)));
  }
  const warnings: string[] = [];
  const files = new SmallFiles(fakeHost(), (message) => void warnings.push(shown(message)));
  const at = (path: string) => {
    const found = repositoryAt(files, `${dir}/${path}`);
    if (found === undefined || !found.root.startsWith(dir)) return undefined;
    const main = mainRoot(files, found);
    return {
      root: shown(found.root),
      common: shown(found.common),
      worktree: found.worktree,
      main: main && shown(main),
      all: checkoutRoots(files, found).map(shown).sort(),
      ...(found.isDangling && { isDangling: true }),
    };
  };
  return { dir, at, warnings };
}

it("repositoryAt() returns a linked worktree, its main checkout, and all the others", () => {
  const { at, warnings } = scene({
    "main/.git/HEAD": "ref: refs/heads/main\n",
    "main/.git/config": "[core]\n\tbare = false\n",
    "main/.git/worktrees/side/commondir": "../..\n",
    "main/.git/worktrees/side/gitdir": "DIR/side/.git\n",
    "main/.git/worktrees/moved/gitdir": "../../../../moved/.git\n",
    "main/.git/worktrees/gone/gitdir": "DIR/gone/.git\n",
    "main/src/a.ts": "",
    "side/.git": "gitdir: DIR/main/.git/worktrees/side\n",
    "side/src/a.ts": "",
    "moved/.git": "gitdir: ../main/.git/worktrees/moved\n",
  });
  const common = { common: "DIR/main/.git", main: "DIR/main" };
  const all = ["DIR/main", "DIR/moved", "DIR/side"];
  assertEquals(at("main/src"), { root: "DIR/main", ...common, worktree: undefined, all });
  assertEquals(at("side/src"), { root: "DIR/side", ...common, worktree: "side", all });
  assertEquals(warnings, []);
});

it("repositoryAt() knows layouts around a bare repository, which has no main checkout", () => {
  const { at } = scene({
    "p/.bare/HEAD": "ref: refs/heads/main\n",
    "p/.bare/config": "[core]\n\tbare = true\n",
    "p/.bare/objects/x": "",
    "p/.bare/refs/x": "",
    "p/.bare/worktrees/dev/commondir": "../..\n",
    "p/.bare/worktrees/dev/gitdir": "DIR/p/dev/.git\n",
    "p/.git": "gitdir: ./.bare\n",
    "p/dev/.git": "gitdir: DIR/p/.bare/worktrees/dev\n",
    "q/.git/HEAD": "",
    "q/.git/config": "[core]\n\tbare = true\n",
    "q/.git/worktrees/dev/commondir": "../..\n",
    "q/dev/.git": "gitdir: ../.git/worktrees/dev\n",
  });
  const bare = { common: "DIR/p/.bare", main: undefined };
  const all = ["DIR/p", "DIR/p/dev"];
  assertEquals(at("p/dev"), { root: "DIR/p/dev", ...bare, worktree: "dev", all: ["DIR/p/dev"] });
  assertEquals(at("p"), { root: "DIR/p", ...bare, worktree: undefined, all });
  assertEquals(at("p/.bare/refs")?.root, "DIR/p/.bare");
  assertEquals(at("q/dev")?.main, undefined);
});

it("repositoryAt() takes a submodule for a checkout of its own, also with worktrees", () => {
  const { at } = scene({
    "super/.git/HEAD": "",
    "super/.git/modules/sub/HEAD": "",
    "super/.git/modules/sub/config": "[core]\n\tworktree = ../../../sub\n",
    "super/.git/modules/sub/worktrees/w/commondir": "../..\n",
    "super/.git/modules/sub/worktrees/w/gitdir": "DIR/w/.git\n",
    "super/sub/.git": "gitdir: ../.git/modules/sub\n",
    "w/.git": "gitdir: DIR/super/.git/modules/sub/worktrees/w\n",
  });
  const common = { common: "DIR/super/.git/modules/sub", main: "DIR/super/sub" };
  const all = ["DIR/super/sub", "DIR/w"];
  assertEquals(at("super/sub"), { root: "DIR/super/sub", ...common, worktree: undefined, all });
  assertEquals(at("w"), { root: "DIR/w", ...common, worktree: "w", all });
});

it("repositoryAt() says when .git leads to a folder that is not there", () => {
  const { at } = scene({ "w/.git": "gitdir: /nowhere/repo/.git/worktrees/w\n" });
  assertEquals(at("w"), {
    root: "DIR/w",
    common: "/nowhere/repo/.git/worktrees/w",
    worktree: undefined,
    main: undefined,
    all: ["DIR/w"],
    isDangling: true,
  });
});

it("repositoryAt() asks folders without git for their time stamps alone, until one changes", async () => {
  const dir = makeTempDir();
  fs.makeDir(`${dir}/src/api`);
  const noting = notingLooks(fs, dir);
  const files = new SmallFiles({ ...fakeHost(), fs: noting.fs }, () => {});
  const looks = () => {
    const found = repositoryAt(files, `${dir}/src/api`)?.root.replace(dir, "DIR");
    return [...noting.take().filter((look) => !look.startsWith("stat src")), found];
  };
  const names = ["stat .git", "stat HEAD", undefined];
  assertEquals([looks(), looks()], [names, ["stat ", ...names]]);
  // Their time stamps were too young to be trusted.
  assertEquals(looks(), ["stat ", ...names]);
  await sleep(STAMP_TICK_MS.fine + 5);
  assertEquals([looks(), looks()], [["stat ", ...names], ["stat ", undefined]]);
  fs.createNew(`${dir}/HEAD`, new Uint8Array());
  assertEquals(looks(), ["stat ", "stat .git", "stat HEAD", "stat objects", undefined]);
  fs.makeDir(`${dir}/.git`);
  assertEquals(looks(), ["stat .git", "DIR"]);
});
