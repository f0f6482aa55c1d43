import { callRun } from "../../../../src/domain/input/hook/call.ts";
import { endsWith, hookRun } from "../../../../src/domain/input/hook/run.ts";
import { identify, sameRun } from "../../../../src/domain/input/run_id.ts";
import { assertEquals, it } from "../../../deps.ts";

type Env = Readonly<Record<string, string>>;

/** Who a hook takes the caller for. */
function hooked(host: string, session: string, agent: string | undefined, env: Env) {
  return hookRun(host, { session, agent }, (name) => env[name]);
}

/** What the hosts that name the session with each call of a tool say there. */
const META: Readonly<Record<string, object>> = {
  codex: { threadId: "S2", "x-codex-turn-metadata": { session_id: "S", thread_id: "S2" } },
  opencode: { sessionID: "S" },
};

/** Where nothing names the session to a server: the agent has to say who it is. */
const UNNAMED = [
  "cursor",
  "cursor in cursor",
  "gemini",
  "copilot",
  "copilot in copilot",
  "copilot in grok",
  "grok",
  "grok in grok",
];

/** The environments of an agent's hook and of its shell; they differ where the host sets variables. */
const PLACES: readonly (readonly [what: string, host: string, hook: Env, shell: Env])[] = [
  ["claude", "claude", {}, { CLAUDE_CODE_SESSION_ID: "S" }],
  ["claude in claude", "claude", { CLAUDE_CODE_SESSION_ID: "T" }, { CLAUDE_CODE_SESSION_ID: "S" }],
  ["codex", "codex", {}, { CODEX_THREAD_ID: "S" }],
  ["codex in codex", "codex", { CODEX_THREAD_ID: "T" }, { CODEX_THREAD_ID: "T" }],
  ["codex in claude", "codex", { CLAUDE_CODE_SESSION_ID: "T" }, {
    CLAUDE_CODE_SESSION_ID: "T",
    CODEX_THREAD_ID: "S",
  }],
  ["gemini", "gemini", { GEMINI_SESSION_ID: "S" }, { GEMINI_SESSION_ID: "S" }],
  ["gemini in codex", "gemini", { CODEX_THREAD_ID: "T" }, {
    CODEX_THREAD_ID: "T",
    GEMINI_SESSION_ID: "S",
  }],
  ["codex in gemini", "codex", { GEMINI_SESSION_ID: "T" }, {
    GEMINI_SESSION_ID: "T",
    CODEX_THREAD_ID: "S",
  }],
  ["copilot", "copilot", {}, { COPILOT_AGENT_SESSION_ID: "S" }],
  ["copilot in copilot", "copilot", { COPILOT_AGENT_SESSION_ID: "T" }, {
    COPILOT_AGENT_SESSION_ID: "S",
  }],
  ["copilot in grok", "copilot", { GROK_SESSION_ID: "T" }, {
    GROK_SESSION_ID: "T",
    COPILOT_AGENT_SESSION_ID: "S",
  }],
  ["opencode", "opencode", {}, { OPENCODE_SESSION_ID: "S/A" }],
  ["opencode in opencode", "opencode", { OPENCODE_SESSION_ID: "T" }, { OPENCODE_SESSION_ID: "S" }],
  ["opencode in claude", "opencode", { CLAUDE_CODE_SESSION_ID: "T" }, {
    CLAUDE_CODE_SESSION_ID: "T",
    OPENCODE_SESSION_ID: "S",
  }],
  ["grok", "grok", {}, { GROK_SESSION_ID: "S" }],
  ["grok in grok", "grok", { GROK_SESSION_ID: "T" }, { GROK_SESSION_ID: "S" }],
  ["cursor", "cursor", {}, { CURSOR_SESSION_ID: "S" }],
  // Its later hooks may have the variable as well.
  ["cursor with the variable", "cursor", { CURSOR_SESSION_ID: "S" }, { CURSOR_SESSION_ID: "S" }],
  ["cursor in cursor", "cursor", { CURSOR_SESSION_ID: "T" }, { CURSOR_SESSION_ID: "S" }],
  ["claude in cursor", "claude", { CURSOR_SESSION_ID: "T" }, {
    CURSOR_SESSION_ID: "T",
    CLAUDE_CODE_SESSION_ID: "S",
  }],
  ["codex in cursor", "codex", { CURSOR_SESSION_ID: "T" }, {
    CURSOR_SESSION_ID: "T",
    CODEX_THREAD_ID: "S",
  }],
  ["kimi in cursor", "kimi", { CURSOR_SESSION_ID: "T" }, { CURSOR_SESSION_ID: "T" }],
  ["cursor in claude", "cursor", { CLAUDE_CODE_SESSION_ID: "T" }, { CLAUDE_CODE_SESSION_ID: "T" }],
  ["any with an id of its own", "claude", { COORD_RUN_ID: "me" }, { COORD_RUN_ID: "me" }],
  ["a slot of work", "codex", { COORD_RUN_ID: "work:w/1" }, { COORD_RUN_ID: "work:w/1" }],
  ["an id with a slash", "gemini", { COORD_RUN_ID: "team/a" }, { COORD_RUN_ID: "team/a" }],
];

for (const [what, host, hook, shell] of PLACES) {
  for (const agent of [undefined, "A"]) {
    it(`hookRun() and a call in the shell are one lineage: ${what}${agent ? ", subagent" : ""}`, () => {
      const called = identify(undefined, (name) => shell[name]).run_id;
      const run = hooked(host, "S", agent, hook)?.runId ?? "";
      assertEquals({ run, same: sameRun(run, called) }, { run, same: true });
    });
  }
}

for (const [what, host, hook, shell] of PLACES) {
  for (const agent of [undefined, "A"]) {
    it(`hookRun() and a call of a tool are one lineage: ${what}${agent ? ", subagent" : ""}`, () => {
      // A server has what the host has; Claude Code adds the session, which others say with the call.
      const env = host === "claude" ? { ...hook, ...shell } : hook;
      const run = hooked(host, "S", agent, hook)?.runId ?? "";
      const meta = META[host] ?? {};
      const explicit = UNNAMED.includes(what) ? run : undefined;
      const called = callRun(explicit, { ...meta }, (name) => env[name], "mcp:1").runId;
      assertEquals({ run, called, same: sameRun(run, called) }, { run, called, same: true });
    });
  }
}

it("callRun() takes the caller's word, the environment's, the call's, then the host's", () => {
  const env = { COORD_RUN_ID: "me", CLAUDE_CODE_SESSION_ID: "T" };
  const called = (meta: Record<string, unknown>, env: Env, explicit?: string) =>
    callRun(explicit, meta, (name) => env[name], "mcp:1");
  const turn = JSON.stringify({ session_id: "S/x" });
  assertEquals(
    [
      called({ threadId: "S" }, env, "x"),
      called({ threadId: "S" }, env),
      called({ threadId: "S" }, { CLAUDE_CODE_SESSION_ID: "T" }),
      called({ threadId: "S" }, {}),
      called({ threadId: "S", "x-codex-turn-metadata": turn }, {}),
      called({ threadId: "S", "x-codex-turn-metadata": "{" }, {}),
      called({ sessionID: "S" }, {}),
      called({ "vscode.conversationId": "S" }, {}),
      called({ threadId: 7, sessionID: "" }, { CLAUDE_CODE_SESSION_ID: "T" }),
    ].map(({ runId }) => runId),
    [
      "x",
      "me",
      "claude:T/codex:S",
      "codex:S",
      "codex:S_x",
      "codex:S",
      "opencode:S",
      "vscode:S",
      "claude:T",
    ],
  );
});

it("callRun() says what is not sure: a run of the server's own, and one of several hosts", () => {
  const doubt = (env: Env) => callRun(undefined, {}, (name) => env[name], "mcp:1").doubt;
  assertEquals(doubt({ CLAUDE_CODE_SESSION_ID: "T" }), undefined);
  assertEquals(doubt({})?.includes('"mcp:1"'), true);
  assertEquals(
    doubt({ CLAUDE_CODE_SESSION_ID: "T", CODEX_THREAD_ID: "S" })?.startsWith("Several hosts"),
    true,
  );
});

it("hookRun() gives each session an id of its own, and each subagent", () => {
  const run = (session: string, agent?: string, env: Env = {}) =>
    hooked("claude", session, agent, env)?.runId ?? "";
  assertEquals(
    [
      sameRun(run("S"), run("T")),
      sameRun(run("S", "A"), run("S", "B")),
      sameRun(run("S", "A"), run("S")),
      sameRun(
        run("S", "A", { COORD_RUN_ID: "work:w/1" }),
        run("S", "B", { COORD_RUN_ID: "work:w/1" }),
      ),
    ],
    [false, false, true, false],
  );
});

it("hookRun() gives two sessions in one outer session an id each", () => {
  const env = { CLAUDE_CODE_SESSION_ID: "T" };
  const [a, b] = ["S1", "S2"].map((session) =>
    hooked("codex", session, undefined, env)?.runId ?? ""
  );
  assertEquals([a, b], ["claude:T/codex:S1", "claude:T/codex:S2"]);
  assertEquals(sameRun(a ?? "", b ?? ""), false);
});

it("hookRun() is nothing without a session, and takes what no run id may hold out of one", () => {
  assertEquals(hookRun("claude", { session: undefined, agent: "A" }, () => undefined), undefined);
  assertEquals(hooked("claude", "a/b\n c", "x".repeat(400), {})?.runId.length, 7 + 6 + 1 + 80);
  assertEquals(hooked("claude", "a/b\n c", undefined, {})?.runId, "claude:a_b__c");
  for (let code = 0; code < 0x80; code++) {
    const character = String.fromCharCode(code);
    const kept = /[\s/\p{C}]/u.test(character) ? "_" : character;
    assertEquals(hooked("claude", `a${character}`, undefined, {})?.runId, `claude:a${kept}`);
  }
});

it("endsWith() takes the subagents of a session along, and no session whose name is longer", () => {
  const maker = (session: string, agent?: string) =>
    hooked("claude", session, agent, {})?.maker ?? "";
  assertEquals(
    [
      endsWith(maker("S"), maker("S")),
      endsWith(maker("S", "A"), maker("S")),
      endsWith(maker("S"), maker("S", "A")),
      endsWith(maker("S", "B"), maker("S", "A")),
      endsWith(maker("S2"), maker("S")),
    ],
    [true, true, false, false, false],
  );
});
