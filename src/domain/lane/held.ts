/** Leases of lanes as holds that others may meet. */
import { treeOutlines } from "../glob/holds/holds.ts";
import type { Holding, LeaseConflict } from "../glob/holds/comparison.ts";
import { formatTime } from "../time.ts";
import { type Lease, leaseKey, restUntil, runOf } from "./lease.ts";

/** A lease to be compared with what is wanted. */
export function heldLease(lease: Lease): Holding<LeaseConflict> {
  return {
    key: leaseKey(lease),
    runId: runOf(lease),
    since: lease.fence,
    outlines: () => treeOutlines(lease),
    conflict({ address, their_address, ...unsure }) {
      const until = restUntil(lease);
      return {
        kind: "lane",
        exclusive: true,
        address,
        their_address,
        lane: lease.lane,
        fence: lease.fence,
        run_id: runOf(lease),
        branch: null,
        operation: null,
        expires_at: until === undefined ? null : formatTime(until),
        ...unsure,
      };
    },
  };
}
