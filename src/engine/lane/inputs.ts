/** The rules for the inputs of the operations on lanes. */
import * as fields from "../../domain/input/fields.ts";
import { NAMING } from "../names.ts";
import * as laneFields from "../../domain/lane/fields.ts";

const LOCK = { lockTimeout: laneFields.lockTimeout } as const;

const ARBITRATE = {
  lane: laneFields.optionalName,
  tree: laneFields.tree,
  ...NAMING,
  owner: fields.holderId,
  kind: laneFields.optionalName,
  loopTs: fields.identifier,
} as const;

const HOLDER = {
  lane: fields.identifier,
  owner: fields.identifier,
  loopTs: fields.identifier,
  fence: fields.fence,
  ...LOCK,
} as const;

/** The fields of each operation's input, for the library and the command line alike. */
export const LANE_INPUTS = {
  acquire: {
    ...ARBITRATE,
    ...LOCK,
    ttl: laneFields.laneTtl,
    grace: laneFields.laneGrace,
    runId: fields.identifier,
    pid: laneFields.pid,
    wait: fields.wait,
    signal: fields.anything,
  },
  arbitrate: ARBITRATE,
  release: HOLDER,
  heartbeat: { ...HOLDER, coalesceWithin: laneFields.window },
  adopt: {
    lane: fields.identifier,
    owner: fields.holderId,
    loopTs: fields.identifier,
    runId: fields.identifier,
    pid: laneFields.pid,
    ...LOCK,
  },
  spawn: {
    lane: fields.identifier,
    owner: fields.identifier,
    loopTs: fields.identifier,
    runId: fields.identifier,
    reason: laneFields.why,
    ...LOCK,
  },
  halt: {
    handle: fields.identifier,
    lane: fields.identifier,
    loopTs: fields.identifier,
    runId: fields.identifier,
    reason: laneFields.why,
    command: laneFields.why,
    ...LOCK,
  },
  live: { all: fields.anything },
  check: { lane: fields.identifier, fence: fields.fence },
  liveness: {
    lane: fields.identifier,
    loopTs: fields.identifier,
    since: laneFields.commit,
    spin: laneFields.window,
    grace: laneFields.window,
  },
} as const;
