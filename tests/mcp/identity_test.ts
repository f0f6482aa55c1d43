/** Tools, hooks and shell of one session: none is refused what another one of them holds. */
import { main } from "../../src/cli/main.ts";
import { SAMPLES } from "../../src/domain/input/hook/sample.ts";
import { assertEquals, assertStringIncludes, it } from "../deps.ts";
import { fakeHost } from "../support/fake/host.ts";
import { serve } from "../support/program/mcp.ts";
import { HOOK_NOW, hookScene } from "../support/scene/hook.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

type Env = Readonly<Record<string, string>>;

/** By host: what a session `S` has in its shell and its hooks, and what its server hears from it. */
const HOSTS: Readonly<
  Record<
    string,
    { readonly shell: Env; readonly hook?: Env; readonly server?: Env; readonly meta?: object }
  >
> = {
  claude: { shell: { CLAUDE_CODE_SESSION_ID: "S" }, server: { CLAUDE_CODE_SESSION_ID: "S" } },
  codex: {
    shell: { CODEX_THREAD_ID: "S" },
    meta: { threadId: "S", "x-codex-turn-metadata": { session_id: "S", thread_id: "S" } },
  },
  copilot: {
    shell: { COPILOT_AGENT_SESSION_ID: "S" },
    server: { COPILOT_AGENT_SESSION_ID: "S" },
  },
  // Its hook alone hears who it is, and leaves a note of it.
  gemini: {
    shell: { GEMINI_CLI: "1" },
    hook: { GEMINI_CLI: "1", GEMINI_SESSION_ID: "S" },
    server: { GEMINI_CLI: "1" },
  },
  opencode: { shell: { OPENCODE_SESSION_ID: "S" }, meta: { sessionID: "S" } },
};

/** A session of a host: an edit that its hook hears of, a call in its shell, and its tools. */
async function session(host: string) {
  const here = hookScene();
  const { dir } = here;
  const { shell, hook = {}, server, meta } = HOSTS[host] ?? { shell: {} };
  const home = { HOME: makeTempDir() };
  const above = [{ names: ["node"], process: here.host.processIdentity() }];
  const served = await serve(dir, { env: { ...home, ...server }, above, clock: () => HOOK_NOW });
  const called = async (said: object, args: readonly string[]) => {
    const env = { ...home, ...hook };
    const options = { args: ["hook", "run", host, ...args], cwd: dir, env, above };
    const { code, out, err } = await here.call(JSON.stringify(said), options);
    return code === 0 && !out.includes("deny") ? "passes" : `${out}${err}`;
  };
  return {
    end: served.end,
    begin: () => called({ session_id: "S", hook_event_name: "SessionStart", cwd: dir }, []),
    async edit(path: string, agent?: string) {
      const said = {
        ...SAMPLES[host]?.({ session: "S", cwd: dir, path: `${dir}/${path}` }),
        ...(agent === undefined ? {} : { agent, agent_id: agent }),
      };
      return await called(said, host === "opencode" ? ["pre"] : []);
    },
    async check(path: string) {
      const args = ["check", path, "--print", "status"];
      const caller = fakeHost({ cwd: dir, env: { ...home, ...shell }, args, above });
      await main(caller, () => HOOK_NOW);
      return caller.out.trim();
    },
    async tool(name: string, args: object) {
      return (await served.call(name, args, meta)).value;
    },
  };
}

for (const host of Object.keys(HOSTS)) {
  it(`tools, hooks and shell of ${host} are one run, and so is a subagent`, async () => {
    const { begin, edit, check, tool, end } = await session(host);
    assertEquals(await begin(), "passes");
    // What a tool holds is the session's.
    assertEquals((await tool("coord_reserve", { addresses: ["a.ts"] })).run_id, `${host}:S`);
    assertEquals([await check("a.ts"), await edit("a.ts"), await edit("a.ts", "A")], [
      "mine",
      "passes",
      "passes",
    ]);
    // What a hook holds, for the session or for a subagent, does not stand in the way of a tool.
    assertEquals([await edit("b.ts"), await edit("c.ts", "A")], ["passes", "passes"]);
    for (const path of ["b.ts", "c.ts"]) {
      assertEquals((await tool("coord_reserve", { addresses: [path] })).ok, true);
    }
    assertEquals(await end(), 0);
  });
}

it("an agent whose server is a run of its own learns from its hook how to be one run again", async () => {
  const { edit, tool, end } = await session("gemini");
  assertEquals((await tool("coord_reserve", { addresses: ["a.ts"] })).run_id.slice(0, 4), "mcp:");
  const denied = await edit("a.ts");
  assertStringIncludes(denied, 'call coord_release with all, and then give it run_id "gemini:S".');
  assertEquals((await tool("coord_release", { all: true })).ok, true);
  const run = { run_id: "gemini:S" };
  assertEquals((await tool("coord_reserve", { addresses: ["a.ts"], ...run })).ok, true);
  assertEquals(await edit("a.ts"), "passes");
  assertEquals(await end(), 0);
});
