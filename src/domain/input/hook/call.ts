/**
 * Who calls a tool. Some hosts say with each call from which session it comes; that is the session of
 * their hooks, while the environment of a server is as old as the server.
 */
import { isObject, type JsonValue } from "../../json.ts";
import { doubtOf, identify } from "../run_id.ts";
import { UNKNOWN_RUN } from "../../limits.ts";
import { hookRun } from "./run.ts";

/** What a host says beside the arguments of a call. */
export type CallMeta = Readonly<Record<string, unknown>>;

/** Where hosts name the session. A subagent of Codex has a thread of its own in its parent's session. */
const SESSIONS: readonly (readonly [host: string, name: (meta: CallMeta) => unknown])[] = [
  ["codex", (meta) => turnOf(meta["x-codex-turn-metadata"])?.["session_id"] ?? meta["threadId"]],
  ["opencode", (meta) => meta["sessionID"]],
  ["vscode", (meta) => meta["vscode.conversationId"]],
];

/** The caller, and what to say to one that reserves or is refused, should it not be sure. */
export interface CallRun {
  readonly runId: string;
  readonly doubt?: string | undefined;
}

/**
 * Who calls, by the rule of {@link identify}; what the host says of the call goes before what it said when
 * it started the server.
 *
 * @param explicit The run id that the call gives.
 * @param own Who it is where nothing says more: no other server may have the same.
 */
export function callRun(
  explicit: string | undefined,
  meta: CallMeta,
  env: (name: string) => string | undefined,
  own: string,
): CallRun {
  if (explicit !== undefined) return { runId: explicit };
  for (const [host, name] of SESSIONS) {
    const session = name(meta);
    const run = typeof session === "string"
      ? hookRun(host, { session, agent: undefined }, env)
      : undefined;
    if (run !== undefined) return run;
  }
  const identity = identify(undefined, env);
  if (identity.run_id === UNKNOWN_RUN) {
    const doubt = `Nothing names your session to this server, so you are "${own}" here. Where a ` +
      "hook, or coord whoami in your shell, says another run id, give that as run_id";
    return { runId: own, doubt };
  }
  return { runId: identity.run_id, doubt: doubtOf(identity) };
}

/** What Codex says of a turn: an object, or one as text. */
function turnOf(value: unknown): Record<string, JsonValue> | undefined {
  if (isObject(value)) return value;
  try {
    const read: unknown = typeof value === "string" ? JSON.parse(value) : undefined;
    return isObject(read) ? read : undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}
