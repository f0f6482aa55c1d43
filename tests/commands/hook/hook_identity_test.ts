/** An agent's own calls of coord in its shell, and the hooks of its host: neither denies it what the other holds. */
import { main } from "../../../src/cli/main.ts";
import { DIALECTS } from "../../../src/commands/hook/dialects.ts";
import { SAMPLES } from "../../../src/domain/input/hook/sample.ts";
import { assertEquals, it } from "../../deps.ts";
import { fakeHost } from "../../support/fake/host.ts";
import { HOOK_NOW, hookScene } from "../../support/scene/hook.ts";
import { makeTempDir } from "../../support/scene/scratch.ts";

type Env = Readonly<Record<string, string>>;

/** What a host has in the environment of its hooks and of the agent's shell, for a session `S`. */
const SHELLS: Readonly<Record<string, { readonly hook?: Env; readonly shell: Env }>> = {
  claude: { shell: { CLAUDE_CODE_SESSION_ID: "S" } },
  codex: { shell: { CODEX_THREAD_ID: "S" } },
  copilot: { shell: { COPILOT_AGENT_SESSION_ID: "S" } },
  // By the answer of its hook at the start of a session, which comes first below.
  cursor: { shell: {} },
  // By the note that its hook leaves then.
  gemini: { hook: { GEMINI_SESSION_ID: "S" }, shell: { GEMINI_CLI: "1" } },
  grok: { shell: { GROK_SESSION_ID: "S" } },
  opencode: { shell: { OPENCODE_SESSION_ID: "S" } },
};

/** Hosts that name the session to no shell: the agent has to. */
const UNNAMED = ["antigravity", "cline", "generic", "kimi", "vscode", "windsurf"];

it("hosts either name the session in the shell, or are known not to", () => {
  assertEquals([...Object.keys(SHELLS), ...UNNAMED].sort(), Object.keys(DIALECTS).sort());
});

for (const host of Object.keys(DIALECTS)) {
  it(`the shell of ${host} and its hooks are one run, and so is a subagent`, async () => {
    const here = hookScene();
    const { dir } = here;
    const { hook = {}, shell = {} } = SHELLS[host] ?? {};
    const home = { HOME: makeTempDir() };
    const above = [{ names: ["node"], process: here.host.processIdentity() }];
    const start = { conversation_id: "S", hook_event_name: "sessionStart", cwd: dir };
    const answer = ["cursor", "gemini"].includes(host)
      ? await here.call(JSON.stringify(start), {
        args: ["hook", "run", host],
        env: { ...home, ...hook },
        above,
      })
      : undefined;
    const given = { ...home, ...(host === "cursor" ? JSON.parse(answer?.out ?? "").env : shell) };
    const named = UNNAMED.includes(host) ? ["--run-id", `${host}:S`] : [];
    const run = async (...args: readonly string[]) => {
      const caller = fakeHost({ cwd: dir, env: given, args: [...args, ...named], above });
      const code = await main(caller, () => HOOK_NOW);
      return { code, out: caller.out.trim() };
    };
    const edit = async (path: string, session = "S", agent?: string) => {
      const said = {
        ...SAMPLES[host]?.({ session, cwd: dir, path: `${dir}/${path}` }),
        ...(agent === undefined ? {} : { agent, agent_id: agent, parent_agent_id: session }),
      };
      const args = ["hook", "run", host, ...(host === "opencode" ? ["pre"] : [])];
      const { code, out, err } = await here.call(JSON.stringify(said), {
        args,
        cwd: dir,
        env: hook,
      });
      return code === 2 || /deny|"cancel":true/.test(out) ? `denied: ${out}${err}` : "passes";
    };
    assertEquals((await run("whoami", "--print", "run_id")).out, `${host}:S`);
    // What the shell holds, the session may edit, and its subagents.
    assertEquals((await run("reserve", "a.ts", "--exclusive")).code, 0);
    assertEquals([await edit("a.ts"), await edit("a.ts", "S", "A")], ["passes", "passes"]);
    assertEquals((await edit("a.ts", "T")).slice(0, 6), "denied");
    // What an edit holds, the shell may have as well, and does not wait for.
    assertEquals(await edit("b.ts", "S", "A"), "passes");
    assertEquals((await run("check", "b.ts", "--print", "status")).out.includes("held"), false);
    assertEquals((await run("reserve", "b.ts", "--exclusive")).code, 0);
  });
}
