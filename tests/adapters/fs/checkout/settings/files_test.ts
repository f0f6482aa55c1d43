import { FsHostSettings } from "../../../../../src/adapters/fs/checkout/settings/files.ts";
import { formOf, hostOf } from "../../../../../src/adapters/fs/checkout/settings/forms.ts";
import { parseSettings } from "../../../../../src/adapters/fs/checkout/settings/json.ts";
import { CoordError } from "../../../../../src/domain/errors.ts";
import { HOSTS } from "../../../../../src/domain/input/hosts/hosts.ts";
import { closed } from "../../../../../src/domain/input/hosts/form.ts";
import type { JsonNode } from "../../../../../src/domain/input/hosts/json_text.ts";
import { HostError } from "../../../../../src/ports/host.ts";
import type { SettingsFile } from "../../../../../src/ports/host_settings.ts";
import { assert_, assertEquals, assertThrows, it } from "../../../../deps.ts";
import { fakeHost } from "../../../../support/fake/host.ts";
import { sized } from "../../../../support/length.ts";
import { newSeed, type Random } from "../../../../support/random.ts";
import {
  makeSymlink,
  makeTempDir,
  removeTree,
  setMode,
} from "../../../../support/scene/scratch.ts";
import { settingsFile } from "../../../../support/scene/settings_files.ts";

const { fs } = fakeHost();

/** A project and a user, and the settings of hosts there. */
function scene() {
  const dir = makeTempDir();
  const host = fakeHost({ cwd: dir, env: { HOME: `${dir}/home`, PATH: `${dir}/bin` } });
  const settings = new FsHostSettings(host, undefined);
  const file = (name: string): SettingsFile => {
    const [found] = settings.files(name);
    if (found === undefined) throw new Error("No file");
    return found;
  };
  const edit = (name: string, isThere: boolean, write = true) => {
    const one = file(name);
    return settings.edit(one, isThere ? settings.command(one, undefined) : undefined, write);
  };
  return { dir, settings, file, edit };
}

function put(path: string, text: string | Uint8Array): void {
  fs.remove(path);
  fs.makeDir(path.slice(0, path.lastIndexOf("/")));
  fs.createNew(path, typeof text === "string" ? new TextEncoder().encode(text) : text);
}

function read(path: string): string | undefined {
  const bytes = fs.read(path);
  return bytes && new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** A file of a host as people write it. */
function madeFor(random: Random, name: string) {
  const { json, events } = hostOf(name);
  if (json === undefined) throw new Error(name);
  const names = events.map(({ event }) => event);
  const made = settingsFile(random, { ...json, events: names, isFlat: !("hooks" in json.entry) });
  const bom = json.bom === true ? made.bom : "";
  return { ...made, bom, whole: `${bom}${made.text}` };
}

/** The value of a text. */
function valueOf(text: string): unknown {
  const plain = (node: JsonNode): unknown =>
    node.kind === "leaf"
      ? node.value
      : node.kind === "list"
      ? node.children.map(plain)
      : Object.fromEntries(node.children.map(({ name, value }) => [name, plain(value)]));
  return plain(parseSettings(text, "lenient"));
}

it("files of a host come back byte for byte, whatever others have in them", () => {
  const random = newSeed("settings");
  const { edit, file } = scene();
  const names = Object.keys(HOSTS).filter((name) => HOSTS[name]?.json !== undefined);
  for (let round = 0; round < sized(40, 300, 10_000); round++) {
    const name = random.pick(names);
    const { whole } = madeFor(random, name);
    const { path } = file(name);
    put(path, whole);
    const shown = `${name} ${JSON.stringify(whole)}`;
    assertEquals(edit(name, true).change, "installed", shown);
    assertEquals(edit(name, true).change, "none", shown);
    assertEquals(edit(name, false).change, "uninstalled", shown);
    assertEquals(read(path), whole, shown);
    assertEquals(edit(name, false).change, "none", shown);
  }
});

it("install adds an entry behind all others of an event, and uninstall gives every byte back", () => {
  const random = newSeed("entries");
  const names = Object.keys(HOSTS).filter((name) => HOSTS[name]?.json !== undefined);
  for (let round = 0; round < names.length * sized(30, 150, 20_000); round++) {
    const name = names[round % names.length] ?? "";
    const { json, events, calls = name } = hostOf(name);
    const { key = "hooks", head = {} } = json ?? {};
    const { text, value, bom } = madeFor(random, name);
    const form = formOf(name, bom);
    const shown = `${name} ${JSON.stringify(text)}`;
    const command = `coord hook run ${calls}`;
    const between = form.installed(text, command, (it) => it).text;
    const expected = structuredClone(value);
    const own = valueOf(between) as typeof expected;
    const lists = (value: typeof expected) => value[key] as Record<string, unknown[]>;
    for (const { event } of events) {
      const entry = lists(own)[event]?.at(-1);
      assert_(JSON.stringify(entry).includes(command), shown);
      expected[key] ??= {};
      (lists(expected)[event] ??= []).push(entry);
    }
    for (const [member, value] of Object.entries(head)) expected[member] ??= value;
    assertEquals(own, expected, shown);
    assertEquals(Object.keys(own), Object.keys(expected), shown);
    assertEquals(form.look(between).problems, [], shown);
    assertEquals(form.installed(between, command, (it) => it).text, between, shown);
    assertEquals(form.uninstalled(between), text, shown);
    assertEquals(form.uninstalled(text), text, shown);
  }
});

it("an entry that fails closed stays so, and is taken out like any other", () => {
  const { settings, file, edit, dir } = scene();
  put(`${dir}/bin/coord`, "");
  setMode(`${dir}/bin/coord`, 0o755);
  for (const name of Object.keys(HOSTS).filter((name) => HOSTS[name]?.json !== undefined)) {
    const one = file(name);
    const { json, calls = name } = hostOf(name);
    const head = json?.head === undefined ? "" : ', "version": 1';
    const before = `{"a": [1],\n "${json?.key ?? "hooks"}": {}${head}}`;
    put(one.path, before);
    const closes = () => settings.state(one).fail_closed;
    const closing = closed(calls, settings.command(one, undefined));
    assertEquals([edit(name, true).change, closes()], ["installed", false]);
    assertEquals([settings.edit(one, closing, true).change, closes()], ["repointed", true]);
    assertEquals(settings.state(one).problems, []);
    const text = read(one.path);
    assertEquals(
      text?.split(/; then coord hook run [\w ]+ --fail-closed[\w ]*;/).length,
      HOSTS[name]?.events.length! + 1,
    );
    assertEquals([edit(name, true).change, read(one.path)], ["none", text]);
    assertEquals([edit(name, false).change, read(one.path)], ["uninstalled", before]);
    assertEquals([settings.edit(one, closing, true).change, closes()], ["installed", true]);
    edit(name, false);
    assertEquals(read(one.path), before);
  }
});

it("what others add after install stays, and all that is coord's goes", () => {
  const random = newSeed("neighbours");
  const host = hostOf("claude");
  const form = formOf("claude", "", "lenient");
  for (let round = 0; round < sized(100, 2_000, 50_000); round++) {
    const events = host.events.map(({ event }) => event);
    const { text } = settingsFile(random, { syntax: "lenient", events });
    // A tool that parses and prints the whole file, with a group of its own, is between the two.
    const { text: whole } = form.installed(text, "coord hook run claude", (it) => it);
    assertEquals(form.uninstalled(whole), text);
    const value = valueOf(whole) as { hooks: Record<string, unknown[]> };
    const theirs = { hooks: [{ type: "command", command: "theirs" }] };
    const event = random.pick(events);
    const groups = value.hooks[event] ?? [];
    groups.splice(random.below(groups.length + 1), 0, theirs);
    const mixed = JSON.stringify(value, null, random.pick([0, 2]));
    const left = form.uninstalled(mixed) ?? "{}";
    const expected = structuredClone(value);
    for (const each of events) {
      expected.hooks[each] = (expected.hooks[each] ?? []).filter((group) =>
        !JSON.stringify(group).includes('"coord hook run claude"')
      );
      const isMade = mixed.includes("\n") && expected.hooks[each].length === 0;
      if (isMade) delete expected.hooks[each];
    }
    assertEquals(valueOf(left), expected, mixed);
  }
});

it("files that cannot be edited are refused by name, and nothing is written", () => {
  const { dir, edit, file } = scene();
  const malformed: Record<string, readonly (string | Uint8Array)[]> = {
    claude: [
      "",
      " ",
      "{",
      '{"a":1 "b":2}',
      "{} {}",
      '{"a":/*}',
      "[]",
      "null",
      '"x"',
      "{,}",
      "\uFEFF",
    ],
    codex: ["\uFEFF{}", '{"a":1,}', "{} // x", "/**/{}"],
    gemini: [
      '{"a":1,}',
      '{"hooks":[]}',
      '{"hooks":{"BeforeTool":{}}}',
      '{"hooks":null}',
      "[".repeat(100_000),
    ],
  };
  malformed["codex"] = [...malformed["codex"] ?? [], new Uint8Array([0x7b, 0xff, 0x7d])];
  for (const [name, texts] of Object.entries(malformed)) {
    for (const text of texts) {
      const { path } = file(name);
      put(path, text);
      const before = fs.read(path);
      const error = assertThrows(() => edit(name, true), CoordError);
      const start = `${path} cannot be edited: `;
      assert_(error.message.startsWith(start), `${String(text).slice(0, 20)}: ${error.message}`);
      assertEquals(fs.read(path), before);
      assertEquals(fs.list(path.slice(0, path.lastIndexOf("/")))?.length, 1);
    }
  }
  fs.remove(file("claude").path);
  makeSymlink(`${dir}/nowhere`, file("claude").path);
  assertThrows(() => edit("claude", true), CoordError, "leads nowhere");
  fs.remove(file("claude").path);
  put(`${dir}-not/settings.json`, "{}");
  makeSymlink(`${dir}-not/settings.json`, file("claude").path);
  assertThrows(() => edit("claude", true), CoordError, "leaves the project");
  assertEquals(read(`${dir}-not/settings.json`), "{}");
  removeTree(`${dir}-not`);
  fs.remove(file("claude").path);
  fs.makeDir(file("claude").path);
  assertThrows(() => edit("claude", true), CoordError, "no regular file");
});

it("a file keeps its mode, one that is read-only is left alone, and a link stays a link", () => {
  const { dir, edit, file } = scene();
  const { path } = file("claude");
  put(`${dir}/dotfiles/claude.json`, "{}");
  fs.makeDir(path.slice(0, path.lastIndexOf("/")));
  makeSymlink("../dotfiles/claude.json", path);
  setMode(`${dir}/dotfiles/claude.json`, 0o640);
  edit("claude", true);
  assertEquals(fs.lstat(path)?.kind, "symlink");
  assertEquals(fs.stat(path)?.mode, 0o640);
  setMode(`${dir}/dotfiles/claude.json`, 0o440);
  const before = read(path);
  assertThrows(() => edit("claude", false, false), HostError, "permission denied");
  assertThrows(() => edit("claude", false), HostError, "permission denied");
  assertEquals([read(path), edit("claude", true).change], [before, "none"]);
  setMode(`${dir}/dotfiles/claude.json`, 0o600);
  edit("claude", false);
  assertEquals([read(path), fs.stat(path)?.mode], ["{}", 0o600]);
  assertEquals(fs.list(`${dir}/dotfiles`)?.length, 1);
});

it("a file that install made goes with uninstall, unless others have written into it", () => {
  const { edit, file } = scene();
  const { path } = file("codex");
  assertEquals(edit("codex", true, false).change, "installed");
  assertEquals(read(path), undefined);
  edit("codex", true);
  assertEquals(edit("codex", false).change, "uninstalled");
  assertEquals(fs.stat(path.slice(0, path.lastIndexOf("/"))), undefined);
  edit("codex", true);
  put(path, (read(path) ?? "").replace('{\n  "hooks"', '{\n  "own": 1,\n  "hooks"'));
  edit("codex", false);
  assertEquals(read(path), '{\n  "own": 1\n}\n');
});

it("an edit that meets another one is made again on what that wrote", () => {
  const dir = makeTempDir();
  const path = `${dir}/.claude/settings.json`;
  put(path, '{"a": 1}');
  const host = fakeHost({ cwd: dir, env: { HOME: dir } });
  let others = 2;
  const meeting = {
    ...host,
    fs: {
      ...fs,
      // Between the look at the file and its replacement.
      setMode(staged: string, mode: number) {
        fs.setMode(staged, mode);
        if (others-- > 0) put(path, `{"a": ${others}}`);
      },
    },
  };
  const settings = new FsHostSettings(meeting, undefined);
  const [file] = settings.files("claude");
  if (file === undefined) throw new Error("No file");
  settings.edit(file, "coord hook run claude", true);
  settings.edit(file, undefined, true);
  assertEquals(read(path), '{"a": 0}');
});

it("a command that a host trusts changes only where its program is gone", () => {
  const { dir, settings, file, edit } = scene();
  const one = file("codex");
  put(`${dir}/bin/coord`, "");
  put(`${dir}/a b/coord`, "");
  const state = () => {
    const { state, command, program_found } = settings.state(one);
    return { state, command, program_found };
  };
  setMode(`${dir}/a b/coord`, 0o755);
  settings.edit(one, settings.command({ ...one, scope: "user" }, `${dir}/a b/coord`), true);
  const command = `'${dir}/a b/coord' hook run codex`;
  assertEquals(state(), { state: "waits_for_trust", command, program_found: true });
  assertEquals(edit("codex", true).change, "none");
  setMode(`${dir}/a b/coord`, 0o644);
  assertEquals(state(), { state: "drift", command, program_found: false });
  assertEquals(edit("codex", true).change, "repointed");
  const shared = "if command -v coord >/dev/null; then coord hook run codex; fi";
  assertEquals(state(), { state: "drift", command: shared, program_found: false });
  setMode(`${dir}/bin/coord`, 0o755);
  assertEquals(state().program_found, true);
  const keys = ["pre_tool_use", "post_tool_use", "session_start", "subagent_stop", "session_end"]
    .map((event) => `[hooks.state."${one.path}:${event}:0:0"]\n`);
  put(`${dir}/home/.codex/config.toml`, keys.join(""));
  assertEquals(state().state, "installed");
});

it("status names what is missing, what is switched off and what cannot be read", () => {
  const { dir, settings, file, edit } = scene();
  put(`${dir}/bin/coord`, "");
  setMode(`${dir}/bin/coord`, 0o755);
  const one = file("claude");
  const look = () => {
    const { state, problems } = settings.state(one);
    return { state, problems };
  };
  assertEquals(look(), { state: "absent", problems: [] });
  edit("claude", true);
  assertEquals(look(), { state: "installed", problems: [] });
  const text = read(one.path) ?? "";
  put(one.path, text.replace('"SessionEnd"', '"SubagentStop"'));
  assertEquals(look(), { state: "drift", problems: ["SessionEnd does not call it"] });
  // Measured: it holds for the entries of all files.
  put(`${dir}/home/.claude/settings.json`, '{"disableAllHooks": true}');
  put(one.path, text);
  assertEquals(look().state, "shadowed");
  put(`${dir}/home/.claude/settings.json`, '{"disableAllHooks": false}');
  assertEquals(look().state, "installed");
  // Claude Code ignores a file with a comment, and says nothing of it.
  put(one.path, `${text}// x`);
  assertEquals(look().state, "unreadable");
  assertEquals(edit("claude", false).change, "uninstalled");
  for (const config of ['"disabled": ["lint", "coord"]', '"enabled": false']) {
    put(file("gemini").path, `{"hooksConfig": {${config}}}`);
    edit("gemini", true);
    assertEquals(settings.state(file("gemini")).state, "shadowed");
  }
});

it("status names an entry of an older form, and install leaves it as it is", () => {
  const { dir, settings, file, edit } = scene();
  put(`${dir}/bin/coord`, "");
  setMode(`${dir}/bin/coord`, 0o755);
  const older = [
    ["claude", '"Read|Write', '"Write', "the matcher of PreToolUse is"],
    ["gemini", '"^(read_file|', '"^(', "the matcher of BeforeTool is"],
    ["cursor", "|Shell)$", ")$", "the matcher of preToolUse is"],
    ["copilot", "hook run copilot sessionStart", "hook run copilot", "the command of sessionStart"],
  ] as const;
  for (const [host, from, to, problem] of older) {
    const one = file(host);
    edit(host, true);
    assertEquals(settings.state(one).state, "installed");
    const text = (read(one.path) ?? "").replaceAll(from, to);
    put(one.path, text);
    const { state, problems } = settings.state(one);
    assertEquals([state, problems.length], ["drift", 1], host);
    assertEquals(problems[0]?.startsWith(problem), true, problems[0]);
    assertEquals(edit(host, true).change, "none");
    assertEquals(read(one.path), text);
  }
  // One for all tools is as good.
  edit("grok", true);
  put(file("grok").path, (read(file("grok").path) ?? "").replace("Read|Write|Edit|Bash", "*"));
  assertEquals(settings.state(file("grok")).state, "installed");
});

it("status knows the plugin that is on, and that entries beside it are one call too many", () => {
  const { dir, settings, file, edit } = scene();
  put(`${dir}/bin/coord`, "");
  setMode(`${dir}/bin/coord`, 0o755);
  const [project, local, user] = settings.files("claude");
  const states = () => settings.files("claude").map((each) => settings.state(each).state);
  const plugins = (isOn: boolean) => `{"enabledPlugins": {"x@coord": true, "coord@here": ${isOn}}}`;
  put(user?.path ?? "", plugins(true));
  assertEquals(states(), ["absent", "absent", "plugin"]);
  edit("claude", true);
  const { state, problems } = settings.state(file("claude"));
  assertEquals({ state, problems }, {
    state: "drift",
    problems: [`the plugin that is on in ${user?.path} calls it as well`],
  });
  // What a user says for this project counts first.
  put(local?.path ?? "", plugins(false));
  assertEquals(states(), ["installed", "absent", "absent"]);
  put(local?.path ?? "", '{"enabledPlugins": {"coord@here": "yes"}, "disableAllHooks": true}');
  fs.remove(project?.path ?? "");
  assertEquals(states(), ["absent", "absent", "shadowed"]);
});
