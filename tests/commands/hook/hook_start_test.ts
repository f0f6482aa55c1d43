/** The start of a session: the agent gets what `coord prime` prints, where its host takes that. */
import { assertEquals, it } from "../../deps.ts";
import { hookScene } from "../../support/scene/hook.ts";
import { makeTempDir } from "../../support/scene/scratch.ts";

const SILENT = { code: 0, out: "", err: "" };
const TEXT = 'coord knows you as "HOST:s". Others edit here too; do not edit what they hold.\n' +
  '"R" holds "x" until 2026-11-21T10:00:00.000Z.';
const json = (value: object) => ({ code: 0, out: `${JSON.stringify(value)}\n`, err: "" });
const plain = (text: string) => ({ code: 0, out: `${text}\n`, err: "" });

/** What the host says, by what it is called, and what its model gets. */
const STARTS: Readonly<
  Record<string, {
    said: object;
    event?: string;
    idle?: typeof SILENT;
    heard: (text: string) => typeof SILENT;
  }>
> = {
  claude: { said: { session_id: "s", hook_event_name: "SessionStart" }, heard: plain },
  codex: { said: { session_id: "s", hook_event_name: "SessionStart" }, heard: plain },
  copilot: {
    said: { sessionId: "s" },
    event: "sessionStart",
    heard: (additionalContext) => json({ additionalContext }),
  },
  cursor: {
    said: { conversation_id: "s", hook_event_name: "sessionStart" },
    idle: json({ env: { CURSOR_SESSION_ID: "s" } }),
    heard: (additional_context) => json({ env: { CURSOR_SESSION_ID: "s" }, additional_context }),
  },
  gemini: {
    said: { session_id: "s", hook_event_name: "SessionStart" },
    heard: (additionalContext) =>
      json({ hookSpecificOutput: { hookEventName: "SessionStart", additionalContext } }),
  },
  generic: { said: { session: "s", moment: "session_start" }, heard: plain },
  kimi: { said: { session_id: "s", hook_event_name: "SessionStart" }, heard: () => SILENT },
};

for (const [host, { said, event, idle = SILENT, heard }] of Object.entries(STARTS)) {
  it(`hook run gives a session of ${host} at its start what others hold`, async () => {
    for (const config of [undefined, { hook: { mode: "off" } }]) {
      const here = hookScene(config);
      const args = ["hook", "run", host, ...(event === undefined ? [] : [event])];
      const start = () => here.call(JSON.stringify({ cwd: here.dir, ...said }), { args });
      assertEquals(await start(), idle);
      await here.coord.reservations.reserve({ addresses: ["x"], runId: "R", exclusive: true });
      const text = TEXT.replace("HOST", host);
      assertEquals(await start(), config === undefined ? heard(text) : idle);
    }
  });
}

it("hook run names a session to the shell of Cursor, also where there is no workspace", async () => {
  const said = { conversation_id: "a b", hook_event_name: "sessionStart", cwd: makeTempDir() };
  for (const more of [[], ["--fail-closed"]]) {
    const args = ["hook", "run", "cursor", ...more];
    const heard = await hookScene().call(JSON.stringify(said), { args });
    assertEquals(heard, json({ env: { CURSOR_SESSION_ID: "a_b" } }));
  }
});
