/** The one shape of a no. */

/** A no that is no failure: another holder or the rules do not allow the call. */
export interface Refusal<Status extends string = string> {
  /** Why, as a word. */
  readonly status: Status;
  /** For people. */
  readonly error: string;
}
