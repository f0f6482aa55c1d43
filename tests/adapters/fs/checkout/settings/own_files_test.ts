/** Hosts with files of coord's own, and with settings that are no JSON. */
import { FsHostSettings } from "../../../../../src/adapters/fs/checkout/settings/files.ts";
import { CoordError } from "../../../../../src/domain/errors.ts";
import { closed } from "../../../../../src/domain/input/hosts/form.ts";
import type { Scope } from "../../../../../src/domain/input/hosts/hosts.ts";
import { HostError } from "../../../../../src/ports/host.ts";
import { assert_, assertEquals, assertThrows, it } from "../../../../deps.ts";
import { fakeHost } from "../../../../support/fake/host.ts";
import { write } from "../../../../support/scene/journals.ts";
import { readFileSync } from "../../../../support/scene/raw_files.ts";
import { makeSymlink, makeTempDir, setMode } from "../../../../support/scene/scratch.ts";

const { fs } = fakeHost();

/** A project and a user with a coord. */
function scene(os?: "windows") {
  const dir = fs.realPath(makeTempDir()) ?? "";
  write(`${dir}/bin/coord`, "");
  setMode(`${dir}/bin/coord`, 0o755);
  const env = { HOME: `${dir}/home`, PATH: `${dir}/bin` };
  const host = fakeHost({ cwd: dir, env });
  const settings = new FsHostSettings(os === undefined ? host : { ...host, os }, undefined);
  const files = (name: string, scope: Scope) =>
    settings.files(name).filter((file) => file.scope === scope);
  const change = (name: string, scope: Scope, isThere: boolean, write = true) =>
    files(name, scope).map((file) =>
      settings.edit(file, isThere ? settings.command(file, undefined) : undefined, write).change
    );
  const states = (name: string, scope: Scope) =>
    files(name, scope).map((file) => settings.state(file).state);
  return { dir, settings, files, change, states };
}

const text = (path: string) => readFileSync(path, "utf8");

it("Cline gets a script for each event that can be run, and only unchanged ones go", () => {
  const { dir, settings, files, change, states } = scene();
  const paths = files("cline", "project").map(({ path }) => path);
  const folder = `${dir}/.clinerules/hooks`;
  assertEquals(paths, [
    `${folder}/PreToolUse`,
    `${folder}/PostToolUse`,
    `${folder}/TaskComplete`,
    `${folder}/TaskCancel`,
    `${folder}/SessionShutdown`,
  ]);
  const all = (word: string) => paths.map(() => word);
  assertEquals(change("cline", "project", true, false), all("installed"));
  assertEquals(fs.stat(folder), undefined);
  assertEquals(change("cline", "project", true), all("installed"));
  assertEquals(paths.map((path) => fs.stat(path)?.mode), paths.map(() => 0o755));
  assertEquals(states("cline", "project"), all("installed"));
  assertEquals(change("cline", "project", true), all("none"));
  assertEquals(change("cline", "project", false), all("uninstalled"));
  assertEquals(fs.stat(`${dir}/.clinerules`), undefined);
  // Cline shows no JSON for a call where there is no coord, unless the script prints it.
  change("cline", "project", true);
  assert_(text(paths[0] ?? "").includes(`else echo '{"cancel":false}'; fi`));
  const [one] = files("cline", "project");
  if (one === undefined) throw new Error("No file");
  write(one.path, `${text(one.path)}echo mine\n`);
  const { state, problems } = settings.state(one);
  assertEquals({ state, problems }, {
    state: "drift",
    problems: ["it was changed since hook install made it"],
  });
  const before = text(one.path);
  assertThrows(() => change("cline", "project", false), CoordError, "is left to people");
  assertThrows(() => change("cline", "project", true), CoordError, "was changed since");
  assertEquals(text(one.path), before);
});

it("a folder that is empty without coord's file goes with it, and nothing else does", () => {
  const { dir, change } = scene();
  const isThere = (path: string) => fs.lstat(`${dir}/${path}`) !== undefined;
  for (const scope of ["project", "user"] as const) {
    change("cursor", scope, true);
    change("cursor", scope, false);
  }
  assertEquals([isThere(".cursor"), isThere("home/.cursor")], [false, true]);
  write(`${dir}/.grok/notes.md`, "mine");
  makeSymlink(`${dir}/elsewhere`, `${dir}/.gemini`);
  fs.makeDir(`${dir}/elsewhere`);
  for (const name of ["grok", "gemini"]) {
    change(name, "project", true);
    change(name, "project", false);
  }
  assertEquals([".grok/hooks", ".grok/notes.md", ".gemini", "elsewhere"].map(isThere), [
    ...[false, true, true, true],
  ]);
});

it("a file of others in the place of coord's own is left alone", () => {
  const { files, change, states } = scene();
  for (const name of ["cline", "opencode"]) {
    const [file] = files(name, "project");
    write(file?.path ?? "", "// theirs\n");
    assertThrows(() => change(name, "project", true, false), CoordError, "is not one that");
    assertEquals(states(name, "project")[0], "absent");
    assertEquals(change(name, "project", false)[0], "none");
    assertEquals(text(file?.path ?? ""), "// theirs\n");
  }
});

it("what fails closed stays so in files of coord's own and in TOML", () => {
  const { dir, settings, files, change } = scene();
  for (const name of ["kimi", "opencode", "cline"]) {
    const [file] = files(name, "user");
    if (file === undefined) throw new Error(name);
    const command = `${dir}/bin/coord hook run ${name}`;
    assertEquals(settings.command(file, undefined), command);
    assertEquals(settings.edit(file, command, true).command, command);
    const open = text(file.path);
    const closing = closed(name, command);
    assertEquals(settings.edit(file, closing, true).change, "repointed");
    assertEquals(settings.state(file).fail_closed, true);
    assertEquals([change(name, "user", true)[0], settings.state(file).command], ["none", closing]);
    assertEquals(text(file.path) === open, false);
    change(name, "user", false);
    assertEquals(fs.stat(file.path), undefined);
  }
});

it("the TOML of Kimi Code keeps its link, its mode and its bytes", () => {
  const { dir, files, change, states } = scene();
  const [file] = files("kimi", "user");
  const path = file?.path ?? "";
  const before = 'model = "k2"\r\n[tui]\r\ntheme = "é"';
  write(`${dir}/home/dotfiles/kimi.toml`, before);
  fs.makeDir(`${dir}/home/.kimi-code`);
  makeSymlink("../dotfiles/kimi.toml", path);
  setMode(`${dir}/home/dotfiles/kimi.toml`, 0o600);
  assertEquals([change("kimi", "user", true), states("kimi", "user")], [
    ["installed"],
    ["installed"],
  ]);
  assertEquals([fs.lstat(path)?.kind, fs.stat(path)?.mode], ["symlink", 0o600]);
  assertEquals(text(path).startsWith(`${before}\n# coord hook: begin\n[[hooks]]\n`), true);
  assertEquals([change("kimi", "user", false), text(path)], [["uninstalled"], before]);
  setMode(`${dir}/home/dotfiles/kimi.toml`, 0o400);
  assertThrows(() => change("kimi", "user", true), HostError, "permission denied");
  assertEquals(text(path), before);
});

it("VS Code shares the file of Copilot CLI, whose shells have a command each", () => {
  const { settings, files, change, states } = scene();
  assertEquals(change("vscode", "project", true), ["installed"]);
  assertEquals(states("copilot", "project"), ["installed"]);
  assertEquals(change("copilot", "project", true), ["none"]);
  const [file] = files("copilot", "project");
  if (file === undefined) throw new Error("No file");
  const { hooks } = JSON.parse(text(file.path));
  assertEquals(hooks.sessionStart, [{
    type: "command",
    bash: "if command -v coord >/dev/null; then coord hook run copilot sessionStart; fi",
    powershell: "coord hook run copilot sessionStart",
    timeoutSec: 10,
  }]);
  // Where the program is gone, each has what an entry that is made has.
  const whole = text(file.path);
  write(file.path, whole.replaceAll(/(?<=[" ])coord(?= hook)/g, "/gone/coord"));
  assertEquals(states("vscode", "project"), ["drift"]);
  assertEquals(settings.edit(file, settings.command(file, undefined), true).change, "repointed");
  assertEquals(text(file.path), whole);
});

it("a path with a blank is a word of each shell", () => {
  const { settings, files } = scene();
  const [file] = files("copilot", "user");
  if (file === undefined) throw new Error("No file");
  const whole = settings.whole(file, settings.command(file, "/it's a/coord"));
  const [entry] = JSON.parse(whole).hooks.preToolUse;
  assertEquals([entry.bash, entry.powershell], [
    `'/it'\\''s a/coord' hook run copilot`,
    `& '/it''s a/coord' hook run copilot`,
  ]);
});

it("on Windows there are no scripts for Cline, and entries ask no shell for coord", () => {
  const { settings } = scene("windows");
  assertEquals(settings.files("cline"), []);
  const [cursor] = settings.files("cursor");
  if (cursor === undefined) throw new Error("No file");
  assertEquals(settings.command(cursor, undefined), "coord hook run cursor");
});

it("a file that lacks what its host wants besides the entries is refused", () => {
  const { files, change } = scene();
  const [file] = files("cursor", "project");
  const path = file?.path ?? "";
  for (
    const [before, why] of [
      ['{"hooks": {}}', '"version": 1 is not in it'],
      ['{"version": "1"}', '"version" in it is not 1'],
      ['{"version": 2, "hooks": {}}', '"version" in it is not 1'],
      ['{"version": 1, "hooks": []}', '"hooks" in it is no object'],
      ['{"version": 1, "hooks": {"preToolUse": {}}}', '"hooks.preToolUse" in it is no list'],
    ] as const
  ) {
    write(path, before);
    assertThrows(() => change("cursor", "project", true), CoordError, why);
    assertEquals(text(path), before);
  }
});

it("hosts are found by their program, and by folders in the project or the home folder", () => {
  const { dir, settings } = scene();
  assertEquals(settings.found(), []);
  for (const folder of [".vscode", "home/.config/opencode", ".windsurf", "home/.clinerules"]) {
    fs.makeDir(`${dir}/${folder}`);
  }
  write(`${dir}/bin/agy`, "");
  setMode(`${dir}/bin/agy`, 0o755);
  assertEquals(settings.found(), ["vscode", "opencode", "antigravity", "windsurf", "cline"]);
});
