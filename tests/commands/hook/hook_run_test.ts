import { assert_, assertEquals, it } from "../../deps.ts";
import { main } from "../../../src/cli/main.ts";
import { fakeHost } from "../../support/fake/host.ts";
import { notingLooks } from "../../support/fake/looks.ts";
import { HOOK_NOW as NOW, hookScene } from "../../support/scene/hook.ts";
import { makeTempDir } from "../../support/scene/scratch.ts";

const PASS = { code: 0, out: "", err: "" };

/** A project with a workspace, where hooks of Claude Code are called. */
function scene(config?: object) {
  const project = hookScene(config);
  const { dir, call } = project;
  const said = (session: string, fields: object) =>
    call(JSON.stringify({ session_id: session, cwd: dir, ...fields }));
  return {
    ...project,
    edit: (session: string, path: string, agent?: string) =>
      said(session, {
        hook_event_name: "PreToolUse",
        tool_name: "Edit",
        tool_input: { file_path: path },
        ...(agent === undefined ? {} : { agent_id: agent }),
      }),
    /** Codex is about to apply a patch to these files. */
    patch: (session: string, ...paths: readonly string[]) =>
      call(
        JSON.stringify({
          session_id: session,
          cwd: dir,
          hook_event_name: "PreToolUse",
          tool_name: "apply_patch",
          tool_input: { command: paths.map((path) => `*** Update File: ${path}\n`).join("") },
        }),
        { args: ["hook", "run", "codex"] },
      ),
    end: (session: string, agent?: string) =>
      said(
        session,
        agent === undefined
          ? { hook_event_name: "SessionEnd" }
          : { hook_event_name: "SubagentStop", agent_id: agent },
      ),
  };
}

type Scene = ReturnType<typeof scene>;

/** Who holds what, with the seconds that are left. */
async function held({ coord }: Scene) {
  const { reservations } = await coord.reservations.list({ kind: "reservation" });
  return (reservations ?? []).map(({ run_id, addresses, expires_at }) =>
    `${run_id} ${addresses.join(" ")} ${(Date.parse(expires_at) - NOW) / 1000}`
  ).sort();
}

it("hook run reserves the file, and denies it to another session with holder, end and next step", async () => {
  const here = scene();
  assertEquals(await here.edit("a", `${here.dir}/src/x y.ts`), PASS);
  assertEquals(await here.edit("b", "src/x y.ts"), {
    code: 2,
    out: "",
    err: '"src/x y.ts" is held by "claude:a" until 2026-11-21T09:15:00.000Z (15 min). Work on ' +
      "something else, or wait: coord wait --address 'src/x y.ts' --timeout 300. Do not edit it " +
      "through the shell.\n",
  });
  assertEquals(await held(here), ["claude:a src/x y.ts 900"]);
});

it("hook run names the note of a holder, and a lane", async () => {
  const here = scene();
  const { coord } = here;
  const by = { runId: "R", exclusive: true } as const;
  await coord.reservations.reserve({ addresses: ["a.ts"], note: "rename rate", ...by });
  await coord.lanes.acquire({ lane: "lib", tree: ["lib/**"], owner: "L" });
  const [a, lib] = [await here.edit("b", "a.ts"), await here.edit("b", "lib/b.ts")];
  assert_(a.code === 2 && a.err.includes('held by "R", which says "rename rate", until'), a.err);
  assert_(lib.code === 2 && lib.err.includes('held by "L" in lane "lib"'), lib.err);
});

it("hook run only reads while more than a third of the time is left, and extends it then", async () => {
  const here = scene();
  await here.edit("a", "x.ts");
  here.advance(599);
  await here.edit("a", "x.ts");
  assertEquals(await held(here), ["claude:a x.ts 900"]);
  here.advance(2);
  await here.edit("a", "x.ts");
  assertEquals(await held(here), ["claude:a x.ts 1501"]);
});

it("hook run reserves all files of a patch or none", async () => {
  const here = scene();
  assertEquals(await here.patch("c", "a.ts", "b.ts"), PASS);
  assertEquals((await here.patch("d", "z.ts", "b.ts", "y.ts")).code, 2);
  assertEquals(await held(here), ["codex:c a.ts b.ts 900"]);
  assertEquals(await here.patch("c", "b.ts", "new.ts"), PASS);
  assertEquals((await here.edit("e", "new.ts")).code, 2);
});

it("hook run denies no run for the sake of its own holds, nor those of its lineage", async () => {
  const here = scene();
  const mine = { addresses: ["x.ts"], runId: "claude:a", exclusive: true } as const;
  await here.coord.reservations.reserve(mine);
  const codes = async (...agents: readonly (string | undefined)[]) => {
    const all = [];
    for (const agent of agents) all.push((await here.edit("a", "x.ts", agent)).code);
    return all;
  };
  assertEquals(await codes(undefined, "s1", undefined, "s1", "s2"), [0, 0, 0, 0, 2]);
});

it("the end of a subagent or session releases what hooks reserved for it, and nothing else", async () => {
  const here = scene();
  await here.coord.reservations.reserve({ addresses: ["h"], runId: "claude:a", exclusive: true });
  await here.edit("a", "x");
  await here.edit("a", "y", "s1");
  await here.edit("a", "z", "s2");
  await here.edit("ab", "w");
  assertEquals(await here.end("a", "s1"), PASS);
  const left = ["claude:a h 3600", "claude:a x 900", "claude:a/s2 z 900", "claude:ab w 900"];
  assertEquals(await held(here), left);
  assertEquals(await here.end("a"), PASS);
  assertEquals(await held(here), ["claude:a h 3600", "claude:ab w 900"]);
});

it("the end of a session looks at its own reservations, and at none of others", async () => {
  const looks = async (others: number) => {
    const here = scene();
    for (let n = 0; n < others; n++) {
      const other = { addresses: [`o${n}`], runId: `R${n}`, exclusive: true };
      await here.coord.reservations.reserve(other);
    }
    await here.edit("a", "x");
    const { host, dir } = here;
    const noting = notingLooks(host.fs, dir);
    const stdin = JSON.stringify({ session_id: "a", cwd: dir, hook_event_name: "SessionEnd" });
    const called = fakeHost({ cwd: "/", args: ["hook", "run", "claude"], stdin });
    await main({ ...called, fs: noting.fs }, () => NOW);
    const records = noting.take().filter((look) => /reservations\/[^/]+\.json$/.test(look));
    const left = (await held(here)).filter((each) => each.startsWith("claude:"));
    return { left, records: new Set(records.map((look) => look.split("/").at(-1))).size };
  };
  assertEquals(await looks(9), { left: [], records: 1 });
});

it("the end of a session leaves alone what it has released, and what has expired", async () => {
  const here = scene();
  await here.edit("a", "x");
  await here.edit("a", "y");
  const { reservations = [] } = await here.coord.reservations.list();
  const [{ reservation_id: id = "" } = {}] = reservations;
  await here.coord.reservations.release({ id, runId: "claude:a" });
  here.advance(901);
  assertEquals(await here.end("a"), PASS);
  const { reservations: all = [] } = await here.coord.reservations.list({ all: true });
  assertEquals(all.map(({ status }) => status).sort(), ["expired", "released"]);
});

it("hook run leaves alone what lies elsewhere, and what coord.json says to ignore", async () => {
  const here = scene({ hook: { ignore: ["docs/**", "deno.lock"] } });
  for (const path of ["/etc/hosts", "../x", "docs/a.md", "deno.lock"]) {
    assertEquals(await here.edit("a", path), PASS);
  }
  assertEquals(await held(here), []);
});

it("hook run warns or does nothing where coord.json says so", async () => {
  const warned = scene({ hook: { mode: "warn" } });
  await warned.edit("a", "x");
  const { code, out, err } = await warned.edit("b", "x");
  const { hookSpecificOutput: { hookEventName, additionalContext } } = JSON.parse(out);
  assertEquals({ code, err, hookEventName }, { code: 0, err: "", hookEventName: "PreToolUse" });
  assert_(additionalContext.startsWith('"x" is held by "claude:a"'), additionalContext);
  const off = scene({ hook: { mode: "off" } });
  await off.edit("a", "x");
  assertEquals(await held(off), []);
});

it("hook run has no opinion on what it cannot read", async () => {
  const here = scene();
  const { call } = here;
  const edit = (fields: object) =>
    JSON.stringify({
      session_id: "a",
      cwd: here.dir,
      hook_event_name: "PreToolUse",
      tool_name: "Edit",
      tool_input: { file_path: "x" },
      ...fields,
    });
  const large = edit({ more: "x".repeat(4 * 1024 * 1024) });
  const inputs = ["", "x", "[]", "null", '"a"', "{", "{}", large, edit({ cwd: "/nowhere" })];
  inputs.push(edit({ cwd: makeTempDir() }), edit({ cwd: "rel" }), edit({ session_id: 7 }));
  for (const input of inputs) assertEquals(await call(input), PASS, input.slice(0, 200));
  const broken = (async function* (): AsyncGenerator<Uint8Array> {
    yield new Uint8Array([0x7b]);
    throw new Error("the pipe broke");
  })();
  assertEquals(await call(broken), PASS);
  const lines = [
    "claude --zz",
    "emacs",
    "constructor",
    "",
    "claude --json --format x",
    "claude PreToolUse more",
  ];
  for (const line of lines) {
    const args = ["hook", "run", ...line.split(" ").filter(Boolean)];
    assertEquals(await call("{}", { args }), PASS, line);
  }
  assertEquals(await held(here), []);
});

it("hook run has no opinion where coord.json is broken", async () => {
  const here = scene({ hook: { mode: "shout" } });
  assertEquals(await here.edit("a", "x"), PASS);
});
