/** What hosts write to a hook, shortened; the fields that matter are as they were recorded. */
import type { HookMoment } from "../../../../src/domain/input/hook/event.ts";
import { RECORDED_OF_EDITORS } from "./editor_payloads.ts";
import { RECORDED_OF_MORE } from "./more_payloads.ts";
import { RECORDED_OF_SHELLS } from "./shell_payloads.ts";

const CLAUDE = {
  session_id: "a96c",
  transcript_path: "/h/a96c.jsonl",
  cwd: "/w",
  prompt_id: "082b",
  permission_mode: "auto",
  hook_event_name: "PreToolUse",
  tool_use_id: "toolu_1",
};

const CODEX = {
  session_id: "01a0",
  turn_id: "01a1",
  transcript_path: null,
  cwd: "/w",
  hook_event_name: "PreToolUse",
  model: "gpt",
  permission_mode: "default",
  tool_use_id: "exec-1",
};

const PATCH = "*** Begin Patch\n*** Update File: a.ts\r\n*** Move to: b.ts\n@@\n-x\n+y\n" +
  "*** Add File: lib/c d.ts\n+z\n*** Delete File: e.ts\n*** End Patch";

const GEMINI = {
  session_id: "4fe4",
  transcript_path: "/h/4fe4.json",
  cwd: "/w",
  hook_event_name: "BeforeTool",
  timestamp: "2026-08-16T07:28:20.405Z",
};

const IN_SHELL = `apply_patch <<'EOF'\n${PATCH}\nEOF`;
const IN_FOLDER =
  `cd "my lib" && apply_patch <<'EOF'\n*** Update File: a.ts\n*** Add File: /w/b\nEOF`;
const SHOWN = `cat <<'EOF'\n${PATCH}\nEOF`;

const inShell = (command: string) => ({
  payload: { ...CODEX, tool_name: "Bash", tool_input: { command } },
  shell: { command, folder: undefined },
});

/** A payload, and the part of its reading that a test looks at. */
export interface Recorded {
  readonly host: string;
  /** Whose hook the host calls, where that is not its own. */
  readonly called?: string;
  readonly what: string;
  readonly payload: { readonly [key: string]: unknown };
  readonly event?: string;
  readonly moment: HookMoment;
  readonly session: string | undefined;
  readonly agent?: string;
  /** `/w` where it is not said; `null` for none. */
  readonly cwd?: string | null;
  readonly writes: readonly string[];
  readonly reads?: readonly string[];
  readonly shell?: { readonly command: string; readonly folder: string | undefined };
}

const edit = { file_path: "/w/n.txt", old_string: "a", new_string: "b" };

export const RECORDED: readonly Recorded[] = [
  ...RECORDED_OF_EDITORS,
  ...RECORDED_OF_MORE,
  ...RECORDED_OF_SHELLS,
  ...["Write", "Edit", "MultiEdit"].map((tool_name) => ({
    host: "claude",
    what: tool_name,
    payload: { ...CLAUDE, tool_name, tool_input: edit },
    moment: "pre" as const,
    session: "a96c",
    writes: ["/w/n.txt"],
  })),
  {
    host: "claude",
    what: "a notebook in a subagent",
    payload: {
      ...CLAUDE,
      agent_id: "a1b2",
      agent_type: "builder",
      tool_name: "NotebookEdit",
      tool_input: { notebook_path: "/w/n.ipynb", new_source: "1" },
    },
    moment: "pre",
    session: "a96c",
    agent: "a1b2",
    writes: ["/w/n.ipynb"],
  },
  {
    host: "claude",
    what: "a read",
    payload: { ...CLAUDE, tool_name: "Read", tool_input: { file_path: "/w/n.txt" } },
    moment: "pre",
    session: "a96c",
    writes: [],
    reads: ["/w/n.txt"],
  },
  {
    host: "claude",
    what: "a read that has ended",
    payload: {
      ...CLAUDE,
      hook_event_name: "PostToolUse",
      tool_name: "Read",
      tool_input: { file_path: "/w/n.txt", offset: 10 },
      tool_response: { type: "text", file: { filePath: "/w/n.txt", content: "x" } },
    },
    moment: "post",
    session: "a96c",
    writes: [],
    reads: ["/w/n.txt"],
  },
  {
    host: "claude",
    what: "a tool that failed",
    payload: {
      ...CLAUDE,
      hook_event_name: "PostToolUseFailure",
      tool_name: "Edit",
      tool_input: edit,
      error: "String to replace not found in file",
    },
    moment: "other",
    session: "a96c",
    writes: [],
  },
  {
    host: "claude",
    what: "a tool that ran",
    payload: { ...CLAUDE, hook_event_name: "PostToolUse", tool_name: "Edit", tool_input: edit },
    moment: "post",
    session: "a96c",
    writes: ["/w/n.txt"],
  },
  {
    host: "claude",
    what: "the end of a subagent",
    payload: { ...CLAUDE, hook_event_name: "SubagentStop", agent_id: "a1b2" },
    moment: "subagent_end",
    session: "a96c",
    agent: "a1b2",
    writes: [],
  },
  {
    host: "claude",
    what: "the start of a session",
    payload: { ...CLAUDE, hook_event_name: "SessionStart", source: "startup" },
    moment: "session_start",
    session: "a96c",
    writes: [],
  },
  {
    host: "claude",
    what: "the end of a session",
    payload: { ...CLAUDE, hook_event_name: "SessionEnd", reason: "other" },
    moment: "session_end",
    session: "a96c",
    writes: [],
  },
  {
    host: "claude",
    what: "an input in another form",
    payload: { ...CLAUDE, tool_name: "Edit", tool_input: ["/w/n.txt"] },
    moment: "pre",
    session: "a96c",
    writes: [],
  },
  {
    host: "codex",
    what: "a patch",
    payload: { ...CODEX, tool_name: "apply_patch", tool_input: { command: PATCH } },
    moment: "pre",
    session: "01a0",
    writes: ["a.ts", "b.ts", "lib/c d.ts", "e.ts"],
  },
  {
    host: "codex",
    what: "a patch of one file",
    payload: {
      ...CODEX,
      tool_name: "apply_patch",
      tool_input: { command: "*** Begin Patch\n*** Add File: n.txt\n+a\n*** End Patch" },
    },
    moment: "pre",
    session: "01a0",
    writes: ["n.txt"],
  },
  {
    host: "codex",
    what: "a patch in a shell command",
    ...inShell(IN_SHELL),
    moment: "pre",
    session: "01a0",
    writes: ["a.ts", "b.ts", "lib/c d.ts", "e.ts"],
  },
  {
    host: "codex",
    what: "a patch in a folder",
    ...inShell(IN_FOLDER),
    moment: "pre",
    session: "01a0",
    writes: ["my lib/a.ts", "/w/b"],
  },
  {
    host: "codex",
    what: "a patch that was applied",
    payload: {
      ...CODEX,
      hook_event_name: "PostToolUse",
      tool_name: "apply_patch",
      tool_input: { command: PATCH },
      tool_response: "Success. Updated the following files:\nM a.ts",
    },
    moment: "post",
    session: "01a0",
    writes: ["a.ts", "b.ts", "lib/c d.ts", "e.ts"],
  },
  {
    host: "codex",
    what: "a shell command that only shows a patch",
    ...inShell(SHOWN),
    moment: "pre",
    session: "01a0",
    writes: [],
  },
  ...["write_file", "replace"].map((tool_name) => ({
    host: "gemini",
    what: tool_name,
    payload: { ...GEMINI, tool_name, tool_input: { file_path: "/w/n.txt", content: "x" } },
    moment: "pre" as const,
    session: "4fe4",
    writes: ["/w/n.txt"],
  })),
  ...["file_path", "absolute_path"].map((name) => ({
    host: "gemini",
    what: `a read of ${name}`,
    payload: { ...GEMINI, tool_name: "read_file", tool_input: { [name]: "/w/n.txt" } },
    moment: "pre" as const,
    session: "4fe4",
    writes: [],
    reads: ["/w/n.txt"],
  })),
  {
    host: "gemini",
    what: "a tool that ran",
    payload: {
      ...GEMINI,
      hook_event_name: "AfterTool",
      tool_name: "replace",
      tool_input: { file_path: "/w/n.txt" },
      tool_response: { llmContent: "Successfully modified file", returnDisplay: {} },
    },
    moment: "post",
    session: "4fe4",
    writes: ["/w/n.txt"],
  },
  {
    host: "gemini",
    what: "a tool that failed",
    payload: {
      ...GEMINI,
      hook_event_name: "AfterTool",
      tool_name: "replace",
      tool_input: { file_path: "/w/n.txt" },
      tool_response: { llmContent: "", error: { message: "0 occurrences found" } },
    },
    moment: "other",
    session: "4fe4",
    writes: [],
  },
  {
    host: "gemini",
    what: "the end of a session",
    payload: { ...GEMINI, hook_event_name: "SessionEnd", reason: "exit" },
    moment: "session_end",
    session: "4fe4",
    writes: [],
  },
  {
    host: "generic",
    what: "an edit",
    payload: { moment: "pre", session: "s1", agent: "a1", cwd: "/w", writes: ["a", "b"] },
    moment: "pre",
    session: "s1",
    agent: "a1",
    writes: ["a", "b"],
  },
  {
    host: "generic",
    what: "an edit that the command line names",
    payload: { session: "s1", cwd: "/w", writes: "n.txt" },
    event: "pre",
    moment: "pre",
    session: "s1",
    writes: ["n.txt"],
  },
  {
    host: "generic",
    what: "reads",
    payload: { moment: "pre", session: "s1", cwd: "/w", reads: ["a", "b"] },
    moment: "pre",
    session: "s1",
    writes: [],
    reads: ["a", "b"],
  },
  {
    host: "generic",
    what: "an edit that has ended",
    payload: { session: "s1", cwd: "/w", writes: "a" },
    event: "post",
    moment: "post",
    session: "s1",
    writes: ["a"],
  },
];
