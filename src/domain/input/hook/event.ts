/** What hosts of agents say at an event and what they are answered, in one form for all of them. */
import { isObject, type JsonObject } from "../../json.ts";

/** Milliseconds that a hook may take; then it has no opinion. */
export const HOOK_MS = 2_000;

/** Bytes of what a host says that are read. */
export const MAX_HOOK_BYTES = 4 * 1024 * 1024;

/** Before a tool runs, at the end of a session or of a subagent, or at any other moment. */
export type HookMoment = "pre" | "session_end" | "subagent_end" | "other";

/** What a host says. */
export interface HookEvent {
  readonly moment: HookMoment;
  /** The host's own name of the session. */
  readonly session: string | undefined;
  /** The host's own name of the subagent, in a subagent. */
  readonly agent: string | undefined;
  /** The folder that the agent works in, and that paths are relative to. */
  readonly cwd: string | undefined;
  /** The files that the tool is about to write. */
  readonly writes: readonly string[];
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
  /** The tool runs, and the reason is shown. */
  warn(reason: string): HookAnswer;
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

/** A note to the model in the words of Claude Code, which Codex has as well. */
export function noteToModel(reason: string): HookAnswer {
  const hookSpecificOutput = { hookEventName: "PreToolUse", additionalContext: reason };
  return { code: 0, out: `${JSON.stringify({ hookSpecificOutput })}\n`, err: "" };
}

/** The most files of one call that count. */
const MAX_PATHS = 512;

/** The first of these fields that is a text with something in it. */
export function textOf(from: unknown, ...names: readonly string[]): string | undefined {
  if (!isObject(from)) return undefined;
  return names.map((name) => from[name]).find((value): value is string =>
    typeof value === "string" && value !== ""
  );
}

/** What these fields name: a path, or a list of paths. */
export function pathsOf(from: unknown, ...names: readonly string[]): string[] {
  if (!isObject(from)) return [];
  return names.flatMap((name) => from[name] ?? []).filter((value) =>
    typeof value === "string" && value !== ""
  ).slice(0, MAX_PATHS) as string[];
}

/** The files that a patch in the form of `apply_patch` adds, changes, deletes or moves. */
export function patchedPaths(patch: string): string[] {
  const line = /^\*\*\* (?:(?:Add|Update|Delete) File|Move to): (.+?)[ \t\r]*$/gm;
  return [...patch.matchAll(line)].map(([, path = ""]) => path).slice(0, MAX_PATHS);
}

/** What hosts call the ends that matter. */
const ENDS: Readonly<Record<string, HookMoment>> = {
  SessionEnd: "session_end",
  SubagentStop: "subagent_end",
};

/** An event of a host that names its fields as Claude Code does. */
export function snakeEvent(
  payload: JsonObject,
  event: string | undefined,
  pre: string,
  writes: (tool: string, input: unknown) => readonly string[],
): HookEvent {
  const name = textOf(payload, "hook_event_name") ?? event;
  const moment = name === pre ? "pre" : ENDS[name ?? ""] ?? "other";
  return {
    moment,
    session: textOf(payload, "session_id"),
    agent: textOf(payload, "agent_id"),
    cwd: textOf(payload, "cwd"),
    writes: moment === "pre"
      ? writes(textOf(payload, "tool_name") ?? "", payload["tool_input"])
      : [],
  };
}
