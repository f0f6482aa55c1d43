/** The one map from what happened to the process's exit code. */
import { CoordError, type CoordErrorCode, type LostCode } from "../domain/errors.ts";

/** The code of a process that a second SIGINT ends. */
export const INTERRUPTED = 130;

/** The code of bad usage, as in sysexits.h: a loop on the answer's no does not end at a typo. */
export const BAD_USAGE = 64;

/** The code of a wait that timed out, the temporary failure of sysexits.h. */
const TIMED_OUT = 75;

/** Statuses of a value that mean an honest no; every other one is done. */
const REFUSALS: ReadonlyMap<string, number> = new Map([
  ["empty", 1],
  ["refused", 1],
  ["conflict", 1],
  ["not_holder", 1],
  ["already_released", 1],
  ["expired", 1],
  ["terminal", 1],
  ["stale_fence", 1],
  ["stale", 1],
  ["damaged", 1],
  ["held", 1],
  ["key_conflict", 1],
  ["tasks_failed", 1],
  ["unsound", 1],
  ["slow", 1],
  ["untried", 1],
  ["lock_busy", 5],
  ["timeout", TIMED_OUT],
]);

const FAILURES: Readonly<Record<Exclude<CoordErrorCode, LostCode>, number>> = {
  bad_args: BAD_USAGE,
  bad_id: BAD_USAGE,
  bad_task_id: BAD_USAGE,
  bad_queue: BAD_USAGE,
  bad_payload: BAD_USAGE,
  no_workspace: 2,
  io_error: 3,
  internal: 3,
  not_found: 4,
};

/** What a process says with its exit code. */
interface ExitCode {
  readonly code: number;
  readonly meaning: string;
  /** The `status` of answers that go with it. */
  readonly statuses: readonly string[];
}

const MEANINGS: readonly (readonly [code: number, meaning: string])[] = [
  [0, "done; also when the answer's reader has gone, and when a signal ends a stream"],
  [1, "the answer is no: an empty queue, a conflict, not the holder"],
  [2, "no workspace: run coord init"],
  [3, "I/O or internal error (disk full, permission denied, bug)"],
  [4, "no such record"],
  [5, "a lock stayed busy"],
  [BAD_USAGE, "bad usage: an unknown command or flag, a bad value, a missing operand"],
  [TIMED_OUT, "the wait timed out"],
  [INTERRUPTED, "ended at once by a second SIGINT or SIGTERM"],
];

/** All exit codes. Made when they are asked for: a call that shows none of them need not wait. */
export function exitCodes(): readonly ExitCode[] {
  return MEANINGS.map(([code, meaning]) => ({
    code,
    meaning,
    statuses: [...Object.entries(FAILURES), ...REFUSALS].filter(([, each]) => each === code)
      .map(([status]) => status),
  }));
}

/** The exit code of an answer, by its `status`. */
export function exitCodeOfValue(value: object): number {
  const status = (value as { status?: unknown }).status;
  return typeof status === "string" ? REFUSALS.get(status) ?? 0 : 0;
}

/** What is printed of a failure. */
export interface Failure {
  readonly status: CoordErrorCode;
  readonly exitCode: number;
  readonly error: string;
  readonly details: Readonly<Record<string, unknown>>;
}

function isFailure(code: CoordErrorCode): code is keyof typeof FAILURES {
  return Object.hasOwn(FAILURES, code);
}

/** What to print of anything that was thrown. Never a stack trace. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof CoordError) {
    const { code, message, details } = thrown;
    const exitCode = isFailure(code) ? FAILURES[code] : REFUSALS.get(code) ?? 1;
    return { status: code, exitCode, error: message, details };
  }
  const error = thrown instanceof Error ? thrown.message : String(thrown);
  return {
    status: "internal",
    exitCode: FAILURES.internal,
    error: `Internal error: ${error === "" ? "no message" : error}`,
    details: {},
  };
}
