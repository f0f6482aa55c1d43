/** The plugin of Claude Code has what `hook install` would write, and its files are whole. */
import { formOf } from "../../src/adapters/fs/checkout/settings/forms.ts";
import { split } from "../../src/cli/split.ts";
import { CATALOG } from "../../src/cli/catalog.ts";
import { GLOBAL_FLAGS } from "../../src/cli/locate.ts";
import { hookCommand } from "../../src/domain/input/hosts/form.ts";
import { VERSION } from "../../src/domain/version.ts";
import { detectHost } from "../../src/host/detect.ts";
import { assert_, assertEquals, it } from "../deps.ts";

const { fs } = await detectHost();
const ROOT = `${import.meta.dirname}/../..`;

function json(path: string) {
  return JSON.parse(new TextDecoder().decode(fs.read(`${ROOT}/${path}`)));
}

it("the plugin calls coord at the events of hook install, where coord is there", () => {
  const { description, ...rest } = json("plugin/claude/hooks/hooks.json");
  const whole = formOf("claude", "").whole(hookCommand("claude", "coord", ""));
  assertEquals(rest, JSON.parse(whole));
  assertEquals(typeof description, "string");
});

it("the plugin and the marketplace name each other, coord's version and files that are there", () => {
  const plugin = json("plugin/claude/.claude-plugin/plugin.json");
  const { plugins: [offered, ...others] } = json(".claude-plugin/marketplace.json");
  assertEquals([plugin.name, plugin.version], ["coord", VERSION]);
  const { name, source, description } = offered;
  assertEquals(
    { name, source, description, others },
    { name: "coord", source: "./plugin/claude", description: plugin.description, others: [] },
  );
  assert_(fs.stat(`${ROOT}/plugin/claude/${plugin.experimental.monitors}`)?.kind === "file");
});

it("the monitor is silent without a workspace, and its commands and flags are there", async () => {
  const [{ command }] = json("plugin/claude/monitors/monitors.json");
  const said = /^if coord status >\/dev\/null 2>&1; then exec coord (watch) (.*); fi$/.exec(
    command,
  );
  const [, name = "", flags = ""] = said ?? [];
  const described = await CATALOG[name]?.load();
  const parsed = split({ ...described?.flags, ...GLOBAL_FLAGS }, flags.split(" "));
  assertEquals([[...parsed.flags.keys()], parsed.operands], [["for-me"], []]);
  assert_("for-me" in (described?.flags ?? {}));
});
