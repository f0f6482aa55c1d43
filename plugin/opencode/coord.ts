/**
 * The plugin of opencode, version 1.18.29 and later, and 2. Before an edit coord reserves the files for
 * the session, or the edit is denied; and it remembers what the session read and wrote. A shell command
 * with git is denied where it would sweep up what others hold. It lies in `.opencode/plugins/` of a project, or in
 * `~/.config/opencode/plugins/`, and needs `coord` on the `PATH`. Without it edits go on.
 */
import { execFile, spawn, spawnSync } from "node:child_process";
import process from "node:process";

const COORD = "coord";
const FLAGS: readonly string[] = [];
const READ = "read";
const EDITS = new Set(["write", "edit", "patch", "apply_patch", "multiedit"]);
const SHELLS = new Set(["bash", "shell"]);

/** Milliseconds after which a call has no opinion. */
const TIMEOUT = 5_000;

/** The variable from which coord knows the session in the shell. */
const SESSION = "OPENCODE_SESSION_ID";

/** Asks for the session that started another one, as one of its subagents. */
type ParentOf = (session: string) => Promise<string | undefined>;

/** A session of the user, and the one of a subagent below it. */
interface Who {
  readonly session: string;
  readonly agent_id?: string;
}

interface Tool {
  readonly tool: string;
  readonly sessionID: string;
}

interface Client {
  readonly session: {
    get(of: { path: { id: string } }): Promise<{ data?: { parentID?: string } }>;
  };
}

interface Event {
  readonly type: string;
  readonly properties?: { readonly sessionID?: string; readonly info?: { readonly id?: string } };
}

/** What version 2 offers to plugins, as far as this one uses it. */
interface Context {
  readonly tool: {
    hook(
      name: "execute.before" | "execute.after",
      body: (event: Tool & { readonly input: unknown; readonly status?: string }) => Promise<void>,
    ): Promise<unknown>;
  };
  readonly shell?: {
    hook(
      name: "create.before",
      body: (event: { readonly sessionID?: string; env: Record<string, string> }) => Promise<void>,
    ): Promise<unknown>;
  };
  readonly session: {
    get(of: { sessionID: string }): Promise<{
      readonly parentID?: string;
      readonly location?: { readonly directory?: string };
    }>;
  };
  readonly location?: { readonly directory?: string };
}

const parents = new Map<string, string | undefined>();

/** Who edits, by its own session. */
const editing = new Map<string, Who>();

/** A session that another one started is a subagent of the first in the line. */
async function whoIs(sessionID: string, parentOf: ParentOf): Promise<Who> {
  let session = sessionID;
  for (const seen = new Set<string>(); !seen.has(session);) {
    seen.add(session);
    if (!parents.has(session)) {
      parents.set(session, await parentOf(session).catch(() => undefined));
    }
    session = parents.get(session) ?? session;
  }
  return session === sessionID ? { session } : { session, agent_id: sessionID };
}

/** Before a tool reads or writes files, or calls git; throws where that is denied. */
async function before(tool: string, args: unknown, who: Who, cwd?: string): Promise<void> {
  if (EDITS.has(tool)) editing.set(who.agent_id ?? who.session, who);
  const { code, reason } = await call("pre", { tool, args, ...who, cwd });
  if (code === 2) throw new Error(reason);
}

function usesFiles({ tool }: Tool): boolean {
  return tool === READ || EDITS.has(tool);
}

/** Whether a tool runs a shell command that coord may have an opinion on. */
function callsGit({ tool }: Tool, args: unknown): boolean {
  const { command } = (args ?? {}) as { command?: unknown };
  return SHELLS.has(tool) && typeof command === "string" && /\bgit\b/.test(command);
}

/** Calls coord. Whatever goes wrong is no denial. */
function call(event: string, said: object): Promise<{ code: number | null; reason: string }> {
  return new Promise((resolve) => {
    const child = spawn(COORD, ["hook", "run", "opencode", event, ...FLAGS], {
      stdio: ["pipe", "ignore", "pipe"],
      timeout: TIMEOUT,
      windowsHide: true,
    });
    let reason = "";
    child.stderr.setEncoding("utf8").on("data", (part: string) => reason += part);
    child.on("error", () => resolve({ code: null, reason: "" }));
    child.on("close", (code) => resolve({ code, reason: reason.trim() }));
    child.stdin.on("error", () => {});
    child.stdin.end(JSON.stringify(said));
  });
}

/** A session of the user ends with the program too, so it waits for the call. */
function endSession(session: string): void {
  const own = [...editing].filter(([, who]) => who.session === session);
  if (own.length === 0) return;
  for (const [id] of own) editing.delete(id);
  spawnSync(COORD, ["hook", "run", "opencode", "session_end"], {
    input: JSON.stringify({ session, cwd: process.cwd() }),
    stdio: ["pipe", "ignore", "ignore"],
    timeout: TIMEOUT,
    windowsHide: true,
  });
}

/** A subagent ends when it has nothing more to do. */
async function endSubagent(id: string, cwd: string): Promise<void> {
  const who = editing.get(id);
  if (who?.agent_id === undefined) return;
  editing.delete(id);
  await call("subagent_end", { ...who, cwd });
}

/** The tools of coord's server, whatever stands before their names. */
const SERVED = /(?:^|_)coord_(?:reserve|release|status|task_(?:add|take|end))$/;

/** Has a call of such a tool say as which run it acts: version 1 names the session to no server. */
async function nameTo(args: unknown, who: Who): Promise<void> {
  if (typeof args !== "object" || args === null || "run_id" in args) return;
  const env = { ...process.env };
  nameIn(env, who);
  const run_id = await new Promise<string>((resolve) => {
    execFile(
      COORD,
      ["whoami", "--print", "run_id"],
      { env, timeout: TIMEOUT, windowsHide: true },
      (error, out) => resolve(error === null ? out.trim() : ""),
    ).stdin?.end();
  });
  if (run_id !== "") Object.assign(args, { run_id });
}

/** Names the caller to coord in the shell. */
function nameIn(env: Record<string, string | undefined>, { session, agent_id }: Who): void {
  env[SESSION] = agent_id === undefined ? session : `${session}/${agent_id}`;
}

process.once("exit", () => {
  for (const { session } of editing.values()) endSession(session);
});

/** Version 1. */
async function server({ client, directory }: { client: Client; directory: string }) {
  const parentOf: ParentOf = async (id) =>
    (await client.session.get({ path: { id } })).data?.parentID;
  return {
    async "tool.execute.before"(use: Tool, { args }: { args: unknown }) {
      const isServed = SERVED.test(use.tool);
      if (!isServed && !usesFiles(use) && !callsGit(use, args)) return;
      const who = await whoIs(use.sessionID, parentOf);
      if (isServed) return await nameTo(args, who);
      await before(use.tool, args, who, directory);
    },
    async "tool.execute.after"(use: Tool & { args?: unknown }) {
      if (!usesFiles(use)) return;
      const who = await whoIs(use.sessionID, parentOf);
      await call("post", { tool: use.tool, args: use.args, ...who, cwd: directory });
    },
    async "shell.env"(
      { sessionID }: { sessionID?: string },
      { env }: { env: Record<string, string> },
    ) {
      if (sessionID !== undefined) nameIn(env, await whoIs(sessionID, parentOf));
    },
    async event({ event: { type, properties } }: { event: Event }) {
      if (type === "session.deleted") endSession(properties?.info?.id ?? "");
      if (type === "session.idle") await endSubagent(properties?.sessionID ?? "", directory);
    },
  };
}

/** Version 2. */
async function setup(context: Context): Promise<void> {
  const parentOf: ParentOf = async (sessionID) =>
    (await context.session.get({ sessionID })).parentID;
  const placeOf = async (sessionID: string) =>
    (await context.session.get({ sessionID })).location?.directory ??
      context.location?.directory;
  await context.tool.hook("execute.before", async (use) => {
    if (!usesFiles(use) && !callsGit(use, use.input)) return;
    const who = await whoIs(use.sessionID, parentOf);
    await before(use.tool, use.input, who, await placeOf(use.sessionID));
  });
  await context.tool.hook("execute.after", async (use) => {
    if (!usesFiles(use)) return;
    const { tool, input, status, sessionID } = use;
    const who = await whoIs(sessionID, parentOf);
    await call("post", { tool, args: input, status, ...who, cwd: await placeOf(sessionID) });
  });
  await context.shell?.hook("create.before", async ({ sessionID, env }) => {
    if (sessionID !== undefined) nameIn(env, await whoIs(sessionID, parentOf));
  });
}

export default { id: "coord", server, setup };
