/** The bounds of an examination of the file system. */

/**
 * Milliseconds that `doctor` spends: on the start of racing processes, on a notification, on counting
 * files, and on each kind of race; all of it fits three seconds.
 */
export const DOCTOR_MS = { patience: 2_000, notice: 1_000, count: 500, race: 300 } as const;
/**
 * Processes that race, the rounds of each kind of race, and those of a process that races with itself. A
 * file is replaced more often: a reader has to come within some microseconds to meet what is wrong.
 */
export const DOCTOR_RACE = { processes: 3, rounds: 60, replacing: 240, alone: 8 } as const;
/** Free bytes and files below which a file system is as good as full. */
export const NEARLY_FULL = { bytes: 64 * 2 ** 20, inodes: 1_000 } as const;
