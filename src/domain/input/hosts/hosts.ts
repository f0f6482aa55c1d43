/** The settings of hosts of agents, as far as they name coord's hook. */

/** Where settings lie: with the project for all, with the project for its user alone, or with the user. */
export const SCOPES = ["project", "local", "user"] as const;

export type Scope = typeof SCOPES[number];

/** An event at which the host is to call coord. */
export interface HookedEvent {
  readonly event: string;
  /** The tools that it is about, in the host's own form; all where it is missing. */
  readonly matcher?: string;
  /** In the unit of the host. */
  readonly timeout: number;
}

/** How one host is set up. */
export interface HostSettings {
  /** Its program, by which it is found. */
  readonly program: string;
  /** Its folder of the user: in a home folder, or what a variable names, or below that. */
  readonly folder: { readonly path: string; readonly env: string; readonly below?: string };
  /** Its files: below that folder for the user, else below the top of the checkout. */
  readonly files: Partial<Readonly<Record<Scope, string>>>;
  /** What its files may be; of one with anything else it ignores all, at times in silence. */
  readonly syntax: "json" | "comments";
  /** Whether a byte order mark may come first. */
  readonly bom?: true;
  /** The one that guards comes first. */
  readonly events: readonly HookedEvent[];
  /** The member of its settings that says which plugins are on, where coord has one for it. */
  readonly plugins?: string;
  /** What else an entry of it needs. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** What its user has to do before it calls the hook. */
  readonly next?: string;
}

const ENDS: readonly HookedEvent[] = [
  { event: "SubagentStop", timeout: 10 },
  { event: "SessionEnd", timeout: 3 },
];

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
    syntax: "json",
    bom: true,
    plugins: "enabledPlugins",
    events: [
      { event: "PreToolUse", matcher: "Read|Write|Edit|MultiEdit|NotebookEdit", timeout: 10 },
      { event: "PostToolUse", matcher: "Write|Edit|MultiEdit|NotebookEdit", timeout: 10 },
      { event: "SessionStart", timeout: 10 },
      ...ENDS,
    ],
  },
  codex: {
    program: "codex",
    folder: { path: ".codex", env: "CODEX_HOME" },
    files: { project: ".codex/hooks.json", user: "hooks.json" },
    syntax: "json",
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
    syntax: "comments",
    // In milliseconds.
    events: [
      { event: "BeforeTool", matcher: "^(read_file|write_file|replace)$", timeout: 10_000 },
      { event: "AfterTool", matcher: "^(write_file|replace)$", timeout: 10_000 },
      { event: "SessionStart", timeout: 10_000 },
      { event: "SessionEnd", timeout: 3_000 },
    ],
    extra: { name: "coord" },
  },
};
