/**
 * Lanes that `lanes.json` or `coord.json` names, with their trees as a call would have them: a path
 * that exists as it is written is that path, and links are followed. Loaded only where there are some.
 */
import { treeProblems } from "../../../domain/glob/tree.ts";
import { isObject } from "../../../domain/json.ts";
import type { Taxonomy } from "../../../domain/lane/taxonomy.ts";
import { parseTaxonomy } from "../../../domain/lane/taxonomy_file.ts";
import { quoted } from "../../../domain/text.ts";
import type { Named } from "../../../ports/checkout.ts";
import type { Host } from "../../../ports/host.ts";
import { Surroundings } from "../checkout/surroundings.ts";

/** Reads globs from the top of the checkout. */
type Naming = (globs: readonly string[]) => Named;

/**
 * Reads the value of such a file.
 *
 * @param workspace What the checkout is searched around; without one the globs stay as they are.
 * @returns The taxonomy, or all that is wrong with it.
 */
export function readTaxonomy(
  host: Host,
  workspace: string | undefined,
  value: unknown,
): Taxonomy | readonly string[] {
  if (workspace === undefined) return parseTaxonomy(value);
  const checkout = new Surroundings(host, workspace, () => {});
  const named = namedTrees(value, (globs) => checkout.named(globs, { kind: "glob" }));
  const read = parseTaxonomy(named.value, named.files);
  if ("lanes" in read) return named.problems.length === 0 ? read : named.problems;
  return [...read, ...named.problems];
}

/** The value with what the globs of its lanes name; what has another form than it should is left. */
function namedTrees(value: unknown, naming: Naming) {
  const files = new Set<string>();
  const problems: string[] = [];
  const treeOf = (lane: string, glob: unknown): readonly unknown[] => {
    if (typeof glob !== "string") return [glob];
    const { entries, files: found, problems: wrong } = naming([glob]);
    // What is wrong with it wherever it stands is reported with all else that is.
    if (wrong.length > 0 && treeProblems([glob]).length > 0) return [glob];
    const shown = quoted(glob, 200);
    const why = wrong.map((problem) => problem.slice(shown.length + 1));
    problems.push(...why.map((rule) => `lanes.${lane}.tree holds ${shown}, which ${rule}`));
    for (const file of found) files.add(file);
    return wrong.length > 0 ? [glob] : entries;
  };
  if (!isObject(value) || !isObject(value["lanes"])) return { value, files, problems };
  const lanes = Object.entries(value["lanes"]).map(([name, lane]) =>
    isObject(lane) && Array.isArray(lane["tree"])
      ? [name, { ...lane, tree: lane["tree"].flatMap((glob) => treeOf(name, glob)) }] as const
      : [name, lane] as const
  );
  return { value: { ...value, lanes: Object.fromEntries(lanes) }, files, problems };
}
