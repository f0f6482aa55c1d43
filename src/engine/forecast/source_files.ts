/** The source files that addresses name. */
import type { ForecastBudget } from "../../domain/forecast/address_map.ts";
import { type HeldFiles, isAmong } from "../../domain/forecast/dependencies.ts";
import { languageOf } from "../../domain/forecast/imports.ts";
import { MAX_PATTERN_FILES } from "../../domain/limits.ts";
import type { SourceTree } from "../../ports/checkout.ts";

/** What it costs to match a path with a pattern, against a look at two addresses. */
const MATCH = 30;

/** The source files themselves; none where there are too many. */
export function sourceFilesOf(
  tree: SourceTree,
  files: HeldFiles,
  effort: ForecastBudget,
): readonly string[] {
  const { path, folder } = files;
  if (path !== undefined && tree.exists(path)) return [path];
  const accepts = (file: string) => {
    const isSource = languageOf(file) !== undefined;
    effort.left -= isSource ? MATCH : 1;
    return isSource && effort.left > 0 && isAmong(files, file);
  };
  return tree.below(folder, accepts, MAX_PATTERN_FILES) ?? [];
}
