/** What a look at the holds finds. */
import type { HoldRemarks } from "../../domain/input/progress.ts";

/** A live hold that overlaps an address. */
export interface CheckedHold extends HoldRemarks {
  /** The address that was asked about. */
  readonly address: string;
  /** The address or glob of the hold. */
  readonly their_address: string;
  /** What holds it. */
  readonly kind: "reservation" | "lane";
  /** Whether others must keep off; of a lane always, of a notice never. */
  readonly exclusive: boolean;
  /** Whether the caller's own run has it, its session and its subagents counted. */
  readonly mine: boolean;
  /** Who holds it. */
  readonly run_id: string;
  /** Since when, ISO 8601 UTC; null where a lane's journal does not say. */
  readonly since: string | null;
  /** When it ends unless it is extended, ISO 8601 UTC; null where a lane's journal does not say. */
  readonly expires_at: string | null;
  /** The reservation. */
  readonly reservation_id?: string;
  /** The branch that the holder of a reservation works on. */
  readonly branch?: string;
  /** The holder works in another checkout of the repository: its files are apart until a merge. */
  readonly worktree?: true;
  /** What the holder of a reservation is about to do. */
  readonly operation?: string | null;
  /** The lane. */
  readonly lane?: string;
  /** The lane's fencing token. */
  readonly fence?: number;
  /** There was no time to know whether the two overlap, so they count as overlapping. */
  readonly unsure?: true;
}

/** What was found, as far as it is listed, and how much there is. */
export interface FoundHolds {
  readonly holds: readonly CheckedHold[];
  readonly total: number;
  readonly isCounted: boolean;
}
