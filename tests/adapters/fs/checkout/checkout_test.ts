import { FsCheckout } from "../../../../src/adapters/fs/checkout/checkout.ts";
import { assertEquals, it } from "../../../deps.ts";
import { fakeHost } from "../../../support/fake/host.ts";
import { makeTempDir } from "../../../support/scene/scratch.ts";

const { fs } = fakeHost();

function project() {
  const dir = makeTempDir();
  const file = (path: string, text: string) => {
    fs.makeDir(`${dir}/${path}`.replace(/\/[^/]*$/, ""));
    fs.createNew(`${dir}/${path}`, new TextEncoder().encode(text));
  };
  const sources = (workspace = ".coord", cwd = "") => {
    const host = fakeHost({ cwd: `${dir}/${cwd}` });
    return new FsCheckout(host, `${dir}/${workspace}`, () => {})
      .sources();
  };
  return { file, sources };
}

it("sources() are those of the worktree in which the caller stands", () => {
  const { file, sources } = project();
  file("repo/.git/worktrees/w/commondir", "../..\n");
  file("repo/pkg/a.ts", "in the main tree");
  file("tree/.git", "gitdir: ../repo/.git/worktrees/w\n");
  file("tree/pkg/a.ts", "in the worktree");
  file("else/.git/HEAD", "");
  file("else/a.ts", "elsewhere");
  assertEquals(sources("repo/pkg/.coord", "repo").read("a.ts"), "in the main tree");
  assertEquals(sources("repo/pkg/.coord", "tree/pkg").read("a.ts"), "in the worktree");
  assertEquals(sources("repo/pkg/.coord", "else").read("a.ts"), "in the main tree");
  assertEquals(sources("repo/pkg/.muse/coordination", "tree").read("a.ts"), "in the worktree");
  assertEquals(sources("state", "else").read("a.ts"), "elsewhere");
});
