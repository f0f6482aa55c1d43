import { ruled, TEXT, TEXTS } from "../../domain/input/rule.ts";
import type { CheckedHold } from "../../engine/holds/checked.ts";
import { WITH_FIELDS } from "../../engine/holds/with.ts";
import type { Host } from "../../ports/host.ts";
import type { AnswerCommand, CommandContext } from "../command.ts";
import { RUN_ID } from "../flags.ts";
import { fromHere } from "../paths.ts";
import { gitOutput, gitWords, literal } from "./git.ts";

/** What `commit` answers. */
interface CommitAnswer {
  /**
   * `held`: another run holds one of the paths. `refused`: git made no commit. `timeout`: another run was
   * committing until the wait had passed. `lost`: the lane was taken away meanwhile.
   */
  readonly status: "committed" | "held" | "refused" | "timeout" | "lost" | "lock_busy";
  /** The id of the commit; null where there is none. */
  readonly commit: string | null;
  readonly lane: string;
  readonly fence: number | null;
  /** The holds of other runs that are in the way. */
  readonly holds: readonly CheckedHold[];
  readonly error?: string;
}

interface CommitValues {
  readonly paths: readonly string[];
  readonly message: readonly string[];
  readonly runId: string;
  readonly wait?: number;
}

/** Seconds that it waits for others' commits: many commits of a fleet. */
const WAIT_S = 60;

/** Milliseconds for which git is called again while another program has its index. */
const LOCK_MS = 5_000;

/** Milliseconds between two tries while another program has git's index. */
const RETRY_MS = 100;

/** Bytes of what git says that an error may hold. */
const MAX_SAID = 4_096;

export const commit: AnswerCommand<CommitAnswer, CommitValues> = {
  details:
    "Commit just these paths, as they are now, and nothing else that is staged. It holds the " +
    "lane @git/index meanwhile, in a linked worktree @git/index/NAME, since all agents of a checkout " +
    "share one index. Others that commit so are served in turn. A folder is all below it; new files " +
    "are added, and files that are gone are removed. held, exit code 1: another run holds one of the " +
    "paths exclusively or by a lane. refused, exit code 1: git made no commit, such as when nothing " +
    "has changed or a hook of git refuses. What git and its hooks print goes to standard error.",
  examples: ["commit -m 'Fix the parser' src/parser.ts tests/parser.ts --run-id agent-7"],
  operands: [{
    name: "PATH",
    summary: "a file or folder, letter for letter, relative to the current folder",
    required: true,
    repeatable: true,
    field: ruled(TEXTS, (paths) => paths.includes("") ? "must not be empty" : undefined),
    as: "paths",
  }],
  flags: {
    message: {
      type: "text",
      short: "m",
      summary: "a paragraph of the commit's message",
      placeholder: "TEXT",
      required: true,
      repeatable: true,
      field: ruled(TEXT, (text) => text.trim() === "" ? "must not be empty" : undefined),
    },
    "run-id": { ...RUN_ID, field: WITH_FIELDS.runId },
    wait: {
      type: "duration",
      summary: "wait while others commit, at most this long",
      placeholder: "DURATION",
      default: WAIT_S,
      field: WITH_FIELDS.wait,
    },
  },
  run: runCommit,
  text: ({ status, commit, error }) => error ?? (commit === null ? status : `committed ${commit}`),
};

async function runCommit(
  context: CommandContext,
  { paths, message, runId, wait = WAIT_S }: CommitValues,
): Promise<CommitAnswer> {
  const { host, stop: signal, warn } = context;
  const coord = await context.open();
  const guarded = await coord.guard(fromHere(context, { files: paths, runId }));
  const { status, mode, holds, index_lane: lane, error = "" } = guarded;
  const none = { commit: null, lane, fence: null, holds: [] };
  if (status === "held" && mode === "deny") return { ...none, status, holds, error };
  if (status === "held") warn(error);
  const named = ["--", ...paths.map(literal)];
  const env = { ...coord.environment, COORD_RUN_ID: runId };
  let fence: number | null = null;
  const answer = await coord.with({ lane, runId, wait, signal }, async (held, ended) => {
    fence = held.lease?.fence ?? null;
    // What git does not know yet it commits by no path. Should the commit fail, no other commit has them.
    const adding = gitWords(host, ["add", "--intent-to-add", ...named]);
    const added = await whileLocked(ended, async () => {
      const { code, stderr } = await host.output(adding, env);
      return { code, said: new TextDecoder().decode(stderr) };
    });
    if (added.code !== 0) return added;
    const texts = message.flatMap((text) => ["-m", text]);
    const committing = gitWords(host, ["commit", "--quiet", ...texts, "--only", ...named]);
    return await whileLocked(ended, () => passedOn(host, committing, env, ended));
  });
  if (answer.status !== "done") {
    const status = answer.status === "conflict" ? "refused" : answer.status;
    return { ...none, fence, status, error: answer.error };
  }
  const { code, said } = answer.result;
  if (code !== 0) {
    return { ...none, fence, status: "refused", error: `No commit: ${lastLine(said)}` };
  }
  const sha = await gitOutput(host, "read the commit", ["rev-parse", "HEAD"]);
  return { ...none, fence, status: "committed", commit: sha.trim() };
}

/** What git says at last, which is why. */
function lastLine(said: string): string {
  const line = said.slice(said.lastIndexOf("\n") + 1);
  return line.replace(/^(fatal|error): /, "").replaceAll(literal(""), "");
}

/** What a call of git came to. */
interface Called {
  readonly code: number;
  readonly said: string;
}

/** Calls git, again while another program has its index. */
async function whileLocked(signal: AbortSignal, call: () => Promise<Called>): Promise<Called> {
  const until = Date.now() + LOCK_MS;
  while (true) {
    const { code, said } = await call();
    const isLocked = code !== 0 && said.includes("index.lock");
    if (!isLocked || Date.now() > until || signal.aborted) return { code, said: said.trim() };
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** Calls git and passes on what it and its hooks print. */
async function passedOn(
  { command }: Pick<Host, "command">,
  words: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Called> {
  let said = "";
  const decoder = new TextDecoder();
  const { code } = await command(words, {
    env,
    signal,
    stderrBytes: MAX_SAID,
    onOutput: (bytes) => void (said = (said + decoder.decode(bytes)).slice(-MAX_SAID)),
  });
  return { code, said };
}
