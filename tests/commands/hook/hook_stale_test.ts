/** Stale reads: an agent does not write a file from a view that is old. */
import { RECORDED } from "../../domain/input/hook/payloads.ts";
import { beforeEdit, type HookContext } from "../../../src/engine/holds/hook.ts";
import { reservingOn } from "../../../src/workspace/open_reserving.ts";
import { assert_, assertEquals, it } from "../../deps.ts";
import { write } from "../../support/scene/journals.ts";
import { HOOK_NOW, type HookScene, hookScene } from "../../support/scene/hook.ts";
import { setMtime } from "../../support/scene/scratch.ts";

const PASS = { code: 0, out: "", err: "" };
const AGAIN = "Read it again, then edit: each change is reported once.";
const UNKNOWN = `That may have been a command of your own. ${AGAIN}`;

/** A project in which sessions of Claude Code work, and commands of which no hook hears. */
function scene(config?: object) {
  const here = hookScene(config);
  const say = async (session: string, fields: object) => {
    here.advance(1);
    return await here.call(JSON.stringify({ session_id: session, cwd: here.dir, ...fields }));
  };
  const use =
    (tool_name: string, hook_event_name: string) =>
    async (session: string, path: string, agent?: string) =>
      await say(session, {
        hook_event_name,
        tool_name,
        tool_input: { file_path: path },
        ...(agent === undefined ? {} : { agent_id: agent }),
      });
  const before = use("Edit", "PreToolUse");
  const after = use("Edit", "PostToolUse");
  const shell = (path: string, content: string) => {
    write(`${here.dir}/${path}`, content);
    setMtime(`${here.dir}/${path}`, HOOK_NOW);
  };
  return {
    ...here,
    say,
    shell,
    read: use("Read", "PreToolUse"),
    readOver: use("Read", "PostToolUse"),
    edit: before,
    /** The whole of an edit that goes on. */
    async edited(session: string, path: string, content: string) {
      assertEquals(await before(session, path), PASS);
      shell(path, content);
      assertEquals(await after(session, path), PASS);
    },
    end: (session: string) => say(session, { hook_event_name: "SessionEnd" }),
  };
}

/** The reason of a denial of Claude Code. */
function denied({ code, out, err }: typeof PASS): string {
  assertEquals({ code, out }, { code: 2, out: "" });
  return err.trimEnd();
}

it("hook run denies an edit from an old view once, and names the run that changed the file", async () => {
  const here = scene();
  here.shell("src/tax.ts", "one");
  await here.read("a", `${here.dir}/src/tax.ts`);
  await here.edited("b", "src/tax.ts", "two");
  await here.end("b");
  assertEquals(
    denied(await here.edit("a", "src/tax.ts")),
    `"src/tax.ts" was changed by "claude:b" at 2026-11-21T09:00:03.000Z, after you saw it. ${AGAIN}`,
  );
  assertEquals((await here.coord.reservations.list()).live, 0);
  assertEquals(await here.edit("a", "src/tax.ts"), PASS);
});

it("hook run denies again when the file changes once more", async () => {
  const here = scene();
  await here.edited("a", "other", "end");
  here.shell("x", "one");
  await here.read("a", "x");
  for (const content of ["two", "three"]) {
    here.shell("x", content);
    const reason = `"x" was changed at 2026-11-21T09:00:00.000Z, after you saw it. ${UNKNOWN}`;
    assertEquals(denied(await here.edit("a", "x")), reason);
    assertEquals(await here.edit("a", "x"), PASS);
  }
});

it("a read renews, before a denial and after one", async () => {
  const here = scene();
  await here.edited("a", "other", "end");
  here.shell("x", "one");
  await here.read("a", "x");
  here.shell("x", "two");
  await here.read("a", "x");
  assertEquals(await here.edit("a", "x"), PASS);
  here.shell("x", "three");
  denied(await here.edit("a", "x"));
  await here.read("a", "x");
  assertEquals(await here.edit("a", "x"), PASS);
});

it("no run is denied what it never read, what it wrote itself, or what only got a new stamp", async () => {
  const here = scene();
  here.shell("x", "one");
  assertEquals(await here.edit("a", "x"), PASS);
  here.shell("x", "two");
  assertEquals(await here.edit("a", "x"), PASS);
  for (const content of ["three", "four"]) await here.edited("a", "x", content);
  setMtime(`${here.dir}/x`, HOOK_NOW + 99_000);
  assertEquals(await here.edit("a", "x"), PASS);
});

it("a stamp that is put back hides no change", async () => {
  const here = scene();
  here.shell("x", "one");
  await here.read("a", "x");
  here.shell("x", "two");
  denied(await here.edit("a", "x"));
});

it("a tool that failed is no edit, and a read of what is not there is no read", async () => {
  const here = scene();
  await here.read("a", "x");
  here.shell("x", "one");
  assertEquals(await here.edit("a", "x"), PASS);
  await here.read("a", "x");
  here.shell("x", "two");
  await here.say("a", {
    hook_event_name: "PostToolUseFailure",
    tool_name: "Edit",
    tool_input: { file_path: "x" },
    error: "not found",
  });
  denied(await here.edit("a", "x"));
});

it("no run is denied its own edits where its host never reports that they have ended", async () => {
  const here = scene();
  here.shell("x", "one");
  await here.read("a", "x");
  for (const content of ["two", "three"]) {
    assertEquals(await here.edit("a", "x"), PASS);
    here.shell("x", content);
  }
  await here.end("a");
  await here.read("a", "x");
  assertEquals(await here.edit("a", "x"), PASS);
  await here.coord.releaseMine({ runId: "claude:a" });
  await here.edited("b", "x", "four");
  await here.end("b");
  const reason = denied(await here.edit("a", "x"));
  assert_(reason.includes('"claude:b"'), reason);
});

it("a host that has reported the end of an edit is held to it", async () => {
  const here = scene();
  for (const path of ["x", "y"]) here.shell(path, "one");
  await here.edited("a", "y", "two");
  await here.read("a", "x");
  assertEquals(await here.edit("a", "x"), PASS);
  here.shell("x", "two");
  denied(await here.edit("a", "x"));
});

it("a change between a read and the call after it is noticed", async () => {
  const here = scene();
  here.shell("x", "one");
  await here.read("a", "x");
  here.shell("x", "two");
  await here.readOver("a", "x");
  denied(await here.edit("a", "x"));
});

it("a read that is reported when it has ended counts, where none is reported before", async () => {
  const here = scene();
  await here.edited("a", "other", "end");
  here.shell("x", "one");
  await here.readOver("a", "x");
  here.shell("x", "two");
  await here.readOver("a", "x");
  assertEquals(await here.edit("a", "x"), PASS);
  here.shell("x", "three");
  denied(await here.edit("a", "x"));
});

it("a session and its subagents have a view each", async () => {
  const here = scene();
  here.shell("x", "one");
  await here.read("a", "x");
  await here.read("a", "x", "s1");
  await here.edited("a", "x", "two");
  const reason = denied(await here.edit("a", "x", "s1"));
  assert_(reason.includes('was changed by "claude:a" at'), reason);
});

it("hook run reserves no file of a patch of which one is stale, and names those that are", async () => {
  const here = scene();
  const codex = (event: string, tool: string, ...paths: readonly string[]) => {
    const command = paths.map((path) => `*** Update File: ${path}\n`).join("");
    const payload = { session_id: "c", cwd: here.dir, hook_event_name: event, tool_name: tool };
    const text = JSON.stringify({ ...payload, tool_input: { command } });
    return here.call(text, { args: ["hook", "run", "codex"] });
  };
  for (const path of ["a", "b", "c"]) here.shell(path, "one");
  await codex("PostToolUse", "apply_patch", "a", "b", "c");
  here.shell("b", "two");
  here.host.fs.remove(`${here.dir}/c`);
  assertEquals(
    denied(await codex("PreToolUse", "apply_patch", "a", "b", "c")),
    '"b" was changed at 2026-11-21T09:00:00.000Z, after you saw it. "c" was removed, after you ' +
      "saw it. That may have been a command of your own. Read them again, then edit: each change " +
      "is reported once.",
  );
  assertEquals((await here.coord.reservations.list()).live, 0);
  assertEquals(await codex("PreToolUse", "apply_patch", "a", "b", "c"), PASS);
});

it("a removal by an edit of another run has its name", async () => {
  const here = scene();
  here.shell("x", "one");
  await here.read("a", "x");
  const use = { tool_name: "Edit", tool_input: { file_path: "x" } };
  here.host.fs.remove(`${here.dir}/x`);
  await here.say("b", { hook_event_name: "PostToolUse", ...use });
  const reason = denied(await here.edit("a", "x"));
  assert_(reason.startsWith('"x" was removed by "claude:b" at '), reason);
});

it("one denial names ten files, and the next one the others", async () => {
  const here = scene();
  const names = Array.from({ length: 12 }, (_, n) => `f${n}`);
  const generic = (moment: string, fields: object) =>
    here.call(JSON.stringify({ session: "g", cwd: here.dir, ...fields }), {
      args: ["hook", "run", "generic", moment],
    });
  for (const name of names) here.shell(name, "one");
  await generic("pre", { reads: names });
  for (const name of names) here.shell(name, "two");
  const reasons = [];
  for (let call = 0; call < 2; call++) {
    reasons.push(denied(await generic("pre", { writes: names })));
  }
  const counts = reasons.map((reason) => reason.match(/was changed/g)?.length);
  assertEquals(counts, [10, 2]);
  assert_(reasons[0]?.includes(". 2 more have changed. "), reasons[0]);
  assertEquals(await generic("pre", { writes: names }), PASS);
});

it("coord.json may have hooks warn of old views, ignore files, or see nothing", async () => {
  const warned = scene({ hook: { mode: "warn" } });
  warned.shell("x", "one");
  await warned.read("a", "x");
  warned.shell("x", "two");
  const { code, out } = await warned.edit("a", "x");
  const { hookSpecificOutput: { additionalContext } } = JSON.parse(out);
  assertEquals(code, 0);
  assert_(additionalContext.startsWith('"x" was changed at'), additionalContext);
  assertEquals((await warned.coord.reservations.list()).live, 1);
  for (const hook of [{ mode: "off" }, { ignore: ["x"] }]) {
    const blind = scene({ hook });
    blind.shell("x", "one");
    await blind.read("a", "x");
    await blind.readOver("a", "x");
    blind.shell("x", "two");
    assertEquals(await blind.edit("a", "x"), PASS);
    assertEquals(blind.host.fs.list(`${blind.dir}/.coord/seen`), undefined);
  }
});

it("the end of a session forgets what it saw", async () => {
  const here = scene();
  here.shell("x", "one");
  await here.read("a", "x");
  const runs = () => here.host.fs.list(`${here.dir}/.coord/seen/runs`);
  await here.end("a");
  assertEquals(runs(), []);
  here.shell("x", "two");
  assertEquals(await here.edit("a", "x"), PASS);
  await here.end("a");
  assertEquals(runs(), []);
});

it("check-fresh knows what hooks saw, and seen is a read to them", async () => {
  const here = scene();
  const { files } = here.coord;
  const asked = { paths: ["x"], runId: "claude:a" };
  here.shell("x", "one");
  await here.read("a", "x");
  await here.edited("b", "x", "two");
  const { status, files: [file] } = await files.checkFresh(asked);
  assertEquals({ status, by: file?.changed_by }, { status: "stale", by: "claude:b" });
  await here.end("b");
  await files.seen(asked);
  assertEquals(await here.edit("a", "x"), PASS);
});

it("a change by a run that ends before the reservation is there is noticed", async () => {
  const here = scene();
  here.shell("x", "one");
  await here.read("a", "x");
  const { context, reservations } = await reservingOn(here.host, { dir: here.dir });
  const reserve = (async (input: Parameters<typeof reservations.reserve>[0]) => {
    await here.edited("b", "x", "two");
    await here.end("b");
    return await reservations.reserve(input);
  }) as typeof reservations.reserve;
  const release = reservations.release.bind(reservations);
  const late: HookContext = { ...context, reservations: { reserve, release } };
  const { signal } = new AbortController();
  const run = { runId: "claude:a", maker: "claude:a" };
  const verdict = await beforeEdit(late, run, { paths: ["x"], base: here.dir, signal });
  assertEquals(verdict.verdict, "deny");
});

/** What a host says of a read of `n.txt`, and of an edit of it. */
function recorded(host: string, { dir }: Pick<HookScene, "dir">) {
  const find = (field: "reads" | "writes") => {
    const found = RECORDED.find((each) =>
      each.host === host && each.called === undefined && each.moment === "pre" &&
      /^(?:\/w\/)?n\.txt$/.test(each[field]?.join(" ") ?? "")
    );
    const text = JSON.stringify(found?.payload).replaceAll(/\/w(?=[/"\\])/g, dir);
    return { text, args: ["hook", "run", host] };
  };
  return { read: find("reads"), edit: find("writes") };
}

for (const host of ["claude", "copilot", "cursor", "gemini", "opencode", "vscode"]) {
  it(`hook run hears a read of ${host}, and denies the edit from an old view`, async () => {
    const here = scene();
    const { read, edit } = recorded(host, here);
    here.shell("n.txt", "one");
    const call = ({ text, args }: typeof read) => here.call(text, { args });
    const pass = await call(read);
    assertEquals(pass.code, 0);
    here.shell("n.txt", "two");
    const { code, out, err } = await call(edit);
    assert_(
      (out + err).includes("was changed at 2026-11-21T09:00:00.000Z, after you saw it."),
      out,
    );
    assertEquals(code, out === "" ? 2 : 0);
    assertEquals(await call(edit), pass);
  });
}
