/** The version of coord, in every answer and event. */
export const VERSION = "0.1.0";

/**
 * The number of the files' format that this program writes and reads. A workspace without one is of
 * format 1, as the first programs made it.
 */
export const WORKSPACE_FORMAT = 1;

/** What is wrong with the text of a workspace's `format`; `undefined` when this program may go on. */
export function formatProblem(text: string): string | undefined {
  const line = text.trim();
  // A crash may leave the file empty; there is none then.
  if (line === "") return undefined;
  if (!/^\d{1,9}$/.test(line)) {
    return `its file "format" holds no number: put ${WORKSPACE_FORMAT} there`;
  }
  return Number(line) <= WORKSPACE_FORMAT
    ? undefined
    : `its format is ${Number(line)}, and this program knows formats up to ${WORKSPACE_FORMAT}: ` +
      "a newer version of coord is needed";
}
