import { CoordError } from "../../domain/errors.ts";
import type { GuardAnswer } from "../../engine/holds/guard.ts";
import type { AnswerCommand, CommandContext } from "../command.ts";
import { OPTIONAL_RUN_ID } from "../flags.ts";
import { counted } from "../text.ts";
import { gitOutput } from "./git.ts";

interface GuardValues {
  readonly runId?: string;
}

export const guardCheck: AnswerCommand<GuardAnswer, GuardValues> = {
  details:
    "Refuse a commit of files that another run holds exclusively or by a lane. It looks at " +
    "what is staged, and is called by the pre-commit hook that guard install makes. Files that were " +
    "edited through a shell, which no hook of a host sees, are found here. held, exit code 1: the " +
    "commit is to be refused. The key hook of coord.json says with mode (deny, warn or off) and " +
    "ignore what is guarded. Where there is no workspace nothing is.",
  examples: ["guard check", "guard check --run-id agent-7 --json"],
  operands: [],
  flags: { "run-id": OPTIONAL_RUN_ID },
  async run(context, { runId }) {
    const purpose = "read what is staged";
    // Outside of a repository the other call would be one of another kind.
    await gitOutput(context.host, purpose, ["rev-parse", "--git-dir"]);
    const args = ["diff", "--cached", "--name-only", "--no-renames", "-z"];
    const staged = await gitOutput(context.host, purpose, args);
    const files = staged.split("\0").filter((path) => path !== "");
    const answer = await guarded(context, files, runId);
    if (answer.status === "held" && answer.mode === "warn") context.warn(answer.error ?? "");
    return answer;
  },
  text: ({ status, files, error }) =>
    error ?? (status === "off" ? status : `${status}: ${counted(files, "file")}`),
  exitCode: ({ status, mode }) => status === "held" && mode === "warn" ? 0 : undefined,
};

/** The files at the top of the checkout; free where there is no workspace. */
async function guarded(
  context: CommandContext,
  files: readonly string[],
  runId: string | undefined,
): Promise<GuardAnswer> {
  try {
    const holds = await context.holds();
    return await holds.guard({ files, ...(runId === undefined ? {} : { runId }) });
  } catch (error) {
    if (!(error instanceof CoordError) || error.code !== "no_workspace") throw error;
    context.warn(`Nothing is guarded: ${error.message}`);
    return { status: "free", mode: "deny", files: 0, index_lane: "@git/index", holds: [] };
  }
}
