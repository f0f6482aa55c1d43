/** A git repository with linked worktrees, whose agents share one workspace. */
import type { Coord } from "../../../mod.ts";
import type { Forecast, ForecastInput } from "../../../src/engine/forecast/forecast.ts";
import { initWorkspace } from "../../../src/adapters/fs/open.ts";
import { openFilesOn } from "../../../src/workspace/open.ts";
import { fakeHost } from "../fake/host.ts";
import { makeTempDir, removeTree } from "./scratch.ts";
import { FakeClock } from "./workspace.ts";

/** Source files of a checkout, by their paths. */
type Sources = Readonly<Record<string, string>>;

/** What a test may do in such a repository; `""` is the main checkout. */
export interface Repository {
  readonly dir: string;
  readonly warnings: string[];
  /** The operations of an agent that stands in a checkout. */
  in(worktree: string): Coord;
  /** Reserves as an agent that stands in a checkout. */
  reserve(worktree: string, runId: string, ...addresses: string[]): Promise<void>;
  /** The predicted conflicts of imports as `agent:address agent:address`, as one checkout's agent sees them. */
  dependencies(worktree: string, input?: ForecastInput): Promise<string[]>;
  remove(path: string): void;
}

/** Makes a repository at `main` and its worktrees beside it, from the source files of each. */
export function repository(main: Sources, linked: Readonly<Record<string, Sources>>): Repository {
  const { fs } = fakeHost();
  const dir = makeTempDir();
  const write = (path: string, text: string) => {
    fs.makeDir(`${dir}/${path}`.replace(/\/[^/]*$/, ""));
    fs.createNew(`${dir}/${path}`, new TextEncoder().encode(text));
  };
  write("main/.git/HEAD", "ref: refs/heads/main\n");
  write("main/.git/config", "[core]\n\tbare = false\n");
  for (const [path, text] of Object.entries(main)) write(`main/${path}`, text);
  for (const [name, sources] of Object.entries(linked)) {
    const git = `main/.git/worktrees/${name}`;
    write(`${git}/HEAD`, `ref: refs/heads/${name}\n`);
    write(`${git}/commondir`, "../..\n");
    write(`${git}/gitdir`, `${dir}/${name}/.git\n`);
    write(`${name}/.git`, `gitdir: ${dir}/${git}\n`);
    for (const [path, text] of Object.entries(sources)) write(`${name}/${path}`, text);
  }
  initWorkspace(fakeHost({ cwd: `${dir}/main` }), `${dir}/main`);
  const clock = new FakeClock();
  const warnings: string[] = [];
  const open = (worktree: string) =>
    openFilesOn(fakeHost({ cwd: `${dir}/${worktree || "main"}` }), {
      clock: clock.now,
      onWarning: (message) => void warnings.push(message.replaceAll(dir, "DIR")),
    });
  return {
    dir,
    warnings,
    in: open,
    async reserve(worktree, runId, ...addresses) {
      await open(worktree).reservations.reserve({ runId, addresses });
    },
    async dependencies(worktree, input = {}) {
      return dependenciesIn(await open(worktree).forecast(input));
    },
    remove: (path) => removeTree(`${dir}/${path}`),
  };
}

function dependenciesIn({ conflicts }: Forecast): string[] {
  return conflicts.filter(({ type }) => type === "dependency_overlap")
    .map(({ agents: [a, b], addresses: [x, y] }) => `${a}:${x} ${b}:${y}`);
}
