import type { Store } from "../../../src/ports/store.ts";

/** A store of which a test needs only these parts; the others are missing. */
export function partialStore(parts: Partial<Store>): Store {
  return parts as Store;
}
