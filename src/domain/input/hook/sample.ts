/** What hosts say before an edit, in the least that their dialects read: to try a hook without the host. */
import type { JsonObject } from "../../json.ts";

/** An edit of one file. */
interface SampleEdit {
  readonly session: string;
  readonly cwd: string;
  /** Absolute. */
  readonly path: string;
}

function snake(event: string, tool: string, input: (path: string) => JsonObject) {
  return ({ session, cwd, path }: SampleEdit): JsonObject => ({
    session_id: session,
    cwd,
    hook_event_name: event,
    tool_name: tool,
    tool_input: input(path),
  });
}

/** By the name of the host. */
export const SAMPLES: Readonly<Record<string, (edit: SampleEdit) => JsonObject>> = {
  antigravity: ({ session, cwd, path }) => ({
    conversationId: session,
    workspacePaths: [cwd],
    toolCall: { name: "write_to_file", args: { TargetFile: path } },
  }),
  claude: snake("PreToolUse", "Write", (path) => ({ file_path: path, content: "x\n" })),
  cline: ({ session, cwd, path }) => ({
    hookName: "PreToolUse",
    taskId: session,
    workspaceRoots: [cwd],
    preToolUse: { toolName: "write_to_file", parameters: { path, content: "x\n" } },
  }),
  codex: snake("PreToolUse", "apply_patch", (path) => ({
    command: `*** Begin Patch\n*** Add File: ${path}\n+x\n*** End Patch`,
  })),
  copilot: ({ session, cwd, path }) => ({
    sessionId: session,
    cwd,
    toolName: "create",
    toolArgs: { path, file_text: "x\n" },
  }),
  cursor: ({ session, cwd, path }) => ({
    conversation_id: session,
    cursor_version: "0",
    workspace_roots: [cwd],
    hook_event_name: "preToolUse",
    tool_name: "Write",
    tool_input: { file_path: path, content: "x\n" },
  }),
  gemini: snake("BeforeTool", "write_file", (path) => ({ file_path: path, content: "x\n" })),
  generic: ({ session, cwd, path }) => ({ moment: "pre", session, cwd, writes: [path] }),
  grok: ({ session, cwd, path }) => ({
    hookEventName: "pre_tool_use",
    sessionId: session,
    cwd,
    toolName: "write",
    toolInput: { file_path: path, content: "x\n" },
  }),
  kimi: snake("PreToolUse", "Write", (path) => ({ file_path: path, content: "x\n" })),
  opencode: ({ session, cwd, path }) => ({
    session,
    cwd,
    tool: "write",
    args: { filePath: path, content: "x\n" },
  }),
  vscode: snake("PreToolUse", "create_file", (path) => ({ filePath: path, content: "x\n" })),
  windsurf: ({ session, path }) => ({
    agent_action_name: "pre_write_code",
    trajectory_id: session,
    tool_info: { file_path: path },
  }),
};
