import type { AnswerCommand } from "../command.ts";

/** What `init` answers. */
interface Initialised {
  /** Where the workspace lies. */
  readonly workspace: string;
  /** Whether this call made it. */
  readonly created: boolean;
}

export const init: AnswerCommand<Initialised, { readonly path?: string }> = {
  details: "Create .coord/ in the folder, with a .gitignore of its own. Running it again changes " +
    "nothing.",
  examples: ["init", "init ~/projects/api"],
  operands: [{
    name: "PATH",
    summary: "the project's folder (default: --dir, else the current one)",
    as: "path",
  }],
  flags: {},
  async run(context, { path }) {
    const made = await context.init(path ?? context.dir ?? context.host.cwd());
    return { workspace: made.path, created: made.created };
  },
  text: ({ workspace, created }) =>
    created ? `Workspace made: ${workspace}` : `Workspace exists: ${workspace}`,
};
