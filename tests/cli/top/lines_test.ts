/** `coord top` where no terminal is drawn on. */
import { initWorkspace } from "../../../src/adapters/fs/layout.ts";
import { main } from "../../../src/cli/main.ts";
import { assertEquals, it } from "../../deps.ts";
import { fakeHost, type FakeOptions } from "../../support/fake/host.ts";
import { until } from "../../support/race/processes.ts";
import { makeTempDir } from "../../support/scene/scratch.ts";

function hostWith(options: FakeOptions) {
  const cwd = makeTempDir();
  initWorkspace(fakeHost(), cwd);
  return fakeHost({ cwd, ...options });
}

it("top --json prints a state a line until it is stopped", async () => {
  const host = hostWith({ args: ["top", "--json"], terminals: ["stdin", "stdout"] });
  const running = main(host);
  await until("two states are there", () => host.out.split("\n").length > 2);
  host.interrupt();
  assertEquals(await running, 0);
  for (const line of host.out.trimEnd().split("\n")) {
    const { alerts, runs } = JSON.parse(line);
    assertEquals({ alerts, total: runs.total }, { alerts: [], total: 0 });
  }
});

it("top prints one frame where it cannot draw or is not to, with colours on a terminal alone", async () => {
  const empty = "No run holds anything, and there are no tasks";
  const cases: readonly (readonly [FakeOptions, string])[] = [
    [{ args: ["top"], terminals: ["stdout"] }, `\x1b[2m${empty}\x1b[22m`],
    [{ args: ["top"], terminals: ["stdin"] }, empty],
    [{ args: ["top", "--once"], terminals: ["stdin", "stdout"] }, `\x1b[2m${empty}\x1b[22m`],
    [{ args: ["top"], terminals: ["stdout"], env: { NO_COLOR: "1" } }, empty],
  ];
  for (const [options, last] of cases) {
    const host = hostWith(options);
    assertEquals({ code: await main(host), last: host.out.trimEnd().split("\n").at(-1) }, {
      code: 0,
      last,
    });
  }
});

it("top without a workspace says so", async () => {
  const host = fakeHost({ args: ["top"], cwd: makeTempDir() });
  assertEquals({ code: await main(host), out: host.out }, { code: 2, out: "" });
});
