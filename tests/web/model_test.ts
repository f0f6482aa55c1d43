import { sanitize } from "../../src/cli/sanitize.ts";
import { type Attempt, Bars, linesOf, points, QueueLines } from "../../src/web/page/model.js";
import { PAGE } from "../../src/web/page/page.ts";
import { cellText, clean } from "../../src/web/page/text.js";
import { assert_, assertEquals, it } from "../deps.ts";

const AT = Date.parse("2026-11-30T10:00:00Z");

function attempt(task: string, seconds: number, took?: number, end = "completed"): Attempt {
  const iso = (s: number) => new Date(AT + s * 1000).toISOString();
  return {
    task_id: task,
    title: `Do ${task}`,
    queue: "default",
    run_id: "agent-1",
    attempt: 1,
    claimed_at: iso(seconds),
    ended_at: took === undefined ? null : iso(seconds + took),
    end: took === undefined ? null : end,
    error: null,
  };
}

it("PAGE is one script without imports whose names have one meaning", () => {
  const [, script = ""] = /<script[^>]*>([^]*)<\/script>/.exec(PAGE) ?? [];
  // Of a name that is declared twice, or of an import that is left, this throws.
  new Function(`"use strict";${script}`);
  assertEquals(/\bhttps?:\/\/(?!www\.w3\.org\/2000\/svg)/.exec(PAGE)?.[0], undefined);
});

it("Bars.newest() lists begins and ends, the newest first", () => {
  const bars = new Bars();
  bars.take([attempt("a", 0, 5), attempt("b", 2), attempt("c", 3, 1, "timed_out")], true);
  assertEquals(
    bars.newest(4, () => true).map(({ bar, what, at }) => [bar.task_id, what, (at - AT) / 1000]),
    [["a", "completed", 5], ["c", "timed out", 4], ["c", "claimed", 3], ["b", "claimed", 2]],
  );
});

it("Bars.take() replaces an attempt that has ended, and forgets those that ended first", () => {
  const bars = new Bars();
  bars.take([attempt("a", 0)], true);
  bars.take([attempt("a", 0, 7, "failed")], false);
  assertEquals(bars.all().map(({ end, to }) => [end, to]), [["failed", AT + 7_000]]);
  bars.take(Array.from({ length: 6_000 }, (_, n) => attempt(`t${n}`, n + 10, 1)), false);
  bars.take([attempt("open", 1)], false);
  assertEquals({ count: bars.all().length, first: bars.all()[0]?.task_id }, {
    count: 5_000,
    first: "open",
  });
});

it("linesOf() makes a tree of folders in which one without a fork is one line", () => {
  const hold = (address: string) => ({
    key: `reservation ${address}`,
    id: address,
    address,
    run_id: "agent-1",
    how: "edits",
    left: "5 min",
  });
  const holds = ["src/api/v1/a.ts", "src/api/v1/b.ts::f", "docs/x/y.md", "src/**"].map(hold);
  const shown = (closed: string[]) =>
    linesOf(holds, new Set(closed)).map(({ name, level, count }) =>
      `${" ".repeat(level)}${name}${count > 0 ? ` ${count}` : ""}`
    );
  assertEquals(shown([]), [
    " docs/x/ 1",
    "  y.md",
    " src/ 3",
    "  api/v1/ 2",
    "   a.ts",
    "   b.ts::f",
    "  **",
  ]);
  assertEquals(shown(["src/api/v1/", "docs/x/"]), [" docs/x/ 1", " src/ 3", "  api/v1/ 2", "  **"]);
});

it("points() fits a line into its box, whatever its values", () => {
  assertEquals(points([0, 2, 1], 10, 11), "0.0,10.0 5.0,1.0 10.0,5.5");
  assertEquals(points([], 10, 11), "");
});

it("QueueLines keep what is new, and forget what is old", () => {
  const samples = new QueueLines(2);
  samples.replace({ a: [[1, 5, 0, 0, 0]] });
  for (const at of [2, 3]) samples.add(at, { a: [at, 0, 0, 0], b: [1, 0, 4, 0] });
  assertEquals(samples.of("a").map(([at, pending]) => [at, pending]), [[2, 2], [3, 3]]);
  assertEquals(samples.of("none"), []);
});

it("clean() shows what the terminal shows, but for escape sequences, which lose their introducer", () => {
  const texts = [
    "plain",
    "a\tb\nc\r\nd",
    "right \u202e to left \u2066x\u2069",
    "zero\u200bwidth\ufe0f \u{e0041}tag",
    "nul\0bell\x07",
    "é 世界 🙂",
  ];
  assertEquals(texts.map(clean), texts.map(sanitize));
  assertEquals(clean("\x1b[31mred"), "[31mred");
  assert_(clean(null) === "" && clean(undefined) === "" && clean({ a: 1 }) === '{"a":1}');
});

it("cellText() says of an instant how long ago it is, or how much is left", () => {
  const minute = 60_000;
  assertEquals(
    [
      "\u202etext",
      { ago: AT - 3 * minute },
      { ago: AT + 3 * minute },
      { left: AT + 90 * minute },
      { left: AT },
    ].map((cell) => cellText(cell, AT)),
    ["text", "3 min", "in 3 min", "1 h", "over"],
  );
});
