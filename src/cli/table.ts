/** Text answers laid out: columns by display width, cut to the terminal where there is one. */
import type { Block, Cell, Text } from "../commands/command.ts";
import { unicodeWidth } from "../deps/unicode_width.ts";

/** How text answers look. */
interface Style {
  /** Columns that a line may have; any number when `undefined`. */
  readonly width: number | undefined;
  readonly colour: boolean;
}

/** Between two columns. */
const GAP = "  ";

/** Columns that `text` takes. */
function displayWidth(text: string): number {
  // deno-lint-ignore no-control-regex
  return /^[\x00-\x7f]*$/.test(text) ? text.length : unicodeWidth(text);
}

/** `text` without what does not fit; the last column is then `…`. */
export function cut(text: string, width: number | undefined): string {
  if (width === undefined || displayWidth(text) <= width) return text;
  if (width <= 0) return "";
  let kept = "";
  let used = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    const columns = displayWidth(segment);
    if (used + columns > width - 1) break;
    kept += segment;
    used += columns;
  }
  return `${kept}…`;
}

function bold(text: string): string {
  return `\x1b[1m${text}\x1b[22m`;
}

function pad(text: string, width: number, right: boolean): string {
  const space = " ".repeat(Math.max(0, width - displayWidth(text)));
  return right ? space + text : text + space;
}

function cellText(cell: Cell): string {
  return cell === null || cell === undefined ? "-" : String(cell);
}

function tableLines(
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
  style: Style,
): string[] {
  const numeric = columns.map((_, at) =>
    rows.length > 0 && rows.every((row) => typeof row[at] === "number")
  );
  const texts = rows.map((row) => columns.map((_, at) => cellText(row[at])));
  const widths = columns.map((name, at) =>
    texts.reduce((most, row) => Math.max(most, displayWidth(row[at] ?? "")), displayWidth(name))
  );
  const line = (cells: readonly string[]) =>
    cut(
      cells.map((cell, at) => pad(cell, widths[at] ?? 0, numeric[at] ?? false)).join(GAP).trimEnd(),
      style.width,
    );
  const head = line(columns);
  return [style.colour ? bold(head) : head, ...texts.map(line)];
}

function fieldLines(fields: Readonly<Record<string, Cell>>, style: Style): string[] {
  const shown = Object.entries(fields).filter(([, cell]) => cell !== undefined);
  const width = Math.max(0, ...shown.map(([name]) => displayWidth(name)));
  return shown.map(([name, cell]) => {
    const label = pad(name, width, false);
    return `${style.colour ? bold(label) : label}${GAP}${cellText(cell)}`;
  });
}

// Only tables are cut: an id, a path or a message that lost its end would be worth nothing.
function blockLines(block: Block, style: Style): string[] {
  if (typeof block === "string") return [block];
  return "fields" in block
    ? fieldLines(block.fields, style)
    : tableLines(block.columns, block.rows, style);
}

/** A text answer as lines, each with its newline. */
export function layOut(text: Text, style: Style): string {
  const blocks: readonly Block[] = typeof text === "string" || !Array.isArray(text)
    ? [text as Block]
    : text;
  return blocks.flatMap((block) => blockLines(block, style)).map((line) => `${line}\n`).join("");
}
