import { saysVersion, versionText } from "../../../src/cli/help/version.ts";
import { main } from "../../../src/cli/main.ts";
import { assertEquals, assertMatch, it } from "../../deps.ts";
import { fakeHost } from "../../support/fake/host.ts";

it("saysVersion() answers a lone --version as main() does, and nothing else", async () => {
  for (const word of ["--version", "-V"]) {
    const [alone, whole] = [fakeHost({ args: [word] }), fakeHost({ args: [word] })];
    assertEquals({ said: saysVersion(alone), out: alone.out, err: alone.err }, {
      said: true,
      out: versionText(whole),
      err: "",
    });
    assertEquals({ code: await main(whole), out: whole.out }, { code: 0, out: alone.out });
  }
  for (const args of [[], ["version"], ["--version", "-j"], ["--json", "--version"], ["-v"]]) {
    const host = fakeHost({ args });
    assertEquals({ said: saysVersion(host), out: host.out }, { said: false, out: "" }, args.join());
  }
});

it("saysVersion() leaves it to main() to say that it cannot write", async () => {
  const host = fakeHost({ args: ["--version"], readerGoesAfter: 0 });
  assertEquals({ said: saysVersion(host), out: host.out, err: host.err }, {
    said: false,
    out: "",
    err: "",
  });
  assertEquals({ code: await main(host), err: host.err }, { code: 0, err: "" });
});

it("versionText() names the runtime", () => {
  assertMatch(versionText(fakeHost()), /^coord \d+\.\d+\.\d+ \(\w+ [^ ()]+\)\n$/);
});
