import { pluginText } from "../../../../scripts/opencode_plugin.ts";
import { DIALECTS } from "../../../../src/commands/hook/dialects.ts";
import { UnfitFile } from "../../../../src/domain/errors.ts";
import { hookCommand } from "../../../../src/domain/input/hosts/form.ts";
import { GENERIC, HOSTS, type HostSettings } from "../../../../src/domain/input/hosts/hosts.ts";
import { OPENCODE_PLUGIN } from "../../../../src/domain/input/hosts/opencode_plugin.ts";
import { TomlSettings, WholeFile } from "../../../../src/domain/input/hosts/own_text.ts";
import { assert_, assertEquals, assertThrows, it } from "../../../deps.ts";
import { sized } from "../../../support/length.ts";
import { newSeed } from "../../../support/random.ts";
import { readFileSync } from "../../../support/scene/raw_files.ts";

const LINES = [
  "",
  '# a comment with [[hooks]] and a " in it',
  'default_model = "kimi-k2"',
  "[providers.kimi]",
  '  base_url = "https://example.org" # coord hook run kimi',
  "[[hooks]]",
  'event = "Stop"',
  'command = "say done; echo coord hook run emacs"',
  'text = """',
  "two",
  '"""',
  "list = [ 1,\t2 ]",
];

function hostNamed(name: string): HostSettings {
  const host = HOSTS[name];
  if (host === undefined) throw new Error(name);
  return host;
}

const kimi = new TomlSettings("kimi", hostNamed("kimi"));
const isThere = (command: string) => command;
const isGone = () => undefined;
const COMMAND = "/opt/coord hook run kimi";

it("TomlSettings adds lines behind all others, once, and gives every byte back", () => {
  const random = newSeed("toml");
  for (let round = 0; round < sized(200, 5_000, 100_000); round++) {
    const eol = random.pick(["\n", "\r\n"]);
    const lines = Array.from({ length: random.below(8) }, () => random.pick(LINES));
    const text = lines.join(eol) + random.pick(["", eol, `${eol}${eol}`]);
    const { text: between } = kimi.installed(text, COMMAND, isThere);
    assert_(between.startsWith(text) && between.length > text.length);
    assertEquals(kimi.look(between), {
      hooks: [{ event: "", group: 0, handler: 0, command: COMMAND }],
      problems: [],
      isOff: false,
    });
    assertEquals(kimi.installed(between, "coord hook run kimi", isThere).text, between);
    assertEquals(kimi.uninstalled(between), text, JSON.stringify(text));
    assertEquals(kimi.uninstalled(text), text);
    // What others add behind it stays.
    const more = `${between}${between.endsWith("\n") ? "" : "\n"}theirs = 1\n`;
    assertEquals(kimi.uninstalled(more)?.endsWith("theirs = 1\n"), true);
  }
});

it("TomlSettings writes tables of the four keys that Kimi Code allows", () => {
  const whole = kimi.whole(`'/a b/co"ord/coord' hook run kimi`);
  assertEquals(whole.split("\n").slice(0, 6), [
    "# coord hook: begin, in a file made for it",
    "[[hooks]]",
    'event = "PreToolUse"',
    'matcher = "^(Read|ReadFile|Write|Edit|WriteFile|StrReplaceFile|Bash)$"',
    `command = "'/a b/co\\"ord/coord' hook run kimi"`,
    "timeout = 10",
  ]);
  const keys = new Set([...whole.matchAll(/^(\w+) = /gm)].map(([, key]) => key));
  assertEquals([...keys], ["event", "matcher", "command", "timeout"]);
  assertEquals(kimi.look(whole).hooks[0]?.command, `'/a b/co"ord/coord' hook run kimi`);
  assertEquals(kimi.uninstalled(whole), undefined);
  assertEquals(kimi.uninstalled(`${whole}a = 1\n`), "a = 1\n");
});

it("TomlSettings mends lines that were changed, and a command whose program is gone", () => {
  const { text } = kimi.installed("a = 1\n", COMMAND, isThere);
  const changed = text.replace("timeout = 10", "timeout = 1");
  assertEquals(kimi.look(changed).problems, ["its lines are not as hook install makes them"]);
  assertEquals(kimi.installed(changed, "x", isThere), { text, isMended: false });
  const other = "coord hook run kimi";
  const mended = kimi.installed(text, other, isGone);
  assertEquals(mended, { text: text.replaceAll(COMMAND, other), isMended: true });
  const open = text.replace("# coord hook: end\n", "");
  assertThrows(() => kimi.installed(open, COMMAND, isThere), UnfitFile, "calls coord already");
  assertEquals(kimi.uninstalled(open), open);
});

it("TomlSettings refuses a file in which the tables would be part of something else", () => {
  for (
    const text of [
      "hooks = []",
      '"hooks" = [{ event = "Stop" }]',
      " hooks.a = 1",
      "[hooks]",
      "a = 1\n[ 'hooks' ]\n",
      "[hooks.stop]",
    ]
  ) {
    const error = assertThrows(() => kimi.installed(text, COMMAND, isThere), UnfitFile);
    assertEquals(error.message, '"hooks" in it is no list of tables [[hooks]]');
  }
  const byHand = `[[hooks]]\nevent = "PreToolUse"\ncommand = '${COMMAND}'\n`;
  assertEquals(kimi.look(byHand).problems, [
    "the call is in none of the lines that hook install makes",
  ]);
  assertThrows(() => kimi.installed(byHand, COMMAND, isThere), UnfitFile, "calls coord already");
  assertEquals(kimi.uninstalled(byHand), byHand);
});

it("WholeFile is known by its mark, and goes only while it is unchanged", () => {
  for (const name of ["cline", "opencode"]) {
    const form = new WholeFile(name, hostNamed(name));
    const command = hookCommand(name, "/a 'b'/coord", undefined);
    const whole = form.whole(command);
    assertEquals(form.look(whole).hooks.map(({ command }) => command), [command]);
    assertEquals(form.look(whole).problems, []);
    assertEquals(form.installed(whole, "x", isThere), { text: whole, isMended: false });
    assertEquals(form.uninstalled(whole), undefined);
    const other = hookCommand(name, "coord", undefined);
    assertEquals(form.installed(whole, other, isGone), { text: form.whole(other), isMended: true });
    const changed = `${whole}\n`;
    assertEquals(form.look(changed).problems, ["it was changed since hook install made it"]);
    assertThrows(() => form.installed(changed, command, isThere), UnfitFile, "was changed");
    assertThrows(() => form.uninstalled(changed), UnfitFile, "left to people");
    for (
      const theirs of ["", "#!/bin/sh\ncoord hook run cline\n", "// coord hook run opencode\n"]
    ) {
      assertEquals(form.look(theirs).hooks, []);
      assertEquals(form.uninstalled(theirs), theirs);
      assertThrows(() => form.installed(theirs, command, isThere), UnfitFile, "is not one");
    }
    // One of an older coord is replaced.
    const older = new WholeFile(name, { ...hostNamed(name), whole: { text: "# $mark\nold\n" } });
    assertEquals(form.look(older.whole(command)).problems, [
      "another version of coord made it: install it again",
    ]);
    assertEquals(form.installed(older.whole(command), command, isThere).text, whole);
  }
});

it("the plugin that hook install writes is the one of this repository, with its program", () => {
  const source = readFileSync("plugin/opencode/coord.ts", "utf8");
  assertEquals(OPENCODE_PLUGIN, pluginText(source), "run scripts/opencode_plugin.ts");
  const form = new WholeFile("opencode", hostNamed("opencode"));
  const [mark, ...rest] = form.whole("coord hook run opencode").split("\n");
  assertEquals([mark?.slice(0, 54), rest.join("\n")], [
    "// coord hook run opencode (made by coord hook install",
    source,
  ]);
  const named = form.whole("'/a \"b\"/coord' hook run opencode --fail-closed");
  assert_(named.includes(String.raw`const COORD = "/a \"b\"/coord";`));
  assert_(named.includes('const FLAGS: readonly string[] = ["--fail-closed"];'));
});

it("HOSTS has each host that is spoken with, and what it takes for no opinion", async () => {
  assertEquals([...Object.keys(HOSTS), GENERIC].sort(), Object.keys(DIALECTS).sort());
  for (const [name, { silence = "", isSafe, calls = name }] of Object.entries(HOSTS)) {
    const dialect = await DIALECTS[calls]?.();
    if (isSafe !== true) assertEquals(dialect?.pass.out.trim(), silence, name);
  }
});
