/**
 * How holds of two kinds keep each other out, though each kind is decided by records of its own.
 *
 * A hold is written first, where those of the other kind find it. Then it looks at those, and only then
 * it is confirmed; what it meets there that is not confirmed, it ends for good. So of two that come at
 * once at least one sees the other, and at most one is confirmed; one whose process died on the way is
 * in no other agent's way. A lease has no confirmation of its own: it counts as soon as it is written,
 * and one that meets a confirmed reservation is taken back before its caller hears of it.
 */
import type { Conflicts, HoldConflict } from "../../domain/glob/holds/comparison.ts";
import type { NamedAddresses } from "../../domain/glob/holds/holds.ts";
import { MAX_CONFLICTS } from "../../domain/limits.ts";

/** What an agent wants to hold alone, as the holds of another kind see it. */
export interface Wanted {
  readonly runId: string;
  readonly named: NamedAddresses;
  /** A lane that it wants besides, by its name. */
  readonly lane?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Ends a look that waits for other processes: its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/** All holds of one kind, to be asked by those of another. */
export interface Holders<C extends HoldConflict = HoldConflict> {
  /** Which live ones are in the way. Nothing is written. */
  find(wanted: Wanted): Promise<Conflicts<C>>;

  /**
   * The same for what is written already, on which a grant may rest: those in its way that are dead, or
   * are not confirmed, are ended for good, and what let it through is on the disk.
   */
  makeWay(wanted: Wanted): Promise<Conflicts<C>>;
}

/** Holds for whose end one may wait. */
export interface AwaitedHolders<C extends HoldConflict = HoldConflict> extends Holders<C> {
  /** Calls `onChange` when one of these may have changed; throws where no notification can be had. */
  watch(
    conflicts: readonly C[],
    onChange: () => void,
    onError: (error: unknown) => void,
  ): { close(): void };
}

/** Nothing in the way. */
export const FREE: Conflicts<never> = { conflicts: [], total: 0, isCounted: true, doubts: [] };

/** There are no holds of the other kind. */
export const NO_HOLDERS: AwaitedHolders<never> = {
  find: async () => FREE,
  makeWay: async () => FREE,
  watch: () => ({ close() {} }),
};

/** The steps of a hold that keeps others out; each answers whether it goes on. */
export type ExclusionStep = "publish" | "look" | "confirm" | "withdraw";

/** The order of these steps. What it returns is whether the hold is held. */
export function* exclusionSteps(): Generator<ExclusionStep, boolean, boolean> {
  if (!(yield "publish")) return false;
  let isFree = false;
  try {
    isFree = yield "look";
  } finally {
    if (!isFree) yield "withdraw";
  }
  return isFree && (yield "confirm");
}

/** Takes the steps of one hold. */
export async function holdExclusively(
  take: { readonly [step in ExclusionStep]: () => boolean | Promise<boolean> },
): Promise<boolean> {
  const steps = exclusionSteps();
  for (let step = steps.next();;) {
    if (step.done === true) return step.value;
    let answer: boolean;
    try {
      answer = await take[step.value]();
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next(answer);
  }
}

/** What two looks found, as one. */
export function together(a: Conflicts, b: Conflicts): Conflicts {
  return {
    conflicts: [...a.conflicts, ...b.conflicts].slice(0, MAX_CONFLICTS),
    total: a.total + b.total,
    isCounted: a.isCounted && b.isCounted,
    doubts: [...a.doubts, ...b.doubts],
  };
}
