/** Rows in columns whose places depend on the width alone, so that nothing moves between two frames. */
import { bold, cut, cutMiddle, displayWidth, pad } from "../table.ts";

/** A column of a section. */
export interface ScreenColumn {
  readonly name: string;
  /** Columns of the terminal that it has at least; at most `most`, default the same. */
  readonly least: number;
  readonly most?: number;
  /** Its share of what is left. */
  readonly share?: number;
  /** It goes where the terminal is narrow, the highest number first. */
  readonly drop?: number;
  readonly right?: boolean;
  /** Shortened in the middle where it is wide enough: what sets two agents apart is often their end. */
  readonly middle?: boolean;
}

/** A column in its place; `at` is its place among the cells. */
export interface PlacedColumn extends ScreenColumn {
  readonly at: number;
  readonly width: number;
}

const GAP = 2;

/** The columns that fit, with their widths. */
export function placed(columns: readonly ScreenColumn[], width: number): PlacedColumn[] {
  let kept = columns.map((column, at) => ({ ...column, at }));
  const left = () => width - kept.reduce((sum, { least }) => sum + least + GAP, -GAP);
  while (left() < 0) {
    const drop = Math.max(...kept.map(({ drop = 0 }) => drop));
    if (drop === 0) break;
    kept = kept.filter((column) => column.drop !== drop);
  }
  const widths = kept.map(({ least }) => least);
  // The last column yields where even the least is too much.
  if (left() < 0) widths[0] = Math.max(1, (widths[0] ?? 0) + left());
  for (let rest = left(); rest > 0;) {
    const open = kept.map((column, n) => roomOf(column, widths[n] ?? 0));
    const shares = open.reduce((sum, share) => sum + share, 0);
    if (shares === 0) break;
    let given = 0;
    for (const [n, share] of open.entries()) {
      const { most = kept[n]?.least ?? 0 } = kept[n] ?? {};
      const more = Math.min(Math.floor(rest * share / shares), most - (widths[n] ?? 0));
      widths[n] = (widths[n] ?? 0) + more;
      given += more;
    }
    if (given === 0) {
      const first = open.findIndex((share) => share > 0);
      widths[first] = (widths[first] ?? 0) + 1;
      given = 1;
    }
    rest -= given;
  }
  return kept.map((column, n) => ({ ...column, width: widths[n] ?? column.least }));
}

/** The share of a column that may still grow. */
function roomOf({ share = 0, most, least }: ScreenColumn, width: number): number {
  return width < (most ?? least) ? share : 0;
}

/** Cells in which two ends of a text say more than its start. */
const LEAST_OF_TWO_ENDS = 10;

/** A cell in its column; the last one needs no padding. */
function fitted({ width, right = false, middle = false }: PlacedColumn, text: string): string {
  const isMiddle = middle && width >= LEAST_OF_TWO_ENDS;
  return pad(isMiddle ? cutMiddle(text, width) : cut(text, width), width, right);
}

/** A line of cells; `paint` colours a padded cell by its place. */
export function lineOf(
  columns: readonly PlacedColumn[],
  cells: readonly string[],
  paint: (padded: string, at: number) => string = (padded) => padded,
): string {
  return columns.map((column) => paint(fitted(column, cells[column.at] ?? ""), column.at))
    .join(" ".repeat(GAP));
}

/** Text at the left and at the right of a line; together they have room. */
export function spread(left: string, right: string, width: number): string {
  const space = width - displayWidth(plain(left)) - displayWidth(plain(right));
  return left + " ".repeat(Math.max(0, space)) + right;
}

/** A long line on several. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (displayWidth(rest) > width && width > 1) {
    // What fits, without the mark that something follows.
    const head = cut(rest, width + 1).slice(0, -1);
    lines.push(head);
    rest = rest.slice(head.length);
  }
  return [...lines, rest];
}

/** Text without the colours of a frame. */
export function plain(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/\x1b\[[0-9;]*m/g, "");
}

/** Colours of a frame, or none of them. */
export class Ink {
  constructor(readonly isColoured: boolean) {}

  bold(text: string): string {
    return this.isColoured ? bold(text) : text;
  }

  dim(text: string): string {
    return this.#in(2, 22, text);
  }

  red(text: string): string {
    return this.#in(31, 39, text);
  }

  yellow(text: string): string {
    return this.#in(33, 39, text);
  }

  green(text: string): string {
    return this.#in(32, 39, text);
  }

  /** A line that is selected; what it is without colours shows its mark. */
  selected(text: string): string {
    return this.#in(7, 27, plain(text));
  }

  #in(on: number, off: number, text: string): string {
    return this.isColoured && text !== "" ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  }
}
