/** A project with a workspace, where hosts call the hook. */
import { initWorkspace } from "../../../src/adapters/fs/layout.ts";
import { main } from "../../../src/cli/main.ts";
import { openFilesOn } from "../../../src/workspace/open.ts";
import { fakeHost, type FakeOptions } from "../fake/host.ts";
import { makeTempDir } from "./scratch.ts";

/** When its clock begins. */
export const HOOK_NOW = Date.parse("2026-11-21T09:00:00Z");

export type HookScene = ReturnType<typeof hookScene>;

/** Such a project, with this `coord.json`. */
export function hookScene(config?: object) {
  const dir = makeTempDir();
  const host = fakeHost({ cwd: dir });
  initWorkspace(host, dir);
  if (config !== undefined) {
    host.fs.createNew(`${dir}/coord.json`, new TextEncoder().encode(JSON.stringify(config)));
  }
  let now = HOOK_NOW;
  return {
    dir,
    host,
    coord: openFilesOn(host, { dir, clock: () => now }),
    advance: (seconds: number) => now += seconds * 1000,
    /** A host calls the hook, that of Claude Code unless `args` say otherwise. */
    async call(stdin: FakeOptions["stdin"], options: FakeOptions = {}) {
      const called = fakeHost({ cwd: "/", args: ["hook", "run", "claude"], stdin, ...options });
      const code = await main(called, () => now);
      return { code, out: called.out, err: called.err };
    },
  };
}
