/** How values look to people, in every command's tables and lines. */
import type { Column, ColumnKind } from "./command.ts";
import type { HoldRemarks, Progress } from "../domain/input/progress.ts";
import { stemOfId } from "../domain/ids.ts";
import { formatTime, parseTime } from "../domain/time.ts";

/** Addresses that a line names; the others are counted. */
const SHOWN_ADDRESSES = 3;

/** Characters of an agent's word in a line, so that one agent cannot push out the others'. */
const SHOWN_CHARACTERS = 64;

/** An agent's text, as far as a table has room for it. */
export function clipped(text: string): string {
  if (text.length <= SHOWN_CHARACTERS) return text;
  const characters = [...text];
  if (characters.length <= SHOWN_CHARACTERS) return text;
  return `${characters.slice(0, SHOWN_CHARACTERS - 1).join("")}…`;
}

/** The part of them that is left of the end of an agent's id: often it alone sets that apart. */
const SHOWN_END = 3 / 8;

/** An agent's id, as far as a table or a line has room for it, without some of its middle. */
export function agentText(id: string, room = SHOWN_CHARACTERS): string {
  const characters = [...id];
  if (characters.length <= room) return id;
  const end = Math.floor(room * SHOWN_END);
  return `${characters.slice(0, room - 1 - end).join("")}…${characters.slice(-end).join("")}`;
}

/** A column that holds neither plain text nor numbers. */
export function column(name: string, is: ColumnKind): Column {
  return { name, is };
}

/** `src/a.ts, src/b.ts, src/c.ts, 4 more` */
export function addressesText(addresses: readonly string[]): string {
  const shown = addresses.slice(0, SHOWN_ADDRESSES).map(clipped);
  const more = addresses.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

/** `3/10` */
export function progressText({ done, total }: Progress): string {
  return `${done}/${total}`;
}

/** What a holder says of its hold, in a cell: `3/10 half of the tests pass`. */
function remarksText({ note, progress }: HoldRemarks): string | null {
  const parts = [progress && progressText(progress), note && clipped(note)].filter(Boolean);
  return parts.length === 0 ? null : parts.join(" ");
}

/** The column of what holders say, where any of them says something. */
export function remarksColumn(items: readonly HoldRemarks[]): string[] {
  return items.some((item) => remarksText(item) !== null) ? ["NOTE"] : [];
}

/** The cells of one of them under that column. */
export function remarksCells(column: readonly string[], item: HoldRemarks): (string | null)[] {
  return column.map(() => remarksText(item));
}

/** `1 intent`, `3 reservations` */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** An instant in the form of ours, whatever form another tool has given it. */
export function moment(text: string): string {
  return formatTime(parseTime(text) ?? 0);
}

/** Hex digits of an id in tables and streams: enough to type, and to be unique. */
const SHORT_ID = 12;

/** The first hex digits of an id; commands take them in place of the id. */
export function shortId(id: string): string {
  return stemOfId(id).slice(0, SHORT_ID);
}

/** `42 s`, `3 min 5 s`, `50 min`, `2 h 10 min`, `5 d 3 h` */
export function duration(seconds: number): string {
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return both(whole, 60, "min", 1, "s");
  if (whole < 86_400) return both(whole, 3_600, "h", 60, "min");
  return both(whole, 86_400, "d", 3_600, "h");
}

function both(seconds: number, large: number, name: string, small: number, rest: string): string {
  const left = Math.floor(seconds % large / small);
  return `${Math.floor(seconds / large)} ${name}${left === 0 ? "" : ` ${left} ${rest}`}`;
}
