/** The identity of agents. */
import { UNKNOWN_RUN } from "../limits.ts";

/** Whether two run ids name one agent. Who `unknown` is cannot be known. */
export function sameAgent(a: string, b: string): boolean {
  return a === b && a !== UNKNOWN_RUN;
}
