/** No answer and no error of a command repeats a password. */
import { main } from "../../../src/cli/main.ts";
import { assertEquals, it } from "../../deps.ts";
import { fakeHost } from "../../support/fake/host.ts";
import { makeTempDir } from "../../support/scene/scratch.ts";

const SECRET = "swordfish";

/** Nothing listens there, so that an attempt to connect fails at once. */
const NOWHERE = `127.0.0.1:1/coord?space=a`;

/** What a call prints. */
async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const cwd = makeTempDir();
  const host = fakeHost({ args, cwd, env: { HOME: cwd, ...env } });
  const code = await main(host);
  return { code, all: host.out + host.err };
}

it("a password in --store is bad input, of a hook and of every other command", async () => {
  for (
    const url of [`postgres://me:${SECRET}@db/c?space=a`, `postgres://db/c?password=${SECRET}`]
  ) {
    for (const args of [["tasks", "--json"], ["store", "trust"], ["store", "init"], ["mcp"]]) {
      const { code, all } = await run([...args, "--store", url]);
      assertEquals({ args, code, isShown: all.includes(SECRET) }, {
        args,
        code: 64,
        isShown: false,
      });
    }
    const { all } = await run(["hook", "run", "generic", "pre", "--store", url]);
    assertEquals(all.includes(SECRET), false);
  }
});

it("a password in the environment is in no answer and in no error", async () => {
  const urls = [
    `postgres://me:${SECRET}@${NOWHERE}`,
    `postgres://me:${SECRET}@db/coord?space=`,
    `postgres://me:${SECRET}@db/coord?space=a&password=${SECRET}`,
    `postgres://me:${SECRET}@`,
    `https://me:${SECRET}@db/coord`,
    SECRET,
  ];
  for (const [n, COORD_STORE] of urls.entries()) {
    for (const args of [["config"], ["store", "trust"], ...n > 0 ? [["tasks"], ["doctor"]] : []]) {
      for (const format of ["text", "json"]) {
        const { all } = await run([...args, "--format", format], { COORD_STORE });
        assertEquals({ COORD_STORE, args, isShown: all.includes(SECRET) }, {
          COORD_STORE,
          args,
          isShown: false,
        });
      }
    }
  }
});
