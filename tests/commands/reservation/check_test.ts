/** `coord check --stdin0`: addresses from another program. */
import { main } from "../../../src/cli/main.ts";
import { MAX_ADDRESSES } from "../../../src/domain/limits.ts";
import { assertEquals, it } from "../../deps.ts";
import { fakeHost, scratch } from "../../support/fake/host.ts";

async function check(stdin: string | readonly Uint8Array[]) {
  using folder = scratch();
  const run = async (args: readonly string[]) => {
    const host = fakeHost({ args, cwd: folder.path, stdin });
    const code = await main(host);
    return { code, out: host.out };
  };
  await run(["init"]);
  await run(["reserve", "src/[a]/b c.ts", "--literal", "--run-id", "b", "--exclusive"]);
  const { code, out } = await run(["check", "--stdin0", "--literal", "--run-id", "a", "--json"]);
  const answer = JSON.parse(out);
  return { code, said: answer.error ?? answer.addresses };
}

it("check --stdin0 reads addresses that end in a zero byte, the last one perhaps without", async () => {
  assertEquals(await check("x b.ts\0\0docs/é.md"), { code: 0, said: ["x b.ts", "docs/é.md"] });
  assertEquals(await check("a\0"), { code: 0, said: ["a"] });
  assertEquals(await check(""), { code: 0, said: [] });
  assertEquals((await check("src/[a]/b c.ts\0")).code, 1);
});

it("check --stdin0 refuses lines, what is no UTF-8, and one address too many", async () => {
  assertEquals(await check("a\nb\n"), {
    code: 64,
    said: "standard input holds newlines and no zero byte: end each address with a zero byte, as " +
      "git does with -z",
  });
  assertEquals(await check([new Uint8Array([0x61, 0, 0xff, 0])]), {
    code: 64,
    said: "standard input, address 2 is not UTF-8 text",
  });
  const many = Array.from({ length: MAX_ADDRESSES + 1 }, (_, n) => `f${n}\0`);
  assertEquals((await check(many.slice(1).join(""))).code, 0);
  assertEquals(await check(many.join("")), {
    code: 64,
    said: "standard input, address 1001 is one too many: 1000 are allowed",
  });
});
