import { apart, sizePlot } from "../../../scripts/bench/sizes/plot.ts";
import type { SizeRow } from "../../../scripts/bench/sizes/rows.ts";
import { assert_, assertEquals, it } from "../../deps.ts";

function row(call: string, tasks: number, ms: number): SizeRow {
  return { call, tasks, tasks_are: "finished", ms: { median: ms, spread: [ms, ms] } };
}

const all = (svg: string, pattern: RegExp) => [...svg.matchAll(pattern)].map(([, text]) => text);

it("sizePlot() draws a line a call over logarithmic axes, and names each", () => {
  const svg = sizePlot([
    row("claim", 1000, 1),
    row("claim", 10_000, 1),
    row("claim", 100_000, 1),
    row("status <x>", 1000, 1),
    row("status <x>", 10_000, 10),
    row("status <x>", 100_000, 100),
  ]);
  assertEquals(all(svg, /class="line c\d" d="([^"]+)"/g), [
    "M70 372L330 372L590 372",
    "M70 372L330 198L590 24",
  ]);
  assertEquals(all(svg, /class="name [^>]+>([^<]+)</g), ["claim", "status &lt;x>"]);
  assertEquals(all(svg, /text-anchor="end">([^<]+)</g), ["1 ms", "10 ms", "100 ms"]);
  assertEquals(all(svg, /text-anchor="middle">([\d,]+)</g), ["1,000", "10,000", "100,000"]);
});

it("sizePlot() has colours for light and for dark pages", () => {
  const svg = sizePlot([row("claim", 1000, 1), row("claim", 2000, 2)]);
  const [light = "", dark = ""] = svg.split("prefers-color-scheme:dark");
  assert_(light.includes(".line.c0{stroke:#1f5fa8}") && dark.includes(".line.c0{stroke:#79b0f0}"));
});

it("sizePlot() draws no line of no rows", () => {
  assertEquals(all(sizePlot([]), /(class="line)/g), []);
});

it("apart() leaves names where there is room, and parts those that meet", () => {
  assertEquals(apart([100, 50, 200]), [100, 50, 200]);
  assertEquals(apart([100, 100, 101]), [100, 115, 130]);
});

it("apart() keeps names within the field at its lower end", () => {
  assertEquals(apart([370, 372, 372]), [342, 357, 372]);
});
