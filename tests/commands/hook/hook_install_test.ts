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
  fs.createNew(`${dir}/bin/codex`, new Uint8Array());
  setMode(`${dir}/bin/codex`, 0o755);
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
