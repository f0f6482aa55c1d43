import { assertEquals, it } from "../deps.ts";
import { main } from "../../src/cli/main.ts";
import { parseAddress, spelledBy } from "../../src/domain/glob/address.ts";
import { MAX_ADDRESS } from "../../src/domain/limits.ts";
import { fakeHost } from "../support/fake/host.ts";
import { workspace } from "../support/scene/workspace.ts";

/** A project with these files, and the command line in it. */
async function project(...files: string[]) {
  const { dir, host, clock } = await workspace();
  for (const file of files) {
    const cut = file.lastIndexOf("/");
    if (cut > 0) host.fs.makeDir(`${dir}/${file.slice(0, cut)}`);
    host.fs.createNew(`${dir}/${file}`, new Uint8Array());
  }
  return async (...args: string[]) => {
    const fake = fakeHost({ args: [...args, "--json"], cwd: dir });
    await main(fake, clock.now);
    const { status, addresses } = JSON.parse(fake.out);
    return { status, addresses };
  };
}

it("spelledBy() escapes the path of an address, and nothing of its symbol", () => {
  const cases: readonly (readonly [text: string, address: string | undefined])[] = [
    ["src/a.py", undefined],
    ["src/a.py::*", undefined],
    ["{{x}}/a.py::f*", "\\{\\{x\\}\\}/a.py::f*"],
    ["[id]/**/b?.ts", "\\[id\\]/\\*\\*/b\\?.ts"],
  ];
  for (const [text, address] of cases) {
    assertEquals([text, spelledBy(text)?.address], [text, address]);
    if (address !== undefined) assertEquals(typeof parseAddress(address), "object");
  }
});

it("reserve takes a path that is there as it is written for that path, in every spelling", async () => {
  const files = ["{{proj.slug}}/setup.py", "app/[id]/page.tsx", "a{b,c}.ts", "plain.ts"];
  for (
    const [file, escaped] of [
      ["{{proj.slug}}/setup.py", "\\{\\{proj.slug\\}\\}/setup.py"],
      ["{{proj.slug}}", "\\{\\{proj.slug\\}\\}"],
      ["app/[id]/page.tsx", "app/\\[id\\]/page.tsx"],
      ["a{b,c}.ts", "a\\{b,c\\}.ts"],
      ["plain.ts", "plain.ts"],
    ] as const
  ) {
    const coord = await project(...files);
    const reserve = (address: string, run: string) =>
      coord("reserve", address, "--exclusive", "--run-id", run);
    assertEquals(await reserve(file, "a1"), { status: "reserved", addresses: [escaped] });
    assertEquals((await reserve(escaped, "a2")).status, "conflict");
    assertEquals((await reserve(file, "a2")).status, "conflict");
  }
});

it("reserve takes a path that is not there for a pattern, and symbols always", async () => {
  const coord = await project("src/a.ts", "x[1]/f.ts");
  const reserve = async (...addresses: string[]) =>
    (await coord("reserve", ...addresses, "--run-id", "a")).addresses;
  assertEquals(await reserve("src/*.ts", "src/[ab].ts"), ["src/*.ts", "src/[ab].ts"]);
  assertEquals(await reserve("x[1]/f.ts::*", "x\\[1\\]/f.ts::*"), ["x\\[1\\]/f.ts::*"]);
  const intent = await coord("intent", "x[1]/f.ts", "--op", "modify", "--run-id", "a");
  assertEquals(intent.addresses, ["x\\[1\\]/f.ts"]);
});

it("reserve leaves a pattern as it is where its path would be too long an address", async () => {
  const name = "[x]".repeat(70);
  const address = `${name}/${name}/${name}/${name}/a`;
  const coord = await project(address);
  assertEquals((spelledBy(address)?.address ?? "").length > MAX_ADDRESS, true);
  const { status, addresses } = await coord("reserve", address, "--run-id", "a");
  assertEquals({ status, addresses }, { status: "reserved", addresses: [address] });
});
