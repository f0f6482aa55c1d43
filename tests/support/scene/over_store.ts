/** The operations over any store, on a machine that has no source tree. */
import { openCursorFile } from "../../../src/adapters/fs/open.ts";
import { Coord } from "../../../src/engine/coord.ts";
import { detectHost } from "../../../src/host/detect.ts";
import type { Checkout, SourceTree } from "../../../src/ports/checkout.ts";
import type { Warn } from "../../../src/ports/warnings.ts";
import type { Store } from "../../../src/ports/store.ts";
import { processesOf } from "../../../src/workspace/processes.ts";
import { namedInEmpty } from "../fake/names.ts";
import { makeTempDir } from "./scratch.ts";

const host = await detectHost();

const EMPTY: SourceTree = {
  exists: () => false,
  read: () => undefined,
  below: () => [],
  imports: () => Promise.resolve([]),
};

/** A checkout in which there is nothing. */
export const NOWHERE: Checkout = {
  branch: (explicit) => explicit ?? "main",
  worktree: () => undefined,
  commitsSince: () => undefined,
  named: namedInEmpty,
  sources: () => ({ of: () => EMPTY }),
};

/** A file in which a consumer of the stream keeps its position, wherever the store is. */
export const cursorFile = (path: string) => openCursorFile(host, makeTempDir(), path);

/** The operations over an opening, and what they warned of. */
export function coordOn(store: Store, { warn = () => {} }: { warn?: Warn } = {}): Coord {
  const machine = { checkout: NOWHERE, processes: processesOf(host), cursorFile };
  return new Coord({ store, ...machine, warn });
}
