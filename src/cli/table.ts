/** Text answers laid out: columns by display width, shortened to the terminal where there is one. */
import type { Block, Cell, Column, ColumnKind, Table, Text } from "../commands/command.ts";
import { duration } from "../commands/text.ts";
import { unicodeWidth } from "../deps/unicode_width.ts";
import { parseTime } from "../domain/time.ts";

/** How text answers look. */
interface Style {
  /** Columns that a line of the terminal has; `undefined` where there is no terminal. */
  readonly width: number | undefined;
  readonly colour: boolean;
  /** Milliseconds since 1970; a terminal shows instants as seen from it. */
  readonly now: number;
  /** Where a terminal is, for paths. */
  readonly folders?: Folders | undefined;
}

/** The folders from which paths are shown. */
export interface Folders {
  readonly cwd: string | undefined;
  readonly home: string | undefined;
}

/** Between two columns. */
const GAP = "  ";

/** Columns that `text` takes. */
export function displayWidth(text: string): number {
  // deno-lint-ignore no-control-regex
  return /^[\x00-\x7f]*$/.test(text) ? text.length : unicodeWidth(text);
}

/** The characters from the first on that fit. */
function fitting(characters: readonly string[], width: number): string[] {
  const kept: string[] = [];
  let used = 0;
  for (const character of characters) {
    used += displayWidth(character);
    if (used > width) break;
    kept.push(character);
  }
  return kept;
}

/** Whether each unit of a text is one column. */
function isPlain(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

function characters(text: string): string[] {
  if (isPlain(text)) return [...text];
  return [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment);
}

/** `text` without what does not fit; the last column is then `…`. */
export function cut(text: string, width: number | undefined): string {
  if (width === undefined || displayWidth(text) <= width) return text;
  if (width <= 0) return "";
  const room = width - 1;
  return `${isPlain(text) ? text.slice(0, room) : fitting(characters(text), room).join("")}…`;
}

/** The same, but `…` stands for the middle: what sets two ids apart is often their end. */
export function cutMiddle(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width <= 2) return cut(text, width);
  const all = characters(text);
  const end = Math.floor((width - 1) / 2);
  const head = fitting(all, width - 1 - end).join("");
  return `${head}…${fitting(all.toReversed(), end).toReversed().join("")}`;
}

export function bold(text: string): string {
  return `\x1b[1m${text}\x1b[22m`;
}

/** Colours of states: what goes on, what needs a look, what went wrong; what has ended is dim. */
const COLOURS: Readonly<Record<string, readonly [on: number, off: number]>> = {
  ...Object.fromEntries(["live", "claimed", "working"].map((state) => [state, [32, 39]])),
  ...Object.fromEntries(
    ["timed_out", "expired", "silent", "stuck"].map((state) => [state, [33, 39]]),
  ),
  ...Object.fromEntries(["failed", "dead", "lost"].map((state) => [state, [31, 39]])),
  ...Object.fromEntries(
    ["completed", "cancelled", "released", "ended"].map((state) => [state, [2, 22]]),
  ),
};

export function painted(padded: string, state: Cell): string {
  const [on, off] = COLOURS[String(state)] ?? [];
  return on === undefined ? padded : `\x1b[${on}m${padded}\x1b[${off}m`;
}

export function pad(text: string, width: number, right: boolean): string {
  const space = " ".repeat(Math.max(0, width - displayWidth(text)));
  return right ? space + text : text + space;
}

function cellText(cell: Cell): string {
  return cell === null || cell === undefined ? "-" : String(cell);
}

/** `in 5 min`, `3 h ago`; anything that is no instant as it is. */
function relative(text: string, now: number): string {
  const instant = parseTime(text);
  if (instant === undefined) return text;
  const seconds = Math.round((instant - now) / 1000);
  if (seconds === 0) return "now";
  const [count, unit] = duration(Math.abs(seconds)).split(" ");
  return seconds > 0 ? `in ${count} ${unit}` : `${count} ${unit} ago`;
}

/** A path as it can be typed in this folder, or below `~`; else as it is. */
export function shortPath(path: string, { cwd, home }: Folders): string {
  for (const [folder, instead] of [[cwd, ""], [home, "~/"]] as const) {
    if (folder && path.startsWith(`${folder}/`)) return instead + path.slice(folder.length + 1);
  }
  return path;
}

/** A column with its cells as text. */
interface Laid {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly isNumeric: boolean;
  readonly cells: readonly Cell[];
  readonly texts: readonly string[];
}

function laid(column: Column, at: number, rows: Table["rows"], style: Style): Laid {
  const { name, is: kind } = typeof column === "string"
    ? { name: column, is: "text" as const }
    : column;
  const cells = rows.map((row) => row[at]);
  const { width, now, folders = { cwd: undefined, home: undefined } } = style;
  const shown = (text: string) =>
    width === undefined
      ? text
      : kind === "time"
      ? relative(text, now)
      : kind === "path"
      ? shortPath(text, folders)
      : text;
  return {
    name,
    kind,
    isNumeric: rows.length > 0 && cells.every((cell) => typeof cell === "number"),
    cells,
    texts: cells.map(cellText).map(shown),
  };
}

/**
 * Columns that a column keeps, turn by turn: first goes what readers can do without, last what they came
 * for, which has a third of a wide terminal. An id stays one that can be typed.
 */
const KEPT: readonly Readonly<Record<Exclude<ColumnKind, "time" | "path">, number>>[] = [
  { main: 16, id: 12, agent: 16, state: 9, text: 12 },
  { main: 16, id: 8, agent: 9, state: 9, text: 5 },
  { main: 16, id: 7, agent: 7, state: 6, text: 4 },
  { main: 8, id: 6, agent: 5, state: 5, text: 3 },
];

/** Columns of a name that is longer than what is below it. */
const KEPT_NAME = 5;

/** Widths of columns such that a line fits: always the widest is shortened that may be. */
function widthsOf(columns: readonly Laid[], most: number | undefined): number[] {
  const content = columns.map(({ texts }) => Math.max(1, ...texts.map(displayWidth)));
  const widths = columns.map(({ name }, at) => Math.max(displayWidth(name), content[at] ?? 0));
  if (most === undefined) return widths;
  let over = lineWidth(widths) - most;
  const shrink = (least: readonly number[]) => {
    for (; over > 0; over--) {
      const room = widths.map((width, at) => width > (least[at] ?? 0) ? width : 0);
      const widest = room.indexOf(Math.max(...room));
      if (room[widest] === 0) return;
      widths[widest] = (widths[widest] ?? 0) - 1;
    }
  };
  for (const [turn, kept] of KEPT.entries()) {
    shrink(columns.map(({ name, kind, isNumeric }, at) => {
      const whole = Math.max(content[at] ?? 0, turn === 0 ? displayWidth(name) : KEPT_NAME);
      // None says anything without its end.
      if (isNumeric || kind === "time" || kind === "path") return whole;
      return kind === "main" ? Math.floor(Math.max(1, most / 48) * kept.main) : kept[kind];
    }));
  }
  shrink(columns.map(({ kind }, at) => kind === "path" ? content[at] ?? 1 : 1));
  return widths;
}

function shortened(text: string, kind: ColumnKind, width: number): string {
  if (kind === "agent") return cutMiddle(text, width);
  return kind === "id" ? fitting(characters(text), width).join("") : cut(text, width);
}

/** Whether a column says the same in each row; what a reader came for stays there. */
function isConstant({ kind, texts }: Laid): boolean {
  return !["main", "id", "path"].includes(kind) && texts.every((text) => text === texts[0]);
}

/** What all rows say, above a table that has several, or whose one row is too long for the terminal. */
function parted(all: readonly Laid[], rows: number, most: number | undefined) {
  const isTight = most !== undefined && lineWidth(widthsOf(all, undefined)) > most;
  const varying = all.filter((column) => !(rows > 1 || isTight) || !isConstant(column));
  const shown = varying.length === 0 ? all : varying;
  return { shown, above: all.filter((column) => !shown.includes(column)) };
}

/** Names with their values, as many on a line as fit. */
function headingLines(columns: readonly Laid[], width: number | undefined): string[] {
  const lines: string[] = [];
  for (const { name, kind, texts: [text = ""] } of columns) {
    const room = Math.max(1, (width ?? Infinity) - displayWidth(name) - 1);
    const item = `${name} ${kind === "agent" ? cutMiddle(text, room) : text}`;
    const longer = lines.length === 0 ? item : `${lines.at(-1)}${GAP}${item}`;
    if (displayWidth(longer) <= (width ?? Infinity)) lines.splice(-1, 1, longer);
    else lines.push(cut(item, width));
  }
  return lines;
}

function lineWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1));
}

function tableLines({ columns, rows }: Table, style: Style): string[] {
  const all = columns.map((column, at) => laid(column, at, rows, style));
  const { shown: kept, above } = parted(all, rows.length, style.width);
  const isTight = style.width !== undefined && lineWidth(widthsOf(kept, undefined)) > style.width;
  const paths = kept.filter(({ kind }) => kind === "path");
  const below = isTight && paths.length < kept.length ? paths : [];
  const shown = kept.filter((column) => !below.includes(column));
  const widths = widthsOf(shown, style.width);
  const line = (cellOf: (column: Laid, width: number, isLast: boolean) => string) =>
    shown.map((column, at) => cellOf(column, widths[at] ?? 0, at === shown.length - 1)).join(GAP);
  const padded = (column: Laid, text: string, width: number, isLast: boolean) =>
    isLast && !column.isNumeric ? text : pad(text, width, column.isNumeric);
  const head = line((column, width, isLast) =>
    padded(column, fitting(characters(column.name), width).join(""), width, isLast)
  );
  const body = rows.flatMap((_, row) => [
    line((column, width, isLast) => {
      const text = shortened(column.texts[row] ?? "", column.kind, width);
      const cell = padded(column, text, width, isLast);
      return style.colour && column.kind === "state" ? painted(cell, column.cells[row]) : cell;
    }),
    // Here the terminal may wrap it, and it can be copied.
    ...below.map(({ texts }) => `${GAP}${texts[row] ?? ""}`),
  ]);
  const heads = [head, ...below.map(({ name }) => `${GAP}${name}`)];
  return [
    ...headingLines(above, style.width),
    ...[...(style.colour ? heads.map(bold) : heads), ...body].map((each) => each.trimEnd()),
  ];
}

function fieldLines(fields: Readonly<Record<string, Cell>>, style: Style): string[] {
  const shown = Object.entries(fields).filter(([, cell]) => cell !== undefined);
  const width = Math.max(0, ...shown.map(([name]) => displayWidth(name)));
  return shown.map(([name, cell]) => {
    const label = pad(name, width, false);
    return `${style.colour ? bold(label) : label}${GAP}${cellText(cell)}`;
  });
}

// Only tables are shortened: an id, a path or a message that lost its end would be worth nothing.
function blockLines(block: Block, style: Style): string[] {
  if (typeof block === "string") return [block];
  return "fields" in block ? fieldLines(block.fields, style) : tableLines(block, style);
}

/** A text answer as lines, each with its newline. */
export function layOut(text: Text, style: Style): string {
  const blocks: readonly Block[] = typeof text === "string" || !Array.isArray(text)
    ? [text as Block]
    : text;
  return blocks.map((block) => blockLines(block, style).map((line) => `${line}\n`).join("")).join(
    "",
  );
}
