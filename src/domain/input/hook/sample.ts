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
  claude: snake("PreToolUse", "Write", (path) => ({ file_path: path, content: "x\n" })),
  codex: snake("PreToolUse", "apply_patch", (path) => ({
    command: `*** Begin Patch\n*** Add File: ${path}\n+x\n*** End Patch`,
  })),
  copilot: ({ session, cwd, path }) => ({
    sessionId: session,
    cwd,
    toolName: "create",
    toolArgs: JSON.stringify({ path, file_text: "x\n" }),
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
  vscode: snake("PreToolUse", "create_file", (path) => ({ filePath: path, content: "x\n" })),
  generic: ({ session, cwd, path }) => ({ moment: "pre", session, cwd, writes: [path] }),
};
