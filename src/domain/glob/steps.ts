/** Long work that may pause, so that the process that does it can let others have their turn. */

/** Work that may pause wherever it yields. */
export type Stepwise<T> = Generator<undefined, T, undefined>;

/** Does such work without a pause. */
export function inOneGo<T>(steps: Stepwise<T>): T {
  while (true) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
