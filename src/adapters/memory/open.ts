/**
 * Opens a workspace in memory: for tests, and for programs that live no longer than their agents. Any
 * number of openings in one process share it; no other process sees it, and it ends with the process.
 */
import type { Store } from "../../ports/store.ts";
import { MemoryFeed } from "./feed.ts";
import { MemoryCollector } from "./gc.ts";
import { MemoryLanes } from "./lanes.ts";
import { MemoryReservationStore } from "./reservations.ts";
import { MemoryTaskStore } from "./tasks.ts";
import { MemoryTickets } from "./tickets.ts";
import type { MemoryWorkspace } from "./workspace.ts";

/** One more opening of a workspace. */
export function openMemoryStore(workspace: MemoryWorkspace): Store {
  return {
    location: workspace.location,
    tasks: new MemoryTaskStore(workspace),
    reservations: new MemoryReservationStore(workspace),
    feed: new MemoryFeed(workspace),
    lanes: new MemoryLanes(workspace),
    gc: new MemoryCollector(workspace),
    // What no other process can touch is sound.
    checker: { check: async () => ({ damages: [], looked: {} }) },
    tickets: new MemoryTickets(workspace),
    clock: workspace.clock,
    // The workspace is its openers', and lasts as long as they keep it.
    async close() {},
  };
}
