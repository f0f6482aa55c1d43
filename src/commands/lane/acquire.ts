import { LANE_GRACE_S, LANE_TTL_S, LAST_RELEASE_S, WAIT_S } from "../../domain/limits.ts";
import { LANE_INPUTS } from "../../engine/lane/inputs.ts";
import type {
  LaneAcquired,
  LaneAcquireInput,
  LaneBusy,
  LaneDenied,
} from "../../engine/lane/types.ts";
import type { AnswerCommand } from "../command.ts";
import {
  LANE_RUN_ID,
  LOCK_TIMEOUT,
  PID,
  REQUEST,
  treeCheck,
  treeOf,
  TREES,
  type TreeValues,
} from "./flags.ts";
import { fromHere, PATH_DETAILS, PATH_FLAGS } from "../paths.ts";
import { decisionBlocks } from "./text.ts";

/** What turns a grant that was given back into a refusal. */
const STOPPED = {
  status: "refused",
  outcome: "refuse",
  fence: null,
  journaled: false,
  reason_class: "aborted",
} as const;

export const acquire: AnswerCommand<
  LaneAcquired | LaneDenied | LaneBusy,
  Omit<LaneAcquireInput, "tree"> & TreeValues
> = {
  details: "Acquire a lane: a lease of a part of the tree that overlaps no other live one; " +
    "otherwise print which lease blocks it. The lease lasts while its holder sends " +
    "heartbeats (lane heartbeat). After its TTL and grace of silence other agents may have the " +
    "lane, and with --pid as soon as that process is gone. Without --lane, the first free lane " +
    "of autopick in lanes.json is picked or, with a TREE, a lane of that name is made. A lane " +
    "for which neither TREE nor lanes.json gives a tree is a name alone, as @git/index: it " +
    "overlaps nothing but itself. With --wait it waits its turn: agents that wait for the same, or for " +
    "what overlaps, are served in the order in which they came. SIGINT and SIGTERM end a wait early. " +
    "A lane whose answer cannot be delivered is released, unless it was asked for with " +
    `--loop-ts: then a repeat gets it. ${PATH_DETAILS}`,
  examples: [
    "lane acquire --lane api --run-id agent-7",
    `lane acquire "src/api/**" docs/api.md --owner agent-7 --ttl 600 --wait 60 --json`,
    "lane acquire --lane @git/index --run-id agent-7 --wait 60",
  ],
  operands: [TREES],
  flags: {
    ...REQUEST,
    ...PATH_FLAGS,
    "run-id": LANE_RUN_ID,
    ttl: {
      type: "duration",
      summary: "how long the holder may be silent",
      placeholder: "DURATION",
      default: LANE_TTL_S.default,
      field: LANE_INPUTS.acquire.ttl,
    },
    grace: {
      type: "duration",
      summary: "how long past the TTL before the lease is dead",
      placeholder: "DURATION",
      default: LANE_GRACE_S.default,
      field: LANE_INPUTS.acquire.grace,
    },
    pid: PID,
    wait: {
      type: "duration",
      summary: "wait while others are in the way, at most this long",
      placeholder: "DURATION",
      default: WAIT_S.default,
      field: LANE_INPUTS.acquire.wait,
    },
    "lock-timeout": LOCK_TIMEOUT,
  },
  check: treeCheck,
  async run(context, { operands, trees, ...values }) {
    const coord = await context.open();
    const input = fromHere(context, { ...values, ...treeOf({ operands, trees }) });
    const waits = (values.wait ?? WAIT_S.default) > 0;
    const answer = await coord.lanes.acquire(waits ? { ...input, signal: context.stop } : input);
    // With a key of its own the caller can ask again, and may have had the lease before.
    if (answer.status === "acquired" && values.loopTs === undefined) {
      context.ifUndelivered(async () => {
        const { lane, owner, loop_ts: loopTs, fence } = answer;
        await coord.lanes.release({ lane, owner, loopTs, fence, lockTimeout: LAST_RELEASE_S });
        const error = "the call was stopped";
        return { ...answer, ...STOPPED, reason: error, error };
      });
    }
    return answer;
  },
  text: (value) => value.status === "acquired" ? decisionBlocks(value) : value.error,
};
