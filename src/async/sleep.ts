/** A pause. */

/** Waits this many milliseconds; 0 lets everything else have its turn. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
