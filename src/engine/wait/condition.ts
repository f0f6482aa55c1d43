/** What a wait looks at: one thing that is there, is to come, or cannot come any more. */

/** What a look found. */
export interface Look {
  /** `never`: it cannot come any more, so waiting is in vain. */
  readonly state: "met" | "unmet" | "never";
  /** When to look again though no notification came, milliseconds since 1970. */
  readonly again?: number;
  /** What is missing, for people. */
  readonly why?: string;
  /** What {@link Condition.listen} would listen to now, to know whether that is what it listens to. */
  readonly key?: string;
}

export interface Condition {
  /** Looks at the records. It writes at most the end of a task whose last attempt has timed out. */
  look(): Promise<Look>;
  /** Calls `wake` when what the last look found may have changed. */
  listen(wake: () => void): { close(): void };
  /** Is called once, when the wait has ended. */
  end?(isMet: boolean): Promise<void>;
}

/** It is there. */
export const MET: Look = { state: "met" };

/** Several notifications as one. */
export function closeAll(open: readonly { close(): void }[]): { close(): void } {
  return {
    close() {
      for (const each of open) each.close();
    },
  };
}
