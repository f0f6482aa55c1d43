/** Who is who: what a run id says, and where it comes from. */
import { UNKNOWN_RUN } from "../limits.ts";

/** Whether two run ids name one agent. Who `unknown` is cannot be known. */
export function sameAgent(a: string, b: string): boolean {
  return a === b && a !== UNKNOWN_RUN;
}

/** Ids of a session that coord knows to have subagents or slots: `HOST:SESSION`, `work:BASE`. */
const SESSION =
  /^(?:claude|codex|cursor|opencode|copilot|vscode|gemini|antigravity|kimi|grok|windsurf|cline|generic|work):[^/]/;

/** Whether an id is that of a session that coord knows to have subagents. */
export function isSession(runId: string): boolean {
  return SESSION.test(runId);
}

/**
 * Whether two runs stand in each other's way no more than one agent in its own: one agent, or a session
 * and its own subagent, `HOST:SESSION` and `HOST:SESSION/AGENT`. Two subagents are two runs.
 */
export function sameRun(a: string, b: string): boolean {
  return sameAgent(a, b) || isUnder(a, b) || isUnder(b, a);
}

function isUnder(agent: string, session: string): boolean {
  return agent.length > session.length + 1 && agent.startsWith(`${session}/`) &&
    isSession(session);
}

/** The variable in which Cursor says of a session who it is: coord's hook gives it to it at the start. */
export const CURSOR_SESSION = "CURSOR_SESSION_ID";

/** The variables in which hosts of agents say of a session who it is; the first one that is set counts. */
export const RUN_HOSTS = [
  ["claude", "CLAUDE_CODE_SESSION_ID"],
  ["codex", "CODEX_THREAD_ID"],
  ["gemini", "GEMINI_SESSION_ID"],
  ["grok", "GROK_SESSION_ID"],
  ["copilot", "COPILOT_AGENT_SESSION_ID"],
  ["opencode", "OPENCODE_SESSION_ID"],
  ["cursor", CURSOR_SESSION],
] as const;

/** Hosts that name the session to their hooks alone: elsewhere they only set a variable that marks them. */
export const HIDDEN_SESSIONS = [
  { host: "gemini", mark: "GEMINI_CLI", variable: "GEMINI_SESSION_ID" },
] as const;

/** The variable in which the session of such a host is missing, where nothing else names a run. */
export function hiddenSession(env: (name: string) => string | undefined): string | undefined {
  const found = HIDDEN_SESSIONS.find(({ mark }) => env(mark));
  return found !== undefined && identify(undefined, env).source === "none"
    ? found.variable
    : undefined;
}

/** The session of a hook's run, where its host hides it elsewhere. A call by hand has no variable for it. */
export function sessionOfHook(
  maker: string,
  env: (name: string) => string | undefined,
): string | undefined {
  const found = HIDDEN_SESSIONS.find(({ host, variable }) => maker === `${host}:${env(variable)}`);
  return found && env(found.variable);
}

/** How the run of a server of tools begins, where nothing names the session to it. */
export const SERVER_RUN = "mcp:";

/** The variable that names the run, whatever its host says. */
export const RUN_ENV = "COORD_RUN_ID";

/** Who the caller is, and how that is known. */
export interface Identity {
  /** The run id, `unknown` without any. */
  readonly run_id: string;
  /** A flag or argument, `$COORD_RUN_ID`, the host that says so, or nothing. */
  readonly source:
    | "flag"
    | "env"
    | "claude"
    | "codex"
    | "gemini"
    | "grok"
    | "copilot"
    | "opencode"
    | "cursor"
    | "none";
  /** False for `unknown`, and where the variables of several hosts are set, of which one is outdated. */
  readonly reliable: boolean;
  /** The variables that name a run, as far as they are set. */
  readonly variables: readonly string[];
}

/**
 * The one rule on who a caller is: what it says, else `$COORD_RUN_ID`, else what its host says.
 *
 * @param explicit The run id that the caller gives.
 * @param env A variable of the environment; an empty one counts as not set.
 */
export function identify(
  explicit: string | undefined,
  env: (name: string) => string | undefined,
): Identity {
  const own = env(RUN_ENV) || undefined;
  const named = RUN_HOSTS.flatMap(([host, variable]) => {
    const session = env(variable) || undefined;
    return session === undefined ? [] : [{ host, variable, session }];
  });
  const variables = [
    ...(own === undefined ? [] : [RUN_ENV]),
    ...named.map(({ variable }) => variable),
  ];
  if (explicit !== undefined) {
    return { run_id: explicit, source: "flag", reliable: explicit !== UNKNOWN_RUN, variables };
  }
  if (own !== undefined) {
    return { run_id: own, source: "env", reliable: own !== UNKNOWN_RUN, variables };
  }
  const [first] = named;
  if (first === undefined) {
    return { run_id: UNKNOWN_RUN, source: "none", reliable: false, variables };
  }
  const { host, session } = first;
  return { run_id: `${host}:${session}`, source: host, reliable: named.length === 1, variables };
}

/** What to say of an identity that several hosts claim; `undefined` when there is no doubt. */
export function doubtOf({ run_id, source, reliable, variables }: Identity): string | undefined {
  if (reliable || source === "none" || run_id === UNKNOWN_RUN) return undefined;
  return `Several hosts name the caller (${variables.join(", ")}), and "${run_id}" is taken: ` +
    `set ${RUN_ENV} to be sure`;
}
