/** The difference of two states: what the server sends, and what the page makes of it. */
import type { ScreenRow } from "../../src/cli/top/sections.ts";
import { noTasks } from "../../src/domain/task/listing.ts";
import { PageChanges } from "../../src/web/delta.ts";
import { changed } from "../../src/web/page/model.js";
import type { PageHold, PageState } from "../../src/web/view.ts";
import { assert_, assertEquals, it } from "../deps.ts";
import { newSeed, type Random } from "../support/random.ts";

const RUNS = { working: 0, silent: 0, stuck: 0, lost: 0, total: 0 };

function state(sections: Readonly<Record<string, readonly ScreenRow[]>>, holds: PageHold[] = []) {
  return {
    at: "2026-11-30T10:00:00.000Z",
    runs: RUNS,
    tasks: noTasks(),
    waiting: 0,
    done_last_minute: 0,
    conflicts_last_minute: 0,
    conflicts_counted: true,
    sections: Object.entries(sections).map(([title, rows]) => ({
      title,
      columns: [{ name: title, least: 4 }],
      rows,
      count: rows.length,
    })),
    holds,
    holds_total: holds.length,
  } satisfies PageState;
}

const row = (key: string, text = ""): ScreenRow => ({ key, about: [], cells: [key, text] });

/** Rows that stay the same objects, as those of what has not changed do. */
const kept = ["a", "b", "c", "d", "e", "f"].flatMap((key) => [row(key, "1"), row(key, "2")]);

/** Rows with few keys and fewer texts, in any order. */
function someRows(random: Random): ScreenRow[] {
  const rows: ScreenRow[] = [];
  for (let count = random.below(6); count > 0; count--) {
    const one = random.pick(kept);
    const next = random.chance(0.5) ? one : { ...one };
    // Now and then two have one key, as two alerts of another tool's records may.
    if (random.chance(0.05) || rows.every(({ key }) => key !== next.key)) rows.push(next);
  }
  return rows;
}

it("changed() makes of a state and what the server sends the next state", () => {
  const random = newSeed("page changes");
  const changes = new PageChanges();
  let shown: PageState | undefined;
  for (let at = 0; at < 2_000; at++) {
    const titles = ["RUNS", "QUEUES"].filter(() => random.chance(0.9));
    const holds = someRows(random).map(({ key, cells: [, how = ""] }) => {
      return { key, id: key, address: "a", run_id: "r", how, left: "" };
    });
    const next = state(Object.fromEntries(titles.map((title) => [title, someRows(random)])), holds);
    const change = changes.next(next);
    if (shown === undefined) shown = next;
    else if (change !== undefined) shown = changed(shown, JSON.parse(JSON.stringify(change)));
    const inOrder = (all: PageState["sections"]) =>
      all.toSorted((a, b) => a.title < b.title ? -1 : 1);
    assert_(shown !== undefined);
    assertEquals(
      { ...shown, sections: inOrder(shown.sections), without: [] },
      { ...next, sections: inOrder(next.sections), without: [] },
    );
  }
});

it("next() sends the rows that changed alone, and of a state that says the same nothing", () => {
  const changes = new PageChanges();
  changes.next(state({ RUNS: [row("a"), row("b"), row("c")] }));
  assertEquals(changes.next(state({ RUNS: [row("a"), row("b"), row("c")] })), undefined);
  const { sections = [], without } = changes.next(state({ RUNS: [row("a"), row("c", "x")] })) ?? {};
  const RUNS_CHANGE = { title: "RUNS", count: 2, gone: ["b"], news: [[1, row("c", "x")]] };
  assertEquals([sections, without], [[RUNS_CHANGE], []]);
  const whole = changes.next(state({ RUNS: [row("c", "x"), row("a")] }))?.sections ?? [];
  assertEquals(whole.map((each) => "rows" in each), [true]);
  assertEquals(changes.next(state({}))?.without, ["RUNS"]);
});
