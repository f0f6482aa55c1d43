/**
 * A host of agents calls this at an event. The exit code and the output are the host's: whatever goes
 * wrong here, the host hears of no opinion.
 */
import {
  HOOK_MS,
  type HookAnswer,
  type HookEvent,
  type HostDialect,
  MAX_HOOK_BYTES,
  SILENCE,
} from "../../domain/input/hook/event.ts";
import { hookRun } from "../../domain/input/hook/run.ts";
import { isObject } from "../../domain/json.ts";
import type { Host } from "../../ports/host.ts";
import type { HookContext, RawCommand } from "../command.ts";
import { DIALECTS } from "./dialects.ts";

export const hookRunCommand: RawCommand = {
  details:
    "Called by the host of an agent, which writes what is about to happen to standard input as JSON. " +
    "Before an edit the files are reserved exclusively for the agent's run, for 15 minutes from the " +
    "edit on. If another run holds one of them, the edit is denied, and the agent reads who holds " +
    "it, until when, and what to do. At the end of a session or subagent those reservations are " +
    "released. Exit codes and output are the host's, not those of the other commands: 0 with no " +
    "output is no opinion, and 2 denies. Input that cannot be read, a missing workspace, and a " +
    "call of more than 2 seconds are no opinion. Edits through the shell are not guarded. " +
    "The key hook of coord.json has mode (deny, warn or off) and ignore, a list of globs.",
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
  flags: {},
  raw: true,
  async answer(context) {
    const dialect = await DIALECTS[context.operands[0] ?? ""]?.();
    if (dialect === undefined) return SILENCE;
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<HookAnswer>((resolve) => {
      timer = setTimeout(() => {
        controller.abort();
        resolve(dialect.pass);
      }, HOOK_MS);
    });
    try {
      return await Promise.race([answered(context, dialect, controller.signal), late]);
    } catch {
      // Whatever it is, the host must not take it for a denial.
      return dialect.pass;
    } finally {
      clearTimeout(timer);
    }
  },
};

async function answered(
  context: HookContext,
  dialect: HostDialect,
  signal: AbortSignal,
): Promise<HookAnswer> {
  const { host, operands: [name = "", said] } = context;
  const event = await heard(host, dialect, said);
  const isEnd = event?.moment === "session_end" || event?.moment === "subagent_end";
  if (event === undefined || !isEnd && event.writes.length === 0) return dialect.pass;
  const run = hookRun(name, event, (variable) => host.env(variable));
  // Without its name nothing says which subagent it is.
  if (run === undefined || event.moment === "subagent_end" && event.agent === undefined) {
    return dialect.pass;
  }
  const cwd = event.cwd ?? host.cwd();
  const hook = await context.hook(cwd);
  if (isEnd) {
    await hook.ended(run);
    return dialect.pass;
  }
  const verdict = await hook.before(run, { paths: event.writes, base: cwd, signal });
  if (verdict.verdict === "pass") return dialect.pass;
  return verdict.verdict === "deny" ? dialect.deny(verdict.reason) : dialect.warn(verdict.reason);
}

/** What the host says; `undefined` where that is no object, or too long. */
async function heard(
  host: Host,
  dialect: HostDialect,
  said: string | undefined,
): Promise<HookEvent | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of host.stdin()) {
    bytes += chunk.length;
    if (bytes > MAX_HOOK_BYTES) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  const payload: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
  return isObject(payload) ? dialect.read(payload, said) : undefined;
}
