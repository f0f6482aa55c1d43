/**
 * How a chain of numbered files stays short while one hold gives sign after sign of life.
 *
 * Files of a chain are created exclusively, without gaps, and the highest number is the newest state.
 * Those that the same hold has left differ in nothing but the sign of life, so only the newest says
 * anything. Its writer removes lower ones, from the lowest on. What remains of a hold is its first
 * file, the one after that, and the last few.
 *
 * A process that slept may create a number that was removed. The file that it had followed was removed
 * before that, or replaced. So it looks for that file afterwards, and takes its own for void if it is
 * not the same. For this the second file of a hold is replaced, by the newest state, before the third
 * is removed. So it also says to a reader that comes from below that what follows may be gone.
 *
 * For a reader of number n: if n + 1 is missing, or was read, and n is the same file afterwards, then
 * n + 1 was not removed before. A listing misses a file that others remove meanwhile. But none removes
 * what was the newest when it began, as long as the view is the same file: it is replaced before.
 */
import { KEPT_BEATS } from "../../../domain/limits.ts";

/** The files of one chain, by their numbers. */
interface TrimmedChain {
  /** Whether the newest state differs from a file in nothing but the sign of life; `undefined` when there is none. */
  isOfHold(number: number): boolean | undefined;
  /** Replaces a file by the newest state. */
  mark(number: number): void;
  remove(number: number): void;
}

/**
 * Removes what no reader needs below the newest file, at one of a few files.
 *
 * @param newest The number that this process has created, after the view was replaced.
 * @param floor A number that the first file of the hold does not lie below.
 */
export function trim(chain: TrimmedChain, newest: number, floor: number): void {
  if ((newest - floor) % KEPT_BEATS !== 0) return;
  const last = newest - KEPT_BEATS;
  let low = last + 1;
  let isTrimmed = false;
  while (low > floor && !isTrimmed) {
    const isOfHold = chain.isOfHold(low - 1);
    if (isOfHold === false) break;
    if (isOfHold) low--;
    else isTrimmed = true;
  }
  if (!isTrimmed) {
    low += 2;
    if (low <= last) chain.mark(low - 1);
  }
  for (let number = low; number <= last; number++) chain.remove(number);
}
