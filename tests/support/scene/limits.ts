/** Bounds of the command line, each tried from both sides. */
import { main } from "../../../src/cli/main.ts";
import { assertEquals, it } from "../../deps.ts";
import { fakeHost, scratch } from "../fake/host.ts";

/** What is wrong, the code in JSON, the message, and the nearest call that is fine. */
export type Limit = readonly [
  bad: readonly string[],
  status: string,
  message: string,
  good: readonly string[],
];

/** The longest run id. */
export const run256 = "r".repeat(256);

/** A test for each bound. */
export function testLimits(limits: readonly Limit[]): void {
  for (const [bad, status, message, good] of limits) {
    const name = bad.filter((word) => word.length < 40).join(" ");
    it(`coord ${name} is bad input: ${message}`, async () => {
      using folder = scratch();
      const wrong = fakeHost({ args: [...bad, "--json"], cwd: folder.path });
      assertEquals(await main(wrong), 64);
      const answer = JSON.parse(wrong.out);
      assertEquals([answer.status, answer.error], [status, message]);
      assertEquals(wrong.err, message.split("; ").map((line) => `coord: ${line}\n`).join(""));
      // A value within the bound gets past the check, and then finds no workspace.
      const right = fakeHost({ args: good, cwd: folder.path });
      assertEquals([await main(right), right.out], [2, ""]);
    });
  }
}
