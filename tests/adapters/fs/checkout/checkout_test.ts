import { FsCheckout } from "../../../../src/adapters/fs/checkout/checkout.ts";
import { assertEquals, it } from "../../../deps.ts";
import { fakeHost } from "../../../support/fake/host.ts";
import { makeTempDir } from "../../../support/scene/scratch.ts";

const { fs } = fakeHost();

/** A repository with a project in a folder of it, one worktree, and another repository. */
function project() {
  const dir = makeTempDir();
  const file = (path: string, text: string) => {
    fs.makeDir(`${dir}/${path}`.replace(/\/[^/]*$/, ""));
    fs.createNew(`${dir}/${path}`, new TextEncoder().encode(text));
  };
  file("repo/.git/worktrees/w/commondir", "../..\n");
  file("repo/.git/worktrees/w/gitdir", `${dir}/tree/.git\n`);
  file("repo/pkg/a.ts", "in the main tree");
  file("tree/.git", `gitdir: ../repo/.git/worktrees/w\n`);
  file("tree/pkg/a.ts", "in the worktree");
  file("else/.git/HEAD", "");
  file("else/a.ts", "elsewhere");
  file("plain/a.ts", "in no repository");
  const warnings: string[] = [];
  const text = (workspace: string, cwd: string, worktree?: string) => {
    const host = fakeHost({ cwd: `${dir}/${cwd}` });
    const checkout = new FsCheckout(host, `${dir}/${workspace}`, (said) => {
      warnings.push(said);
    });
    return checkout.sources().of(worktree)?.read("a.ts");
  };
  return { text, warnings };
}

it("sources() are those of a worktree by its name, else of the main checkout", () => {
  const { text, warnings } = project();
  for (const cwd of ["repo", "tree/pkg", "else", "plain"]) {
    for (const workspace of ["repo/pkg/.coord", "repo/pkg/.muse/coordination"]) {
      assertEquals(text(workspace, cwd), "in the main tree", cwd);
      assertEquals(text(workspace, cwd, "w"), "in the worktree", cwd);
    }
  }
  assertEquals(text("state", "else"), "elsewhere");
  assertEquals(text("tree/pkg/.coord", "else"), "in the main tree");
  assertEquals(text("tree/pkg/.coord", "else", "w"), "in the worktree");
  assertEquals(warnings, []);
});

it("sources() are those of the project in no repository, whatever the worktree", () => {
  const { text, warnings } = project();
  assertEquals(text("plain/.coord", "tree", "w"), "in no repository");
  assertEquals(text("state", "plain", "w"), "in no repository");
  assertEquals(warnings, []);
});

it("sources() of a name that is no worktree's are none, and nothing outside is looked at", () => {
  const { text, warnings } = project();
  const names = ["", ".", "..", "../../../tree", "w/", "w/..", "w\0", "gone", "..\\w"];
  const long = "w".repeat(100_000);
  assertEquals(text("repo/pkg/.coord", "repo", long), undefined);
  assertEquals(warnings.splice(0), [
    `The worktree "${long.slice(0, 80)}…" cannot be found: ` +
    "the imports of what is touched in it are not read",
  ]);
  for (const name of names) assertEquals(text("repo/pkg/.coord", "repo", name), undefined, name);
  assertEquals(
    warnings,
    names.map((name) =>
      `The worktree ${JSON.stringify(name)} cannot be found: ` +
      "the imports of what is touched in it are not read"
    ),
  );
});
