/** The files of an edit or a commit that are to be looked at. */
import { addressOutlines, areCovered, treeOutlines } from "../../domain/glob/holds/holds.ts";
import type { Outline } from "../../domain/glob/address_outline.ts";
import { inOneGo } from "../../domain/glob/steps.ts";
import type { Checkout } from "../../ports/checkout.ts";

/** Files by their paths as they were given, and as records name them. */
export interface EditedFiles {
  readonly paths: readonly string[];
  readonly addresses: readonly string[];
  readonly files: readonly string[];
}

/**
 * Those of some paths that lie in the checkout and that the team does not have ignored.
 *
 * @param base The folder that they are relative to; default the top of the checkout.
 * @param ignore Globs, as of the tree of a lane.
 */
export function editedFiles(
  checkout: Pick<Checkout, "named">,
  given: readonly string[],
  base: string | undefined,
  ignore: readonly string[],
): EditedFiles {
  const naming = { kind: "address", base, literal: true, file: true } as const;
  const isIgnored = ignoring(ignore);
  const paths: string[] = [];
  const files: string[] = [];
  const addresses: string[] = [];
  for (const path of new Set(given)) {
    const named = checkout.named([path], naming);
    // What lies outside of the checkout is no concern of it.
    if (named.problems.length > 0 || isIgnored(named.entries)) continue;
    paths.push(path);
    addresses.push(...named.entries);
    files.push(...named.files);
  }
  return { paths, addresses, files };
}

/** Whether a team has files ignored, by the globs of `hook.ignore`. */
export function ignoring(ignore: readonly string[]): (addresses: readonly string[]) => boolean {
  const ignored = ignore.length === 0 ? [] : treeOutlines({ tree: ignore });
  return (addresses) => ignored.length > 0 && lieWithin(addressOutlines({ addresses }), ignored);
}

/** Whether all that some hold lies in what others do. */
export function lieWithin(ours: readonly Outline[], holders: readonly Outline[]): boolean {
  return holders.length > 0 && inOneGo(areCovered(ours, holders));
}
