/** The processes of the machine, whatever the store is. */
import type { Origin } from "../domain/journal/entries.ts";
import type { Lease } from "../domain/lane/lease.ts";

export interface Processes {
  /** The process that runs this. */
  readonly ownPid: number;

  /** Where an entry is written, and the process that it speaks of, if it speaks of one. */
  origin(pid: number | undefined): Origin;

  /** Whether the process that holds a lease runs; `undefined` where that is not known for sure. */
  isAlive(lease: Lease): boolean | undefined;
}
