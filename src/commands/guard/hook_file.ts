/** The pre-commit hook of a repository, wherever git, or a tool that has git's hooks, keeps it. */
import { CoordError, UnfitFile } from "../../domain/errors.ts";
import { guardProblem } from "../../domain/git/guard_script.ts";
import { quoted } from "../../domain/text.ts";
import type { TextFile } from "../../ports/host_settings.ts";
import type { CommandContext } from "../command.ts";
import { gitOutput } from "./git.ts";

/**
 * Finds the pre-commit hook that git runs in the current folder. Husky's own folder calls the file beside it,
 * which people write.
 *
 * @throws {CoordError} `io_error` outside of a repository; `bad_args` where the hook is not this repository's.
 */
export async function findHook(context: CommandContext): Promise<TextFile> {
  const { host } = context;
  const asked = ["rev-parse", "--path-format=absolute", "--git-common-dir", "--git-path", "hooks"];
  const printed = await gitOutput(host, "find the hooks of git", asked);
  const [common = "", hooks = ""] = printed.split("\n");
  const top = (await gitOutput(host, "find the checkout", ["rev-parse", "--show-toplevel"])).trim();
  const isWithin = (folder: string) => hooks === folder || hooks.startsWith(`${folder}/`);
  if (!isWithin(common) && !isWithin(top)) {
    throw unfit(
      hooks,
      "it is not this repository's: core.hooksPath is set for all. Call coord guard check in it",
    );
  }
  const folder = hooks.endsWith("/.husky/_") ? hooks.slice(0, -"/_".length) : hooks;
  const path = `${folder}/pre-commit`;
  try {
    const hook = await context.textFile(path);
    const problem = guardProblem(hook.text ?? "");
    if (problem !== undefined) throw new UnfitFile(problem);
    return hook;
  } catch (error) {
    if (error instanceof UnfitFile) throw unfit(path, error.message);
    throw error;
  }
}

function unfit(path: string, why: string): CoordError {
  return new CoordError("bad_args", `Cannot use the hook ${quoted(path, 200)}: ${why}`, { path });
}
