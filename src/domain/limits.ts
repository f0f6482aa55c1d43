/** Every bound of coord, once, with its reason. Lengths are in characters (code points). */

const DAY = 86_400;

/** Seconds that a reservation, and any heartbeat, may reach: a year. */
const MAX_TTL_S = 31_536_000;

/** Instants whose year has four digits, as all in records have, milliseconds since 1970. */
export const INSTANT_MS = { min: -62_167_219_200_000, max: 253_402_300_799_999 } as const;

/** Seconds that a task may stay pending: a hundred years is no limit, and a valid date. */
export const TASK_TTL_S = { min: 1, max: 36_525 * DAY, default: DAY } as const;
/** Seconds of a claim's visibility timeout: a day, so that no task is hidden without end. */
export const CLAIM_TTL_S = { min: 1, max: DAY, default: 3_600 } as const;
/**
 * Milliseconds before its end at which a hold that could not be kept counts as lost, or a tenth of its
 * time where that is less: the process that works under it needs a moment to stop.
 */
export const HOLD_MARGIN_MS = 5_000;
/** Milliseconds until a hold's heartbeat that failed is tried again, or a sixth of its time. */
export const HOLD_RETRY_MS = 10_000;
/** Milliseconds after which the kernel is asked to notify of a hold's end: short work ends before. */
export const HOLD_WATCH_AFTER_MS = 200;
/** Attempts at a task; seconds that it waits after one that failed, and by what they may grow. */
export const MAX_ATTEMPTS = { min: 1, max: 1_000 } as const;
export const BACKOFF = { seconds: MAX_TTL_S, factor: 100 } as const;
/** Seconds that a reservation lasts unless a heartbeat extends it. */
export const RESERVATION_TTL_S = { min: 1, max: MAX_TTL_S, default: 3_600 } as const;
/** Seconds that an intent without a reservation counts as live: what a reservation has by default. */
export const INTENT_TTL_S = RESERVATION_TTL_S.default;
/** Seconds that ended records are kept before `gc` removes them: a week, to look back at. */
export const GRACE_S = { min: 0, max: 36_525 * DAY, default: 604_800 } as const;
/** The same of failed and cancelled tasks where none is given: a person has to look at them. */
export const FAILED_GRACE_S = 90 * DAY;
/** Seconds that a heartbeat adds from now. */
export const EXTENSION_S = { min: 1, max: MAX_TTL_S } as const;

/**
 * Seconds that a sign of life may lie ahead of the clock that reads it. Clocks of real machines differ
 * by less; one that lies farther ahead was made by a clock that is wrong, or before one was set back.
 */
export const AHEAD_S = 1_800;

/** Seconds that an unreadable claim hides its task, so that a slow writer can finish. */
export const BROKEN_CLAIM_GRACE_S = 60;

/** Of `work`: a claim's seconds, tasks at a time, seconds for a task, failed tasks. */
export const WORK_TTL_S = { ...CLAIM_TTL_S, default: 60 } as const;
export const CONCURRENCY = { min: 1, max: 64, default: 1 } as const;
export const MAX_RUNTIME_S = { min: 0.001, max: 365 * DAY } as const;
export const MAX_FAILURES = { min: 1, max: 1_000_000 } as const;

/** Bad ends within `ms`: after a few in a row `work` pauses, twice as long after each more. */
export const CRASH = { ms: 1_000, free: 3, firstPauseMs: 1_000, maxPauseMs: 60_000 } as const;

/** Milliseconds between looks at a task of others, tries to report, and from TERM to KILL. */
export const WORK_MS = { look: 250, retry: 1_000, kill: 5_000 } as const;

/** Milliseconds that a waiter's ticket lasts, is kept after a wait, and may be late to appear. */
export const TICKET_MS = { ttl: 15_000, kept: 10_000, late: 1_000 } as const;
/** Seconds that `claim` may wait for a task. */
export const WAIT_S = { min: 0, max: 3_600, default: 0 } as const;
/** Seconds that `wait` waits, and tasks that it waits for. */
export const WAIT_TIMEOUT_S = { min: 0, max: MAX_TTL_S, default: 100 } as const;
export const MAX_AWAITED = 1_000;

/**
 * Milliseconds until a waiting process looks again though the kernel was silent, as some file systems
 * are of what other machines do. With what a look takes it comes within 5 seconds.
 */
export const SAFETY_LOOK_MS = 4_500;

/** The first attempts at a task that are kept for people to read, and as many of the last. */
export const KEPT_ATTEMPTS = 10;
/** Seconds for which a run that beats may say nothing of its task before it counts as stuck. */
export const STUCK_S = 3_600;
/** Entries of the journal that `log` and `show` look at, and those of a lane that it shows. */
export const SHOWN_ENTRIES = { read: 10_000, shown: 20 } as const;

/** Items that `tasks` lists. */
export const LIST_LIMIT = { min: 0, max: 10_000, default: 200 } as const;

/** Seconds between two looks of the polling watch. */
export const POLL_INTERVAL_S = { min: 0.01, max: 3_600, default: 1 } as const;
/** Seconds between two ticks of a stream: what is more often is a load and no sign of life. */
export const TICK_S = { min: 0.1, max: 86_400 } as const;
/**
 * How long before its end a hold is reported as about to lapse: this share of its time, at most this
 * number of milliseconds. One that beats at a third of its time is not.
 */
export const LAPSE_NOTICE = { share: 0.25, ms: 300_000 } as const;

/** Events that a consumer may have got and not taken yet; more of them wait until it takes one. */
export const MAX_UNTAKEN = 1_000;

/** Seconds before each further try to hand an event to a command that failed: half a minute in all. */
export const EXEC_RETRIES_S: readonly number[] = [1, 2, 4, 8, 16];

/** Milliseconds over which the instants of creation of one batch are spread, to keep its order. */
export const BATCH_SPREAD_MS = 1_000;

/**
 * Milliseconds in the life of a batch. `settleAfter`: every kernel has written the files back by then
 * (Linux: 35 s), so that syncing them is cheap. `stale`: a turn that was not renewed for this long may
 * be taken over. `renew`: how often its process renews it. `slice`: the longest piece of work in one go.
 * `step`: what one call adds to its own time to settle older batches.
 */
export const BATCH_MS = {
  settleAfter: 120_000,
  stale: 10_000,
  renew: 1_000,
  slice: 20,
  step: 5,
} as const;

/** Keys that a pledge of a batch speaks of: each is a name of its file, of which NTFS allows 1,024. */
export const MAX_PLEDGED_KEYS = 1_000;

/** Tasks that such a step settles at least, so that working a batch off always settles it. */
export const MIN_STEP_TASKS = 2;

/**
 * When ended tasks leave their files. At one of `every` ends a process looks whether there are `enough`
 * files, and moves `step` tasks that ended `ageMs` ago. A segment is sealed at `bytes`.
 */
export const SEGMENT = { every: 64, enough: 512, step: 128, ageMs: 1_000, bytes: 2 ** 21 } as const;

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
/** Tasks that a task waits for. */
export const MAX_AFTER = 128;

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

/** Bytes of a JSON array of tasks on standard input, which is read at once: some 100,000 real tasks. */
export const MAX_ARRAY_BYTES = 67_108_864;

/** Characters of a glob: four times the longest path of common systems, with room for braces. */
export const MAX_GLOB = 16_384;

/** Characters of an address: the longest paths and names that people write, with room to spare. */
export const MAX_ADDRESS = 1_024;

/** Symbolic links on the way to one file, as Linux allows. */
export const MAX_LINKS = 40;

/** Addresses of a reservation: each is a name of its file, of which NTFS allows 1,024. */
export const MAX_ADDRESSES = 1_000;

/** UTF-8 bytes of all of them as JSON: they fit a record with room to spare. */
export const MAX_ADDRESSES_BYTES = 917_504;

/** Conflicts that an answer names; the others are counted. */
export const MAX_CONFLICTS = 100;

/**
 * Looks at two patterns that one call may take to compare addresses, some 0.4 s; what is not
 * compared by then counts as overlapping.
 */
export const COMPARE_EFFORT = 3_000_000;

/** Steps that it may spend in the automata of one reservation: a few milliseconds. */
export const COMPARE_STEPS = 50_000;

/** Pairs of addresses that one call may try to find within one another, some 0.1 s. */
export const MAX_COVERS = 5_000;

/** Characters of an intent's detail. */
export const MAX_DETAIL = 4_096;

/** Characters of a holder's note: a line that others read in a refusal. */
export const MAX_NOTE = 256;

/** Steps of a piece of work, as its holder counts them. */
export const PROGRESS = { min: 0, max: 1_000_000_000 } as const;

/** Characters of the reason of a release. */
export const MAX_REASON = 256;

/** Steps of a search in two globs before its answer is "unknown": a few milliseconds. */
export const GLOB_STEPS = 25_000;

/** Seconds that a lane's holder may be silent; the default is that of `dos`: 50 minutes. */
export const LANE_TTL_S = { min: 1, max: MAX_TTL_S, default: 3_000 } as const;

/** Seconds past a lane's TTL before its lease is dead: a busy holder's beat may be late. */
export const LANE_GRACE_S = { min: 0, max: MAX_TTL_S, default: 300 } as const;

/**
 * Seconds by which the clocks of writers may differ and still be compared: wrong time zones are within a
 * day. A stamp that is further ahead is believed of its own lease only, and until its TTL has passed.
 */
export const MAX_CLOCK_SKEW_S = DAY;

/** Machines whose refusals a lease from their future keeps: the others wait as long as its clock says. */
export const MAX_REFUSED_AT = 64;

/** Globs of one lane: far above what people write. */
export const MAX_TREE = 256;

/**
 * Bytes of a tree as JSON: an entry has it twice and must fit the journal, and a checkpoint has the trees
 * of all live leases.
 */
export const MAX_TREE_BYTES = 65_536;

/** Bytes that conflicts take in the entry of a refusal; the answer has all of them. */
export const MAX_REFUSAL_BYTES = 65_536;

/** Bytes of what such an entry says of each further one: its lane and holder in any script. */
export const MAX_CONFLICT_BYTES = 4_096;

/** Folders by which live leases are separated; deeper ones are compared as text. */
export const MAX_FOLDERS = 8;

/** Alternatives of braces that are looked at one by one; more are left to the exact comparison. */
export const MAX_WAYS = 16;

/** Conflicts that a refusal names; a request that waits for more than these waits long anyway. */
export const MAX_LANE_CONFLICTS = 20;

/**
 * Steps that one decision on a lane may spend in globs altogether, about 0.1 s; what is not
 * separated by then counts as meeting. Bounds separate most trees without any.
 */
export const LANE_STEPS = 2_000_000;

/** Steps after which a decision that has one conflict looks for no more: a few milliseconds. */
export const LANE_CONFLICT_STEPS = 50_000;

/** The highest `seq` that is taken at its word; a higher one would end the counting. */
export const MAX_SEQ = 2 ** 48;

/**
 * The highest number that a checkpoint is believed. It is far above {@link MAX_SEQ}, and far below
 * where numbers end, so from any line that is believed the count goes on for 10^14 entries and more.
 */
export const MAX_CHECKPOINT_SEQ = 2 ** 52;

/** By how much a `seq` may be ahead of the entry before it without being reported. */
export const MAX_SEQ_LEAP = 2 ** 32;

/** Entries whose effect a fold remembers for their writers, who ask as soon as they have written. */
export const APPLIED_KEPT = 1_000;

/** Characters that compaction keeps of a line which cannot be read; the archive has all of it. */
export const MAX_CORRUPT_KEPT = 1_024;

/** The highest attempt and fence of another tool's claim that are taken at their word: counting goes on. */
export const MAX_FOREIGN_COUNT = 2 ** 48;

/** Transitions of a task whose slots are removed one by one; of more the folder is listed instead. */
export const MAX_SWEPT_BY_NUMBER = 500;

/** Signs of life of a hold that keep their files; at each one in that number earlier ones go. */
export const KEPT_BEATS = 16;

/** How long a holder may be silent and still count as alive, and how old before it is accused. */
export const LIVENESS_S = { spin: 900, grace: 1_800 } as const;

/** Seconds that such a window may have. */
export const WINDOW_S = { min: 0, max: MAX_TTL_S } as const;

/**
 * Milliseconds in which a call looks again that meets only what another process is about to confirm or
 * to take back.
 */
export const SETTLE_MS = 1_000;

/** Seconds to wait for other writers of the journal: a killed one is overtaken in less. */
export const LOCK_TIMEOUT_S = { min: 0, max: 3_600, default: 10 } as const;

/**
 * Seconds that the end of a block waits for other writers before it leaves a lease to its TTL: a
 * holder of the mutex that is merely stopped is overtaken in less.
 */
export const LAST_RELEASE_S = 45;

/** Process numbers, as wide as any system has them. */
export const PID = { min: 1, max: 2 ** 31 - 1 } as const;

/** Entries that `journal tail` shows. */
export const TAIL_COUNT = { min: 1, max: 100_000, default: 20 } as const;

/** Bytes of git's log of HEAD that are read: a hundred thousand commits. */
export const MAX_REFLOG_BYTES = 16_777_216;

/** Bytes of one line of the journal that are read: a checkpoint of some 30,000 live leases. */
export const MAX_JOURNAL_LINE_BYTES = 16_777_216;

/** Bytes of one entry that is appended: as a record has, and far above the longest real one. */
export const MAX_ENTRY_BYTES = MAX_RECORD_BYTES;

/**
 * Bytes after the journal's checkpoint that cause a compaction, unless the checkpoint is longer: some
 * 120 entries, which are read in half a millisecond, while a compaction costs a few appends.
 */
export const JOURNAL_TAIL_BYTES = 65_536;

/** Seconds after which a hold of the journal's mutex that was not renewed may be taken over. */
export const MUTEX_STALE_S = 30;

/** Milliseconds of waiting for the mutex until the kernel is to notify: most waits are shorter. */
export const MUTEX_WATCH_AFTER_MS = 30;

/** Milliseconds that a process leaves the mutex to others who waited while it held it. */
export const MUTEX_COURTESY_MS = 10;

/** The longest pause between two attempts to hold the mutex, milliseconds: without notification. */
export const MUTEX_POLL_MS = 25;

/** The same with notification, which does not report that a holder was killed. */
export const MUTEX_WATCHED_POLL_MS = 100;

/** The run id of an agent that did not give one. Two unknown agents are never the same agent. */
export const UNKNOWN_RUN = "unknown";

/** The branch of a record where nothing names one. */
export const DEFAULT_BRANCH = "main";

/** Bytes of a file by which git names a branch or a folder: a path, and room to spare. */
export const MAX_HEAD_BYTES = 8_192;

/** Bytes of a repository's `config` that is read for its main checkout. */
export const MAX_GIT_CONFIG_BYTES = 1_048_576;

/** Bytes of a reftable that are read from its beginning: sixteen blocks, and HEAD is in the first. */
export const MAX_REFTABLE_BYTES = 65_536;

/** Bytes of a source file whose imports are read: larger ones are generated or hold data. */
export const MAX_SOURCE_BYTES = 1_048_576;

/** Conflicts that a forecast lists: more than a reader takes in. */
export const MAX_FORECAST = 1_000;

/** Pairs of holders that a forecast looks at, half a second: 1,000 agents on ten addresses. */
export const MAX_PREDICTED_PAIRS = 5_000_000;

/** Looks that a forecast may take at pairs of addresses, some two seconds; far above real use. */
export const FORECAST_EFFORT = 10_000_000;

/** Steps of a forecast in the automata of patterns, well under a second; the rest is unsure. */
export const FORECAST_STEPS = 2_000_000;

/** Source files of one pattern whose imports are read: more say little of what will be touched. */
export const MAX_PATTERN_FILES = 100;

/** Names that one source file imports and that count: generated lists have thousands. */
export const MAX_IMPORTS = 10_000;

/** Parts of the path of a module that are read: far above what people write. */
export const MAX_MODULE_DEPTH = 64;

/** Names in folders that a forecast looks at to find those files: 20 ms. */
export const MAX_LISTED = 10_000;

/** Milliseconds that reading the imports of one source file may take, and those of a forecast. */
export const PARSE_MS = { file: 1_000, all: 5_000 } as const;

/** Addresses and branches that `reconcile` names as touched by most. */
export const MAX_HOTSPOTS = 20;

/** Looks at conflicts to find the best order of merging, 50 ms: enough for some 60 branches. */
export const MERGE_STEPS = 2_000_000;

/** Milliseconds to wait for other programs to let go of a file on Windows; scanners take some 100. */
export const MAX_FILE_WAIT_MS = 2_000;

/**
 * Milliseconds after a time stamp of a file in which a second change may leave it as it is. Stamps
 * advance in ticks of up to 10 ms, and of 2 s on file systems that show whole seconds only.
 */
export const STAMP_TICK_MS = { fine: 25, whole: 2_100 } as const;
