/** What hosts of agents say at an event and what they are answered, in one form for all of them. */
import type { JsonObject } from "../../json.ts";

/** Milliseconds that a hook may take; then it has no opinion. */
export const HOOK_MS = 2_000;

/** Bytes of what a host says that are read. */
export const MAX_HOOK_BYTES = 4 * 1024 * 1024;

/** Before or after a tool runs, when a session begins, when it or a subagent ends, or any other moment. */
export type HookMoment =
  | "pre"
  | "post"
  | "session_start"
  | "session_end"
  | "subagent_end"
  | "other";

/** What a host says. */
export interface HookEvent {
  readonly moment: HookMoment;
  /** The host's own name of the session. */
  readonly session: string | undefined;
  /** The host's own name of the subagent, in a subagent. */
  readonly agent: string | undefined;
  /** The folder that the agent works in, and that paths are relative to. */
  readonly cwd: string | undefined;
  /** The files that the tool is about to write, or has written. */
  readonly writes: readonly string[];
  /** The files that the tool is about to read, or has read. */
  readonly reads: readonly string[];
  /** The shell command that the tool is about to run, and the folder for it where that is another one. */
  readonly shell: { readonly command: string; readonly folder: string | undefined } | undefined;
}

/** What a hook answers: the process's exit code and its output. */
export interface HookAnswer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** How one host speaks. */
export interface HostDialect {
  /**
   * Reads what the host says.
   *
   * @param event The event's name, where the command line says it and the host does not.
   */
  read(payload: JsonObject, event: string | undefined): HookEvent;
  /** No opinion: the host goes on as if there was no hook. */
  readonly pass: HookAnswer;
  /** The tool is not to run. */
  deny(reason: string): HookAnswer;
  /** The same where the host calls the hook of another one, if it differs there. */
  readonly denyAsGuest?: (reason: string) => HookAnswer;
  /** The tool runs, and the reason is shown. */
  warn(reason: string): HookAnswer;
  /**
   * What the model is to know from the beginning of a session on, where the host takes that. The session
   * is for hosts that give its name to the agent's shell.
   */
  readonly brief?: (text: string, session: string) => HookAnswer;
  /** Whether it takes the name of the session where there is nothing to know, or no workspace. */
  readonly takesName?: true;
}

/** Silence, which most hosts take for no opinion. */
export const SILENCE: HookAnswer = { code: 0, out: "", err: "" };

/** Exit code 2 and a reason on standard error, which most hosts take for a denial. */
export function denyByCode(reason: string): HookAnswer {
  return { code: 2, out: "", err: `${reason}\n` };
}

/** A note on standard error, which hosts show to people or nowhere. */
export function noteOnly(reason: string): HookAnswer {
  return { code: 0, out: "", err: `${reason}\n` };
}

/** An answer in JSON. */
export function answerJson(value: object): HookAnswer {
  return { code: 0, out: `${JSON.stringify(value)}\n`, err: "" };
}

/** What a model is to know, as text. */
export function plainText(text: string): HookAnswer {
  return { code: 0, out: `${text}\n`, err: "" };
}

/** How most hosts are answered: by the exit code, and with a note for people. */
export const BY_CODE: Omit<HostDialect, "read"> = {
  pass: SILENCE,
  deny: denyByCode,
  warn: noteOnly,
};

/** A note to the model in the words of Claude Code, which Codex has as well. */
export function noteToModel(reason: string): HookAnswer {
  const hookSpecificOutput = { hookEventName: "PreToolUse", additionalContext: reason };
  return answerJson({ hookSpecificOutput });
}
