/** Paths that stand for themselves, and how they are written where patterns may stand. */

/** Everything that may stand for something else than itself; more than enough. */
export const MAGIC = /[*?[\]{}\\]/;

/** Whether a pattern has no wildcards: it is one path, with all that is below. */
export function isLiteral(text: string): boolean {
  return !/[*?[{]/.test(text) || !/[*?[{]/.test(text.replaceAll(/\\[^]/gu, ""));
}
