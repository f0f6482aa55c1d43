/** Which process a lease names. */
import type { Origin } from "../../domain/journal/entries.ts";
import type { LaneContext } from "./turn.ts";

/** Where a lease is taken, and by which process; warns of one that is not there. */
export function originOf({ processes, warn }: LaneContext, pid: number | undefined): Origin {
  const origin = processes.origin(pid);
  // Where nothing is known of this process either, nothing can be known of others.
  const isKnowable = () => processes.origin(processes.ownPid).process !== undefined;
  if (pid !== undefined && origin.process === undefined && isKnowable()) {
    warn(`There is no process ${pid}: the lease lasts until its holder was silent for too long`);
  }
  return origin;
}
