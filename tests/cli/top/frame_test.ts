/** Frames as they are, at three sizes; UPDATE_TRANSCRIPTS=1 writes them again, to be read. */
import type { Fleet } from "../../../mod.ts";
import { frame, type FrameStyle } from "../../../src/cli/top/frame.ts";
import { plain } from "../../../src/cli/top/layout.ts";
import { START } from "../../../src/cli/top/view.ts";
import { unicodeWidth } from "../../../src/deps/unicode_width.ts";
import { assertEquals, assertStringIncludes, it } from "../../deps.ts";
import { golden } from "../../support/program/golden.ts";
import { troubledFleet } from "./scene.ts";

const { fleet, now } = await troubledFleet();

function framed(style: Partial<FrameStyle>, view = START, state: Fleet = fleet): string[] {
  return frame(state, { width: 80, height: 24, colour: false, now, ...style }, "/w/.coord", view);
}

/** No line is wider than the screen, and nothing that steers a terminal comes through but colours. */
function assertFits(lines: readonly string[], width: number): void {
  for (const line of lines.map(plain)) {
    assertEquals({ line, fits: unicodeWidth(line) <= width }, { line, fits: true });
    // deno-lint-ignore no-control-regex
    assertEquals(/[\x00-\x1f\x7f-\x9f\u202e]/.test(line), false, line);
  }
}

for (const [width, height] of [[80, 24], [50, 20], [200, 50]] as const) {
  it(`frame() at ${width} x ${height} is as it was looked at`, () => {
    const lines = framed({ width, height });
    assertEquals(lines.length, height);
    assertFits(lines, width);
    const path = `${import.meta.dirname}/${width}x${height}.txt`;
    const text = `${lines.join("\n")}\n`;
    assertEquals(text, golden(path, text));
  });
}

it("frame() fits any size, down to 40 columns and 8 lines", () => {
  const key = "run agent-silent";
  for (let width = 40; width <= 130; width += 3) {
    for (const height of [8, 13, 24]) {
      const lines = framed({ width, height, colour: true }, { ...START, selected: key, at: 0 });
      assertEquals(lines.length, height);
      assertFits(lines, width);
    }
  }
  assertEquals(framed({ width: 10, height: 3 }).length, 3);
});

it("frame() with colours says the same as without", () => {
  const view = { ...START, selected: "run agent-silent", at: 3 };
  const coloured = framed({ colour: true }, view);
  assertEquals(coloured.map((line) => plain(line).trimEnd()), framed({}, view));
  assertEquals(coloured.join().includes("\x1b[31mfailed"), true);
});

it("frame() without a height has all rows, and one with it those around the selected one", () => {
  const all = framed({ height: undefined });
  assertEquals(all.filter((line) => line.includes("Flaky")).length, 12);
  const last = framed({ height: 12 }, { ...START, selected: "none", at: 1_000 });
  assertEquals(last.some((line) => line.startsWith("> claude")), true, last.join("\n"));
});

it("frame() with a filter has only what is about such a run or queue", () => {
  const lines = framed({ height: undefined }, { ...START, filter: "SILENT" });
  assertEquals(lines.filter((line) => line.startsWith("  agent-")).length, 1);
  const none = framed({}, { ...START, filter: "none-such\x1b[2J" });
  assertEquals(none[3], 'Nothing is about a run or a queue with "none-such" in its name');
  assertEquals(none.at(-1)?.endsWith("only none-such"), true);
});

it("frame() of a workspace in which nothing is says so", () => {
  const empty = { total: 0, working: 0, silent: 0, stuck: 0, lost: 0, agents: [] };
  const none = { conflicts: [], conflicts_total: 0, conflicts_last_minute: 0 };
  const held = { waits: [], reservations: [], leases: [] };
  const still = { ...fleet, alerts: [], runs: empty, queues: [], ...held, ...none };
  assertEquals(framed({ height: undefined }, START, still), [
    `coord  /w/.coord  ${new Date(now).toISOString().slice(11, 19)} UTC`,
    `no runs  |  ${fleet.tasks.pending} pending ${fleet.tasks.claimed} claimed 13 failed  |  0 done/min`,
    "",
    "No run holds anything, and there are no tasks",
  ]);
});

it("frame() counts tasks that are delayed, which no other line names", () => {
  const tasks = { ...fleet.tasks, pending: 0, claimed: 0, failed: 0, delayed: 3 };
  const [, line] = framed({}, START, { ...fleet, tasks });
  assertStringIncludes(line ?? "", "0 pending 0 claimed 3 delayed");
});

it("frame() leaves conflicts out where there are too many, counts them, and opens them with the alerts", () => {
  const [first] = fleet.conflicts;
  if (first === undefined) throw new Error("there is no conflict");
  const conflicts = Array.from(
    { length: 100 },
    (_, n) => ({ ...first, ids: [`${n}`, "x"] as const }),
  );
  const many = {
    ...fleet,
    conflicts,
    conflicts_total: 2_000,
    conflicts_last_minute: 2_000,
    conflicts_counted: false,
  };
  const lines = framed({ width: 200 }, START, many);
  const at = lines.findIndex((line) => line.startsWith("  CONFLICTS 2000 "));
  assertEquals(lines[at + 3]?.trim(), "1998 more");
  assertEquals(lines[1]?.includes("  |  2000+ conflicts/min  |  "), true);
  const all = framed({ height: undefined }, START, many);
  assertEquals(all.filter((line) => line.includes("src/api/routes.ts and")).length, 100);
  const opened = framed({ height: 200 }, { ...START, isOpen: true }, many);
  assertEquals(opened.filter((line) => line.includes("src/api/routes.ts and")).length, 100);
  const filtered = framed({ height: undefined }, { ...START, filter: "agent-5" }, many);
  assertEquals(filtered.some((line) => line.startsWith("  CONFLICTS 100 ")), true);
});
