import { sizePage } from "../../../scripts/bench/sizes/page.ts";
import { sizeRatios, type SizeRow } from "../../../scripts/bench/sizes/rows.ts";
import { assertEquals, it } from "../../deps.ts";
import { MACHINE } from "../../support/bench_machine.ts";

function row(
  call: string,
  tasks: number,
  ms: number,
  tasks_are: SizeRow["tasks_are"] = "finished",
): SizeRow {
  return { call, tasks, tasks_are, ms: { median: ms, spread: [ms, ms] } };
}

const ROWS = [
  row("claim", 1000, 2),
  row("claim", 10_000, 9),
  row("claim", 1_000_000, 4),
  row("status", 1000, 1, "pending"),
  row("status", 100_000, 2, "pending"),
];

it("sizeRatios() hold the largest size against the smallest", () => {
  assertEquals(sizeRatios(ROWS, "finished"), [
    { call: "claim", ratio: 2, goal: { atMost: 1.5 } },
  ]);
  assertEquals(sizeRatios(ROWS, "pending"), [
    { call: "status", ratio: 2, goal: { atMost: 3 } },
  ]);
});

it("sizePage() has a table of each kind of workspace, with what was missed", () => {
  const at = "2026-11-28T23:10:00.000Z";
  const page = sizePage({ at, length: "full", seconds: 200, ...MACHINE, rows: ROWS });
  assertEquals(
    page.split("\n").filter((line) => line.startsWith("|")).join("\n"),
    `| call | 1,000 | 10,000 | 1,000,000 | last ÷ first | goal |
| --- | --- | --- | --- | --- | --- |
| \`claim\` | 2.00 ms | 9.00 ms | 4.00 ms | 2.00 × | ≤ 1.5 ×, missed |
| call | 1,000 | 100,000 | last ÷ first | goal |
| --- | --- | --- | --- | --- |
| \`status\` | 1.00 ms | 2.00 ms | 2.00 × | ≤ 3 × |`,
  );
});
