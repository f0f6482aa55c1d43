import { doubtOf, identify, sameAgent, sameRun } from "../../../src/domain/input/run_id.ts";
import { assertEquals, it } from "../../deps.ts";

/** Who the caller is in an environment. */
function who(env: Readonly<Record<string, string>>, explicit?: string) {
  return identify(explicit, (name) => env[name]);
}

it("identify() takes the caller's word, then the environment's, then the host's", () => {
  const env = { COORD_RUN_ID: "me", CLAUDE_CODE_SESSION_ID: "s1" };
  const variables = ["COORD_RUN_ID", "CLAUDE_CODE_SESSION_ID"];
  assertEquals(who(env, "x"), { run_id: "x", source: "flag", reliable: true, variables });
  assertEquals(who(env), { run_id: "me", source: "env", reliable: true, variables });
  assertEquals(
    Object.entries({
      CLAUDE_CODE_SESSION_ID: "s1",
      CODEX_THREAD_ID: "s2",
      GEMINI_SESSION_ID: "s3",
      GROK_SESSION_ID: "s4",
      COPILOT_AGENT_SESSION_ID: "s5",
      OPENCODE_SESSION_ID: "s6/a",
      CURSOR_SESSION_ID: "s7",
    }).map(([name, session]) => who({ COORD_RUN_ID: "", [name]: session })),
    [
      ["claude", "claude:s1", "CLAUDE_CODE_SESSION_ID"],
      ["codex", "codex:s2", "CODEX_THREAD_ID"],
      ["gemini", "gemini:s3", "GEMINI_SESSION_ID"],
      ["grok", "grok:s4", "GROK_SESSION_ID"],
      ["copilot", "copilot:s5", "COPILOT_AGENT_SESSION_ID"],
      ["opencode", "opencode:s6/a", "OPENCODE_SESSION_ID"],
      ["cursor", "cursor:s7", "CURSOR_SESSION_ID"],
    ].map(([source, run_id, variable]) => ({
      run_id,
      source,
      reliable: true,
      variables: [variable],
    })) as ReturnType<typeof who>[],
  );
});

it("identify() is not sure without any id, with unknown, and with several hosts", () => {
  assertEquals(who({}), { run_id: "unknown", source: "none", reliable: false, variables: [] });
  assertEquals(who({}, "unknown").reliable, false);
  assertEquals(who({ COORD_RUN_ID: "unknown" }).reliable, false);
  const nested = who({ CODEX_THREAD_ID: "s2", CLAUDE_CODE_SESSION_ID: "s1" });
  assertEquals(nested, {
    run_id: "claude:s1",
    source: "claude",
    reliable: false,
    variables: ["CLAUDE_CODE_SESSION_ID", "CODEX_THREAD_ID"],
  });
  assertEquals(
    doubtOf(nested),
    "Several hosts name the caller (CLAUDE_CODE_SESSION_ID, CODEX_THREAD_ID), and " +
      '"claude:s1" is taken: set COORD_RUN_ID to be sure',
  );
  assertEquals([who({}), who({}, "unknown"), who({}, "x")].map(doubtOf), Array(3).fill(undefined));
});

it("sameRun() joins a session and its own subagents, and parts two subagents", () => {
  const yes = [
    ["claude:s", "claude:s"],
    ["claude:s", "claude:s/a"],
    ["claude:s/a", "claude:s"],
    ["work:base", "work:base/1"],
    ["claude:s/a", "claude:s/a/1"],
  ];
  const no = [
    ["claude:s/a", "claude:s/b"],
    ["claude:s", "claude:s2/a"],
    ["claude:s", "codex:s/a"],
    ["claude:s", "claude:s/"],
    ["claude:", "claude:/a"],
    ["claude", "claude/a"],
    // Only hosts that coord knows have subagents.
    ["team:s", "team:s/a"],
    ["src", "src/a"],
    ["Claude:s", "Claude:s/a"],
    ["unknown", "unknown"],
  ];
  const same = ([a = "", b = ""]: string[]) => sameRun(a, b);
  assertEquals([yes.map(same), no.map(same)], [yes.map(() => true), no.map(() => false)]);
  assertEquals(yes.map(([a = "", b = ""]) => sameRun(b, a)), yes.map(() => true));
  assertEquals(sameAgent("claude:s", "claude:s/a"), false);
});
