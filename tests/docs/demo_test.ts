/** The demonstration ends well, and says so in lines that fit. */
import { run } from "../../scripts/support/run.ts";
import { assertEquals, itIf } from "../deps.ts";
import { isHeavy } from "../support/length.ts";

const DEMO = new URL("../../scripts/demo.ts", import.meta.url).pathname;

const itHeavy = itIf(isHeavy(), "it runs for ten seconds, only with COORD_HEAVY=1");

itHeavy("deno task demo ends with what every worker did, in lines of 80 characters", async () => {
  const { code, output } = await run(Deno.execPath(), ["run", "-A", DEMO], { limit: 120 });
  assertEquals(code, 0, output);
  const table = output.trimEnd().split("\n").slice(-8);
  const shape = (line: string, at: number) =>
    (at === 1 ? line : line.replaceAll(/(?<=[ (])[\d.]+/g, "N")).replace(/ {2,}/, ": ");
  assertEquals(table.map(shape), [
    "worker-1: N tasks done",
    "worker-2: 4 tasks done, then it was killed",
    "worker-3: N tasks done",
    "worker-4: N tasks done",
    "all: N tasks, each done once",
    "the report: N lines, as counted here",
    "coord watch: N events, with the end of each task",
    "time: N s, N tasks a second",
  ]);
  assertEquals(output.split("\n").filter((line) => line.length > 80 || line.includes("\x1b")), []);
});
