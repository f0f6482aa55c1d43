/** Who is who. */
import { UNKNOWN_RUN } from "../limits.ts";

/** Whether two run ids name one agent. Nobody knows who `unknown` is. */
export function sameAgent(a: string, b: string): boolean {
  return a === b && a !== UNKNOWN_RUN;
}
