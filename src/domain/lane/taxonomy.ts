/** `lanes.json`: the lanes that a project names, the order to pick from, and budgets of kinds. */
import type { Tree } from "../glob/tree.ts";

/** A lane that the taxonomy names. */
export interface NamedLane {
  readonly name: string;
  /** What it holds; nothing when it is a name alone. */
  readonly tree: Tree;
  /** Its kind, empty when it has none. */
  readonly kind: string;
  /** Whether no other lane may be held beside it. */
  readonly exclusive: boolean;
}

/** All that `lanes.json` says. */
export interface Taxonomy {
  readonly lanes: ReadonlyMap<string, NamedLane>;
  /** The lanes that a request which names none may get, the best first. */
  readonly autopick: readonly string[];
  /** How many leases of a kind there may be. */
  readonly budgets: ReadonlyMap<string, number>;
}

/** What holds where there is no `lanes.json`. */
export const NO_TAXONOMY: Taxonomy = { lanes: new Map(), autopick: [], budgets: new Map() };
