/** How long tests run: briefly with all others, heavily in CI, or long after a change of what they prove. */
import process from "node:process";

/** Whether this is the heavy run or the long one. */
export function isHeavy(): boolean {
  return process.env["COORD_HEAVY"] === "1" || isLong();
}

/** Whether this is the long run. */
export function isLong(): boolean {
  return process.env["COORD_LONG"] === "1";
}

/** What a test does in the everyday, the heavy and the long run. */
export function sized<T>(everyday: T, heavy: T, long: T): T {
  return isLong() ? long : isHeavy() ? heavy : everyday;
}
