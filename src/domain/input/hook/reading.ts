/**
 * Reads what hosts say. They name the same things in a few ways, of which each host has one; all of
 * them are read, since hosts change from one to another, and some speak as another does.
 */
import { isObject, type JsonObject } from "../../json.ts";
import { shellWord } from "../../text.ts";
import type { HookEvent, HookMoment } from "./event.ts";

/** The files that a tool is about to write; none for a tool that only reads. */
export type WrittenBy = (tool: string | undefined, input: unknown) => readonly string[];

const SESSION = [
  "session_id",
  "sessionId",
  "sessionID",
  "conversation_id",
  "conversationId",
  "trajectory_id",
  "taskId",
  "session",
];
const AGENT = ["agent_id", "agentId", "subagent_id", "subagentId"];
const EVENT = ["hook_event_name", "hookEventName", "hookName", "agent_action_name"];
const TOOL = ["tool_name", "toolName", "tool"];
const INPUT = ["tool_input", "toolInput", "toolArgs", "tool_info", "args"];
const RESULT = ["tool_response", "toolResponse", "tool_output", "toolResult", "result", "error"];
const FOLDER = ["cwd", "workingDirectory", "working_directory", "project_dir"];
const ROOTS = ["workspace_roots", "workspaceRoots", "workspacePaths", "workspaceRoot"];
const PATH = [
  "file_path",
  "filePath",
  "path",
  "notebook_path",
  "target_file",
  "targetFile",
  "TargetFile",
  "target_notebook",
  "absolute_path",
  "AbsolutePath",
];
const PATHS = ["files", "paths", "replacements"];
const COMMAND = ["command", "command_line", "commandLine", "CommandLine", "cmd"];
const WORKED_IN = [...FOLDER, "workdir", "directory", "dir_path", "Cwd"];
const PATCH = ["command", "patch", "patchText", "input"];

/** What hosts call the moments that matter, in lower case and without what joins the words. */
const MOMENTS: Readonly<Record<string, HookMoment>> = {
  pre: "pre",
  post: "post",
  pretooluse: "pre",
  beforetool: "pre",
  prewritecode: "pre",
  toolcall: "pre",
  posttooluse: "post",
  aftertool: "post",
  toolresult: "post",
  postwritecode: "post",
  sessionstart: "session_start",
  sessionend: "session_end",
  sessionshutdown: "session_end",
  taskcomplete: "session_end",
  taskcancel: "session_end",
  subagentstop: "subagent_end",
  subagentend: "subagent_end",
};

/** Events that are about a read, whatever the tool is. */
const READINGS: Readonly<Record<string, HookMoment>> = {
  beforereadfile: "pre",
  prereadcode: "pre",
  postreadcode: "post",
};

/** What hosts call the tools that read a file. */
const READERS = new Set([
  "Read",
  "NotebookRead",
  "ReadFile",
  "read",
  "read_file",
  "readFile",
  "view",
  "view_file",
]);

/** Events that are about a shell command, whatever the tool is. */
const SHELL_CALLS: Readonly<Record<string, HookMoment>> = {
  beforeshellexecution: "pre",
  preruncommand: "pre",
};

/** What hosts call the tools that run a shell command. */
const SHELLS = new Set([
  "Bash",
  "Shell",
  "bash",
  "shell",
  "exec_command",
  "execute_command",
  "run_command",
  "run_commands",
  "run_in_terminal",
  "run_shell_command",
  "run_terminal_cmd",
  "run_terminal_command",
]);

/** The most files of one call that count. */
const MAX_PATHS = 512;

/** The moment that a host means by the name of an event. */
export function momentNamed(name: string): HookMoment {
  const word = wordOf(name);
  return READINGS[word] ?? SHELL_CALLS[word] ?? MOMENTS[word] ?? "other";
}

function wordOf(name: string): string {
  return name.toLowerCase().replaceAll("_", "");
}

/**
 * Reads an event.
 *
 * @param said The event's name, where the command line says it and the host does not.
 */
export function readEvent(
  payload: JsonObject,
  said: string | undefined,
  writtenBy: WrittenBy,
): HookEvent {
  const call = payload["toolCall"] ?? payload["preToolUse"] ?? payload["postToolUse"];
  const tool = textOf(payload, ...TOOL) ?? textOf(call, "name", "toolName");
  const name = textOf(payload, ...EVENT) ?? said;
  const ran = RESULT.some((field) => field in payload);
  const meant = name ?? (ran ? "post" : "pre");
  const isReading = READINGS[wordOf(meant)] !== undefined;
  const isShell = SHELL_CALLS[wordOf(meant)] !== undefined || SHELLS.has(tool ?? "");
  const known = momentNamed(meant);
  const isToolless = name === undefined && tool === undefined;
  const moment =
    isToolless || known === "post" && (hasFailed(payload) || fieldOf(call, "success") === false)
      ? "other"
      : known;
  const isUse = moment === "pre" || moment === "post";
  const input = isUse
    ? parsed(valueOf(payload, INPUT) ?? valueOf(call, ["args", "parameters"]))
    : undefined;
  const writes = isUse && !isReading && SHELL_CALLS[wordOf(meant)] === undefined
    ? writtenBy(tool, input)
    : [];
  const isRead = isReading || READERS.has(tool ?? "") || textOf(input, "command") === "view";
  const reads = isUse && isRead && writes.length === 0
    ? editedPaths(isReading ? input ?? payload : input)
    : [];
  const paths = [...writes, ...reads];
  const roots = pathsOf(payload, ...ROOTS);
  return {
    moment,
    session: textOf(payload, ...SESSION),
    agent: textOf(payload, ...AGENT),
    cwd: textOf(payload, ...FOLDER) ??
      roots.find((root) => paths.some((path) => path.startsWith(`${root}/`))) ?? roots[0],
    writes,
    reads,
    shell: isShell && moment === "pre" ? shellCall(input ?? payload) : undefined,
  };
}

/** The command that a tool runs: a text, or its words one by one. */
export function shellCall(input: unknown): HookEvent["shell"] {
  const said = valueOf(input, COMMAND) ?? valueOf(input, ["commands"]);
  const isList = Array.isArray(said) && said.every(isText);
  const isScripts = isList && valueOf(input, COMMAND) === undefined;
  const command = isScripts ? said.join("\n") : isList ? said.map(shellWord).join(" ") : said;
  return isText(command) ? { command, folder: textOf(input, ...WORKED_IN) } : undefined;
}

/** Whether a tool that ran says that it failed: then it has written nothing, and shown nothing. */
function hasFailed(payload: JsonObject): boolean {
  const result = valueOf(payload, RESULT);
  if (payload["error"] || payload["status"] === "error") return true;
  if (!isObject(result)) return false;
  const { error, success, is_error, isError, resultType } = result;
  return Boolean(error) || success === false || is_error === true || isError === true ||
    resultType !== undefined && resultType !== "success";
}

/** The input of a tool, which may be JSON in a text. */
function parsed(input: unknown): unknown {
  if (typeof input !== "string" || !/^[{"]/.test(input)) return input;
  return JSON.parse(input);
}

/** What the tools of these names write. */
export function editsBy(...tools: readonly string[]): WrittenBy {
  const known = new Set(tools);
  return (tool, input) => tool !== undefined && known.has(tool) ? editedPaths(input) : [];
}

/** The files that the input of an editing tool names, by themselves, in lists or in a patch. */
export function editedPaths(input: unknown): string[] {
  if (typeof input === "string") return patchedPaths(input);
  if (!isObject(input)) return [];
  const patches = PATCH.flatMap((name) => patchedPaths(textOf(input, name) ?? ""));
  const several = PATHS.flatMap((name) => input[name] ?? []).flatMap((each) =>
    pathsOf(each, ...PATH)
  );
  return [...pathsOf(input, ...PATH), ...pathsOf(input, ...PATHS), ...several, ...patches]
    .slice(0, MAX_PATHS);
}

/** The first of these fields that is a text with something in it. */
export function textOf(from: unknown, ...names: readonly string[]): string | undefined {
  return names.map((name) => fieldOf(from, name)).find(isText);
}

/** What these fields name: a path, or a list of paths. */
export function pathsOf(from: unknown, ...names: readonly string[]): string[] {
  if (!isObject(from)) return [];
  return names.flatMap((name) => from[name] ?? []).filter(isText).slice(0, MAX_PATHS);
}

/** The files that a patch in the form of `apply_patch` adds, changes, deletes or moves. */
export function patchedPaths(patch: string): string[] {
  // Most texts are none, and making the expression ready takes longer than the search.
  if (!patch.includes("*** ")) return [];
  const line = /^\*\*\* (?:(?:Add|Update|Delete) File|Move to): (.+?)[ \t\r]*$/gm;
  return [...patch.matchAll(line)].map(([, path = ""]) => path).slice(0, MAX_PATHS);
}

/** The first of these fields that is there. */
function valueOf(from: unknown, names: readonly string[]): unknown {
  return names.map((name) => fieldOf(from, name)).find((value) => value !== undefined);
}

function fieldOf(from: unknown, name: string): unknown {
  return isObject(from) ? from[name] : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
