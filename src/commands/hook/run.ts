/**
 * A host of agents calls this at an event. The exit code and the output are the host's: whatever goes
 * wrong here, the host hears of no opinion, or with `--fail-closed` of a denial.
 */
import {
  BY_CODE,
  HOOK_MS,
  type HookAnswer,
  type HostDialect,
  MAX_HOOK_BYTES,
} from "../../domain/input/hook/event.ts";
import { within } from "../../domain/git/shell.ts";
import type { Sweep } from "../../domain/git/sweep.ts";
import { momentNamed } from "../../domain/input/hook/reading.ts";
import { hookRun } from "../../domain/input/hook/run.ts";
import { speakerOf } from "../../domain/input/hook/speaker.ts";
import { isObject, type JsonObject, type JsonValue } from "../../domain/json.ts";
import { quoted } from "../../domain/text.ts";
import type { HookVerdict } from "../../engine/holds/hook.ts";
import type { Host } from "../../ports/host.ts";
import type { HookContext, RawCommand } from "../command.ts";
import { dialectOf, DIALECTS } from "./dialects.ts";

export const hookRunCommand: RawCommand & {
  answer(context: HookContext): Promise<HookAnswer>;
} = {
  details:
    "Called by the host of an agent, which writes what is about to happen to standard input as JSON. " +
    "Before an edit the files are reserved exclusively for the agent's run, for 15 minutes from the " +
    "edit on. If another run holds one of them, the edit is denied, and the agent reads who holds " +
    "it, until when, and what to do. An edit of a file that has changed since the run read or wrote it is " +
    "denied once for each change. At the start of a session the agent gets what prime prints, where " +
    "its host takes that. At the end of a session or subagent those reservations are " +
    "released. Exit codes and output are the host's, not those of the other commands. Most hosts " +
    "take 0 with no output for no opinion and 2 for a denial, others want JSON. Input that cannot " +
    "be read, a missing workspace, and a call of more than 2 seconds are no opinion; with " +
    "--fail-closed they deny. Of shell commands only git is guarded, where it would sweep up what " +
    "another run holds: add -A, stash, reset --hard and their like. Other edits through the " +
    "shell are not. The key hook of coord.json has mode and git (deny, warn or off), and ignore, " +
    "a list of globs.",
  examples: ["hook run claude", "hook run generic pre"],
  grows: true,
  operands: [
    {
      name: "HOST",
      summary: "the host that calls",
      required: true,
      choices: Object.keys(DIALECTS),
      as: "hostName",
    },
    { name: "EVENT", summary: "the event, where the host does not name it", as: "event" },
  ],
  flags: {
    "fail-closed": { type: "boolean", summary: "deny an edit that coord cannot check" },
  },
  raw: true,
  async answer(context) {
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        controller.abort();
        reject(new HookFailure(`it took more than ${HOOK_MS / 1000} seconds`));
      }, HOOK_MS);
    });
    const call: Call = { dialect: BY_CODE, isGuarded: true };
    try {
      return await Promise.race([answered(context, call, controller.signal), late]);
    } catch (error) {
      // Whatever it is, without the flag the host must not take it for a denial.
      const denies = context.failClosed === true && call.isGuarded;
      return denies ? call.dialect.deny(whyClosed(error)) : call.dialect.pass;
    } finally {
      clearTimeout(timer);
    }
  },
};

/** What is known of a call, whatever becomes of it. */
interface Call {
  /** How the host is answered. */
  dialect: Pick<HostDialect, "pass" | "deny">;
  /** Whether it is about something that coord may deny, as far as it was read. */
  isGuarded: boolean;
}

/** A failure that has no error of its own. */
class HookFailure extends Error {}

function whyClosed(error: unknown): string {
  const what = error instanceof Error ? error.message : String(error);
  return `coord cannot check this, so it is denied: ${what}. The hook was set up with ` +
    "--fail-closed: a person can take that out of its command in the settings of the host. " +
    "coord hook status shows where they are.";
}

async function answered(
  context: HookContext,
  call: Call,
  signal: AbortSignal,
): Promise<HookAnswer> {
  const { host, operands: [name = "", said] } = context;
  const called = await dialectOf(name);
  if (called === undefined) throw new HookFailure(`no host is called ${quoted(name, 80)}`);
  call.dialect = called;
  call.isGuarded = said === undefined || momentNamed(said) === "pre";
  const payload = await heard(host);
  const speaker = speakerOf(name, payload);
  const dialect = speaker === name ? called : await asGuest(speaker, called);
  const event = dialect.read(payload, said);
  const { moment, reads, writes } = event;
  call.dialect = dialect;
  const sweeps = moment === "pre" ? await sweepsIn(context, event.shell?.command) : [];
  call.isGuarded = moment === "pre" && writes.length + sweeps.length > 0;
  const isEnd = moment === "session_end" || moment === "subagent_end";
  const isStart = moment === "session_start" && dialect.brief !== undefined;
  if (!isStart && !isEnd && reads.length + writes.length + sweeps.length === 0) return dialect.pass;
  const run = hookRun(speaker, event, (variable) => host.env(variable));
  if (run === undefined) throw new HookFailure("the host does not name its session");
  // Without its name nothing says which subagent it is.
  if (moment === "subagent_end" && event.agent === undefined) return dialect.pass;
  const start = (text: string) =>
    dialect.brief?.(text, run.maker.slice(speaker.length + 1)) ?? dialect.pass;
  const pass = isStart && dialect.takesName === true ? start("") : dialect.pass;
  call.dialect = { ...dialect, pass };
  const cwd = event.cwd ?? host.cwd();
  const hook = await context.hook(cwd);
  if (isEnd) {
    await hook.ended(run);
    return dialect.pass;
  }
  if (moment === "session_start") {
    const lines = await hook.prime(run);
    return lines.length === 0 ? pass : start(lines.join("\n"));
  }
  for (const sweep of sweeps) {
    const from = within(within(cwd, event.shell?.folder ?? ""), sweep.folder) ?? cwd;
    const verdict = await hook.sweep(run, { ...sweep, folder: from });
    if (verdict.verdict === "pass") continue;
    return answerTo(dialect, verdict);
  }
  if (moment === "post" || reads.length > 0) {
    const at = moment === "post" ? moment : "pre";
    await hook.remember(run, { moment: at, reads, writes, base: cwd });
    return dialect.pass;
  }
  if (writes.length === 0) return dialect.pass;
  return answerTo(dialect, await hook.before(run, { paths: writes, base: cwd, signal }));
}

function answerTo(dialect: HostDialect, verdict: HookVerdict): HookAnswer {
  if (verdict.verdict === "pass") return dialect.pass;
  return verdict.verdict === "deny" ? dialect.deny(verdict.reason) : dialect.warn(verdict.reason);
}

/** What a shell command must have for a look at it: `git status` alone has none of it. */
const MAY_SWEEP = [
  /\bgit\b/,
  /\b(?:add|checkout|clean|commit|reset|restore|sta(?:ge|sh)|switch)\b/,
];

/** The calls of git in a shell command that sweep. Most commands are not taken apart at all. */
async function sweepsIn(
  { shell }: HookContext,
  command: string | undefined,
): Promise<readonly Sweep[]> {
  if (command === undefined || !MAY_SWEEP.every((word) => word.test(command))) return [];
  const { sweepsOf } = await import("../../domain/git/sweep.ts");
  return sweepsOf(command, await shell());
}

/** How a host is answered that calls the hook of another one. */
async function asGuest(speaker: string, called: HostDialect): Promise<HostDialect> {
  const dialect = await dialectOf(speaker) ?? called;
  return { ...dialect, deny: dialect.denyAsGuest ?? dialect.deny };
}

/** What the host says. */
async function heard(host: Host): Promise<JsonObject> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of host.stdin()) {
    bytes += chunk.length;
    if (bytes > MAX_HOOK_BYTES) throw new HookFailure("the host says more than 4 MiB");
    text += decoder.decode(chunk, { stream: true });
  }
  let payload: JsonValue;
  try {
    payload = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new HookFailure("what the host says is no JSON");
  }
  if (!isObject(payload)) throw new HookFailure("what the host says is no JSON object");
  return payload as JsonObject;
}
