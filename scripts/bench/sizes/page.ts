/** The cost of calls against size in `docs/performance.md`, from what a run found. */
import { measuredOn, quantity, short } from "../../support/figures.ts";
import { sizeRatios, type SizeResults, type SizeRow } from "./rows.ts";

/** All of the part, as Markdown. */
export function sizePage(results: SizeResults): string {
  return [
    measuredOn(results),
    "![The cost of calls against the number of tasks](images/sizes.svg)",
    "Of the tasks 99 of 100 are finished, and the others wait.",
    table(results.rows, "finished"),
    "All of them wait.",
    table(results.rows, "pending"),
  ].join("\n\n");
}

function table(all: readonly SizeRow[], tasksAre: SizeRow["tasks_are"]): string {
  const rows = all.filter(({ tasks_are }) => tasks_are === tasksAre);
  const sizes = [...new Set(rows.map(({ tasks }) => tasks))];
  const cells = sizeRatios(rows, tasksAre).map(({ call, ratio, goal: { atMost } }) => [
    `\`${call}\``,
    ...sizes.map((tasks) => {
      const row = rows.find((row) => row.call === call && row.tasks === tasks);
      return row === undefined ? "" : quantity(row.ms.median, "ms");
    }),
    `${short(ratio)} ×`,
    `≤ ${atMost} ×${ratio <= atMost ? "" : ", missed"}`,
  ]);
  const head = [
    "call",
    ...sizes.map((tasks) => tasks.toLocaleString("en")),
    "last ÷ first",
    "goal",
  ];
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...cells.map(line)].join("\n");
}
