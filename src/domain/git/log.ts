/** What a checkout's reflog says about commits: the file in which git notes every move of HEAD. */

/** Commits after one that was named. */
export interface CommitsSince {
  readonly count: number;
  /** When the newest of them was made, milliseconds since 1970; `undefined` when there is none. */
  readonly newestMs: number | undefined;
}

/** `<old> <new> <name> <mail> <seconds> <zone>\t<what>` */
const LINE = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) .*?(\d+) [+-]\d{4}\t(.*)$/;

/** Moves of HEAD that bring commits; switching branches and resetting do not. */
const COMMITS =
  /^(commit|merge|cherry-pick|revert|pull|am)\b|^rebase\b(?! \((start|finish|abort)\))/;

/**
 * Counts the moves of HEAD that brought commits after `sha`, a commit's id or the beginning of one,
 * was HEAD for the last time; `undefined` when the reflog does not know it.
 */
export function commitsSince(reflog: string, sha: string): CommitsSince | undefined {
  const wanted = sha.toLowerCase();
  let found: { count: number; newestMs: number | undefined } | undefined;
  for (const line of reflog.split("\n")) {
    const [, before = "", after = "", seconds = "", what = ""] = LINE.exec(line) ?? [];
    if (after === "") continue;
    if (found === undefined && before.startsWith(wanted)) found = { count: 0, newestMs: undefined };
    if (after.startsWith(wanted)) found = { count: 0, newestMs: undefined };
    else if (found !== undefined && before !== after && COMMITS.test(what)) {
      found.count++;
      found.newestMs = Number(seconds) * 1000;
    }
  }
  return found;
}
