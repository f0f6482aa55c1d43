/**
 * A workspace's stores, as an adapter opens them.
 *
 * What a call has resolved to has happened. One that rejects with `io_error` may have happened or not.
 * A store that asks again by itself, as where the connection was lost before the answer came, knows
 * what it has written: a call takes effect at most once.
 */
import type { Checker } from "./upkeep.ts";
import type { ChangeFeed } from "./feed.ts";
import type { Collector } from "./upkeep.ts";
import type { LaneStore } from "./lanes.ts";
import type { ReservationStore } from "./reservations.ts";
import type { TicketStore } from "./tickets.ts";
import type { TaskStore } from "./tasks.ts";

/** How a workspace was found: named by hand, or by a search, which may end in the main checkout. */
export type FoundBy = "dir" | "env" | "search" | "worktree";

export interface Store {
  /** Where the workspace lies, for people; without secrets. */
  readonly location: string;
  readonly tasks: TaskStore;
  readonly reservations: ReservationStore;
  readonly feed: ChangeFeed;
  readonly lanes: LaneStore;
  readonly gc: Collector;
  readonly checker: Checker;
  readonly tickets: TicketStore;

  /**
   * The time by which the store's rules go, in milliseconds since 1970. Where that is another
   * machine's, it is an estimate, as good as one message there and back: enough for what a record says
   * of its beginning, for timers and for display. What decides is given the time by the store.
   */
  clock(): number;

  /**
   * Ends what this opening keeps between two calls, such as a connection; other openings go on. An
   * opening that is idle keeps no process alive, so a caller need not close it.
   */
  close(): Promise<void>;
}
