import { formOf } from "../../src/adapters/fs/checkout/settings/forms.ts";
import { DIALECTS } from "../../src/commands/hook/dialects.ts";
import { closed, hookCommand } from "../../src/domain/input/hosts/form.ts";
import { assertEquals, it } from "../deps.ts";
import { rejection, withCoord } from "../support/scene/opencode.ts";

const WRITE = { filePath: "/w/n.txt", content: "x" };

it("the plugin of opencode calls the hook before an edit, and throws what it says at code 2", async () => {
  await withCoord(async ({ plugin, answer, calls }) => {
    const host = await plugin.server({ client: client({}), directory: "/w" });
    const edit = (tool: string, args: object) =>
      rejection(host["tool.execute.before"]({ tool, sessionID: "s1" }, { args }));
    assertEquals(await edit("write", WRITE), undefined);
    answer({ code: 2, err: "held by R" });
    assertEquals(await edit("edit", WRITE), "held by R");
    for (const code of [0, 1, 3, 64]) {
      answer({ code, err: "other" });
      assertEquals(await edit("write", WRITE), undefined);
    }
    for (const command of ["ls", "cat .gitignore", undefined]) {
      assertEquals(await edit("bash", { command }), undefined);
    }
    assertEquals(calls().length, 6);
    assertEquals(calls()[0], {
      args: "hook run opencode pre",
      said: { tool: "write", args: WRITE, session: "s1", cwd: "/w" },
    });
  });
});

it("the plugin of opencode calls the hook before a shell command with git", async () => {
  await withCoord(async ({ plugin, answer, calls }) => {
    const host = await plugin.server({ client: client({}), directory: "/w" });
    answer({ code: 2, err: "held by R" });
    const args = { command: "npm test && git add -A" };
    for (const tool of ["bash", "shell"]) {
      const run = host["tool.execute.before"]({ tool, sessionID: "s1" }, { args });
      assertEquals(await rejection(run), "held by R");
      await host["tool.execute.after"]({ tool, sessionID: "s1", args });
    }
    assertEquals(calls().map(({ said }) => said["args"]), [args, args]);
  });
});

it("the plugin that hook install writes calls its program, and passes --fail-closed on", async () => {
  await withCoord(async ({ hide, run, answer, calls }) => {
    const command = closed("opencode", hookCommand("opencode", hide(), undefined));
    const plugin = await run(formOf("opencode", "").whole(command));
    const host = await plugin.server({ client: client({}), directory: "/w" });
    answer({ code: 2, err: "cannot check" });
    const call = host["tool.execute.before"]({ tool: "write", sessionID: "s1" }, { args: WRITE });
    assertEquals(await rejection(call), "cannot check");
    assertEquals(calls().map(({ args }) => args), ["hook run opencode pre --fail-closed"]);
  });
});

it("the plugin of opencode reports reads, and what has ended", async () => {
  await withCoord(async ({ plugin, calls }) => {
    const host = await plugin.server({ client: client({}), directory: "/w" });
    for (const tool of ["read", "edit", "bash"]) {
      await host["tool.execute.before"]({ tool, sessionID: "s4" }, { args: WRITE });
      await host["tool.execute.after"]({ tool, sessionID: "s4", args: WRITE });
    }
    assertEquals(
      calls().map(({ args, said }) => `${args.split(" ").at(-1)} ${said["tool"]}`),
      ["pre read", "post read", "pre edit", "post edit"],
    );
    const said = { tool: "edit", args: WRITE, session: "s4", cwd: "/w" };
    assertEquals(calls().at(-1)?.said, said);
  });
});

it("the plugin of opencode lets edits go on where coord is missing", async () => {
  await withCoord(async ({ plugin, remove }) => {
    remove();
    const host = await plugin.server({ client: client({}), directory: "/w" });
    const call = host["tool.execute.before"]({ tool: "write", sessionID: "s1" }, { args: WRITE });
    assertEquals(await rejection(call), undefined);
  });
});

it("the plugin of opencode names a session and its subagents as the hook does", async () => {
  await withCoord(async ({ plugin, calls }) => {
    const host = await plugin.server({
      client: client({ child: "s2", grandchild: "child" }),
      directory: "/w",
    });
    for (const sessionID of ["s2", "child", "grandchild"]) {
      await host["tool.execute.before"]({ tool: "write", sessionID }, { args: WRITE });
      const env: Record<string, string> = {};
      await host["shell.env"]({ sessionID }, { env });
      const said = calls().at(-1)?.said ?? {};
      const read = (await DIALECTS["opencode"]?.())?.read(said, "pre");
      const named = read?.agent === undefined ? read?.session : `${read.session}/${read.agent}`;
      const expected = sessionID === "s2" ? "s2" : `s2/${sessionID}`;
      assertEquals({ env, named }, { env: { OPENCODE_SESSION_ID: expected }, named: expected });
    }
    for (const sessionID of ["s2", "child", "child"]) {
      await host.event({ event: { type: "session.idle", properties: { sessionID } } });
    }
    const stops = calls().filter(({ args }) => args === "hook run opencode subagent_end");
    const said = { session: "s2", agent_id: "child", cwd: "/w" };
    assertEquals(stops.map((each) => each.said), [said]);
    await host.event({ event: { type: "session.deleted", properties: { info: { id: "s2" } } } });
    await host.event({ event: { type: "session.deleted", properties: { info: { id: "s9" } } } });
    const ends = calls().filter(({ args }) => args === "hook run opencode session_end");
    assertEquals(ends.map(({ said }) => said["session"]), ["s2"]);
  });
});

it("the plugin of opencode says to a tool of coord's server as which run it acts", async () => {
  await withCoord(async ({ plugin, answer, calls, remove }) => {
    const host = await plugin.server({ client: client({ s5: "s1" }), directory: "/w" });
    const called = async (tool: string, sessionID: string, args: object) => {
      await host["tool.execute.before"]({ tool, sessionID }, { args });
      return args;
    };
    const out = "opencode:$OPENCODE_SESSION_ID";
    answer({ code: 0, err: "", out });
    const tool = "coord_coord_reserve";
    assertEquals(await called(tool, "s1", { ttl: 9 }), { ttl: 9, run_id: "opencode:s1" });
    assertEquals(await called("coord_task_take", "s5", {}), { run_id: "opencode:s1/s5" });
    assertEquals(calls().map(({ args }) => args), Array(2).fill("whoami --print run_id"));
    // What it says itself counts, and tools of other servers are none of coord's.
    assertEquals(await called(tool, "s1", { run_id: "me" }), { run_id: "me" });
    assertEquals(await called("other_reserve", "s1", {}), {});
    assertEquals(calls().length, 2);
    answer({ code: 3, err: "", out });
    assertEquals(await called(tool, "s1", {}), {});
    remove();
    assertEquals(await called(tool, "s1", {}), {});
  });
});

it("the plugin of opencode does the same in version 2, in the folder of the session", async () => {
  await withCoord(async ({ plugin, answer, calls }) => {
    type Body = (event: object) => Promise<void>;
    const bodies: Record<string, Body> = {};
    const hook = async (name: string, body: Body) => bodies[name] = body;
    const get = async () => ({ location: { directory: "/other" } });
    await plugin.setup({ tool: { hook }, shell: { hook }, session: { get } } as never);
    const event = { tool: "edit", sessionID: "s3", agent: "build", input: { path: "n.txt" } };
    assertEquals(await rejection(bodies["execute.before"]?.(event)), undefined);
    answer({ code: 2, err: "held by R" });
    assertEquals(await rejection(bodies["execute.before"]?.(event)), "held by R");
    const said = { tool: "edit", args: { path: "n.txt" }, session: "s3", cwd: "/other" };
    assertEquals(calls()[0]?.said, said);
    await bodies["execute.after"]?.({ ...event, status: "error" });
    assertEquals(calls().at(-1), {
      args: "hook run opencode post",
      said: { ...said, status: "error" },
    });
    const env: Record<string, string> = {};
    await bodies["create.before"]?.({ sessionID: "s3", env });
    assertEquals(env, { OPENCODE_SESSION_ID: "s3" });
  });
});

/** opencode's own interface, with the sessions that others started. */
function client(parents: Readonly<Record<string, string>>) {
  return {
    session: {
      get: async ({ path: { id } }: { path: { id: string } }) => ({
        data: { parentID: parents[id] },
      }),
    },
  };
}
