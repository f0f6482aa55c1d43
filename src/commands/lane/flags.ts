/** Flags that the commands on lanes share. */
import { LOCK_TIMEOUT_S } from "../../domain/limits.ts";
import * as laneFields from "../../domain/lane/fields.ts";
import { LANE_INPUTS } from "../../engine/lane/inputs.ts";
import type { FlagSpec, OperandSpec } from "../command.ts";
import { OPTIONAL_RUN_ID } from "../flags.ts";

/** The lane that a command is about. */
export const LANE: FlagSpec = {
  type: "text",
  summary: "the lane's name",
  placeholder: "NAME",
  required: true,
  field: LANE_INPUTS.release.lane,
};

export const LOOP_TS: FlagSpec = {
  type: "text",
  summary: "key of the lease, where a lane has several",
  placeholder: "KEY",
  field: LANE_INPUTS.release.loopTs,
};

/** Who holds or wants a lane. */
export const OWNER: FlagSpec = {
  type: "text",
  summary: "lane owner (default: --run-id)",
  placeholder: "NAME",
  required: true,
  orElse: "run-id",
  field: LANE_INPUTS.release.owner,
};

/** The agent that is about to hold a lane; it must have a name. */
export const NEW_OWNER: FlagSpec = { ...OWNER, field: LANE_INPUTS.acquire.owner };

export const LANE_RUN_ID: FlagSpec = {
  type: "text",
  summary: "run that this belongs to",
  placeholder: "ID",
  ...(OPTIONAL_RUN_ID.env && { env: OPTIONAL_RUN_ID.env }),
  ...(OPTIONAL_RUN_ID.otherwise && { otherwise: OPTIONAL_RUN_ID.otherwise }),
  field: LANE_INPUTS.acquire.runId,
};

/** The grant that a holder means. */
export const FENCE: FlagSpec = {
  type: "integer",
  summary: "fence of the grant: an older one is refused",
  placeholder: "N",
  field: LANE_INPUTS.release.fence,
};

export const LOCK_TIMEOUT: FlagSpec = {
  type: "duration",
  summary: "wait for other writers of the journal, at most this long",
  placeholder: "DURATION",
  default: LOCK_TIMEOUT_S.default,
  field: LANE_INPUTS.acquire.lockTimeout,
};

export const PID: FlagSpec = {
  type: "integer",
  summary: "process that holds the lane: the lease is dead once it is gone",
  placeholder: "PID",
  field: LANE_INPUTS.acquire.pid,
};

export const REASON: FlagSpec = {
  type: "text",
  summary: "reason, for people",
  placeholder: "TEXT",
  field: LANE_INPUTS.spawn.reason,
};

/** What to hold. */
export const TREES: OperandSpec = {
  name: "TREE",
  summary: "what to hold: a path with all below it, or a glob (default: the lane's own tree)",
  repeatable: true,
  field: LANE_INPUTS.acquire.tree,
  as: "operands",
  part: "tree",
};

/** What a request for a lane says. */
export const REQUEST: Readonly<Record<string, FlagSpec>> = {
  lane: {
    type: "text",
    summary: "the lane's name; @NAME is a name alone (default: picked, or made from the tree)",
    placeholder: "NAME",
    field: LANE_INPUTS.acquire.lane,
  },
  owner: NEW_OWNER,
  kind: {
    type: "text",
    summary: "the kind of a lane to which lanes.json gives none",
    placeholder: "KIND",
    field: LANE_INPUTS.acquire.kind,
  },
  tree: {
    type: "text",
    summary: "the same as TREE",
    placeholder: "GLOB",
    repeatable: true,
    field: laneFields.glob,
    as: "trees",
  },
  "loop-ts": {
    ...LOOP_TS,
    summary: "your key for this lease: a repeat with the same key gets the same lease",
  },
};

/** Where the globs of a request stand on the command line. */
export interface TreeValues {
  readonly operands?: readonly string[];
  readonly trees?: readonly string[];
}

/** All globs of a request, in an input of the library. */
export function treeOf({ operands = [], trees = [] }: TreeValues): { tree?: readonly string[] } {
  const tree = [...operands, ...trees];
  return tree.length === 0 ? {} : { tree };
}

/** What is wrong with all globs together. */
export function treeCheck(values: TreeValues) {
  return laneFields.tree.problems(treeOf(values).tree ?? []).map((message) => ({
    field: "operands",
    code: "bad_args" as const,
    message,
  }));
}
