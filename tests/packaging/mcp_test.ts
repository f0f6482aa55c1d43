/** `coord mcp` as it is shipped: the executable for this machine, and the package for npm on Node. */
import { bundleForNpm } from "../../scripts/bundle.ts";
import { bunPath } from "../../scripts/support/toolchain.ts";
import { run } from "../../scripts/support/run.ts";
import { assertEquals, itIf } from "../deps.ts";
import { isHeavy } from "../support/length.ts";
import { ownExecutable } from "../support/program/built.ts";
import { ERAS, start, updates, workspace } from "../support/program/mcp.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const itHeavy = itIf(isHeavy(), "it compiles and bundles, only with COORD_HEAVY=1");

let npm: Promise<string> | undefined;
const packaged = () => npm ??= bundleForNpm(`${makeTempDir()}/npm`);

type Program = readonly [command: string, ...args: string[]];

const PROGRAMS: readonly (readonly [what: string, program: () => Promise<Program>])[] = [
  ["the executable", async () => [await ownExecutable()]],
  ["the package on Node", async () => ["node", await packaged()]],
  ["the package on Deno", async () => [
    Deno.execPath(),
    "run",
    "-A",
    "--no-config",
    await packaged(),
  ]],
  ["the package on Bun", async () => [await bunPath(), await packaged()]],
];

for (const [what, program] of PROGRAMS) {
  itHeavy(`${what} serves tools and resources in both eras, and ends with its input`, async () => {
    const dir = await workspace();
    const [command, ...args] = await program();
    for (const era of ERAS) {
      await using served = await start([command, ...args], dir, era, { COORD_RUN_ID: era });
      const { client, call } = served;
      assertEquals((await client.listTools()).tools.length, 6);
      assertEquals((await client.listResources()).resources.length, 3);
      const changed = updates(client);
      const uri = "coord://holds";
      if (era === ERAS[0]) await client.subscribeResource({ uri });
      else await client.listen({ resourceSubscriptions: [uri] });
      const { value } = await call("coord_reserve", { addresses: ["a.ts"] });
      // The other era's server has ended, and what it held by the agent's word is held still.
      assertEquals([value.ok, value.run_id], [era === ERAS[0], era]);
      await call("coord_reserve", { addresses: ["b.ts"], exclusive: false });
      assertEquals(await changed.next(), uri);
      assertEquals((await call("coord_reserve", {})).isError, true);
    }
    const { code, output } = await run(command, [...args, "mcp"], { cwd: dir, limit: 60 });
    assertEquals([code, output], [0, ""]);
  });
}
