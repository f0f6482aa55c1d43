/** What the hosts with fewer users write to a hook; see payloads.ts. */
import type { Recorded } from "./payloads.ts";

const EDIT = { file_path: "/w/n.txt", old_string: "a", new_string: "b" };
const PATCH = "*** Begin Patch\n*** Update File: n.txt\n@@\n-a\n+b\n*** End Patch";

type Fields = Readonly<Record<string, unknown>>;

/** A host whose payloads all have these fields. */
function recordedOf(host: string, session: string, common: Fields, cwd?: null) {
  return (
    what: string,
    fields: Fields,
    writes: readonly string[],
    more: Partial<Recorded> = {},
  ): Recorded => ({
    host,
    what,
    payload: { ...common, ...fields },
    moment: "pre",
    session,
    writes,
    ...(cwd === null ? { cwd } : {}),
    ...more,
  });
}

const windsurf = recordedOf("windsurf", "t1", {
  agent_action_name: "pre_write_code",
  trajectory_id: "t1",
  execution_id: "e1",
  timestamp: "2026-08-16T07:28:20.405Z",
}, null);

/** The extension. */
const cline = recordedOf("cline", "t1", {
  clineVersion: "3",
  hookName: "PreToolUse",
  taskId: "t1",
  workspaceRoots: ["/w"],
  userId: "u",
});

/** Recorded with the command line 3.0.65. */
const clineCli = recordedOf("cline", "r1", {
  clineVersion: "",
  timestamp: "2026-11-29T21:02:01.429Z",
  taskId: "conv_1",
  sessionContext: { rootSessionId: "r1" },
  workspaceRoots: ["/w"],
  workspaceInfo: { rootPath: "/w", hint: "w" },
  userId: "unknown",
  agent_id: "agent_1",
  parent_agent_id: null,
  hookName: "tool_call",
});

const CLI_EDIT = {
  iteration: 1,
  tool_call: { id: "call_1", name: "editor", input: { path: "/w/n.txt", new_text: "x" } },
  preToolUse: { toolName: "editor", parameters: { path: "/w/n.txt", new_text: "x" } },
};

const antigravity = recordedOf("antigravity", "s1", {
  conversationId: "s1",
  workspacePaths: ["/w"],
  stepIdx: 1,
});

const kimi = recordedOf("kimi", "s1", {
  hook_event_name: "PreToolUse",
  session_id: "s1",
  session_title: "t",
  client_type: "cli",
  cwd: "/w",
  tool_call_id: "c1",
});

const grok = recordedOf("grok", "s1", {
  hookEventName: "pre_tool_use",
  sessionId: "s1",
  cwd: "/w",
  workspaceRoot: "/w",
  transcriptPath: "/h/s1.jsonl",
});

const REPLACED = { toolName: "search_replace", toolInput: EDIT };

export const RECORDED_OF_MORE: readonly Recorded[] = [
  windsurf(
    "an edit",
    { tool_info: { file_path: "/w/n.txt", edits: [{ old_string: "a", new_string: "b" }] } },
    ["/w/n.txt"],
  ),
  windsurf(
    "an edit that was done",
    { agent_action_name: "post_write_code", tool_info: { file_path: "/w/n.txt" } },
    ["/w/n.txt"],
    { moment: "post" },
  ),
  windsurf(
    "a read",
    { agent_action_name: "pre_read_code", tool_info: { file_path: "/w/n.txt" } },
    [],
    { reads: ["/w/n.txt"] },
  ),
  ...["write_to_file", "replace_in_file"].map((toolName) =>
    cline(toolName, { preToolUse: { toolName, parameters: { path: "n.txt" } } }, ["n.txt"])
  ),
  cline("a read", { preToolUse: { toolName: "read_file", parameters: { path: "n.txt" } } }, [], {
    reads: ["n.txt"],
  }),
  cline(
    "a tool that ran",
    {
      hookName: "PostToolUse",
      preToolUse: undefined,
      postToolUse: { toolName: "write_to_file", parameters: { path: "n.txt" }, success: true },
    },
    ["n.txt"],
    { moment: "post" },
  ),
  cline(
    "a tool that failed",
    {
      hookName: "PostToolUse",
      preToolUse: undefined,
      postToolUse: { toolName: "write_to_file", parameters: { path: "n.txt" }, success: false },
    },
    [],
    { moment: "other" },
  ),
  cline("the end of a task", { hookName: "TaskComplete" }, [], { moment: "session_end" }),
  clineCli("editor of the command line", CLI_EDIT, ["/w/n.txt"]),
  clineCli(
    "a patch of the command line",
    { preToolUse: { toolName: "apply_patch", parameters: { input: PATCH } } },
    ["n.txt"],
  ),
  clineCli(
    "a patch of the command line that ran",
    {
      hookName: "tool_result",
      tool_result: { id: "call_1", name: "apply_patch", input: { input: PATCH } },
      postToolUse: { toolName: "apply_patch", parameters: { input: PATCH }, success: true },
    },
    ["n.txt"],
    { moment: "post" },
  ),
  clineCli(
    "an edit in a subagent",
    { ...CLI_EDIT, agent_id: "agent_2", parent_agent_id: "agent_1" },
    ["/w/n.txt"],
    { agent: "agent_2" },
  ),
  clineCli(
    "the end of a subagent",
    { hookName: "agent_end", agent_id: "agent_2", parent_agent_id: "agent_1" },
    [],
    { agent: "agent_2", moment: "subagent_end" },
  ),
  clineCli("the end of a turn", { hookName: "agent_end" }, [], { moment: "other" }),
  clineCli("the end of a session", { hookName: "session_shutdown" }, [], {
    moment: "session_end",
  }),
  ...["write_to_file", "replace_file_content", "multi_replace_file_content"].map((name) =>
    antigravity(name, { toolCall: { name, args: { TargetFile: "/w/n.txt" } } }, ["/w/n.txt"])
  ),
  antigravity(
    "a read",
    { toolCall: { name: "view_file", args: { AbsolutePath: "/w/n.txt" } } },
    [],
    { reads: ["/w/n.txt"] },
  ),
  antigravity("a tool that ran", { toolCall: null, error: "" }, [], { moment: "other" }),
  ...["Write", "Edit"].map((tool_name) =>
    kimi(tool_name, { tool_name, tool_input: EDIT }, ["/w/n.txt"])
  ),
  kimi("the end of a session", { hook_event_name: "SessionEnd" }, [], { moment: "session_end" }),
  grok("search_replace", REPLACED, ["/w/n.txt"]),
  grok("write", { toolName: "write", toolInput: { file_path: "/w/n.txt" } }, ["/w/n.txt"]),
  grok("the end of a session", { hookEventName: "session_end" }, [], { moment: "session_end" }),
  ...["claude", "cursor"].flatMap((called) => [
    grok("an edit", REPLACED, ["/w/n.txt"], { called }),
    grok("the end of a session", { hookEventName: "session_end" }, [], {
      called,
      moment: "session_end",
    }),
  ]),
];
