/** What keys change of what a person looks at. */
import { frameSections } from "../../../src/cli/top/frame.ts";
import { MORE, pressed, selectedRow, START, type View } from "../../../src/cli/top/view.ts";
import { assertEquals, it } from "../../deps.ts";
import { troubledFleet } from "./scene.ts";

const { fleet, now } = await troubledFleet();

/** Presses keys one after the other; what is asked for last. */
function press(keys: readonly string[], from: View = START) {
  let [view, asked]: [View, ReturnType<typeof pressed>["asked"]] = [from, undefined];
  const sections = () => frameSections(fleet, view, { width: 80, height: 24, colour: false, now });
  for (const key of keys) ({ view, asked } = pressed(view, key, sections(), 20));
  return { view, asked, row: selectedRow(sections(), view) };
}

it("pressed() moves among all rows, and no farther", () => {
  assertEquals(press([]).row, undefined);
  assertEquals(press(["down"]).row?.cells.slice(0, 2), ["lost", "agent-lost"]);
  assertEquals(press(["j", "j", "k"]).row?.cells[0], "lost");
  assertEquals(press(["up"]).row?.cells[0], "lost");
  assertEquals(press(["end"]).row?.cells[2], "src/billing/**, src/tax.ts");
  assertEquals(press(["end", "down", "home"]).row?.cells[0], "lost");
});

it("pressed() asks for the record of the selected row, and opens the alerts that do not show", () => {
  assertEquals(press(["down", "down", "enter"]).asked, { show: fleet.failures[0]?.task_id ?? "" });
  assertEquals(press(["enter"]).asked, undefined);
  const more = press(Array(6).fill("down"));
  assertEquals(more.row?.key, `${MORE}ALERTS`);
  assertEquals(press(["enter"], more.view).view.isOpen, true);
});

it("pressed() searches from the selected row on, and again with n", () => {
  const first = press(["/", ..."AGENT-3", "enter"]);
  assertEquals(first.row?.key, "run agent-3");
  assertEquals(press(["n"], first.view).row?.key.startsWith("conflict "), true);
  assertEquals(press(["n", "n"], first.view).row?.key, "lane api 1");
  assertEquals(press(["n", "n", "n"], first.view).row?.key, "run agent-3");
  assertEquals(press(["/", ..."nowhere", "enter"]).row, undefined);
  assertEquals(press(["/", "x", "y", "backspace"]).view.typing?.text, "x");
  assertEquals(press(["/", "q", "escape"]).view.typing, undefined);
});

it("pressed() filters by what is typed, at first by what the selected row is about", () => {
  const { view } = press(["/", ..."agent-3", "enter", "f"]);
  assertEquals(view.typing, { what: "filter", text: "agent-3", isOffered: true });
  const filtered = press(["enter"], view);
  assertEquals(filtered.view.filter, "agent-3");
  assertEquals(press(["end"], filtered.view).row?.key, "lane api 1");
  assertEquals(press(["f", ..."dep", "enter"], filtered.view).view.filter, "dep");
  assertEquals(press(["escape"], filtered.view).view, START);
  assertEquals(press(["f", "backspace"], filtered.view).view.typing?.text, "");
  assertEquals(press(["f", "escape"], filtered.view).view.filter, "");
});

it("pressed() scrolls in one record, and Esc or Enter goes back", () => {
  const lines = Array.from({ length: 30 }, (_, n) => `line ${n}`);
  const view = { ...START, details: { lines, from: 0 } };
  assertEquals(press(["down", "down"], view).view.details?.from, 2);
  assertEquals(press(["pagedown", "up"], view).view.details?.from, 9);
  assertEquals(press(["x"], view).view, view);
  for (const key of ["escape", "enter"]) {
    assertEquals(press([key], view).view.details, undefined);
  }
});

it("pressed() quits by q and, wherever one is, by Ctrl-C; Ctrl-Z suspends", () => {
  const details = { ...START, details: { lines: [], from: 0 } };
  for (const view of [START, details]) assertEquals(press(["q"], view).asked, "quit");
  assertEquals(press(["/", "q"]).asked, undefined);
  for (const view of [START, details, press(["/"]).view]) {
    assertEquals(press(["ctrl-c"], view).asked, "quit");
    assertEquals(press(["ctrl-z"], view).asked, "suspend");
    assertEquals(press(["ctrl-l"], view).asked, "redraw");
  }
});

it("selectedRow() is what is in its place when the row that was selected has gone", () => {
  const view = { ...START, selected: "gone", at: 2 };
  assertEquals(press([], view).row?.cells[0], "blocked");
  assertEquals(press([], { ...view, at: 1_000 }).row?.cells[0], "claude-code:3f9a2c71:7d");
});
