/** A host that names its session to hooks alone: its shell and its server know the session all the same. */
import { main } from "../../../src/cli/main.ts";
import { detectHost } from "../../../src/host/detect.ts";
import type { Host, ProcessAbove, ProcessIdentity } from "../../../src/ports/host.ts";
import { assertEquals, it } from "../../deps.ts";
import { fakeHost, type FakeOptions } from "../../support/fake/host.ts";
import { serve } from "../../support/program/mcp.ts";
import { HOOK_NOW, hookScene } from "../../support/scene/hook.ts";
import { makeTempDir, setMtime } from "../../support/scene/scratch.ts";

const { fs } = await detectHost();

/** A process of one machine. */
function process(pid: number, start = `${pid}0`): ProcessIdentity {
  return { host: "box", boot: "boot", pidns: "pid:[1]", pid, start };
}

function above(...programs: readonly (readonly [program: string, pid: number])[]): ProcessAbove[] {
  return programs.map(([name, pid]) => ({ names: [name, "node"], process: process(pid) }));
}

/** Below the host's process 10, by the shell of one call. */
const IN_HOST = above(["bash", 11], ["node", 10], ["bash", 9]);

/** Below another one, which was started from the same shell. */
const IN_OTHER = above(["bash", 21], ["node", 20], ["bash", 9]);

/** A user's machine, where hosts call hooks and agents call coord. */
function machine() {
  const here = hookScene();
  const home = makeTempDir();
  const notes = `${home}/.config/coord/sessions`;
  const options = { isAlive: () => true, above: IN_HOST };
  const hook = async (session: string, said: object, more: FakeOptions) => {
    const { code, err } = await here.call(
      JSON.stringify({ session_id: session, cwd: here.dir, ...said }),
      {
        args: ["hook", "run", "gemini"],
        env: { HOME: home, GEMINI_SESSION_ID: session },
        ...options,
        ...more,
      },
    );
    assertEquals(code, 0, err);
  };
  return {
    ...here,
    home,
    notes,
    named: () => (fs.list(notes) ?? []).length,
    begin: (session: string, more: FakeOptions = {}) =>
      hook(session, { hook_event_name: "SessionStart", source: "startup" }, more),
    end: (session: string, more: FakeOptions = {}) =>
      hook(session, { hook_event_name: "SessionEnd", reason: "clear" }, more),
    edit: (session: string, path: string, more: FakeOptions = {}) => {
      const tool_input = { file_path: `${here.dir}/${path}`, content: "x" };
      return hook(session, { hook_event_name: "BeforeTool", tool_name: "write_file", tool_input }, {
        ...more,
      });
    },
    /** Who a command in the agent's shell is. */
    async who(more: FakeOptions = {}, changes: PropertyDescriptorMap = {}) {
      const env = { HOME: home, GEMINI_CLI: "1" };
      const args = ["whoami", "--print", "run_id"];
      const caller = fakeHost({ cwd: here.dir, args, env, ...options, ...more });
      await main(Object.create(caller, changes) as Host, () => HOOK_NOW);
      return caller.out.trim();
    },
  };
}

it("a command in the shell knows the session from its start to its end, and then the next one", async () => {
  const { begin, end, who } = machine();
  assertEquals(await who(), "unknown");
  await begin("S");
  assertEquals(await who(), "gemini:S");
  await begin("S");
  assertEquals(await who(), "gemini:S", "its hook is called twice where it is set up twice");
  await end("S");
  assertEquals(await who(), "unknown");
  await begin("T");
  assertEquals(await who(), "gemini:T");
});

it("a server of tools follows its host from one session to the next", async () => {
  const { dir, home, begin, end } = machine();
  const env = { HOME: home, GEMINI_CLI: "1" };
  const served = await serve(dir, { env, above: IN_HOST, clock: () => HOOK_NOW });
  const run = async () => (await served.call("coord_status")).value.run_id;
  assertEquals((await run()).slice(0, 4), "mcp:");
  await begin("S");
  assertEquals(await run(), "gemini:S");
  await end("S");
  await begin("T");
  assertEquals(await run(), "gemini:T");
  assertEquals(await served.end(), 0);
});

it("two hosts that one shell has started are two sessions", async () => {
  const { begin, who } = machine();
  await begin("S");
  assertEquals(await who({ above: IN_OTHER }), "unknown");
  await begin("T", { above: IN_OTHER });
  assertEquals([await who(), await who({ above: IN_OTHER })], ["gemini:S", "gemini:T"]);
  // A host that is started in the shell of another one is not its session.
  const within = above(["bash", 31], ["node", 30], ["bash", 11], ["node", 10]);
  assertEquals(await who({ above: within }), "unknown");
});

it("of several sessions in one process none is named", async () => {
  const { begin, end, edit, who } = machine();
  await begin("S");
  await begin("T");
  assertEquals(await who(), "unknown", "both have begun");
  await end("T");
  assertEquals(await who(), "gemini:S");
  await edit("U", "u.ts");
  assertEquals(await who(), "unknown", "one was resumed, and its start not reported");
  await end("S");
  assertEquals(await who(), "unknown", "it may be one of several that are not reported");
});

it("a session is not named to another process of the same number", async () => {
  const { begin, who } = machine();
  await begin("S");
  const others = [{ start: "101" }, { boot: "b" }, { pidns: "b" }, { host: "b" }];
  for (const other of others) {
    const changed = IN_HOST.map((each) => ({ ...each, process: { ...each.process, ...other } }));
    assertEquals(await who({ above: changed }), "unknown", JSON.stringify(other));
  }
  const { start: _start, ...unseen } = process(10);
  await begin("T", { above: [{ names: ["node"], process: unseen }] });
  assertEquals(await who({ above: [{ names: ["node"], process: unseen }] }), "unknown");
});

it("shells and runners between a host and coord do not count, and any other program does", async () => {
  const { begin, who } = machine();
  await begin("S", { above: above(["node", 10]) });
  for (const between of ["dash", "-zsh", "npm exec coord", "git", "make", "timeout"]) {
    const found = await who({ above: above(["sh", 13], [between, 12], ["node", 10]) });
    assertEquals(found, "gemini:S", between);
  }
  const script = { names: ["my-coord", "dash"], process: process(12) };
  assertEquals(await who({ above: [script, ...above(["node", 10])] }), "gemini:S");
  assertEquals(await who({ above: above(["python3", 12], ["node", 10]) }), "unknown");
  assertEquals(await who({ above: above(["bash", 11]) }), "unknown");
  assertEquals(await who({ above: [] }), "unknown");
});

it("what the environment says goes first, and then no process is looked at", async () => {
  const { home, begin, who } = machine();
  await begin("S");
  const env = { HOME: home, GEMINI_CLI: "1" };
  const changes = {
    processesAbove: {
      value: () => {
        throw new Error("the processes are looked at");
      },
    },
  };
  assertEquals(await who({ env: { ...env, COORD_RUN_ID: "me" } }, changes), "me");
  assertEquals(await who({ env: { ...env, CLAUDE_CODE_SESSION_ID: "C" } }, changes), "claude:C");
  assertEquals(await who({ env: { HOME: home } }, changes), "unknown", "it is not in that host");
});

it("a hook leaves a note for a host that calls it, and where a note can be", async () => {
  const { home, named, begin, who, notes } = machine();
  await begin("S", { env: { HOME: home } });
  await begin("S", { env: { HOME: home, GEMINI_SESSION_ID: "T" } });
  assertEquals(named(), 0, "a call by hand");
  await begin("S", { env: { GEMINI_SESSION_ID: "S" } });
  assertEquals(await who({ env: { GEMINI_CLI: "1" } }), "unknown", "without a home folder");
  fs.makeDir(`${home}/.config/coord`);
  fs.createNew(notes, new Uint8Array());
  await begin("S");
  assertEquals(await who(), "unknown", "a file is in the way");
});

it("a run that edits what it holds writes no note", async () => {
  const { named, edit, notes } = machine();
  await edit("S", "a.ts");
  assertEquals(named(), 1);
  for (const { name } of fs.list(notes) ?? []) fs.remove(`${notes}/${name}`);
  await edit("S", "a.ts");
  assertEquals(named(), 0);
  await edit("S", "b.ts");
  assertEquals(named(), 1);
});

it("notes of processes that have ended go when the next session begins", async () => {
  const { begin, who, named, notes } = machine();
  await begin("S");
  await begin("T", { above: IN_OTHER, isAlive: ({ pid }) => pid !== 10 });
  assertEquals([named(), await who()], [1, "unknown"]);
  // Where that cannot be known, they go when they are old, as a file does that a crash left.
  fs.createNew(`${notes}/torn`, new TextEncoder().encode('{"session":'));
  const unknown = { above: above(["node", 30]), isAlive: () => undefined };
  await begin("U", unknown);
  assertEquals([named(), await who({ above: IN_OTHER })], [3, "gemini:T"]);
  const old = Date.now() - 8 * 86_400_000;
  for (const { name } of fs.list(notes) ?? []) setMtime(`${notes}/${name}`, old);
  await begin("U", unknown);
  assertEquals(named(), 1);
});

it("macOS says by ps which process is the host's", async () => {
  const { begin, who } = machine();
  const listed = (hosts: string) =>
    `    1     0 Mon Nov 30 09:00:00 2026     /sbin/launchd
    9     1 Mon Nov 30 09:00:01 2026     -zsh
   10     9 ${hosts} node
   11    10 Mon Nov  3 09:00:03 2026     /bin/bash
   12    11 Mon Nov 30 09:00:04 2026     /Applications/a b/coord
`;
  const mac = (hosts: string) => ({
    os: { value: "darwin" },
    pid: { value: 12 },
    processIdentity: { value: () => ({ pid: 12, host: "mac" }) },
    output: {
      value: (words: readonly string[], env: object) => {
        assertEquals([words[0], env], ["ps", { LC_ALL: "C", TZ: "UTC" }]);
        return Promise.resolve({ code: 0, stdout: new TextEncoder().encode(listed(hosts)) });
      },
    },
  });
  const start = "Mon Nov 30 09:00:02 2026";
  const pid10 = [{ names: ["node"], process: { host: "mac", pid: 10, start } }];
  await begin("S", { above: pid10 });
  assertEquals(await who({ above: [] }, mac(start)), "gemini:S");
  assertEquals(await who({ above: [] }, mac("Mon Nov 30 09:00:05 2026")), "unknown");
});
