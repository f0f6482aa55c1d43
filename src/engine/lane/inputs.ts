/** The rules for the inputs of the operations on lanes. */
import * as fields from "../../domain/input/fields.ts";
import * as laneFields from "../../domain/lane/fields.ts";

const TEXT = { schema: fields.identifier, code: "bad_args" } as const;
const NAME = { schema: laneFields.optionalName, code: "bad_args" } as const;
const WHY = { schema: laneFields.why, code: "bad_args" } as const;
const PID = { schema: laneFields.pid, code: "bad_args" } as const;
const FENCE = { schema: fields.fence, code: "bad_args" } as const;
const WINDOW = { schema: laneFields.window, code: "bad_args" } as const;
const ANY = { schema: fields.anything, code: "bad_args" } as const;
const LOCK = { lockTimeout: { schema: laneFields.lockTimeout, code: "bad_args" } } as const;
/** Who is to hold something: it must name somebody. */
const OWNER = { schema: fields.holderId, code: "bad_args" } as const;

const ARBITRATE = {
  lane: NAME,
  tree: { schema: laneFields.tree, code: "bad_args" },
  owner: OWNER,
  kind: NAME,
  loopTs: TEXT,
} as const;

const HOLDER = { lane: TEXT, owner: TEXT, loopTs: TEXT, fence: FENCE, ...LOCK } as const;

/** The fields of each operation's input, for the library and the command line alike. */
export const LANE_INPUTS = {
  acquire: {
    ...ARBITRATE,
    ...LOCK,
    ttl: { schema: laneFields.laneTtl, code: "bad_args" },
    runId: TEXT,
    pid: PID,
    wait: { schema: fields.wait, code: "bad_args" },
    signal: ANY,
  },
  arbitrate: ARBITRATE,
  release: HOLDER,
  heartbeat: { ...HOLDER, coalesceWithin: WINDOW },
  adopt: { lane: TEXT, owner: OWNER, loopTs: TEXT, pid: PID, ...LOCK },
  spawn: { lane: TEXT, owner: TEXT, loopTs: TEXT, runId: TEXT, reason: WHY, ...LOCK },
  halt: {
    handle: TEXT,
    lane: TEXT,
    loopTs: TEXT,
    runId: TEXT,
    reason: WHY,
    command: WHY,
    ...LOCK,
  },
  live: { all: ANY },
  check: { lane: TEXT, fence: FENCE },
  liveness: {
    lane: TEXT,
    loopTs: TEXT,
    since: { schema: laneFields.commit, code: "bad_args" },
    spin: WINDOW,
    grace: WINDOW,
  },
} as const;
