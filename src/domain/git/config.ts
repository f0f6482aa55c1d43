/** What a repository's `config` says of its main checkout. */

/** The settings of `[core]` that say where the files of the main checkout are. */
interface CoreConfig {
  /** Whether there is no main checkout. */
  readonly bare: boolean;
  /** The folder of the main checkout, as it is written there. */
  readonly worktree: string | undefined;
}

/** Reads `core.bare` and `core.worktree`; of a setting that stands several times the last one counts. */
export function parseCoreConfig(text: string): CoreConfig {
  let bare = false;
  let worktree: string | undefined;
  let isCore = false;
  for (const line of text.split(/\r?\n/)) {
    const [, header, rest = ""] = /^\s*\[([^\]]*)\](.*)$/.exec(line) ?? [];
    if (header !== undefined) isCore = header.trim().toLowerCase() === "core";
    const [, key, value] = /^\s*([A-Za-z][A-Za-z0-9-]*)\s*(?:=(.*))?$/.exec(
      header === undefined ? line : rest,
    ) ?? [];
    if (!isCore || key === undefined) continue;
    if (key.toLowerCase() === "bare") bare = isTrue(value);
    if (key.toLowerCase() === "worktree" && value !== undefined) worktree = unquoted(value);
  }
  return { bare, worktree: worktree === "" ? undefined : worktree };
}

/** A key without a value is true. */
function isTrue(value: string | undefined): boolean {
  return value === undefined || /^(true|yes|on|[1-9]\d*)$/i.test(unquoted(value));
}

/** A value without its comment, and without the quotes that keep blanks and `#` in it. */
function unquoted(value: string): string {
  let text = "";
  let isQuoted = false;
  for (const [part] of value.trim().matchAll(/\\.|[^\\]/gs)) {
    if (part === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (part === "#" || part === ";")) break;
    else text += part.length === 2 ? part.slice(1) : part;
  }
  return text.trim();
}
