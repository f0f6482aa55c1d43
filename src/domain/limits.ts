/** Every bound of coord, once, with its reason. Lengths are in characters (code points). */

const DAY = 86_400;

/** Seconds that a reservation, and any heartbeat, may reach: a year. */
export const MAX_TTL_S = 31_536_000;

/** Seconds that a task may stay pending; a hundred years is for ever and still a valid date. */
export const TASK_TTL_S = { min: 1, max: 36_525 * DAY, default: DAY } as const;

/** Visibility timeout of a claim in seconds: at most a day, so that no task is hidden for ever. */
export const CLAIM_TTL_S = { min: 1, max: DAY, default: 3_600 } as const;

/** Seconds that a heartbeat adds from now. */
export const EXTENSION_S = { min: 1, max: MAX_TTL_S, default: 3_600 } as const;

/** Seconds that a claim which nobody can read hides its task, so that a slow writer can finish. */
export const BROKEN_CLAIM_GRACE_S = 60;

/** Seconds that `claim` may wait for a task. */
export const WAIT_S = { min: 0, max: 3_600, default: 0 } as const;

/** Items that `tasks` lists. */
export const LIST_LIMIT = { min: 1, max: 10_000, default: 200 } as const;

/** Seconds between two looks of the polling watch. */
export const POLL_INTERVAL_S = { min: 0.01, max: 3_600, default: 1 } as const;

/** Milliseconds over which the instants of creation of one batch are spread, to keep its order. */
export const BATCH_SPREAD_MS = 1_000;

/** Priorities fit a 32-bit integer, which every store can sort by. */
export const PRIORITY = { min: -2_147_483_648, max: 2_147_483_647, default: 0 } as const;

/** Characters of a run id, an owner, a lane name. */
export const MAX_IDENTIFIER = 256;

/** Characters of a title that are kept; the rest is cut off, with a warning. */
export const MAX_TITLE = 200;

/** Characters of a queue name. */
export const MAX_QUEUE = 64;

/** Tags of a task, and characters of each. */
export const MAX_TAGS = 32;
export const MAX_TAG = 64;

/** UTF-8 bytes of a payload or result as JSON: keeps a record within a few disk blocks. */
export const MAX_PAYLOAD_BYTES = 65_536;

/** Nested arrays and objects in a payload or record: far above real use, far below any stack. */
export const MAX_JSON_DEPTH = 128;

/** Characters of the error text of a failed task. */
export const MAX_ERROR = 4_096;

/** Bytes of a record file; a larger one cannot be ours and is not read. */
export const MAX_RECORD_BYTES = 1_048_576;

/** Hex digits of an id's prefix on the command line. */
export const MIN_ID_PREFIX = 6;

/** Bytes of one line of `enqueue --stdin`: a task of full size with room for escapes. */
export const MAX_LINE_BYTES = 524_288;

/** Characters of a glob: four times the longest path of common systems, with room for braces. */
export const MAX_GLOB = 16_384;

/** Characters of an address: the longest paths and names that people write, with room to spare. */
export const MAX_ADDRESS = 1_024;

/** Steps of a search in two globs before its answer is "unknown": a few milliseconds. */
export const GLOB_STEPS = 25_000;

/** The run id of somebody who did not give one. Two unknown agents are never the same agent. */
export const UNKNOWN_RUN = "unknown";
