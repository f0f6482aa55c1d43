/** The plot of cost against size, as an SVG that is legible on light and on dark pages. */
import { quantity } from "../../support/figures.ts";
import type { SizeRow } from "./rows.ts";

const WIDTH = 760;
const HEIGHT = 420;

/** What surrounds the field of the lines; the names of calls stand to the right. */
const MARGIN = { left: 70, right: 170, top: 24, bottom: 48 };

/** Pixels between the names of two lines that end at the same height. */
const NAME_HEIGHT = 15;

/** A colour of each line on a light page and on a dark one, of the same hue. */
const COLOURS: readonly (readonly [light: string, dark: string])[] = [
  ["#1f5fa8", "#79b0f0"],
  ["#b4441c", "#f39a6b"],
  ["#2c7a3f", "#74c98a"],
  ["#7b3fa0", "#c79be6"],
  ["#8a6a00", "#dcbc4a"],
  ["#0f7a7a", "#5fc9c9"],
  ["#a02c5c", "#f08cb2"],
];

/** The cost of each call by the number of tasks, most of them finished; both axes logarithmic. */
export function sizePlot(all: readonly SizeRow[]): string {
  const rows = all.filter(({ tasks_are }) => tasks_are === "finished");
  const sizes = [...new Set(rows.map(({ tasks }) => tasks))].sort((a, b) => a - b);
  const costs = rows.flatMap(({ ms }) => ms.median).filter((ms) => ms > 0);
  const x = axis(sizes, MARGIN.left, WIDTH - MARGIN.right);
  const y = axis(decades(costs), HEIGHT - MARGIN.bottom, MARGIN.top);
  const calls = [...new Set(rows.map(({ call }) => call))];
  const lines = calls.map((call, index) => {
    const points = rows.filter((row) => row.call === call).sort((a, b) => a.tasks - b.tasks)
      .map(({ tasks, ms }) => ({ x: x(tasks), y: y(ms.median) }));
    return { call, points, colour: `c${index % COLOURS.length}` };
  });
  const names = apart(lines.map(({ points }) => points.at(-1)?.y ?? 0));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    "<title>The cost of calls against the number of tasks</title>",
    style(),
    ...decades(costs).flatMap((cost) => [
      `<path class="grid" d="M${MARGIN.left} ${n(y(cost))}H${WIDTH - MARGIN.right}"/>`,
      `<text x="${MARGIN.left - 8}" y="${n(y(cost) + 4)}" text-anchor="end">${label(cost)}</text>`,
    ]),
    ...sizes.map((size) =>
      `<text x="${n(x(size))}" y="${HEIGHT - MARGIN.bottom + 20}" text-anchor="middle">${
        size.toLocaleString("en")
      }</text>`
    ),
    `<text x="${(MARGIN.left + WIDTH - MARGIN.right) / 2}" y="${
      HEIGHT - 8
    }" text-anchor="middle">tasks in the workspace, 99 of 100 finished</text>`,
    ...lines.flatMap(({ call, points, colour }, index) => [
      `<path class="line ${colour}" d="M${points.map((p) => `${n(p.x)} ${n(p.y)}`).join("L")}"/>`,
      ...points.map((p) => `<circle class="dot ${colour}" cx="${n(p.x)}" cy="${n(p.y)}" r="3"/>`),
      `<text class="name ${colour}" x="${WIDTH - MARGIN.right + 12}" y="${
        n((names[index] ?? 0) + 4)
      }">${escaped(call)}</text>`,
    ]),
    "</svg>",
    "",
  ].join("\n");
}

/** A logarithmic scale from the least of some values to the greatest. */
function axis(values: readonly number[], from: number, to: number): (value: number) => number {
  const [least, most] = [Math.log10(Math.min(...values)), Math.log10(Math.max(...values))];
  const width = most === least ? 1 : most - least;
  return (value) => from + (Math.log10(value) - least) / width * (to - from);
}

/** The powers of ten around some values. */
function decades(values: readonly number[]): number[] {
  if (values.length === 0) return [];
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.ceil(Math.log10(Math.max(...values)));
  return Array.from({ length: Math.max(last, first + 1) - first + 1 }, (_, i) => 10 ** (first + i));
}

/** Heights near the given ones with room for a name between any two; in the given order. */
export function apart(heights: readonly number[]): number[] {
  const order = heights.map((_, index) => index).sort((a, b) =>
    (heights[a] ?? 0) - (heights[b] ?? 0)
  );
  const placed = [...heights];
  for (const [rank, index] of order.entries()) {
    const above = placed[order[rank - 1] ?? -1] ?? -Infinity;
    placed[index] = Math.max(heights[index] ?? 0, above + NAME_HEIGHT);
  }
  // What ran out of the field at the bottom goes back up.
  let limit = HEIGHT - MARGIN.bottom;
  for (const index of order.toReversed()) {
    placed[index] = Math.min(placed[index] ?? 0, limit);
    limit = (placed[index] ?? 0) - NAME_HEIGHT;
  }
  return placed;
}

/** A power of ten of milliseconds. */
function label(ms: number): string {
  return quantity(ms, "ms").replace(/\.0+(?= )/, "");
}

function n(value: number): string {
  return `${Math.round(value * 10) / 10}`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/** Plain rules of each colour: many programs that show an SVG know no variables. */
function style(): string {
  const colours = (which: 0 | 1) =>
    COLOURS.map(({ [which]: colour }, index) =>
      `.line.c${index}{stroke:${colour}}.dot.c${index},text.c${index}{fill:${colour}}`
    ).join("");
  return [
    "<style>",
    "text{font:13px system-ui,sans-serif;fill:#444}.grid{stroke:#ddd}",
    ".line{fill:none;stroke-width:2}",
    colours(0),
    `@media(prefers-color-scheme:dark){text{fill:#bbb}.grid{stroke:#3a3a3a}${colours(1)}}`,
    "</style>",
  ].join("\n");
}
