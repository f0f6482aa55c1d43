import type { AnswerCommand } from "../command.ts";
import { AGENTS_LINES } from "../hook/agents_lines.ts";

/** What `init` answers. */
interface Initialised {
  /** Where the workspace lies. */
  readonly workspace: string;
  /** Whether this call made it. */
  readonly created: boolean;
  /** The main checkout, or the git folder, all of whose worktrees use it; else null. */
  readonly shared_with: string | null;
  /** What agents are to read, where it was asked for. */
  readonly lines?: readonly string[];
}

export const init: AnswerCommand<Initialised, {
  readonly path?: string;
  readonly here?: boolean;
  readonly printAgents?: boolean;
}> = {
  details: "Create .coord/ in the folder, with a .gitignore of its own. Running it again changes " +
    "nothing. All worktrees of a git repository share one workspace. In a linked worktree it is " +
    "made or found in the main checkout, or in the git folder of a bare repository. With " +
    "--print-agents it prints a section for AGENTS.md or CLAUDE.md: when to reserve, claim and wait, and what " +
    "exit codes mean.",
  examples: ["init", "init ~/projects/api", "init --here", "init --print-agents >> AGENTS.md"],
  operands: [{
    name: "PATH",
    summary: "the project's folder (default: --dir, else the current one)",
    as: "path",
  }],
  flags: {
    here: { type: "boolean", summary: "give a linked worktree a workspace of its own" },
    "print-agents": {
      type: "boolean",
      summary: "print what agents are to know of coord, for a file that they read",
    },
  },
  async run(context, { path, here = false, printAgents = false }) {
    const made = await context.init(path ?? context.dir ?? ".", here);
    return {
      workspace: made.path,
      created: made.created,
      shared_with: made.shared ?? null,
      ...(printAgents ? { lines: AGENTS_LINES } : {}),
    };
  },
  text({ workspace, created, shared_with: main, lines }) {
    if (lines !== undefined) return lines;
    const text = `Workspace ${created ? "made" : "exists"}: ${workspace}`;
    return main === null ? text : `${text} (shared by all worktrees of ${main})`;
  },
};
