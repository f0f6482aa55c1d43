/** Leaving out what later lines of a position have outdated, where a position takes in line by line. */

/** A position that grows by lines. */
interface Growing {
  /** Takes in a line; `false` for one that is none of its own. */
  read(line: string): boolean;
  /** All of it. */
  readonly lines: readonly string[];
}

/** The lines that say the same, none where none was read, and how many others there were. */
export function compacted(
  lines: Iterable<string>,
  at: Growing,
): { readonly lines: readonly string[]; readonly unread: number } {
  let isRead = false;
  let unread = 0;
  for (const line of lines) {
    if (at.read(line)) isRead = true;
    else unread++;
  }
  return { lines: isRead ? at.lines : [], unread };
}
