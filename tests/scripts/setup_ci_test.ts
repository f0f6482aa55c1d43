import { type Machine, PACKAGES, setUp } from "../../scripts/setup_ci.ts";
import { assertEquals, it } from "../deps.ts";

/**
 * A machine with these programs, whose apt-get has these packages, and the commands it was given.
 */
function machine(programs: readonly string[], packages: readonly string[], root = true) {
  const there = new Set(programs);
  const calls: string[] = [];
  const printed: string[] = [];
  const fake: Machine = {
    has: (program) => Promise.resolve(there.has(program)),
    isRoot: () => root,
    run(program, args) {
      const words = [program, ...args.filter((arg) => !/^-o=|^-qq$|^DEBIAN|^env$/.test(arg))];
      calls.push(words.filter((word) => word !== "env").join(" "));
      if (args.includes("update")) return Promise.resolve({ code: 0, output: "" });
      const asked = args.slice(args.indexOf("--no-install-recommends") + 1);
      if (!asked.every((name) => packages.includes(name))) {
        return Promise.resolve({ code: 100, output: "E: Unable to locate package\n" });
      }
      for (const [provided, name] of Object.entries(PACKAGES)) {
        if (asked.includes(name)) there.add(provided);
      }
      return Promise.resolve({ code: 0, output: "" });
    },
    print: (line) => printed.push(line),
  };
  return { fake, calls, printed };
}

const ALL = Object.keys(PACKAGES);
const without = (...names: string[]) => ALL.filter((program) => !names.includes(program));

it("setUp() calls nothing when all is there", async () => {
  const { fake, calls, printed } = machine(ALL, []);
  assertEquals(await setUp(fake), []);
  assertEquals([calls, printed], [[], ["all programs of the tests are there"]]);
});

it("setUp() installs just what is missing", async () => {
  const { fake, calls, printed } = machine([...without("zsh", "man"), "apt-get"], [
    "zsh",
    "man-db",
  ]);
  assertEquals(await setUp(fake), []);
  assertEquals(calls, [
    "apt-get update",
    "apt-get install -y --no-install-recommends zsh man-db",
  ]);
  assertEquals(printed, ["installed zsh, man-db"]);
});

it("setUp() asks sudo where it is not root", async () => {
  const { fake, calls } = machine([...without("zsh"), "apt-get"], ["zsh"], false);
  await setUp(fake);
  assertEquals(calls[0], "sudo -n apt-get update");
});

it("setUp() installs the others when one package is not to be had, and goes on", async () => {
  const { fake, printed } = machine([...without("zsh", "fish"), "apt-get"], ["fish"]);
  assertEquals(await setUp(fake), ["zsh"]);
  assertEquals(printed.slice(-2), ["installed fish", "Cannot install zsh: apt-get did not"]);
});

it("setUp() reports what is missing where there is no apt-get", async () => {
  const { fake, calls, printed } = machine(without("zsh"), []);
  assertEquals(await setUp(fake), ["zsh"]);
  assertEquals([calls, printed], [[], ["Cannot install zsh: there is no apt-get"]]);
});
