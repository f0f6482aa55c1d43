/** Hosts that call the hook, and files that are edited. */
import { spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** What a call of the hook came to. */
interface Called {
  readonly code: number | null;
  readonly ms: number;
  readonly output: string;
}

/** A host, its session, and what it calls at an edit of a file and at the end. */
export interface CallingHost {
  /** Its runs begin with it. */
  readonly name: string;
  edit(session: string, dir: string, file: string): Promise<Called[]>;
  end(session: string, dir: string): Promise<Called[]>;
}

/** Claude Code. */
export const claude: CallingHost = {
  name: "claude",
  edit: (session_id, cwd, file) =>
    Promise.all([callHook("claude", {
      session_id,
      cwd,
      hook_event_name: "PreToolUse",
      tool_name: "Write",
      tool_input: { file_path: `${cwd}/${file}` },
    })]),
  end: (session_id, cwd) =>
    Promise.all([callHook("claude", { session_id, cwd, hook_event_name: "SessionEnd" })]),
};

/** Cursor, which calls the hook of Claude Code too, at the same time. */
export const cursor: CallingHost = {
  name: "cursor",
  edit: (session, dir, file) =>
    calledTwice(session, dir, "preToolUse", {
      tool_name: "Write",
      tool_input: { file_path: `${dir}/${file}` },
    }),
  end: (session, dir) => calledTwice(session, dir, "sessionEnd", {}),
};

function calledTwice(session: string, dir: string, event: string, fields: object) {
  const payload = {
    conversation_id: session,
    cursor_version: "1",
    workspace_roots: [dir],
    hook_event_name: event,
    ...fields,
  };
  return Promise.all(["cursor", "claude"].map((host) => callHook(host, payload)));
}

/** Calls the hook of a host in a process of its own, as a host does. */
export function callHook(host: string, payload: object): Promise<Called> {
  const cli = `${ROOT}cli.ts`;
  const args = "Deno" in globalThis ? ["run", "-A", "--config", `${ROOT}deno.json`, cli] : [cli];
  const { COORD_DIR: _dir, COORD_RUN_ID: _run, CLAUDE_CODE_SESSION_ID: _session, ...env } =
    process.env;
  const began = performance.now();
  const child = spawn(process.execPath, [...args, "hook", "run", host], { env });
  let output = "";
  child.stdout.on("data", (part) => output += part);
  child.stderr.on("data", (part) => output += part);
  child.stdin.end(JSON.stringify(payload));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ms: performance.now() - began, output }));
  });
}

/** Who edits a file: this session, unless another one is at it. */
export function edited(marker: string, session: string): string {
  try {
    writeFileSync(marker, session, { flag: "wx" });
    return session;
  } catch (error) {
    if ((error as { code?: unknown }).code !== "EEXIST") throw error;
    return readFileSync(marker, "utf-8");
  }
}

/** The files are edited no more. */
export function leave(markers: Iterable<string>): void {
  for (const marker of markers) rmSync(marker);
}
