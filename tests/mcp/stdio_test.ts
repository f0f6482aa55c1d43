/** Servers that are processes of their own, by the client of the SDK over standard input and output. */
import { assertEquals, it } from "../deps.ts";
import { sized } from "../support/length.ts";
import { ERAS, fromSource, start, workspace } from "../support/program/mcp.ts";

const [legacy, stateless] = ERAS;

/** Files that are raced for. */
const FILES = sized(3, 40, 200);

it("of two servers that want a file at once exactly one gets it", async () => {
  const dir = await workspace();
  const [a, b] = await Promise.all([
    start(fromSource(), dir, legacy, { COORD_RUN_ID: "agent-1" }),
    start(fromSource(), dir, stateless, { COORD_RUN_ID: "agent-2" }),
  ]);
  await using _ends = {
    [Symbol.asyncDispose]: async () => {
      await Promise.all([a, b].map((each) => each[Symbol.asyncDispose]()));
    },
  };
  for (let n = 0; n < FILES; n++) {
    const addresses = [`src/${n}.ts`];
    const answers = await Promise.all(
      [a, b].map(({ call }) => call("coord_reserve", { addresses })),
    );
    const winners = answers.filter(({ value }) => value.ok);
    const losers = answers.filter(({ value }) => !value.ok);
    assertEquals(
      [winners.length, losers.map(({ isError, value }) => [isError, value.status])],
      [1, [[false, "conflict"]]],
    );
    assertEquals(losers[0]?.value.conflicts[0].run_id, winners[0]?.value.run_id);
  }
});
