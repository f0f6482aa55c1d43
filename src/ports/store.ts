/**
 * A workspace's stores, as an adapter opens them.
 *
 * What a call has resolved to has happened. One that rejects with `io_error` may have happened or not.
 * A store that asks again by itself, as where the connection was lost before the answer came, knows
 * what it has written: a call takes effect at most once.
 */
import type { TaskEntry } from "../domain/task/listing.ts";
import type { ReservationEntry } from "../domain/reservation/reservation.ts";
import type { Checker } from "./upkeep.ts";
import type { ChangeFeed } from "./feed.ts";
import type { Collector } from "./upkeep.ts";
import type { LaneStore } from "./lanes.ts";
import type { ReservationStore } from "./reservations.ts";
import type { TicketStore } from "./tickets.ts";
import type { TaskStore } from "./tasks.ts";

/**
 * How a workspace was found: named by hand, or by a search, which may end in the main checkout; or what
 * named its store, where that is no workspace's files: the caller, the environment or `coord.json`.
 */
export type FoundBy = "dir" | "env" | "search" | "worktree" | "store" | "config";

/** A promise that the store's protocols rest on, as it was tried. */
export interface TriedPromise {
  /** Its name, such as `hard_links`. */
  readonly promise: string;
  /** What it came to; what could not be tried may hold or not. */
  readonly result: "ok" | "failed" | "not_tried";
  /** What hangs on it: that nothing is granted twice or lost, or only how soon a wait ends. */
  readonly carries: "safety" | "promptness";
  /** How it was tried. */
  readonly how: string;
  /** What came out. */
  readonly found: string;
  /** What it means where it does not hold. */
  readonly means: string;
  /** What to do then; without, what helps with any file system. */
  readonly next?: string;
}

/** Something that is wrong, what it means where that is not plain, and what to do next. */
export interface Problem {
  /** What is wrong. */
  readonly what: string;
  /** What that means. */
  readonly means?: string;
  /** What to do next. */
  readonly next: string;
}

/** The file system that a store lies on; null is what the system does not say. */
export interface FileSystem {
  /** Its type, such as `ext4`. */
  readonly type: string | null;
  /** The folder that it is mounted at. */
  readonly mount_point: string | null;
  /** The device or server. */
  readonly source: string | null;
  /** What this process may still use. */
  readonly free_bytes: number | null;
  /** What there is of it in all. */
  readonly total_bytes: number | null;
  /** Files that may still be made; null where there is no bound. */
  readonly free_inodes: number | null;
}

/** How much a store holds. */
export interface StoreSize {
  /** How many files there are, those of other tools among them. */
  readonly files: number;
  /** What they hold; on the disk it is more. */
  readonly bytes: number;
  /** Whether all was counted: it stops after half a second. */
  readonly complete: boolean;
}

/** What was found of a store and what it rests on. */
export interface Examination {
  /** Each promise, as it was tried. */
  readonly promises: readonly TriedPromise[];
  /** What is wrong besides promises that do not hold. */
  readonly problems: readonly Problem[];
  /** Null for a store that lies on none. */
  readonly file_system: FileSystem | null;
  /** How much it holds; null where that cannot be counted. */
  readonly size: StoreSize | null;
}

/** Tries what a store rests on. It leaves nothing behind, also when it is stopped or fails. */
export type Examine = (stop: AbortSignal | undefined) => Promise<Examination>;

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

/**
 * A store that records are moved from, or to. No agent may work in either meanwhile: what changes while it
 * is read may be missed, and what is added is not held against anything.
 */
export interface Relocation {
  /** What is moved by the calls that agents use. */
  readonly store: Pick<Store, "location" | "tasks" | "reservations" | "lanes" | "checker">;

  /** All tasks with their newest states, some at a time, by their ids. */
  tasks(): AsyncIterable<readonly TaskEntry[]>;

  /**
   * Adds tasks with their newest states as they are, durably. What a call has added that died on the way
   * is completed.
   */
  addTasks(entries: readonly TaskEntry[]): Promise<void>;

  /** A number that no fence of a reservation was above so far. */
  lastFence(): Promise<number>;

  /**
   * Adds reservations as they are, with their heartbeats, releases and fences, durably. What a call has
   * added that died on the way is completed.
   */
  addReservations(entries: readonly ReservationEntry[]): Promise<void>;

  /** From now on every fence of a reservation is above this one. Durable when the promise resolves. */
  raiseFence(fence: number): Promise<void>;
}
