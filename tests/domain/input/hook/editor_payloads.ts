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
  cursor("a command", { tool_name: "Shell", tool_input: { command: "ls" }, cwd: "/w" }, []),
  cursor(
    "a tool that ran",
    { hook_event_name: "postToolUse", tool_name: "Write", tool_input: EDIT, cwd: "/w" },
    [],
    { moment: "other" },
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
];
