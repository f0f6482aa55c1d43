/** The one error that coord throws to its callers, and the closed list of its codes. */

/** Why a call failed. `details` of a {@link CoordError} name the rest. */
export type CoordErrorCode =
  | "bad_args"
  | "bad_id"
  | "bad_task_id"
  | "bad_queue"
  | "bad_payload"
  | "no_workspace"
  | "io_error"
  | "internal"
  | "not_found"
  /** What was held has ended; these are only the reasons of a hold's `lost`. */
  | LostCode;

/** Why a hold was lost: its time ran out, or another agent has it or ended it. */
export type LostCode =
  | "expired"
  | "not_holder"
  | "already_released"
  | "terminal"
  | "stale_fence";

/**
 * A failed call. Act on `code`, never on the message. Refusals (an empty queue, another holder) are
 * return values and not errors.
 */
export class CoordError extends Error {
  /** Always `"CoordError"`. */
  override name = "CoordError";
  /** Why. */
  readonly code: CoordErrorCode;
  /** Facts of the failure, by name. */
  readonly details: Readonly<Record<string, unknown>>;

  /** An error with a message for people: action, colon, state. */
  constructor(
    code: CoordErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.code = code;
    this.details = details;
  }

  /** Whether this process was denied access, so that another may well succeed. */
  get isDenied(): boolean {
    return false;
  }
}

/** Why a file of others cannot be edited: in the words of a message, after its name. */
export class UnfitFile extends Error {}

/** One thing that is wrong with an input. */
export interface InputProblem {
  /** The field's name in the library, such as `claimTtl`. */
  readonly field: string;
  /** The code of an error that is about this alone. */
  readonly code: "bad_args" | "bad_id" | "bad_task_id" | "bad_queue" | "bad_payload";
  /** What is wrong with the value, without the field's name: `is longer than 256 characters`. */
  readonly message: string;
}

/** All problems of one call as one error; the code is theirs when they agree, else `bad_args`. */
export function badInput(
  problems: readonly InputProblem[],
  label = (field: string) => field,
): CoordError {
  const codes = new Set(problems.map((problem) => problem.code));
  const [only] = codes;
  return new CoordError(
    codes.size === 1 && only !== undefined ? only : "bad_args",
    problems.map((problem) => `${label(problem.field)} ${problem.message}`).join("; "),
    { problems },
  );
}
