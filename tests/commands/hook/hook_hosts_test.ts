/** What each host hears: its own recorded payloads go in, and the bytes that it understands come out. */
import { hookRunCommand } from "../../../src/commands/hook/run.ts";
import { HostError } from "../../../src/ports/host.ts";
import { DIALECTS } from "../../../src/commands/hook/dialects.ts";
import { assert_, assertEquals, it } from "../../deps.ts";
import { type HookScene, hookScene } from "../../support/scene/hook.ts";
import { fakeHost, type FakeOptions } from "../../support/fake/host.ts";
import { makeSymlink, makeTempDir } from "../../support/scene/scratch.ts";
import { RECORDED } from "../../domain/input/hook/payloads.ts";

const SILENT = { code: 0, out: "", err: "" };
const byCode = (reason: string) => ({ code: 2, out: "", err: `${reason}\n` });
const json = (value: object) => ({ code: 0, out: `${JSON.stringify(value)}\n`, err: "" });

type Heard = typeof SILENT;

/** For each host no opinion, and a denial. */
const HEARD: Readonly<Record<string, { pass: Heard; deny: (reason: string) => Heard }>> = {
  antigravity: {
    pass: json({ decision: "ask" }),
    deny: (reason) => json({ decision: "deny", reason }),
  },
  claude: { pass: SILENT, deny: byCode },
  cline: {
    pass: json({ cancel: false }),
    deny: (errorMessage) => json({ cancel: true, errorMessage }),
  },
  codex: { pass: SILENT, deny: byCode },
  copilot: {
    pass: SILENT,
    deny: (permissionDecisionReason) =>
      json({ permissionDecision: "deny", permissionDecisionReason }),
  },
  cursor: {
    pass: { code: 0, out: "{}\n", err: "" },
    deny: (reason) => json({ permission: "deny", user_message: reason, agent_message: reason }),
  },
  gemini: { pass: SILENT, deny: byCode },
  generic: { pass: SILENT, deny: byCode },
  grok: {
    pass: SILENT,
    deny: (reason) => ({ ...byCode(reason), out: json({ decision: "deny", reason }).out }),
  },
  kimi: { pass: SILENT, deny: byCode },
  opencode: { pass: SILENT, deny: byCode },
  vscode: {
    pass: SILENT,
    deny: (permissionDecisionReason) =>
      json({
        hookSpecificOutput: {
          hookEventName: "PreToolUse",
          permissionDecision: "deny",
          permissionDecisionReason,
        },
      }),
  },
  windsurf: { pass: SILENT, deny: byCode },
};

const HELD = '"n.txt" is held by "R" until 2026-11-21T10:00:00.000Z (60 min). Work on something ' +
  "else, or wait: coord wait --address n.txt --timeout 300. Do not edit it through the shell.";

/** What an agent reads where coord fails and the hook was set up to deny then. */
const closedBy = (what: string) =>
  `coord cannot check this, so it is denied: ${what}. The hook was set up with --fail-closed: a ` +
  "person can take that out of its command in the settings of the host. coord hook status shows " +
  "where they are.";

/** An edit of `n.txt` as this host reports it. */
function editOf(host: string, { dir }: Pick<HookScene, "dir">, called?: string) {
  const isEdit = RECORDED.find((each) =>
    each.host === host && each.called === called && /^(?:\/w\/)?n\.txt$/.test(each.writes.join(" "))
  );
  const text = JSON.stringify(isEdit?.payload).replaceAll(/\/w(?=[/"\\])/g, dir);
  return {
    text,
    cwd: dir,
    args: ["hook", "run", called ?? host, ...(isEdit?.event ? [isEdit.event] : [])],
  };
}

it("hook run waits at most two seconds for a host that does not end its input", async () => {
  const here = hookScene();
  const ends: (() => void)[] = [];
  let ring = () => {};
  async function* silent() {
    yield new Uint8Array([0x7b]);
    ring();
    await new Promise<void>((resolve) => ends.push(resolve));
  }
  const realTimeout = globalThis.setTimeout;
  const asked = new Set<number | undefined>();
  try {
    globalThis.setTimeout = ((body: () => void, ms?: number) => {
      asked.add(ms);
      ring = body;
      return realTimeout(() => {}, 0);
    }) as typeof setTimeout;
    for (const [host, { pass, deny }] of Object.entries(HEARD)) {
      const args = ["hook", "run", host];
      assertEquals(await here.call(silent(), { args }), pass);
      const closed = await here.call(silent(), { args: [...args, "--fail-closed"] });
      assertEquals(closed, deny(closedBy("it took more than 2 seconds")));
    }
  } finally {
    globalThis.setTimeout = realTimeout;
    for (const end of ends) end();
  }
  assertEquals([...asked], [2000]);
});

it("hook run has bytes of its own for each host", () => {
  assertEquals(Object.keys(HEARD).sort(), Object.keys(DIALECTS).sort());
});

for (const [host, { pass, deny }] of Object.entries(HEARD)) {
  it(`hook run reserves for ${host} and denies in its way`, async () => {
    const here = hookScene();
    const { text, ...how } = editOf(host, here);
    assertEquals(await here.call(text, how), pass);
    const [held] = (await here.coord.reservations.list()).reservations ?? [];
    assertEquals(held?.addresses, ["n.txt"]);
    const { reservation_id: id = "", run_id: runId = "" } = held ?? {};
    await here.coord.reservations.release({ id, runId });
    await here.coord.reservations.reserve({ addresses: ["n.txt"], runId: "R", exclusive: true });
    assertEquals(await here.call(text, how), deny(HELD));
  });

  it(`hook run has no opinion in the way of ${host}, or denies in it, whatever is wrong`, async () => {
    const here = hookScene();
    const elsewhere = { dir: makeTempDir() };
    const { text, args, cwd } = editOf(host, here);
    const large = `${text.slice(0, -1)},"more":"${"x".repeat(4 * 1024 * 1024)}"}`;
    const noJson = "what the host says is no JSON";
    const noObject = `${noJson} object`;
    const noWorkspace =
      `No workspace in "${elsewhere.dir}" or above it: run "coord init" to make one`;
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint8Array([0x7b]);
      throw new Error("the pipe broke");
    };
    const inputs: [() => FakeOptions["stdin"], what: string | undefined, cwd?: string][] = [
      [() => "", noJson],
      [() => "{", noJson],
      [() => "[]", noObject],
      [() => "null", noObject],
      [() => large, "the host says more than 4 MiB"],
      [() => editOf(host, elsewhere).text, noWorkspace, elsewhere.dir],
      [broken, "the pipe broke"],
      // It may be anything.
      [() => "{}", undefined],
    ];
    for (const [input, what, folder = cwd] of inputs) {
      assertEquals(await here.call(input(), { args, cwd: folder }), pass, what);
      const closed = await here.call(input(), { args: [...args, "--fail-closed"], cwd: folder });
      assertEquals(closed, what === undefined ? pass : deny(closedBy(what)));
    }
    here.host.fs.createNew(`${here.dir}/coord.json`, new TextEncoder().encode("{"));
    assertEquals(await here.call(text, { args, cwd }), pass);
    const closed = await here.call(text, { args: [...args, "--fail-closed"], cwd });
    assert_(JSON.stringify(closed).includes("coord.json"), JSON.stringify(closed));
    assertEquals((await here.coord.reservations.list()).live, 0);
  });
}

it("hook run --fail-closed denies an edit where the workspace is busy or cannot be read, and nothing else", async () => {
  const failing = async (payload: object, error: Error) => {
    const host = fakeHost({ stdin: JSON.stringify({ session: "s", ...payload }) });
    const hook = () => Promise.reject(error);
    const shell = () => Promise.reject(error);
    const context = { host, operands: ["generic"], failClosed: true, shell, hook };
    return await hookRunCommand.answer(context);
  };
  const busy = new HostError("busy", "write", "/w/.coord/format");
  const denied = await failing({ moment: "pre", writes: ["x"] }, busy);
  assertEquals(denied, byCode(closedBy(busy.message)));
  for (
    const payload of [
      { moment: "pre", reads: ["x"] },
      { moment: "post", writes: ["x"] },
      { moment: "session_start" },
      { moment: "session_end" },
      { moment: "subagent_end", agent: "a" },
      { moment: "pre", writes: [] },
    ]
  ) assertEquals(await failing(payload, busy), SILENT, JSON.stringify(payload));
  const here = hookScene();
  here.host.fs.removeDir(`${here.dir}/.coord/reservations`);
  makeSymlink("/nowhere", `${here.dir}/.coord/reservations`);
  const { text, args, ...how } = editOf("claude", here);
  assertEquals(await here.call(text, { args, ...how }), SILENT);
  const { code, err } = await here.call(text, { args: [...args, "--fail-closed"], ...how });
  assert_(code === 2 && err.startsWith("coord cannot check this"), err);
  const unnamed = { moment: "pre", writes: ["x"], cwd: here.dir };
  const generic = ["hook", "run", "generic", "--fail-closed"];
  const unknown = await here.call(JSON.stringify(unnamed), { args: generic });
  assertEquals(unknown, byCode(closedBy("the host does not name its session")));
  const emacs = await here.call("{}", { args: ["hook", "run", "emacs", "--fail-closed"] });
  assertEquals(emacs, byCode(closedBy('no host is called "emacs"')));
});

it("hook run --fail-closed lets through what coord has checked, and what is no concern of hooks", async () => {
  const { text, args, ...how } = editOf("claude", hookScene());
  assertEquals(await hookScene().call(text, { args: [...args, "--fail-closed"], ...how }), SILENT);
  const off = hookScene({ hook: { mode: "off" } });
  off.host.fs.removeDir(`${off.dir}/.coord/reservations`);
  makeSymlink("/nowhere", `${off.dir}/.coord/reservations`);
  const edit = editOf("claude", off);
  const closed = { ...edit, args: [...edit.args, "--fail-closed"] };
  assertEquals(await off.call(edit.text, closed), SILENT);
});

for (const { host, called, agent, writes } of RECORDED) {
  if (called === undefined || agent !== undefined || writes.length === 0) continue;
  it(`hook run takes the same edit of ${host} by the hook of ${called} for one edit`, async () => {
    const here = hookScene();
    const own = editOf(host, here);
    const again = editOf(host, here, called);
    const edit = ({ text, ...how }: typeof own) => here.call(text, how);
    const pass = HEARD[host]?.pass ?? SILENT;
    const runs = async () => {
      const { reservations = [] } = await here.coord.reservations.list();
      return [...new Set(reservations.map(({ run_id, auto }) => `${run_id} ${auto}`))];
    };
    assertEquals([await edit(own), await edit(again)], [pass, pass]);
    const [run = "", ...others] = await runs();
    assertEquals({ others, isItsOwn: run.startsWith(`${host}:`) }, { others: [], isItsOwn: true });
    here.advance(899);
    assertEquals(await Promise.all([edit(again), edit(own), edit(again)]), [pass, pass, pass]);
    assertEquals(await runs(), [run]);
    here.advance(901);
    await here.coord.reservations.reserve({ addresses: ["n.txt"], runId: "R", exclusive: true });
    const heard = [await edit(own), await edit(again)];
    const [{ err, out }] = heard as [Heard, Heard];
    const reason = /"n\.txt\W+ is held.*?shell\./.exec(err + out)?.[0]?.replaceAll('\\"', '"') ??
      "";
    const deny = HEARD[host]?.deny(reason);
    assertEquals(heard, [deny, host === "cursor" ? byCode(reason) : deny]);
  });
}
