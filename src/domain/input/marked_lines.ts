/** Lines of coord's in a text of others, between two lines that mark them. */

/** The marks, each a whole line. */
export interface Marks {
  readonly begin: string;
  /** In the place of `begin` where the file was made for the lines. */
  readonly made: string;
  readonly end: string;
}

/** Where the lines stand: from the first mark to the end of the last one, without the line end. */
interface MarkedLines {
  readonly start: number;
  readonly end: number;
  readonly isMade: boolean;
}

/** Finds the first such lines; `undefined` where there are none, and where their end is gone. */
export function markedLines(text: string, marks: Marks): MarkedLines | undefined {
  let begun: Omit<MarkedLines, "end"> | undefined;
  let start = 0;
  for (const line of text.split("\n")) {
    const said = line.trimEnd();
    if (said === marks.begin || said === marks.made) {
      begun ??= { start, isMade: said === marks.made };
    } else if (begun !== undefined && said === marks.end) {
      return { ...begun, end: start + line.length };
    }
    start += line.length + 1;
  }
  return undefined;
}

/** The text without them and one line end. */
export function withoutMarked(text: string, { start, end }: MarkedLines): string {
  const isLast = end === text.length;
  return text.slice(0, isLast ? Math.max(start - 1, 0) : start) +
    text.slice(isLast ? end : end + 1);
}
