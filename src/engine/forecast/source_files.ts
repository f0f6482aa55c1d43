/** The source files that addresses name. */
import type { ForecastBudget } from "../../domain/forecast/address_map.ts";
import { type HeldFiles, isAmong } from "../../domain/forecast/dependencies.ts";
import { languageOf } from "../../domain/forecast/imports.ts";
import { MAX_PATTERN_FILES } from "../../domain/limits.ts";
import { quoted } from "../../domain/text.ts";
import type { SourceTree } from "../../ports/checkout.ts";
import type { Warn } from "../../ports/warnings.ts";

/** Source files, by the worktree in which they are touched. */
export type FilesByWorktree = ReadonlyMap<string | undefined, readonly string[]>;

/** What it costs to match a path with a pattern, against a look at two addresses. */
const MATCH = 30;

/** The source files themselves; where there are too many none, and `tooWide` gets the name. */
export function sourceFilesOf(
  tree: SourceTree,
  files: HeldFiles,
  effort: ForecastBudget,
  tooWide: Set<string>,
): readonly string[] {
  const { name, path, folder } = files;
  if (path !== undefined && tree.exists(path)) return [path];
  const accepts = (file: string) => {
    const isSource = languageOf(file) !== undefined;
    effort.left -= isSource ? MATCH : 1;
    return isSource && effort.left > 0 && isAmong(files, file);
  };
  const found = tree.below(folder, accepts, MAX_PATTERN_FILES);
  if (found === undefined) tooWide.add(name);
  return found ?? [];
}

/** Warns of what stands for too many files, if anything does. */
export function warnOfTooWide(names: ReadonlySet<string>, warn: Warn): void {
  const [first, ...others] = names;
  if (first === undefined) return;
  const [more, each] = others.length === 0 ? ["", "it"] : [` and ${others.length} more`, "each"];
  warn(
    `The imports in ${quoted(first, 80)}${more} are not read: ` +
      `${each} stands for more than ${MAX_PATTERN_FILES} source files, or lies among too many`,
  );
}
