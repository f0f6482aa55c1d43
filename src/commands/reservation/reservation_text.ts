/** How reservations look to people. */
import { formatTime, parseTime } from "../../domain/time.ts";

/** Addresses that a line names; the others are counted. */
const SHOWN_ADDRESSES = 3;

/** Characters of an agent's word in a line, so that one agent cannot push out the others'. */
const SHOWN_CHARACTERS = 64;

/** What somebody wrote, as far as a table has room for it. */
export function clipped(text: string): string {
  if (text.length <= SHOWN_CHARACTERS) return text;
  const characters = [...text];
  if (characters.length <= SHOWN_CHARACTERS) return text;
  return `${characters.slice(0, SHOWN_CHARACTERS - 1).join("")}…`;
}

/** `src/a.ts, src/b.ts, src/c.ts, 4 more` */
export function addressesText(addresses: readonly string[]): string {
  const shown = addresses.slice(0, SHOWN_ADDRESSES).map(clipped);
  const more = addresses.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

/** `1 intent`, `3 reservations` */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** An instant in the form of ours, whatever form another tool has given it. */
export function moment(text: string): string {
  return formatTime(parseTime(text) ?? 0);
}
