/** One frame: from a state, and what a person looks at, to lines of text. It knows no terminal. */
import type { Fleet } from "../../engine/watch/fleet/types.ts";
import { sanitize } from "../sanitize.ts";
import { cut, displayWidth } from "../table.ts";
import { Ink, lineOf, placed, plain, spread } from "./layout.ts";
import { type Section, sectionsOf, STATUS_TONES, type Tone } from "./sections.ts";
import { selectedRow, shownSections, START, type View } from "./view.ts";

/** How frames look. */
export interface FrameStyle {
  readonly width: number;
  /** Lines of the terminal; without it a frame has all rows. */
  readonly height?: number | undefined;
  readonly colour: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The least that a frame is made for; on less it is cut. */
const LEAST = { width: 40, height: 8 } as const;

/** The widest frame: on a wider terminal what belongs together would be too far apart. */
const MOST_WIDTH = 160;

/** Lines above and below the rows. */
const AROUND = 4;

/** How many rows a screen of this height shows. */
export function pageOf(height: number): number {
  return Math.max(1, Math.max(LEAST.height, height) - AROUND);
}

/** The sections that a frame shows; keys move among their rows. */
export function frameSections(fleet: Fleet, view: View, { height, now }: FrameStyle): Section[] {
  const sections = sectionsOf(fleet, view.filter, now);
  return height === undefined ? sections : shownSections(sections, view, pageOf(height));
}

/** The lines of a frame; with a height just as many. */
export function frame(
  fleet: Fleet,
  style: FrameStyle,
  place: string,
  view: View = START,
): string[] {
  const ink = new Ink(style.colour);
  const width = Math.min(MOST_WIDTH, Math.max(LEAST.width, style.width));
  const head = headOf(fleet, place, style, ink, width);
  const { height } = style;
  const { lines, selected } = view.details === undefined
    ? bodyOf(fleet, view, style, ink, width)
    : { lines: detailLines(view.details.lines, width), selected: -1 };
  if (height === undefined) return [...head, ...lines].map((line) => line.trimEnd());
  const room = pageOf(height);
  const most = Math.max(0, lines.length - room);
  const from = view.details?.from ?? Math.max(0, selected - Math.floor(room / 2));
  const first = Math.min(from, most);
  const shown = lines.slice(first, first + room);
  const empty = Array<string>(room - shown.length).fill("");
  const part = lines.length > room ? `${first + 1}-${first + shown.length}/${lines.length}` : "";
  const all = [...head, ...shown, ...empty, footOf(view, part, ink, width)];
  return all.slice(0, height).map((line) => line.trimEnd());
}

/** Where, when, and how it stands in a line. */
function headOf(
  fleet: Fleet,
  place: string,
  { now, height }: FrameStyle,
  ink: Ink,
  width: number,
): string[] {
  const { runs, tasks, queues, waits } = fleet;
  const clock = `${new Date(now).toISOString().slice(11, 19)} UTC`;
  const statuses = Object.entries(STATUS_TONES)
    .map(([status, tone]) => ({ count: runs[status as keyof typeof STATUS_TONES], status, tone }))
    .filter(({ count }) => count > 0)
    .map(({ count, status, tone }) => toned(`${count} ${status}`, tone, ink));
  const done = queues.reduce((sum, each) => sum + each.completed_last_minute, 0);
  const more = fleet.conflicts_counted ? "" : "+";
  const rate = `${fleet.conflicts_last_minute}${more} conflicts/min`;
  const counts = [
    `${tasks.pending} pending`,
    `${tasks.claimed} claimed`,
    ...(tasks.delayed > 0 ? [`${tasks.delayed} delayed`] : []),
    ...(tasks.failed > 0 ? [ink.red(`${tasks.failed} failed`)] : []),
  ];
  const parts = [
    runs.total === 0 ? "no runs" : statuses.join(" "),
    counts.join(" "),
    `${done} done/min`,
    ...(fleet.conflicts_last_minute > 0 ? [ink.yellow(rate)] : []),
    ...(waits.length > 0 ? [`${waits.length} waiting`] : []),
  ];
  let line = "";
  for (const part of parts) {
    const longer = line === "" ? part : `${line}  ${ink.dim("|")}  ${part}`;
    if (plain(longer).length <= width) line = longer;
  }
  const room = width - clock.length - "coord".length - 4;
  const path = height === undefined ? sanitize(place) : cut(sanitize(place), room);
  const title = `${ink.bold("coord")}  ${ink.dim(path)}`;
  const first = height === undefined
    ? `${title}  ${ink.dim(clock)}`
    : spread(title, ink.dim(clock), width);
  return [first, line, ""];
}

/** The rows under their headings, and the line of the selected one. */
function bodyOf(fleet: Fleet, view: View, style: FrameStyle, ink: Ink, width: number) {
  const sections = frameSections(fleet, view, style);
  if (sections.length === 0) {
    const text = view.filter === ""
      ? "No run holds anything, and there are no tasks"
      : `Nothing is about a run or a queue with "${view.filter}" in its name`;
    return { lines: [ink.dim(cut(sanitize(text), width))], selected: -1 };
  }
  const chosen = selectedRow(sections, view);
  const lines: string[] = [];
  let selected = -1;
  for (const { title, columns, rows, count = rows.length } of sections) {
    const kept = placed(columns, width - MARK.length);
    if (lines.length > 0) lines.push("");
    const names = columns.map(({ name }) => name === title ? `${name} ${count}` : name);
    const heading = lineOf(kept, names, (text, at) => at === 0 ? ink.bold(text) : ink.dim(text));
    lines.push(NO_MARK + heading);
    for (const row of rows) {
      const isChosen = row.key === chosen?.key;
      if (isChosen) selected = lines.length;
      const line = lineOf(kept, row.cells, (text, at) => toned(text, row.tones?.[at], ink));
      lines.push(isChosen ? ink.selected(MARK + whole(line, width - MARK.length)) : NO_MARK + line);
    }
  }
  return { lines, selected };
}

/** Before a line that is selected, and before the others. */
const MARK = "> ";
const NO_MARK = "  ";

/** A line as wide as the screen, so that the mark of the selected row is. */
function whole(line: string, width: number): string {
  return spread(plain(line), "", width);
}

function toned(text: string, tone: Tone | undefined, ink: Ink): string {
  switch (tone) {
    case "bad":
      return ink.red(text);
    case "warn":
      return ink.yellow(text);
    case "good":
      return ink.green(text);
    case "dim":
      return ink.dim(text);
    default:
      return text;
  }
}

function detailLines(lines: readonly string[], width: number): string[] {
  return lines.map((line) => cut(sanitize(line), width));
}

function footOf(view: View, part: string, ink: Ink, width: number): string {
  const { typing, details, filter } = view;
  if (typing !== undefined) {
    const name = typing.what === "filter" ? "run or queue: " : "/";
    return `${cut(sanitize(name + typing.text), width - 1)}_`;
  }
  const keys = details !== undefined
    ? "esc back  q quit"
    : "q quit  / search  f filter  enter show  esc back";
  const right = [filter === "" ? "" : `only ${sanitize(filter)}`, part]
    .filter((text) => text !== "").join("  ");
  const said = cut(right, Math.floor(width / 2));
  const room = said === "" ? width : width - displayWidth(said) - 2;
  return spread(ink.dim(cut(keys, room)), ink.bold(said), width);
}
