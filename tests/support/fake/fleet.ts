/** A state of a fleet in which there is nothing. */
import { noTasks } from "../../../src/domain/task/listing.ts";
import type { Fleet } from "../../../src/engine/watch/fleet/types.ts";

export function noFleet(but: Partial<Fleet> = {}): Fleet {
  return {
    at: "2026-11-21T09:30:00.000Z",
    alerts: [],
    runs: { working: 0, silent: 0, stuck: 0, lost: 0, total: 0, agents: [] },
    tasks: noTasks(),
    queues: [],
    waits: [],
    conflicts: [],
    conflicts_total: 0,
    conflicts_last_minute: 0,
    conflicts_counted: true,
    hotspots: [],
    reservations: [],
    leases: [],
    failures: [],
    ...but,
  };
}
