/** The hosts of agents that are run: how each is installed, set up and started against a model of ours. */

/** Where a host runs. */
export interface Place {
  readonly project: string;
  readonly home: string;
  readonly model: string;
}

/** How one host is run. */
export interface Agent {
  readonly package: string;
  readonly program: string;
  /** What the host has to have in its files, by path: below the home folder after `~/`, else in the project. */
  files(place: Place): Record<string, string>;
  readonly args: readonly string[];
  /** Whether it reports an edit that has ended. */
  readonly reportsEnds: boolean;
  env(place: Place): Record<string, string>;
}

const PROMPT = "write the file";

/** By the name that coord gives them. */
export const AGENTS: Readonly<Record<string, Agent>> = {
  claude: {
    package: "@anthropic-ai/claude-code",
    program: "claude",
    files: () => ({ ".claude/settings.json": '{\n\t"includeCoAuthoredBy": false\n}' }),
    args: [
      "-p",
      PROMPT,
      "--allowedTools",
      "Write",
      "--model",
      "claude-sonnet-4-5",
      "--output-format",
      "json",
    ],
    reportsEnds: true,
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
    args: ["exec", "--skip-git-repo-check", "--dangerously-bypass-hook-trust", PROMPT],
    // It reports none of a patch in a shell command.
    reportsEnds: false,
    env: () => ({}),
  },
  gemini: {
    package: "@google/gemini-cli",
    program: "gemini",
    files: () => ({
      ".gemini/settings.json":
        `// of the team\r\n{ "security": { "auth": { "selectedType": "gemini-api-key" } } }\r\n`,
    }),
    args: ["-p", PROMPT, "--yolo", "-m", "gemini-2.5-flash"],
    reportsEnds: true,
    env: ({ model }) => ({
      GEMINI_API_KEY: "none",
      GOOGLE_GEMINI_BASE_URL: model,
      GEMINI_CLI_TRUST_WORKSPACE: "true",
    }),
  },
};
