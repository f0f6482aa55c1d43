/**
 * Lanes that `lanes.json` or `coord.json` names, with their trees as a call would have them: a path
 * that exists as it is written is that path, and links are followed. Loaded only where there are some.
 */
import { basename, dirname } from "../../../deps/path.ts";
import type { Taxonomy } from "../../../domain/lane/taxonomy.ts";
import { taxonomyValue } from "../../../domain/lane/taxonomy_json.ts";
import { parseNamedTaxonomy, parseTaxonomy } from "../../../domain/lane/taxonomy_file.ts";
import type { Host } from "../../../ports/host.ts";
import { writeOwnFile } from "../disk/own_file.ts";
import { Surroundings } from "../checkout/surroundings.ts";

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
  return parseNamedTaxonomy(value, (globs) => checkout.named(globs, { kind: "glob" }));
}

/** Writes `lanes.json`. Which globs are files is found again whenever it is read. */
export function writeTaxonomy(host: Host, path: string, taxonomy: Taxonomy): void {
  const text = `${JSON.stringify(taxonomyValue(taxonomy), null, 2)}\n`;
  writeOwnFile(host, dirname(path), basename(path), text);
}
