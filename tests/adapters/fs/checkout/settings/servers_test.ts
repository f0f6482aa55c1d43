/** `coord mcp` in the settings of hosts. */
import { FsHostSettings } from "../../../../../src/adapters/fs/checkout/settings/files.ts";
import { SERVERS } from "../../../../../src/adapters/fs/checkout/settings/forms.ts";
import { CoordError } from "../../../../../src/domain/errors.ts";
import { SERVER_HOSTS } from "../../../../../src/domain/input/hosts/servers.ts";
import { assert_, assertEquals, assertThrows, it } from "../../../../deps.ts";
import { fakeHost } from "../../../../support/fake/host.ts";
import { sized } from "../../../../support/length.ts";
import { newSeed, type Random } from "../../../../support/random.ts";
import { makeTempDir, setMode } from "../../../../support/scene/scratch.ts";
import { settingsFile } from "../../../../support/scene/settings_files.ts";

const { fs } = fakeHost();

/** A project with a coord on the path, and the settings of one host there. */
function scene(name: string, content?: string) {
  const dir = makeTempDir();
  const host = fakeHost({ cwd: dir, env: { HOME: `${dir}/home`, PATH: `${dir}/bin` } });
  const settings = new FsHostSettings(host, undefined, SERVERS);
  const [file] = settings.files(name);
  if (file === undefined) throw new Error("No file");
  const { path } = file;
  const put = (path: string, text: string) => {
    fs.remove(path);
    fs.makeDir(path.slice(0, path.lastIndexOf("/")));
    fs.createNew(path, new TextEncoder().encode(text));
  };
  put(`${dir}/bin/coord`, "");
  setMode(`${dir}/bin/coord`, 0o755);
  if (content !== undefined) put(path, content);
  return {
    dir,
    path,
    put: (text: string) => put(path, text),
    read() {
      const bytes = fs.read(path);
      return bytes && new TextDecoder().decode(bytes);
    },
    install: (program?: string) =>
      settings.edit(file, settings.command(file, program), true).change,
    uninstall: () => settings.edit(file, undefined, true).change,
  };
}

const JSON_HOSTS = Object.entries(SERVER_HOSTS).filter(([, { json }]) => json !== undefined);

/** A file of TOML as people write it. */
function tomlFile(random: Random): string {
  const eol = random.pick(["\n", "\n", "\r\n"]);
  const pieces = [
    '# mcp_servers.coord = "no"',
    'model = "gpt"',
    "",
    "[mcp_servers.other]",
    'command = "notcoord"',
    "[mcp_servers.coordinator.env]",
    'args = ["mcp"]',
    '[projects."/work"]',
    '  trust_level = "trusted"',
    "[[hooks]]",
    'command = "/bin/coord hook run codex"',
  ].filter(() => random.chance(0.7));
  return `${pieces.join(eol)}${random.pick(["", eol, `${eol}${eol}`])}`;
}

it("files with servers come back byte for byte, whatever others have in them", () => {
  const random = newSeed("servers");
  for (const [name, { json, servers = "" }] of JSON_HOSTS) {
    const { put, read, install, uninstall } = scene(name);
    for (let round = 0; round < sized(8, 1_000, 10_000); round++) {
      const syntax = json?.syntax ?? "json";
      const form = { syntax, key: servers, events: ["other", "coordinator"] };
      const { text, value } = settingsFile(random, form);
      put(text);
      assertEquals(install(), "installed", text);
      const there = read() ?? "";
      assertEquals(install(), "none", there);
      if (syntax === "json") {
        // The entry is the last of the servers; all else is as it was.
        const after = JSON.parse(there);
        const { coord, ...others } = after[servers];
        assertEquals([coord.command.endsWith("coord"), coord.args], [true, ["mcp"]]);
        assertEquals(Object.keys(after[servers]).at(-1), "coord");
        assertEquals({ ...after, [servers]: others }, {
          ...value,
          [servers]: value[servers] ?? {},
        });
      }
      assertEquals(uninstall(), "uninstalled", there);
      assertEquals(read(), text, there);
      assertEquals(uninstall(), "none", text);
    }
  }
});

it("config.toml of Codex comes back byte for byte", () => {
  const random = newSeed("servers of Codex");
  const { put, read, install, uninstall } = scene("codex");
  for (let round = 0; round < sized(20, 2_000, 20_000); round++) {
    const text = tomlFile(random);
    put(text);
    assertEquals(install(), "installed", text);
    const there = read() ?? "";
    assert_(
      there.endsWith(
        '[mcp_servers.coord]\ncommand = "coord"\nargs = ["mcp"]\n# coord mcp: end\n',
      ) ||
        there.endsWith('[mcp_servers.coord]\ncommand = "coord"\nargs = ["mcp"]\n# coord mcp: end'),
      there,
    );
    assertEquals(install(), "none", there);
    assertEquals(uninstall(), "uninstalled", there);
    assertEquals(read(), text, there);
  }
});

it("a file that mcp install made goes with mcp uninstall, unless others have written into it", () => {
  for (const name of Object.keys(SERVER_HOSTS)) {
    const { put, read, install, uninstall } = scene(name);
    assertEquals(install(), "installed");
    const made = read() ?? "";
    assertEquals(uninstall(), "uninstalled");
    assertEquals(read(), undefined);
    const theirs = name === "codex" ? `${made}model = "m"\n` : made.replace(/\}\n$/, ', "a": 1}\n');
    put(theirs);
    assertEquals(uninstall(), "uninstalled");
    assert_(/model|"a": 1/.test(read() ?? ""), read());
    assert_(!/coord/.test(read() ?? ""), read());
  }
});

it("a server of that name that is another program is left alone, and so is what takes no server", () => {
  const refused: Readonly<Record<string, readonly string[]>> = {
    claude: [
      '{"mcpServers":{"coord":{"command":"other","args":["mcp"]}}}',
      '{"mcpServers":{"coord":{"url":"http://127.0.0.1/"}}}',
      '{"mcpServers":{"coord":{"command":"coord","args":["watch"]}}}',
      '{"mcpServers":[]}',
      "// x\n{}",
    ],
    vscode: ['{"servers":{"coord":null}}', '{"servers":{},}'],
    opencode: [
      '{"mcp":{"coord":{"type":"local","command":["other","mcp"]}}}',
      '{"mcp":{"coord":{"type":"local","command":["coord","watch"]}}}',
      '{"mcp":{"coord":{"type":"local","command":"coord mcp"}}}',
    ],
    codex: [
      '[mcp_servers.coord]\ncommand = "other"\n',
      ' [ mcp_servers . "coord" . env ]\n',
      "['mcp_servers'.'coord']\n",
      "mcp_servers = {}\n",
      'mcp_servers.other.command = "x"\n',
      "[[mcp_servers]]\n",
      '[mcp_servers]\ncoord = { command = "x" }\n',
      '[mcp_servers]\n"coord".command = "x"\n',
      '[mcp_servers.mine]\ncommand = "/opt/coord"\nargs = ["mcp"]\n',
    ],
  };
  for (const [name, texts] of Object.entries(refused)) {
    for (const text of texts) {
      const { read, install, path, uninstall } = scene(name, text);
      const error = assertThrows(() => install(), CoordError);
      assert_(error.message.startsWith(`${path} cannot be edited: `), error.message);
      assertEquals(read(), text);
      assertEquals([uninstall(), read()], ["none", text]);
    }
  }
  for (const text of ["", "[]", "{", "\uFEFF{}"]) {
    const { read, install } = scene("claude", text);
    assertThrows(() => install(), CoordError, "cannot be edited");
    assertEquals(read(), text.replace("\uFEFF", ""));
  }
});

it("what was added by hand is known, and gets another program once its own is gone", () => {
  const byHand =
    '{"mcpServers":{"coord":{"type":"stdio","command":"/gone/coord","args":["mcp"],"env":{}}}}';
  const { dir, read, install, uninstall } = scene("claude", byHand);
  assertEquals(install(), "repointed");
  assertEquals(read(), byHand.replace("/gone/coord", "coord"));
  assertEquals([install(), read()], ["none", byHand.replace("/gone/coord", "coord")]);
  assertEquals([uninstall(), read()], ["uninstalled", '{"mcpServers":{}}']);

  const opencode = scene("opencode", '{"mcp":{"coord":{"command":["/gone/coord","mcp"]}}}');
  assertEquals(opencode.install(), "repointed");
  assertEquals(opencode.read(), '{"mcp":{"coord":{"command":["coord","mcp"]}}}');

  const codex = scene("codex");
  codex.install("/gone/coord");
  assertEquals(codex.install(`${dir}/bin/coord`), "repointed");
  assert_(codex.read()?.includes(`command = "${dir}/bin/coord"`), codex.read());
  const odd = scene("cursor");
  odd.install(`${dir}/it's here/coord`);
  assertEquals(JSON.parse(odd.read() ?? "").mcpServers.coord.command, `${dir}/it's here/coord`);
  assertEquals([odd.uninstall(), odd.read()], ["uninstalled", undefined]);
});

it("an entry has what its host asks for", () => {
  const entries = JSON_HOSTS.map(([name, { servers = "" }]) => {
    const { install, read } = scene(name);
    install("/bin/coord");
    return [name, JSON.parse(read() ?? "")[servers].coord];
  });
  const own = { command: "/bin/coord", args: ["mcp"] };
  assertEquals(Object.fromEntries(entries), {
    claude: own,
    gemini: own,
    cursor: own,
    vscode: { type: "stdio", ...own },
    copilot: { type: "local", ...own, tools: ["*"] },
    opencode: { type: "local", command: ["/bin/coord", "mcp"], enabled: true },
    antigravity: own,
  });
});
