/** How a workspace is opened. */
import type { Space } from "../../adapters/postgres/space.ts";
import type { Host } from "../../ports/host.ts";

/** An opening of a store elsewhere, for what is to be done after the call. */
export interface Elsewhere {
  /** When ended records were removed last, and the time, both by the store's clock. */
  readonly collectedAt: number;
  readonly now: number;
  /** What a command line needs to come to the same store. */
  readonly args: readonly string[];
  close(): Promise<void>;
}

/** Openings that calls of one process share, by URL. */
export type Spaces = Map<string, Space>;

/** How to open a workspace. */
export interface OpenOptions {
  /** A project folder or the workspace itself; default `$COORD_DIR`, else the nearest one above. */
  readonly dir?: string | undefined;
  /**
   * Where the records are: `files`, or `postgres://USER@HOST/DATABASE?space=NAME`; default
   * `$COORD_STORE`, else what `coord.json` names and this user trusts, else `files`.
   */
  readonly store?: string | undefined;
  /** Milliseconds since 1970; default the machine's clock. A data base has its own. */
  readonly clock?: () => number;
  /** Called with what was skipped, such as a record that cannot be read; default silent. */
  readonly onWarning?: (message: string) => void;
}

/** How the command line opens one. */
export interface Opening extends OpenOptions {
  /** Is called with the path of the workspace that was found. */
  readonly onFound?: (path: string) => void;
  /** Is called when a store was opened that is no workspace's files. */
  readonly onElsewhere?: (opening: Elsewhere) => void;
  /** Where openings of such stores are kept, so that the next call need not connect. */
  readonly spaces?: Spaces;
  /** Starts the command line once more; the library has none. */
  readonly again?: Host["outputAgain"];
}
