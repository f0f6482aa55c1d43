/** Agents in worktrees of one repository who share a project that lies in none of them. */
import { initWorkspace } from "../../../src/adapters/fs/open.ts";
import { openFilesOn } from "../../../src/workspace/open.ts";
import { assertEquals, it } from "../../deps.ts";
import { fakeHost } from "../../support/fake/host.ts";
import { repository } from "../../support/scene/worktrees.ts";

it("reserve() and check() of a project in no repository part no worktrees: its files are one", async () => {
  const { dir } = repository({}, { side: {} });
  fakeHost().fs.makeDir(`${dir}/plain`);
  initWorkspace(fakeHost(), `${dir}/plain`);
  const from = (cwd: string) =>
    openFilesOn(fakeHost({ cwd: `${dir}/${cwd}` }), { dir: `${dir}/plain` });
  const wanted = { addresses: ["a.ts"], exclusive: true };
  const first = await from("side").reservations.reserve({ runId: "x", ...wanted });
  const second = await from("main").reservations.reserve({ runId: "y", ...wanted });
  const checked = await from("main").check({ runId: "y", addresses: ["a.ts"] });
  assertEquals([first.status, second.status, checked.status], ["reserved", "conflict", "held"]);
});
