/** The settings of hosts of agents, as far as they name coord's hook: one entry a host. */
import { OPENCODE_PLUGIN } from "./opencode_plugin.ts";

/** Where settings lie: with the project for all, with the project for its user alone, or with the user. */
export type Scope = "project" | "local" | "user";

export const SCOPES: readonly Scope[] = ["project", "local", "user"];

/** An event at which the host is to call coord. */
export interface HookedEvent {
  readonly event: string;
  /** The tools that it is about, in the host's own form; all where it is missing. */
  readonly matcher?: string;
  /** In the unit of the host. */
  readonly timeout?: number;
  /** Whether the host does not name it when it calls, so that the command has to. */
  readonly isSaid?: true;
}

/**
 * A value of the settings. A text that is `$event`, `$matcher`, `$timeout` or `$command` stands for what
 * that is for the event, and `$powershell` for the command in a shell that is none of POSIX. A member whose
 * text stands for nothing is left out.
 */
export type Template = string | boolean | number | readonly Template[] | TemplateObject;

/** Members by their names. */
export interface TemplateObject {
  readonly [name: string]: Template;
}

/** A file of JSON, in which lists of events have an entry of coord each. */
interface JsonForm {
  /** What its files may be; of one with anything else it ignores all, at times in silence. */
  readonly syntax: "json" | "comments";
  /** Whether a byte order mark may come first. */
  readonly bom?: true;
  /** The member that has the events, `hooks` by default. */
  readonly key?: string;
  /** The member that says which plugins are on, where coord has one for the host. */
  readonly plugins?: string;
  /** Members that a file must have besides. */
  readonly head?: Readonly<Record<string, number>>;
  readonly entry: TemplateObject;
}

/** A file of TOML, to whose end a table of this name for each event is added. */
interface TomlForm {
  readonly table: string;
  readonly entry: TemplateObject;
}

/** Files that are coord's own as a whole. */
interface WholeForm {
  /** With `$mark` for what a line of a comment says, `$command`, `$program` and a list of `$flags` as JSON. */
  readonly text: string;
  readonly mode?: number;
}

/** How one host is set up. */
export interface HostSettings {
  /** Its program, by which it is found. */
  readonly program: string;
  /** Its folder of the user: in a home folder, or what a variable names, or below that. */
  readonly folder: { readonly path: string; readonly env?: string; readonly below?: string };
  /** Folders of a project or of a home folder by which it is found as well: its own by default. */
  readonly signs?: readonly string[];
  /**
   * Its files: below that folder for the user, else below the top of the checkout. With `$event` in it one
   * for each event.
   */
  readonly files: Partial<Readonly<Record<Scope, string>>>;
  readonly json?: JsonForm;
  readonly toml?: TomlForm;
  readonly whole?: WholeForm;
  /** The one that guards comes first. */
  readonly events: readonly HookedEvent[];
  /** The host whose hook it calls, where it runs the files of another one. */
  readonly calls?: string;
  /** What it has to read where there is no coord, if silence is no opinion for it. */
  readonly silence?: string;
  /** Whether its files do nothing by themselves where there is no coord. */
  readonly isSafe?: true;
  /** Whether its files are read by a POSIX shell, on Windows too, or never on Windows. */
  readonly shell?: "posix" | "never_windows";
  /** What its user has to do before it calls the hook. */
  readonly next?: string;
  /** The same, where the file is one of a project. */
  readonly nextInProject?: string;
}

const ENDS: readonly HookedEvent[] = [
  { event: "SubagentStop", timeout: 10 },
  { event: "SessionEnd", timeout: 3 },
];

const HANDLER = { type: "command", command: "$command", timeout: "$timeout" };

/** An entry as Claude Code has it, and hosts that follow it. */
const GROUP = { matcher: "$matcher", hooks: [HANDLER] };

const CURSOR_EDITS = "Write|Edit|MultiEdit|StrReplace|Delete|ApplyPatch|EditNotebook";

const KIMI_EDITS = "Write|Edit|WriteFile|StrReplaceFile";

const COPILOT: HostSettings = {
  program: "copilot",
  folder: { path: ".copilot", env: "COPILOT_HOME" },
  files: { project: ".github/hooks/coord.json", user: "hooks/coord.json" },
  json: {
    syntax: "json",
    head: { version: 1 },
    entry: {
      type: "command",
      bash: "$command",
      powershell: "$powershell",
      timeoutSec: "$timeout",
    },
  },
  events: [
    { event: "preToolUse", timeout: 10 },
    { event: "postToolUse", timeout: 10 },
    { event: "sessionStart", timeout: 10, isSaid: true },
    { event: "subagentStop", timeout: 10 },
    { event: "sessionEnd", timeout: 10 },
  ],
};

/** By the name of the host. */
export const HOSTS: Readonly<Record<string, HostSettings>> = {
  claude: {
    program: "claude",
    folder: { path: ".claude", env: "CLAUDE_CONFIG_DIR" },
    files: {
      project: ".claude/settings.json",
      local: ".claude/settings.local.json",
      user: "settings.json",
    },
    json: { syntax: "json", bom: true, plugins: "enabledPlugins", entry: GROUP },
    shell: "posix",
    events: [
      { event: "PreToolUse", matcher: "Read|Write|Edit|MultiEdit|NotebookEdit|Bash", timeout: 10 },
      { event: "PostToolUse", matcher: "Write|Edit|MultiEdit|NotebookEdit", timeout: 10 },
      { event: "SessionStart", timeout: 10 },
      ...ENDS,
    ],
  },
  codex: {
    program: "codex",
    folder: { path: ".codex", env: "CODEX_HOME" },
    files: { project: ".codex/hooks.json", user: "hooks.json" },
    json: { syntax: "json", entry: GROUP },
    // It asks its user again whenever any of this changes.
    events: [
      { event: "PreToolUse", matcher: "apply_patch|Write|Edit|Bash", timeout: 10 },
      { event: "PostToolUse", matcher: "apply_patch|Write|Edit|Bash", timeout: 10 },
      { event: "SessionStart", matcher: "startup|resume|clear", timeout: 10 },
      ...ENDS,
    ],
    next: "Codex skips hooks in silence until its user approves them: type /hooks in Codex.",
  },
  gemini: {
    program: "gemini",
    folder: { path: ".gemini", env: "GEMINI_CLI_HOME", below: ".gemini" },
    files: { project: ".gemini/settings.json", user: "settings.json" },
    json: {
      syntax: "comments",
      entry: { matcher: "$matcher", hooks: [{ name: "coord", ...HANDLER }] },
    },
    // In milliseconds.
    events: [
      {
        event: "BeforeTool",
        matcher: "^(read_file|write_file|replace|run_shell_command)$",
        timeout: 10_000,
      },
      { event: "AfterTool", matcher: "^(write_file|replace)$", timeout: 10_000 },
      { event: "SessionStart", timeout: 10_000 },
      { event: "SessionEnd", timeout: 3_000 },
    ],
    nextInProject: "Gemini CLI reads settings of a project once its user trusts the folder.",
  },
  cursor: {
    program: "cursor",
    folder: { path: ".cursor" },
    files: { project: ".cursor/hooks.json", user: "hooks.json" },
    json: {
      syntax: "json",
      head: { version: 1 },
      entry: { command: "$command", matcher: "$matcher", timeout: "$timeout" },
    },
    events: [
      { event: "preToolUse", matcher: `^(${CURSOR_EDITS}|Shell)$`, timeout: 10 },
      { event: "postToolUse", matcher: `^(${CURSOR_EDITS})$`, timeout: 10 },
      { event: "beforeReadFile", timeout: 10 },
      { event: "sessionStart", timeout: 10 },
      { event: "subagentStop", timeout: 10 },
      { event: "sessionEnd", timeout: 10 },
    ],
    silence: "{}",
  },
  copilot: COPILOT,
  vscode: { ...COPILOT, program: "code", signs: [".vscode"], calls: "copilot" },
  opencode: {
    program: "opencode",
    folder: { path: ".config/opencode", env: "XDG_CONFIG_HOME", below: "opencode" },
    signs: [".opencode", ".config/opencode"],
    files: { project: ".opencode/plugins/coord.ts", user: "plugins/coord.ts" },
    whole: { text: OPENCODE_PLUGIN },
    events: [],
    isSafe: true,
  },
  antigravity: {
    program: "agy",
    folder: { path: ".gemini/config" },
    files: { project: ".agents/hooks.json", user: "hooks.json" },
    json: { syntax: "json", key: "coord", entry: GROUP },
    events: [{
      event: "PreToolUse",
      matcher: "write_to_file|replace_file_content|multi_replace_file_content|run_command",
      timeout: 10,
    }],
    silence: '{"decision":"ask"}',
  },
  kimi: {
    program: "kimi",
    folder: { path: ".kimi-code", env: "KIMI_CODE_HOME" },
    files: { user: "config.toml" },
    toml: {
      table: "hooks",
      // It refuses a file with any other key.
      entry: { event: "$event", matcher: "$matcher", command: "$command", timeout: "$timeout" },
    },
    events: [
      { event: "PreToolUse", matcher: `^(Read|ReadFile|${KIMI_EDITS}|Bash)$`, timeout: 10 },
      { event: "PostToolUse", matcher: `^(${KIMI_EDITS})$`, timeout: 10 },
      { event: "SessionEnd", timeout: 10 },
    ],
  },
  grok: {
    program: "grok",
    folder: { path: ".grok", env: "GROK_HOME" },
    files: { project: ".grok/hooks/coord.json", user: "hooks/coord.json" },
    json: { syntax: "json", entry: GROUP },
    events: [
      { event: "PreToolUse", matcher: "Read|Write|Edit|Bash", timeout: 10 },
      { event: "PostToolUse", matcher: "Write|Edit", timeout: 10 },
      ...ENDS,
    ],
    nextInProject:
      "Grok runs hooks of a project once its user trusts the folder: type /hooks-trust in Grok.",
  },
  windsurf: {
    program: "windsurf",
    folder: { path: ".codeium/windsurf" },
    signs: [".windsurf", ".codeium/windsurf"],
    files: { project: ".windsurf/hooks.json", user: "hooks.json" },
    json: { syntax: "json", bom: true, entry: { command: "$command", show_output: true } },
    events: [
      { event: "pre_write_code" },
      { event: "post_write_code" },
      { event: "pre_read_code" },
      { event: "pre_run_command" },
    ],
  },
  cline: {
    program: "cline",
    folder: { path: ".cline" },
    signs: [".clinerules", ".cline"],
    files: { project: ".clinerules/hooks/$event", user: "hooks/$event" },
    whole: { text: "#!/bin/sh\n# $mark\n$command\n", mode: 0o755 },
    events: [
      { event: "PreToolUse" },
      { event: "PostToolUse" },
      { event: "TaskComplete" },
      { event: "TaskCancel" },
      { event: "SessionShutdown" },
    ],
    silence: '{"cancel":false}',
    shell: "never_windows",
    next: "Cline in an editor runs hooks only where its settings enable them.",
  },
};

/** A host that has no settings: a script of its user calls the hook. */
export const GENERIC = "generic";
