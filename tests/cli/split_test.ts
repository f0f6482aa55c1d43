import { BARE_FLAGS, GLOBAL_FLAGS } from "../../src/cli/locate.ts";
import { main } from "../../src/cli/main.ts";
import { split } from "../../src/cli/split.ts";
import { assertEquals, it } from "../deps.ts";
import { fakeHost } from "../support/fake/host.ts";

it("split() gives each flag with its texts, and the operands in their order", () => {
  const { flags, operands, problems } = split({ ...BARE_FLAGS, ...GLOBAL_FLAGS }, [
    ...["a", "-jC", "x", "--format=text", "-5", "-Cy", "--dir", "-", "-hV", "--", "--json", "--"],
  ]);
  assertEquals({ flags: [...flags], operands, problems }, {
    flags: [
      ["json", true],
      ["dir", ["x", "y", "-"]],
      ["format", ["text"]],
      ["help", true],
      ["version", true],
    ],
    operands: ["a", "-5", "--json", "--"],
    problems: [],
  });
});

/** What a command line shows: help, the version, JSON or something else. */
async function shown(line: string): Promise<string> {
  const host = fakeHost({ args: line.split(" ") });
  await main(host);
  if (host.out.startsWith("{")) return "json";
  if (host.out.includes("Usage: coord")) return "help";
  return /^coord \d/.test(host.out) ? "version" : "else";
}

/** Those of the command lines that show something else than what they should. */
async function wrong(lines: readonly string[], expected: string): Promise<string[]> {
  const found = await Promise.all(lines.map(shown));
  return lines.flatMap((line, at) => found[at] === expected ? [] : `${line}: ${found[at]}`);
}

it("main() answers with JSON where it is asked for, even where the rest is wrong", async () => {
  const asked = ["claim --bogus -j", "x --json", "--format json x", "claim --bogus --format=json"];
  const more = ["-hj", "claim -hj", "claim -jC x --bogus", "-jC x bogus", "--bogus -j", "lane -j"];
  assertEquals(await wrong([...asked, ...more], "json"), []);
  const not = ["claim --bogus", "x -- -j", "x --format text", "claim --queue json", "claim -Cj -x"];
  assertEquals(await wrong(not, "else"), []);
});

it("main() shows help and the version where they are asked for, even where the rest is wrong", async () => {
  assertEquals(
    await wrong(["claim --help", "claim -h -x", "lane -h", "-h", "help -h"], "help"),
    [],
  );
  assertEquals(await wrong(["--version", "-V", "--version --bogus", "version"], "version"), []);
  const neither = ["claim -- --help", "bogus --help", "claim --version", "-- --version"];
  assertEquals(await wrong(neither, "else"), []);
});
