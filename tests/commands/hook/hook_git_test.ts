/** Calls of git that would sweep what others hold, as the hosts report them. */
import { assert_, assertEquals, it } from "../../deps.ts";
import { RECORDED } from "../../domain/input/hook/payloads.ts";
import { hookScene } from "../../support/scene/hook.ts";
import { makeTempDir, removeTree } from "../../support/scene/scratch.ts";

const PASS = { code: 0, out: "", err: "" };

/** A checkout with a workspace, where Claude Code is about to run shell commands. */
function scene(config?: object) {
  const project = hookScene(config);
  const { dir, host, call, coord } = project;
  for (const folder of ["", "/lib", "/src", "/vendor/x"]) host.fs.makeDir(`${dir}${folder}/`);
  host.fs.makeDir(`${dir}/.git`);
  return {
    ...project,
    /** Another agent holds these. */
    hold: (runId: string, ...addresses: readonly string[]) =>
      coord.reservations.reserve({ addresses, runId, exclusive: true, note: "rename rate" }),
    async run(command: string, more: object = {}) {
      const { code, err } = await call(JSON.stringify({
        session_id: "me",
        cwd: dir,
        hook_event_name: "PreToolUse",
        tool_name: "Bash",
        tool_input: { command },
        ...more,
      }));
      return code === 2 ? err.trimEnd() : code;
    },
  };
}

const HELD = '"src/tax.ts" is held by "R", which says "rename rate", until ' +
  "2026-11-21T10:00:00.000Z (60 min).";
const WAIT = "wait: coord wait --address src/tax.ts --timeout 300.";

it("hook run denies a call of git that sweeps what another run holds, with holder, end and next step", async () => {
  const here = scene();
  await here.hold("R", "src/tax.ts");
  assertEquals(
    await here.run("git add -A && git commit -m x"),
    `This git add sweeps up what others hold. ${HELD} Commit just your own files: ` +
      `coord commit -m TEXT PATH…. Or ${WAIT}`,
  );
  assertEquals(
    await here.run("git stash"),
    `This git stash sweeps up what others hold. ${HELD} It may undo or put away ` +
      `their work. Leave their files alone, or ${WAIT}`,
  );
  await here.hold("S", "a.ts", "b.ts");
  await here.coord.lanes.acquire({ lane: "lib", tree: ["lib/**"], owner: "L" });
  const reason = String(await here.run("git reset --hard"));
  const named = ['"src/tax.ts" is held by "R"', '"a.ts" is held by "S"', '"b.ts" is held by "S"'];
  for (const each of [...named, "1 more are held."]) assert_(reason.includes(each), reason);
  assert_(!reason.includes("--hard"), reason);
  assert_(String(await here.run("git clean -fd lib")).includes('"L" in lane "lib"'));
});

it("hook run denies a call of git that names paths only for what lies below them", async () => {
  const here = scene();
  here.host.fs.createNew(`${here.dir}/src/tax.ts`, new Uint8Array());
  await here.hold("R", "src/tax.ts");
  const free = [
    "git restore lib",
    "git restore src/other.ts",
    "git checkout -- lib/tax.ts",
    "git checkout main",
    "git add src/other.ts",
    "git stash push -- lib",
    "cd lib && git add .",
    "git -C lib clean -fd",
    "git add -u lib",
    "git status",
    "echo git add -A",
    "git add -A; git commit -am x' # not closed",
  ];
  for (const command of free) assertEquals(await here.run(command), 0, command);
  const held = [
    "git restore .",
    "git restore src",
    "git restore src/tax.ts",
    "git checkout src/tax.ts",
    `git checkout -- ${here.dir}/src/tax.ts`,
    "git stash push src",
    "cd src && git add .",
    "cd lib && git add -A",
    "cd lib && git add ../src/",
    "git -C src clean -fd",
    "cd src; git checkout -- tax.ts",
    "bash -c 'cd lib && git stash'",
  ];
  for (const command of held) {
    assert_(String(await here.run(command)).includes('held by "R"'), command);
  }
  assertEquals(await here.run("git add .", { cwd: `${here.dir}/lib` }), 0);
  assert_(await here.run("git add .", { cwd: `${here.dir}/src` }) !== 0);
});

it("hook run lets git sweep a run's own holds, those of its lineage, notices and what has expired", async () => {
  const here = scene();
  await here.hold("claude:me", "a.ts");
  await here.hold("claude:me/sub", "b.ts");
  await here.coord.reservations.reserve({ addresses: ["c.ts"], runId: "R" });
  assertEquals(await here.run("git add -A"), 0);
  assertEquals(await here.run("git stash", { agent_id: "sub" }), 0);
  assert_(await here.run("git stash", { agent_id: "other" }) !== 0);
  assert_(await here.run("git stash", { session_id: "you" }) !== 0);
  here.advance(3_601);
  assertEquals(await here.run("git stash", { session_id: "you" }), 0);
});

it("hook run leaves alone git in another repository, and where there is none", async () => {
  const here = scene();
  const elsewhere = makeTempDir();
  await here.hold("R", "src/tax.ts");
  here.host.fs.makeDir(`${here.dir}/vendor/x/.git`);
  for (
    const command of [
      `git -C ${elsewhere} add -A`,
      `cd ${elsewhere} && git stash`,
      "cd vendor/x && git stash",
      "cd nowhere && git stash",
      "cd $X && git stash",
    ]
  ) assertEquals(await here.run(command), 0, command);
  await here.hold("R", "vendor/x/y.ts");
  assert_(await here.run("cd vendor/x && git stash") !== 0);
  removeTree(`${here.dir}/.git`);
  assertEquals(await here.run("git stash"), 0);
});

it("hook run has git do in a linked worktree what others do not hold there", async () => {
  const here = scene({ worktrees: "block" });
  const { dir, host } = here;
  const other = `${dir}/.git/worktrees/w2`;
  host.fs.makeDir(other);
  host.fs.makeDir(`${dir}/w2`);
  const put = (path: string, text: string) =>
    host.fs.createNew(path, new TextEncoder().encode(text));
  put(`${dir}/w2/.git`, `gitdir: ${other}\n`);
  put(`${other}/commondir`, "../..\n");
  put(`${other}/gitdir`, `${dir}/w2/.git\n`);
  put(`${other}/HEAD`, "ref: refs/heads/w2\n");
  await here.hold("R", "src/tax.ts");
  assert_(await here.run("git stash") !== 0);
  assertEquals(await here.run("cd w2 && git stash"), 0);
  assertEquals(await here.run("git stash", { cwd: `${dir}/w2` }), 0);
});

it("hook run warns of git, or says nothing, where coord.json says so", async () => {
  for (
    const [hook, expected] of [
      [{ git: "off" }, "pass"],
      [{ git: "warn" }, "warn"],
      [{ mode: "warn" }, "warn"],
      [{ mode: "warn", git: "deny" }, "deny"],
      [{ mode: "off", git: "deny" }, "pass"],
      [{ ignore: ["src/**"] }, "pass"],
      [{ ignore: ["lib/**"] }, "deny"],
    ] as const
  ) {
    const here = scene({ hook });
    await here.hold("R", "src/tax.ts");
    const said = {
      session_id: "me",
      cwd: here.dir,
      hook_event_name: "PreToolUse",
      tool_name: "Bash",
      tool_input: { command: "git add -A" },
    };
    const { code, out, err } = await here.call(JSON.stringify(said));
    const heard = code === 2 ? "deny" : out.includes("additionalContext") ? "warn" : "pass";
    assertEquals(heard, expected, `${JSON.stringify(hook)} ${err}`);
  }
});

it("hook run --fail-closed denies git that sweeps where it cannot look, and no other command", async () => {
  const here = scene({ hook: { mode: "deny" } });
  const dir = makeTempDir();
  const args = ["hook", "run", "claude", "--fail-closed"];
  const said = (command: string) =>
    here.call(
      JSON.stringify({
        session_id: "me",
        cwd: dir,
        hook_event_name: "PreToolUse",
        tool_name: "Bash",
        tool_input: { command },
      }),
      { args },
    );
  assertEquals((await said("git add -A")).code, 2);
  for (const command of ["git status", "rm -rf x", "git add -A'"]) {
    assertEquals(await said(command), PASS, command);
  }
});

for (const { host, what, payload, event, shell } of RECORDED) {
  if (shell?.command.endsWith("git add -A") !== true) continue;
  it(`hook run denies ${host} what git would sweep in ${what}`, async () => {
    const here = scene();
    const text = JSON.stringify(payload).replaceAll(/\/w(?=[/"\\])/g, here.dir);
    const args = ["hook", "run", host, ...(event === undefined ? [] : [event])];
    const heard = async () => {
      const { code, out, err } = await here.call(text, { args, cwd: here.dir });
      return `${code} ${out}${err}`;
    };
    const free = await heard();
    assert_(free.startsWith("0 ") && !free.includes("deny"), free);
    await here.hold("R", "src/tax.ts");
    const denied = await heard();
    assert_(denied.includes("This git add sweeps up what others hold."), denied);
    assert_(denied.startsWith("2 ") || /"deny"|"cancel":true/.test(denied), denied);
  });
}
