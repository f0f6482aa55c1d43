import { main } from "../../../src/cli/main.ts";
import { assertEquals, it } from "../../deps.ts";
import { fakeHost } from "../../support/fake/host.ts";
import { makeTempDir, setMode } from "../../support/scene/scratch.ts";

const { fs } = fakeHost();

it("hook install --all takes the hosts whose program or folder is on the machine", async () => {
  const dir = makeTempDir();
  fs.makeDir(`${dir}/project`);
  fs.makeDir(`${dir}/bin`);
  const env = { HOME: `${dir}/home`, PATH: `relative:${dir}/bin` };
  const call = async (...args: string[]) => {
    const host = fakeHost({ cwd: `${dir}/project`, env, args: ["hook", ...args] });
    const code = await main(host);
    return { code, out: host.out, err: host.err };
  };
  const install = ["install", "--all", "--print", "host,change"];
  assertEquals(await call(...install), {
    code: 1,
    out: "",
    err: "coord: No host with such settings is found on this machine: name one\n",
  });
  for (const name of ["codex", "coord"]) {
    fs.createNew(`${dir}/bin/${name}`, new Uint8Array());
    setMode(`${dir}/bin/${name}`, 0o755);
  }
  fs.createNew(`${dir}/bin/claude`, new Uint8Array());
  fs.makeDir(`${dir}/home/.gemini`);
  const both = (change: string) => ({
    code: 0,
    out: `codex\t${change}\ngemini\t${change}\n`,
    err: "",
  });
  assertEquals(await call(...install), both("installed"));
  assertEquals(await call("uninstall", "--all", "--print", "host,change"), both("uninstalled"));
  // Kimi Code has settings of its user alone.
  fs.makeDir(`${dir}/home/.kimi-code`);
  assertEquals(await call(...install), {
    ...both("installed"),
    err: 'coord: warning: Left out: the scope is "project", and kimi has user\n',
  });
  assertEquals(await call("uninstall", "--all", "--print", "host,change"), both("uninstalled"));
  assertEquals((await call("uninstall", "kimi")).code, 64);
  assertEquals(
    (await call("status", "--print", "workspace")).out.split("\n")[0],
    `${fs.realPath(dir)}/project/.coord`,
  );
});

it("hook status and hook install show each file whole on a narrow terminal", async () => {
  const dir = fs.realPath(makeTempDir()) ?? "";
  const project = `${dir}/a folder whose name is as long as a terminal`;
  fs.makeDir(project);
  fs.makeDir(`${dir}/home`);
  const call = async (...words: string[]) => {
    const env = { HOME: `${dir}/home`, PATH: "" };
    const args = ["hook", ...words];
    const host = fakeHost({ cwd: project, env, args, terminals: ["stdout"], columns: 50 });
    assertEquals(await main(host), 0);
    // deno-lint-ignore no-control-regex
    return host.out.replace(/\x1b\[[0-9]*m/g, "").split("\n");
  };
  const lines = [
    ...await call("install", "claude", "codex"),
    ...await call("install", "gemini", "--scope", "user", "--program", `${dir}/coord`),
    ...await call("status"),
  ];
  const shown = (path: string) => lines.filter((line) => line.trim().endsWith(path)).length;
  assertEquals(
    [".claude/settings.json", ".codex/hooks.json", "~/.gemini/settings.json"].map(shown),
    [2, 2, 2],
    lines.join("\n"),
  );
});

it("hook install warns where the plugin is on, since both would call coord", async () => {
  const dir = makeTempDir();
  const settings = `${dir}/.claude/settings.json`;
  fs.makeDir(`${dir}/.claude`);
  fs.createNew(settings, new TextEncoder().encode('{"enabledPlugins": {"coord@coord": true}}'));
  const host = fakeHost({
    cwd: dir,
    env: { HOME: `${dir}/home`, PATH: "" },
    args: ["hook", "install", "claude", "--dry-run", "--print", "change"],
  });
  assertEquals({ code: await main(host), out: host.out, err: host.err }, {
    code: 0,
    out: "installed\n",
    err:
      `coord: warning: claude calls coord by the plugin that is on in ${fs.realPath(settings)} ` +
      "already, so it will do so twice for each edit\n",
  });
});

it("hook install and mcp install warn where no host can run coord, and hook status says that nothing is guarded", async () => {
  const dir = makeTempDir();
  const env = { HOME: `${dir}/home`, PATH: `${dir}/bin` };
  const call = async (...args: string[]) => {
    const host = fakeHost({ cwd: dir, env, args });
    return { code: await main(host), out: host.out, err: host.err };
  };
  const warning = (program: string, what = "") =>
    `coord: warning: ${program} cannot be run, so hosts cannot call it yet${what}\n`;
  const onPath = warning("coord", ": put it on the PATH");
  const install = ["install", "claude", "cursor", "--print", "change"];
  assertEquals(await call("hook", ...install), {
    code: 0,
    out: "installed\ninstalled\n",
    err: onPath,
  });
  assertEquals((await call("hook", ...install)).err, onPath);
  const mcp = await call("mcp", ...install, "--program", `${dir}/other/coord`);
  assertEquals(mcp.err, warning(`${dir}/other/coord`));
  const lastOf = async () => (await call("hook", "status")).out.trimEnd().split("\n").at(-1);
  const unguarded = "No host calls coord yet, so nothing is guarded: STATE says why";
  assertEquals(await lastOf(), unguarded);
  fs.makeDir(`${dir}/bin`);
  fs.createNew(`${dir}/bin/coord`, new Uint8Array());
  setMode(`${dir}/bin/coord`, 0o755);
  assertEquals((await call("hook", ...install)).err, "");
  assertEquals((await lastOf())?.startsWith("Edits by the host's own tools are guarded"), true);
  await call("hook", "uninstall", "claude", "cursor");
  await call("hook", "install", "codex");
  // Its user has not approved it.
  assertEquals(await lastOf(), unguarded);
});

it("hook install says what a user has to do in a project before a host calls coord, and in user settings no more than that", async () => {
  const dir = makeTempDir();
  const next = async (...args: string[]) => {
    const env = { HOME: `${dir}/home`, PATH: "" };
    const host = fakeHost({ cwd: dir, env, args: [...args, "--dry-run", "--print", "next"] });
    assertEquals(await main(host), 0);
    return JSON.parse(host.out);
  };
  const codex = "Codex skips hooks in silence until its user approves them: type /hooks in Codex.";
  const gemini = "Gemini CLI reads settings of a project once its user trusts the folder.";
  const install = ["hook", "install", "codex", "gemini"];
  assertEquals(await next(...install), [codex, gemini]);
  assertEquals(await next(...install, "--scope", "user", "--program", "/bin/coord"), [codex]);
  assertEquals(await next("mcp", "install", "gemini"), [gemini]);
});
