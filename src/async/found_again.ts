/** Looking again at what seems wrong: while others work, most of it is on its way. */
import { sleep } from "./sleep.ts";

/** Milliseconds between two looks. */
const LOOKS_MS = [100, 400, 1_500];

/**
 * Of what seems wrong, what still does two seconds after the last of it was put right.
 *
 * @param look What is wrong now; only what was given counts.
 */
export async function foundAgain<T>(
  first: readonly T[],
  look: (before: readonly T[]) => readonly T[],
  pause: (ms: number) => Promise<void> = sleep,
): Promise<readonly T[]> {
  let found = first;
  for (let looks = 0; found.length > 0 && looks < LOOKS_MS.length;) {
    await pause(LOOKS_MS[looks] ?? 0);
    const still = look(found);
    looks = still.length < found.length ? 0 : looks + 1;
    found = still;
  }
  return found;
}
