/** The monitor of the plugin of Claude Code, which only a session in a terminal runs. */
import { type Agent, AGENTS } from "./agents.ts";
import type { Model } from "./model.ts";
import type { Scratch } from "./place.ts";
import { OTHER } from "./scenes.ts";

/** Seconds in which the model is to hear of what another agent wants. */
const LIMIT = 120;

/** Claude Code in a terminal, by a user who has answered its first questions. */
function inTerminal(agent: Agent): Agent {
  return {
    ...agent,
    files: (place) => ({
      ...agent.files(place),
      "~/.claude.json": JSON.stringify({
        hasCompletedOnboarding: true,
        theme: "dark",
        customApiKeyResponses: { approved: ["none"], rejected: [] },
        // Its maker turns monitors on by this flag, and this is where the host keeps that.
        cachedGrowthBookFeatures: { tengu_amber_sentinel: true },
        projects: { [place.project]: { hasTrustDialogAccepted: true } },
      }),
    }),
    args: (prompt) => [prompt, "--allowedTools", "Read,Write", "--model", "claude-sonnet-4-5"],
    env(place) {
      // With this variable it takes no flag for on; nothing leaves the machine all the same.
      const { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: _, ...env } = agent.env(place);
      const nowhere = "http://127.0.0.1:9";
      return {
        ...env,
        TERM: "xterm",
        HTTPS_PROXY: nowhere,
        HTTP_PROXY: nowhere,
        NO_PROXY: "127.0.0.1",
      };
    },
  };
}

/** What is not as it must be where another agent announces what it will edit to one that holds it. */
export async function monitorProblems(scratch: Scratch, model: Model): Promise<string[]> {
  const { claude } = AGENTS;
  if (claude === undefined) throw new TypeError("There is no Claude Code");
  const host = scratch.host("claude", inTerminal(claude), "plugin");
  await host.coord("init");
  const name = "claude-monitor";
  const steps = [{ do: "write", path: `${scratch.project}/free.txt`, text: "free\n" }] as const;
  model.before = () => Promise.resolve();
  const end = new AbortController();
  const output = host.playInTerminal({ name, steps }, end.signal);
  const problems: string[] = [];
  const comes = async (what: string, is: (body: string) => boolean) => {
    for (const until = Date.now() + LIMIT * 1000; Date.now() < until;) {
      const { body = "", isDone = false } = model.sessions.get(name) ?? {};
      if (isDone && is(body)) return true;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    problems.push(`after ${LIMIT} s: ${what}`);
    return false;
  };
  if (await comes("it has not written its file", () => true)) {
    await scratch.coord("reserve", "free.txt", "--run-id", OTHER);
    // Its line, in what the host makes of it: who wants which file.
    const event = new RegExp(`<event>[^<]*${OTHER}[^<]*free\\.txt`);
    await comes("the model does not hear who wants its file", (body) => event.test(body));
  }
  end.abort();
  const text = await output;
  if (problems.length > 0) problems.push(text.slice(-2_000));
  return problems;
}
