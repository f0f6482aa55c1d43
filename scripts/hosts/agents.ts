/** The hosts of agents that are run: how each is installed, set up and started against a model of ours. */

const ROOT = new URL("../..", import.meta.url).pathname;

/** Where a host runs. */
export interface Place {
  readonly project: string;
  readonly home: string;
  readonly model: string;
}

/** Where the hooks are set up: by `hook install`, or by a plugin of the host's own kind. */
export type Scope = "project" | "user" | "plugin";

/** How one host is run. */
export interface Agent {
  readonly package: string;
  readonly program: string;
  /** A script of the package that npm leaves to its user, since it runs none by itself. */
  readonly setup?: string;
  readonly scopes: readonly Scope[];
  /** What the host has to have in its files, by path: below the home folder after `~/`, else in the project. */
  files(place: Place): Record<string, string>;
  args(prompt: string): readonly string[];
  /** What names the plugin to it on its command line. */
  readonly pluginArgs?: readonly string[];
  /** Whether a denial ends the whole run, so that its model does not read why. */
  readonly endsAtDenial?: true;
  /** Whether it reports an edit that has ended. */
  readonly reportsEnds: boolean;
  /** Whether its model reads at the start of a session who holds what. */
  readonly isBriefed: boolean;
  /** Where its MCP server is set up; absent where none is tried. */
  readonly server?: "project" | "user";
  /** As whom its hooks know a subagent; absent where it has none. */
  readonly subagents?: "runs" | "session";
  env(place: Place): Record<string, string>;
}

/** By the name that coord gives them. */
export const AGENTS: Readonly<Record<string, Agent>> = {
  claude: {
    package: "@anthropic-ai/claude-code",
    program: "claude",
    setup: "install.cjs",
    scopes: ["project", "user", "plugin"],
    files: () => ({ ".claude/settings.json": '{\n\t"enableAllProjectMcpServers": true\n}' }),
    args: (prompt) => [
      "-p",
      prompt,
      "--allowedTools",
      "Read,Write,Bash,Agent,mcp__coord",
      "--model",
      "claude-sonnet-4-5",
      "--output-format",
      "json",
    ],
    pluginArgs: ["--plugin-dir", `${ROOT}plugin/claude`],
    reportsEnds: true,
    isBriefed: true,
    server: "project",
    subagents: "runs",
    env: ({ model }) => ({
      ANTHROPIC_BASE_URL: model,
      ANTHROPIC_API_KEY: "none",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_AUTOUPDATER: "1",
    }),
  },
  codex: {
    package: "@openai/codex",
    program: "codex",
    scopes: ["project", "user"],
    files: ({ model, project }) => ({
      "~/.codex/config.toml": `model = "stub"
model_provider = "stub"
approval_policy = "never"
sandbox_mode = "danger-full-access"
[model_providers.stub]
name = "stub"
base_url = "${model}/v1"
wire_api = "responses"
[projects."${project}"]
trust_level = "trusted"
`,
    }),
    args: (prompt) => [
      "exec",
      "--skip-git-repo-check",
      "--dangerously-bypass-hook-trust",
      prompt,
    ],
    // It reports none of a patch in a shell command.
    reportsEnds: false,
    isBriefed: true,
    server: "project",
    subagents: "runs",
    env: () => ({}),
  },
  gemini: {
    package: "@google/gemini-cli",
    program: "gemini",
    scopes: ["project", "user"],
    files: () => ({
      ".gemini/settings.json":
        `// of the team\r\n{ "security": { "auth": { "selectedType": "gemini-api-key" } } }\r\n`,
    }),
    args: (prompt) => ["-p", prompt, "--yolo", "-m", "gemini-2.5-flash"],
    reportsEnds: true,
    isBriefed: true,
    server: "project",
    subagents: "session",
    env: ({ model }) => ({
      GEMINI_API_KEY: "none",
      GOOGLE_GEMINI_BASE_URL: model,
      GEMINI_CLI_TRUST_WORKSPACE: "true",
    }),
  },
  opencode: {
    package: "opencode-ai",
    program: "opencode",
    setup: "postinstall.mjs",
    scopes: ["project", "user"],
    files: ({ model }) => ({
      "opencode.json": JSON.stringify({
        autoupdate: false,
        share: "disabled",
        permission: { edit: "allow", bash: "allow" },
        provider: {
          stub: {
            npm: "@ai-sdk/openai-compatible",
            options: { baseURL: `${model}/v1`, apiKey: "none" },
            models: { m: { name: "m", tool_call: true } },
          },
        },
      }),
    }),
    args: (prompt) => ["run", "-m", "stub/m", prompt],
    reportsEnds: true,
    isBriefed: false,
    // The plugin that hook install writes names the session to it.
    server: "project",
    subagents: "runs",
    env: () => ({}),
  },
  copilot: {
    package: "@github/copilot",
    program: "copilot",
    scopes: ["project", "user"],
    files: () => ({}),
    args: (prompt) => ["-p", prompt, "--allow-all-tools", "--allow-all-paths", "--no-auto-update"],
    reportsEnds: true,
    isBriefed: true,
    server: "user",
    subagents: "runs",
    env: ({ model }) => ({
      COPILOT_OFFLINE: "true",
      COPILOT_PROVIDER_BASE_URL: `${model}/v1`,
      COPILOT_PROVIDER_API_KEY: "none",
      COPILOT_MODEL: "gpt-4.1",
      GITHUB_COPILOT_PROMPT_MODE_REPO_HOOKS: "true",
    }),
  },
  cline: {
    package: "cline",
    program: "cline",
    scopes: ["project", "user"],
    files: ({ model }) => ({
      "~/.cline/data/settings/providers.json": JSON.stringify({
        version: 1,
        lastUsedProvider: "openai-compatible",
        modes: {},
        providers: {
          "openai-compatible": {
            settings: {
              provider: "openai-compatible",
              apiKey: "none",
              model: "gpt-4.1",
              baseUrl: `${model}/v1`,
            },
            updatedAt: "2026-11-30T00:00:00.000Z",
            tokenSource: "manual",
          },
        },
      }),
    }),
    args: (prompt) => ["--auto-approve", "true", prompt],
    endsAtDenial: true,
    reportsEnds: true,
    isBriefed: false,
    env: () => ({}),
  },
};
