/** What hosts write to a hook before a shell command; the names of the fields are the hosts'. */
import type { Recorded } from "./payloads.ts";

const command = "git add -A";

function before(
  host: string,
  payload: Recorded["payload"],
  more: Partial<Recorded> & { readonly folder?: string } = {},
): Recorded {
  const { folder, ...rest } = more;
  const shell = { command, folder };
  return {
    host,
    what: "a shell command",
    payload,
    moment: "pre",
    session: "s",
    writes: [],
    shell,
    ...rest,
  };
}

const claude = { session_id: "s", cwd: "/w", hook_event_name: "PreToolUse", tool_name: "Bash" };

export const RECORDED_OF_SHELLS: readonly Recorded[] = [
  before("claude", { ...claude, tool_input: { command, description: "Stages all" } }),
  before("claude", { ...claude, agent_id: "a", tool_input: { command } }, {
    what: "a shell command of a subagent",
    agent: "a",
  }),
  before("claude", { ...claude, hook_event_name: "PostToolUse", tool_input: { command } }, {
    what: "a shell command that has ended",
    moment: "post",
    shell: undefined,
  }),
  before("codex", { ...claude, tool_input: { command } }),
  before("codex", {
    ...claude,
    tool_name: "shell",
    tool_input: { command: ["git", "add", "-A"], workdir: "lib" },
  }, {
    what: "a shell command as a list of words",
    folder: "lib",
  }),
  before("gemini", {
    session_id: "s",
    cwd: "/w",
    hook_event_name: "BeforeTool",
    tool_name: "run_shell_command",
    tool_input: { command, dir_path: "lib" },
  }, { folder: "lib" }),
  before("cursor", {
    conversation_id: "s",
    workspace_roots: ["/w"],
    hook_event_name: "preToolUse",
    tool_name: "Shell",
    tool_input: { command, working_directory: "/w/lib" },
  }, { folder: "/w/lib" }),
  before("cursor", {
    conversation_id: "s",
    workspace_roots: ["/w"],
    cwd: "/w",
    hook_event_name: "beforeShellExecution",
    command,
  }, { what: "a shell command by its own event", folder: "/w" }),
  before("copilot", {
    sessionId: "s",
    cwd: "/w",
    toolName: "bash",
    toolArgs: JSON.stringify({ command }),
  }),
  before("vscode", {
    session_id: "s",
    cwd: "/w",
    hook_event_name: "PreToolUse",
    tool_name: "run_in_terminal",
    tool_input: { command, isBackground: false },
  }),
  before("opencode", { session: "s", cwd: "/w", tool: "bash", args: { command, workdir: "lib" } }, {
    folder: "lib",
  }),
  before("opencode", { session: "s", cwd: "/w", tool: "shell", args: { command } }, {
    what: "a shell command of version 2",
  }),
  before("antigravity", {
    conversationId: "s",
    workspacePaths: ["/w"],
    toolCall: { name: "run_command", args: { CommandLine: command, Cwd: "/w" } },
  }, { folder: "/w" }),
  before("kimi", { ...claude, tool_input: { command } }),
  before("grok", {
    hookEventName: "pre_tool_use",
    sessionId: "s",
    cwd: "/w",
    toolName: "run_terminal_command",
    toolInput: { command },
  }),
  before("windsurf", {
    agent_action_name: "pre_run_command",
    trajectory_id: "s",
    tool_info: { command_line: command, cwd: "/w" },
  }, { folder: "/w", cwd: null }),
  before("cline", {
    hookName: "PreToolUse",
    taskId: "s",
    workspaceRoots: ["/w"],
    preToolUse: { toolName: "execute_command", parameters: { command } },
  }),
  before("cline", {
    hookName: "PreToolUse",
    taskId: "s",
    workspaceRoots: ["/w"],
    preToolUse: { toolName: "run_commands", parameters: { commands: ["ls", command] } },
  }, { what: "shell commands", shell: { command: `ls\n${command}`, folder: undefined } }),
  before("generic", { moment: "pre", session: "s", cwd: "/w", command }, { folder: "/w" }),
];
