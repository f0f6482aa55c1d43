import { hasGuard, withGuard, withoutGuard } from "../../domain/git/guard_script.ts";
import { ruled, TEXT } from "../../domain/input/rule.ts";
import { shellWord } from "../../domain/text.ts";
import { HostError } from "../../ports/host.ts";
import type { TextFile } from "../../ports/host_settings.ts";
import type { AnswerCommand, CommandContext, FlagSpec } from "../command.ts";
import { findHook } from "./hook_file.ts";

/** What was done to the hook of git, or would be. */
interface GuardEdit {
  readonly change: "installed" | "uninstalled" | "none";
  /** The file that was, or would be, changed. */
  readonly path: string;
  /** Whether it was only tried. */
  readonly dry_run: boolean;
}

interface EditValues {
  readonly program?: string;
  readonly dryRun?: boolean;
}

/** Of a hook that is made. */
const MODE = 0o755;

const DRY_RUN: FlagSpec = { type: "boolean", summary: "say what would be done, and do nothing" };

const WHERE =
  "The file is the one that git runs, also where core.hooksPath or husky has it elsewhere. " +
  "All linked worktrees share it. ";

export const guardInstall: AnswerCommand<GuardEdit, EditValues> = {
  details: "Have git call guard check before each commit. The lines stand in front of what the " +
    `pre-commit hook has, and all else stays as it is. ${WHERE}` +
    "A hook that lefthook, pre-commit or overcommit writes is left alone: the answer says where the " +
    "call belongs. Only a file that another run holds stops a commit; a coord that is gone does not. " +
    "git commit --no-verify goes round it.",
  examples: ["guard install", "guard install --program /opt/coord/bin/coord"],
  operands: [],
  flags: {
    program: {
      type: "text",
      summary: "what to call (default: coord, by the PATH)",
      placeholder: "PATH",
      field: ruled(TEXT, (text) => text.trim() === "" ? "must not be empty" : undefined),
    },
    "dry-run": DRY_RUN,
  },
  async run(context, { program = "coord", dryRun = false }) {
    const found = await findHook(context);
    await warnIfMissing(context, program);
    const text = withGuard(found.text, shellWord(program));
    const isNew = text !== found.text;
    if (isNew && !dryRun) replace(found, text);
    return { change: isNew ? "installed" : "none", path: found.target, dry_run: dryRun };
  },
  text,
};

export const guardUninstall: AnswerCommand<GuardEdit, EditValues> = {
  details:
    "Take the lines of guard install out of the pre-commit hook. All else in it stays, byte " +
    `for byte; a file that was made for them goes. ${WHERE.trimEnd()}`,
  examples: ["guard uninstall"],
  operands: [],
  flags: { "dry-run": DRY_RUN },
  async run(context, { dryRun = false }) {
    const found = await findHook(context);
    const path = found.target;
    if (found.text === undefined || !hasGuard(found.text)) {
      return { change: "none", path, dry_run: dryRun };
    }
    const after = withoutGuard(found.text);
    const isSame = after === found.text;
    if (!isSame && !dryRun) replace(found, after);
    return { change: isSame ? "none" : "uninstalled", path, dry_run: dryRun };
  },
  text,
};

function replace(hook: TextFile, text: string | undefined): void {
  if (!hook.replace(text, MODE)) throw new HostError("busy", "write", hook.target);
}

function text({ change, path, dry_run }: GuardEdit): string {
  if (change === "none") return `Nothing to do: ${path}`;
  const done = change === "installed" ? "installed in" : "removed from";
  return dry_run ? `Would be ${done} ${path}` : `Lines ${done} ${path}`;
}

/** A hook that calls nothing stops nothing. */
async function warnIfMissing({ host, warn }: CommandContext, program: string): Promise<void> {
  try {
    await host.output([program, "--version"]);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    warn(`${program} cannot be run, so nothing is guarded yet`);
  }
}
