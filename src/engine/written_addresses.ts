/** Addresses as they go into records. */
import { parseAddress, spelledBy } from "../domain/glob/address.ts";
import type { Checkout, SourceTree } from "../ports/checkout.ts";

/**
 * Each address once. A path that is there letter for letter, such as `[id].tsx`, is that path and no
 * pattern: its special characters are escaped. Only such paths are looked for.
 */
export function writtenAddresses(texts: readonly string[], checkout: Checkout): string[] {
  let sources: SourceTree | undefined;
  const written = texts.map((text) => {
    const spelled = spelledBy(text);
    if (spelled === undefined) return text;
    sources ??= checkout.sources();
    const isThere = isFileOrFolder(sources, spelled.path);
    return isThere && typeof parseAddress(spelled.address) !== "string" ? spelled.address : text;
  });
  return [...new Set(written)];
}

/** A folder without a file is not one that an agent names. */
function isFileOrFolder(sources: SourceTree, path: string): boolean {
  return sources.exists(path) || sources.below(path, () => true, 0) === undefined;
}
