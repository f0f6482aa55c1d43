/** What a person looks at: what is selected, sought and shown, and what each key changes of it. */
import type { ScreenRow, Section } from "./sections.ts";

/** One record on the whole of the screen. */
export interface Details {
  readonly lines: readonly string[];
  /** The first line that shows. */
  readonly from: number;
}

/** What is on the screen besides the state. */
export interface View {
  /** The key of the row that is selected. */
  readonly selected?: string | undefined;
  /** Its place, for when it has gone. */
  readonly at: number;
  /** Only what is about a run or queue with this in its name. */
  readonly filter: string;
  readonly search: string;
  /** What is being typed. */
  readonly typing?: {
    readonly what: "search" | "filter";
    readonly text: string;
    /** The text was offered: what is typed takes its place. */
    readonly isOffered?: boolean;
  } | undefined;
  readonly details?: Details | undefined;
  /** Whether all alerts and conflicts show, or as many as leave room for the rest. */
  readonly isOpen: boolean;
}

/** How it begins. */
export const START: View = { at: -1, filter: "", search: "", isOpen: false };

/** How the keys begin of rows that stand for the alerts, or conflicts, that do not show. */
export const MORE = "more ";

/** What a key asks for besides. */
export type Asked = { readonly show: string } | "quit" | "suspend" | "redraw" | undefined;

/** The sections as they show: alerts and conflicts leave room for the rest, unless they were opened. */
export function shownSections(
  sections: readonly Section[],
  view: View,
  page: number,
): Section[] {
  if (view.isOpen || sections.length === 1) return [...sections];
  const most = Math.max(3, Math.floor(page / 6));
  const shown = sections.map((each) =>
    each.title === "CONFLICTS" ? shortened(each, most, (rows, count) => rows.slice(0, count)) : each
  );
  const others = shown.filter(({ title }) => title !== "ALERTS")
    .reduce((sum, { rows }) => sum + rows.length + 2, 0);
  const room = Math.max(3, Math.floor(page / 3), page - 1 - others);
  return shown.map((each) => each.title === "ALERTS" ? shortened(each, room, someOf) : each);
}

/** A section with as many rows as there is room for, of which the last stands for the others. */
function shortened(
  section: Section,
  room: number,
  choose: (rows: readonly ScreenRow[], count: number) => ScreenRow[],
): Section {
  const { title, rows, count = rows.length } = section;
  if (rows.length <= room) return section;
  const more = { key: `${MORE}${title}`, about: [], cells: ["", `${count - room + 1} more`] };
  return { ...section, count, rows: [...choose(rows, room - 1), more] };
}

/** A number of alerts in their order: the first of each kind, and then those that come first. */
function someOf(rows: readonly ScreenRow[], count: number): ScreenRow[] {
  const isFirst = (row: ScreenRow, at: number) => row.cells[0] !== rows[at - 1]?.cells[0];
  const firsts = rows.filter(isFirst);
  const others = rows.filter((row) => !firsts.includes(row));
  const some = new Set([...firsts, ...others].slice(0, count));
  return rows.filter((row) => some.has(row));
}

/** All rows in their order. */
function rowsIn(sections: readonly Section[]): ScreenRow[] {
  return sections.flatMap(({ rows }) => rows);
}

/** The row that is selected, by its key, else by its place. */
export function selectedRow(sections: readonly Section[], view: View): ScreenRow | undefined {
  if (view.selected === undefined) return undefined;
  const rows = rowsIn(sections);
  return rows.find(({ key }) => key === view.selected) ?? rows[Math.min(view.at, rows.length - 1)];
}

/** Takes a key. */
export function pressed(
  view: View,
  key: string,
  sections: readonly Section[],
  page: number,
): { readonly view: View; readonly asked?: Asked } {
  if (key === "ctrl-c") return { view, asked: "quit" };
  if (key === "ctrl-z") return { view, asked: "suspend" };
  if (key === "ctrl-l") return { view, asked: "redraw" };
  if (view.typing !== undefined) return { view: typed(view, view.typing, key, sections) };
  if (view.details !== undefined) return inDetails(view, view.details, key, page);
  const steps = stepsOf(key, page);
  if (steps !== undefined) return { view: moved(view, sections, steps) };
  switch (key) {
    case "q":
      return { view, asked: "quit" };
    case "/":
      return { view: { ...view, typing: { what: "search", text: "" } } };
    case "n":
      return { view: found(view, sections, 1) };
    case "f":
      return { view: { ...view, typing: offered(view, sections) } };
    case "enter": {
      const row = selectedRow(sections, view);
      if (row?.key.startsWith(MORE) === true) return { view: { ...view, isOpen: true } };
      return row?.id === undefined ? { view } : { view, asked: { show: row.id } };
    }
    case "escape":
      return { view: START };
    default:
      return { view };
  }
}

/** By how many rows a key moves; `undefined` where it moves none. */
function stepsOf(key: string, page: number): number | undefined {
  const steps: Readonly<Record<string, number>> = {
    up: -1,
    k: -1,
    down: 1,
    j: 1,
    pageup: -page,
    pagedown: page,
    home: -Infinity,
    end: Infinity,
  };
  return steps[key];
}

function moved(view: View, sections: readonly Section[], by: number): View {
  const rows = rowsIn(sections);
  if (rows.length === 0) return view;
  const row = selectedRow(sections, view);
  const from = row === undefined ? -1 : rows.indexOf(row);
  const at = Math.max(0, Math.min(rows.length - 1, from + by));
  return { ...view, at, selected: rows[at]?.key };
}

/** The next row after the selected one that has what is sought. */
function found(view: View, sections: readonly Section[], from: number): View {
  const rows = rowsIn(sections);
  const sought = view.search.toLowerCase();
  if (sought === "" || rows.length === 0) return view;
  const row = selectedRow(sections, view);
  const start = (row === undefined ? 0 : rows.indexOf(row)) + (row === undefined ? 0 : from);
  for (let n = 0; n < rows.length; n++) {
    const at = (start + n) % rows.length;
    const each = rows[at];
    if (each?.cells.join(" ").toLowerCase().includes(sought)) {
      return { ...view, at, selected: each.key };
    }
  }
  return view;
}

/** The filter begins with what is set, else with what the selected row is about. */
function offered(view: View, sections: readonly Section[]): NonNullable<View["typing"]> {
  const text = view.filter || (selectedRow(sections, view)?.about[0] ?? "");
  return { what: "filter", text, isOffered: true };
}

function typed(
  view: View,
  { what, text, isOffered = false }: NonNullable<View["typing"]>,
  key: string,
  sections: readonly Section[],
): View {
  const { typing: _typing, ...rest } = view;
  if (key === "escape") return what === "filter" ? { ...rest, filter: "" } : rest;
  if (key === "enter") {
    return what === "filter"
      ? { ...rest, filter: text, selected: undefined, at: -1 }
      : found({ ...rest, search: text }, sections, 0);
  }
  const mine = isOffered ? "" : text;
  if (key === "backspace") {
    return { ...view, typing: { what, text: [...mine].slice(0, -1).join("") } };
  }
  return [...key].length === 1 ? { ...view, typing: { what, text: mine + key } } : view;
}

function inDetails(view: View, details: Details, key: string, page: number) {
  const steps = stepsOf(key, page);
  if (steps !== undefined) {
    const last = Math.max(0, details.lines.length - page);
    const from = Math.max(0, Math.min(last, details.from + steps));
    return { view: { ...view, details: { ...details, from } } };
  }
  if (key === "q") return { view, asked: "quit" as const };
  if (key !== "escape" && key !== "enter") return { view };
  return { view: { ...view, details: undefined } };
}
