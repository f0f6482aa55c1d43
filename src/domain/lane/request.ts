/** What a request for a lane comes to under a taxonomy: which lane, which tree, which rules. */
import { MAX_IDENTIFIER } from "../limits.ts";
import { bareName, NAME_MARK } from "./lease.ts";
import type { NamedLane, Taxonomy } from "./taxonomy.ts";
import { NO_TREE, Tree } from "../glob/tree.ts";

/** A request for a lane. */
export interface LaneRequest {
  /** The lane's name; empty to pick one. */
  readonly lane: string;
  /** Valid globs; none for what the lane's own tree is. */
  readonly tree: readonly string[];
  /** Those of them that are files. */
  readonly files?: readonly string[];
  /** The kind of a lane to which the taxonomy gives none; empty for none. */
  readonly kind: string;
  /** Who asks. */
  readonly owner: string;
  /** The run that asks; default the owner. */
  readonly run?: string | undefined;
  /** The asker's own key of this hold, by which a repeat is known; empty when there is none. */
  readonly loopTs: string;
}

/** A lane as it would be held. */
export interface WantedLane {
  readonly lane: string;
  readonly kind: string;
  readonly tree: Tree;
  readonly exclusive: boolean;
  /** How many leases of its kind there may be. */
  readonly maxConcurrent: number | null;
  /** What the asker should know about it. */
  readonly warnings: readonly string[];
}

/** What a request names, or `undefined` when it names an unknown lane. */
export function namedHold(request: LaneRequest, taxonomy: Taxonomy): WantedLane | undefined {
  const lane = request.lane === "" ? nameOfTree(request.tree) : request.lane;
  const isNameOnly = request.tree.length === 0;
  const known = taxonomy.lanes.get(lane) ??
    (isNameOnly ? taxonomy.lanes.get(otherSpelling(lane)) : undefined);
  if (known !== undefined) return taxonomyHold(known, request, taxonomy);
  const isMarked = lane.startsWith(NAME_MARK);
  if (isNameOnly && !isMarked && taxonomy.lanes.size > 0) return undefined;
  const warnings = isNameOnly && !isMarked
    ? [`Lane ${JSON.stringify(lane)} has no tree: it holds its name alone, and no file`]
    : [];
  return {
    lane,
    kind: request.kind,
    tree: isNameOnly ? NO_TREE : new Tree(request.tree, request.files),
    exclusive: false,
    maxConcurrent: taxonomy.budgets.get(request.kind) ?? null,
    warnings,
  };
}

/** `@x` for `x`, and the other way round. */
function otherSpelling(lane: string): string {
  return lane.startsWith(NAME_MARK) ? bareName(lane) : `${NAME_MARK}${lane}`;
}

/** What is wrong with the tree that is given for a lane. */
export function nameProblems(lane: string, tree: readonly string[]): string[] {
  return lane.startsWith(NAME_MARK) && tree.length > 0
    ? [`must be left out: ${JSON.stringify(lane)} is a name alone`]
    : [];
}

/** The lanes that a request may get which names none, the best first. */
export function autopickHolds(request: LaneRequest, taxonomy: Taxonomy): WantedLane[] {
  return taxonomy.autopick.flatMap((name) => {
    const lane = taxonomy.lanes.get(name);
    return lane === undefined ? [] : [taxonomyHold(lane, request, taxonomy)];
  });
}

function taxonomyHold(lane: NamedLane, request: LaneRequest, taxonomy: Taxonomy): WantedLane {
  const warnings: string[] = [];
  const name = JSON.stringify(lane.name);
  const tree = request.tree.length === 0 ? lane.tree : new Tree(request.tree, request.files);
  if (tree !== lane.tree && !lane.tree.isEmpty && !lane.tree.holds(tree)) {
    warnings.push(`The tree asked for reaches beyond that of lane ${name}: ${lane.tree.globs}`);
  }
  const kind = lane.kind === "" ? request.kind : lane.kind;
  if (request.kind !== "" && request.kind !== kind) {
    warnings.push(`Lane ${name} is of kind ${JSON.stringify(kind)}, whatever was asked for`);
  }
  return {
    lane: lane.name,
    kind,
    tree,
    exclusive: lane.exclusive,
    maxConcurrent: taxonomy.budgets.get(kind) ?? null,
    warnings,
  };
}

/** The name of a lane that was asked for by its tree alone, also of spaces; too long a one ends in a checksum. */
function nameOfTree(tree: readonly string[]): string {
  const globs = tree.map((glob) => glob.trim()).join(",");
  const name = globs === "" || globs.startsWith(NAME_MARK) ? `./${globs}` : globs;
  const characters = [...name];
  if (characters.length <= MAX_IDENTIFIER) return name;
  const sum = checksum(name);
  return `${characters.slice(0, MAX_IDENTIFIER - sum.length - 1).join("").trim()}~${sum}`;
}

/** FNV-1a over 32 bits: separates names; two with one value merely exclude each other. */
function checksum(text: string): string {
  let sum = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193);
  return (sum >>> 0).toString(16).padStart(8, "0");
}
