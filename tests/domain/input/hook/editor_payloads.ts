/** What more hosts write to a hook; see payloads.ts. */
import type { Recorded } from "./payloads.ts";

const EDIT = { file_path: "/w/n.txt", old_string: "a", new_string: "b" };
const PATCH = "*** Begin Patch\n*** Update File: n.txt\n@@\n-a\n+b\n*** End Patch";

const CURSOR = {
  conversation_id: "c1",
  generation_id: "g1",
  model: "m",
  hook_event_name: "preToolUse",
  cursor_version: "2026.07.16",
  workspace_roots: ["/other", "/w"],
  user_email: null,
  cwd: "",
  tool_use_id: "t1",
};

function cursor(
  what: string,
  fields: object,
  writes: readonly string[],
  more: Partial<Recorded> = {},
): Recorded {
  const payload = { ...CURSOR, ...fields };
  return { host: "cursor", what, payload, moment: "pre", session: "c1", writes, ...more };
}

/** Recorded with Copilot CLI 1.0.102; older ones wrote the arguments as a text. */
const COPILOT = { sessionId: "s1", timestamp: 1795984868150, cwd: "/w" };

/** The same in the form of Claude Code. */
const COPILOT_AS_CLAUDE = {
  session_id: "s1",
  timestamp: "2026-11-29T20:41:08.150Z",
  cwd: "/w",
};

function copilot(
  what: string,
  fields: object,
  writes: readonly string[],
  more: Partial<Recorded> = {},
): Recorded {
  const payload = { ...COPILOT, ...fields };
  return { host: "copilot", what, payload, moment: "pre", session: "s1", writes, ...more };
}

const VSCODE = {
  timestamp: "2026-02-09T10:30:00.000Z",
  cwd: "/w",
  session_id: "s1",
  hook_event_name: "PreToolUse",
  transcript_path: "/h/s1.json",
  tool_use_id: "t1",
};

function vscode(
  what: string,
  fields: object,
  writes: readonly string[],
  more: Partial<Recorded> = {},
): Recorded {
  const payload = { ...VSCODE, ...fields };
  return { host: "vscode", what, payload, moment: "pre", session: "s1", writes, ...more };
}

/** From the plugin, as recorded with opencode 1.18.33; version 2 says `path` for `filePath`. */
function opencode(
  what: string,
  fields: object,
  writes: readonly string[],
  more: Partial<Recorded> = {},
): Recorded {
  const payload = { session: "s1", cwd: "/w", ...fields };
  const pre = { host: "opencode", event: "pre", moment: "pre", session: "s1" } as const;
  return { ...pre, what, payload, writes, ...more };
}

const REPLACED = {
  tool_name: "replace_string_in_file",
  tool_input: { filePath: "/w/n.txt", oldString: "a", newString: "b" },
};

export const RECORDED_OF_EDITORS: readonly Recorded[] = [
  cursor("StrReplace", { tool_name: "StrReplace", tool_input: EDIT }, ["/w/n.txt"]),
  cursor("Write", { tool_name: "Write", tool_input: { path: "/w/n.txt", content: "" } }, [
    "/w/n.txt",
  ]),
  cursor("Delete", { tool_name: "Delete", tool_input: { filePath: "/w/n.txt" } }, ["/w/n.txt"]),
  cursor(
    "a notebook",
    { tool_name: "EditNotebook", tool_input: { target_notebook: "/w/n.ipynb" } },
    ["/w/n.ipynb"],
  ),
  cursor(
    "a patch",
    { tool_name: "ApplyPatch", tool_input: { patch: PATCH }, cwd: "/w" },
    ["n.txt"],
  ),
  cursor("an edit without a tool's name", { tool_input: EDIT }, ["/w/n.txt"]),
  cursor("a read without a tool's name", { tool_input: { file_path: "/w/n.txt" }, cwd: "/w" }, []),
  cursor(
    "a tool that ran",
    { hook_event_name: "postToolUse", tool_name: "Write", tool_input: EDIT, cwd: "/w" },
    ["/w/n.txt"],
    { moment: "post" },
  ),
  cursor(
    "a read",
    { hook_event_name: "beforeReadFile", file_path: "/w/n.txt", content: "x" },
    [],
    { reads: ["/w/n.txt"] },
  ),
  cursor(
    "the end of a session",
    { hook_event_name: "sessionEnd", session_id: "c1", reason: "completed", cwd: "/w" },
    [],
    { moment: "session_end" },
  ),
  cursor(
    "the end of a subagent",
    { hook_event_name: "subagentStop", subagent_id: "a1", cwd: "/w" },
    [],
    { moment: "subagent_end", agent: "a1" },
  ),
  cursor("an edit", { tool_name: "Edit", tool_input: EDIT }, ["/w/n.txt"], { called: "claude" }),
  copilot(
    "create",
    { toolName: "create", toolArgs: { path: "/w/n.txt", file_text: "x" } },
    ["/w/n.txt"],
  ),
  copilot(
    "edit with arguments in a text",
    { toolName: "edit", toolArgs: '{"path":"/w/n.txt","old_str":"a"}' },
    ["/w/n.txt"],
  ),
  copilot("a patch", { toolName: "apply_patch", toolArgs: PATCH }, ["n.txt"]),
  copilot(
    "a patch in a text in JSON",
    { toolName: "apply_patch", toolArgs: JSON.stringify(PATCH) },
    ["n.txt"],
  ),
  copilot(
    "a view",
    { toolName: "str_replace_editor", toolArgs: { command: "view", path: "/w/n.txt" } },
    [],
    { reads: ["/w/n.txt"] },
  ),
  copilot(
    "a tool that ran",
    { toolName: "edit", toolArgs: { path: "/w/n.txt" }, toolResult: { resultType: "success" } },
    ["/w/n.txt"],
    { moment: "post" },
  ),
  copilot(
    "a tool that failed",
    { toolName: "edit", toolArgs: { path: "/w/n.txt" }, toolResult: { resultType: "failure" } },
    [],
    { moment: "other" },
  ),
  copilot("a read", { toolName: "view", toolArgs: '{"path":"/w/n.txt"}' }, [], {
    reads: ["/w/n.txt"],
  }),
  copilot(
    "an edit in a subagent",
    {
      sessionId: "k1",
      toolName: "edit",
      toolArgs: { path: "/w/b", old_str: "a", new_str: "b" },
      agentId: "k1",
      agentType: "general-purpose",
      parentAgentId: "s1",
    },
    ["/w/b"],
    { agent: "k1" },
  ),
  copilot(
    "the end of a subagent",
    { agentId: "k1", agentName: "general-purpose", response: "done", stopReason: "end_turn" },
    [],
    { agent: "k1", moment: "subagent_end" },
  ),
  copilot(
    "the start of a subagent",
    { agentId: "k1", agentName: "general-purpose", parentAgentId: "s1" },
    [],
    { agent: "k1", moment: "other" },
  ),
  copilot("the end of a session", { reason: "complete" }, [], { moment: "session_end" }),
  copilot("the end of a turn", { stopReason: "end_turn" }, [], { moment: "other" }),
  copilot(
    "an edit",
    {
      ...COPILOT_AS_CLAUDE,
      sessionId: undefined,
      hook_event_name: "PreToolUse",
      tool_name: "Write",
      tool_input: { path: "/w/n.txt", file_text: "x" },
    },
    ["/w/n.txt"],
    { called: "claude" },
  ),
  copilot(
    "a patch",
    {
      ...COPILOT_AS_CLAUDE,
      sessionId: undefined,
      hook_event_name: "PreToolUse",
      tool_name: "Edit",
      tool_input: PATCH,
    },
    ["n.txt"],
    { called: "claude" },
  ),
  copilot(
    "an edit in a subagent",
    {
      ...COPILOT_AS_CLAUDE,
      sessionId: undefined,
      session_id: "k1",
      agent_id: "k1",
      parent_agent_id: "s1",
      hook_event_name: "PreToolUse",
      tool_name: "Edit",
      tool_input: { path: "/w/b", old_str: "a", new_str: "b" },
    },
    ["/w/b"],
    { called: "claude", agent: "k1" },
  ),
  copilot(
    "the end of a subagent",
    {
      ...COPILOT_AS_CLAUDE,
      sessionId: undefined,
      agent_id: "k1",
      parent_agent_id: "s1",
      transcript_path: "/h/s1.jsonl",
      hook_event_name: "SubagentStop",
      stop_reason: "end_turn",
    },
    [],
    { called: "claude", agent: "k1", moment: "subagent_end" },
  ),
  copilot(
    "the end of a session",
    {
      ...COPILOT_AS_CLAUDE,
      sessionId: undefined,
      hook_event_name: "SessionEnd",
      reason: "complete",
    },
    [],
    { called: "claude", moment: "session_end" },
  ),
  vscode("replace_string_in_file", REPLACED, ["/w/n.txt"]),
  vscode(
    "create_file",
    { tool_name: "create_file", tool_input: { filePath: "/w/n.txt", content: "x" } },
    ["/w/n.txt"],
  ),
  vscode(
    "multi_replace_string_in_file",
    {
      tool_name: "multi_replace_string_in_file",
      tool_input: { replacements: [{ filePath: "/w/n.txt" }, { filePath: "/w/b" }] },
    },
    ["/w/n.txt", "/w/b"],
  ),
  vscode(
    "editFiles",
    { tool_name: "editFiles", tool_input: { files: ["src/main.ts", { path: "b" }, 7] } },
    ["src/main.ts", "b"],
  ),
  vscode("a patch", { tool_name: "apply_patch", tool_input: { input: PATCH } }, ["n.txt"]),
  vscode("a read", { tool_name: "read_file", tool_input: { filePath: "/w/n.txt" } }, [], {
    reads: ["/w/n.txt"],
  }),
  vscode(
    "the names that its documents have",
    {
      ...REPLACED,
      session_id: undefined,
      hook_event_name: undefined,
      sessionId: "s1",
      hookEventName: "PreToolUse",
    },
    ["/w/n.txt"],
  ),
  vscode(
    "the end of a subagent",
    { hook_event_name: "SubagentStop", agent_id: "a1" },
    [],
    { moment: "subagent_end", agent: "a1" },
  ),
  vscode("an edit", REPLACED, ["/w/n.txt"], { called: "claude" }),
  vscode("an edit", REPLACED, ["/w/n.txt"], { called: "copilot" }),
  opencode(
    "write",
    { tool: "write", args: { filePath: "/w/n.txt", content: "x" } },
    ["/w/n.txt"],
  ),
  opencode(
    "edit of version 2 in a subagent",
    { tool: "edit", args: { path: "n.txt" }, agent_id: "ses_2" },
    ["n.txt"],
    { agent: "ses_2" },
  ),
  opencode("a patch", { tool: "apply_patch", args: { patchText: PATCH } }, ["n.txt"]),
  opencode("a read", { tool: "read", args: { filePath: "/w/n.txt" } }, [], {
    reads: ["/w/n.txt"],
  }),
  opencode(
    "a tool that ran",
    { tool: "edit", args: { filePath: "/w/n.txt" } },
    ["/w/n.txt"],
    { event: "post", moment: "post" },
  ),
  opencode(
    "a tool of version 2 that failed",
    { tool: "edit", args: { path: "/w/n.txt" }, status: "error" },
    [],
    { event: "post", moment: "other" },
  ),
  opencode("the end of a subagent", { agent_id: "ses_2" }, [], {
    event: "subagent_end",
    moment: "subagent_end",
    agent: "ses_2",
  }),
  opencode("the end of a session", {}, [], { event: "session_end", moment: "session_end" }),
];
