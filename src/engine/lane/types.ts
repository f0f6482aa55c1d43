/** Inputs and answers of the operations on lanes. */
import type { Refusal } from "../refusal.ts";
import type { ReservationConflict, WaiterConflict } from "../../domain/glob/holds/comparison.ts";
import type { LaneConflict, LaneRefusalClass } from "../../domain/lane/arbiter.ts";
import type { LaneDeathEvidence, Lease } from "../../domain/lane/lease.ts";
import type { NamingInput } from "../names.ts";

/** How long to wait for other writers of the journal. */
export interface LaneLockInput {
  /** Seconds, 0 to 3600, default 10. */
  readonly lockTimeout?: number;
}

/** Which lane to ask for, and as whom. */
export interface LaneArbitrateInput extends NamingInput {
  /** The lane's name; without one, the first of `autopick` that is free, or one named by `tree`. */
  readonly lane?: string;
  /** Globs to hold; default the tree that `lanes.json` gives the lane. */
  readonly tree?: readonly string[];
  /** Who asks. */
  readonly owner: string;
  /** The kind of a lane to which `lanes.json` gives none. */
  readonly kind?: string;
  /** The asker's own key of this hold: the same owner with the same key gets the lease that it has. */
  readonly loopTs?: string;
}

/** Which lane to acquire, and for how long. */
export interface LaneAcquireInput extends LaneArbitrateInput, LaneLockInput {
  /** Seconds that the holder may be silent, 1 to 31536000, default 3000. */
  readonly ttl?: number;
  /** Seconds past the TTL before the lease is dead, 0 to 31536000, default 300. */
  readonly grace?: number;
  /** The run that the lease belongs to. */
  readonly runId?: string;
  /**
   * The process that holds the lane. Once it is provably gone, others get the lane at once; without one
   * the lease outlives the process that took it. `hold()` gives this process; `acquire()` gives none.
   */
  readonly pid?: number;
  /** Seconds to wait while others hold the lane, 0 to 3600, default 0. */
  readonly wait?: number;
  /** Ends the call early: the answer is `refused`, and what was granted is released. */
  readonly signal?: AbortSignal;
}

/** Which lane to hold, and for how long. */
export interface LaneHoldInput extends Omit<LaneAcquireInput, "pid"> {
  /** The process that holds the lane, by default this one; null for none, so that silence alone ends it. */
  readonly pid?: number | null;
}

/** Which lease of a lane. */
export interface LaneInput {
  /** The lane's name. */
  readonly lane: string;
  /** The key of the hold, where one lane may have several. */
  readonly loopTs?: string;
}

/** Which lease to act on, as its holder. */
export interface LaneHolderInput extends LaneInput, LaneLockInput {
  /** Its holder. */
  readonly owner: string;
  /** The fence of the grant; another one is refused. */
  readonly fence?: number;
}

/** Which lease to keep. */
export interface LaneHeartbeatInput extends LaneHolderInput {
  /** Seconds: when the last heartbeat is younger, nothing is written. Default 0. */
  readonly coalesceWithin?: number;
}

/** Which lease to hand over, and to whom. */
export interface LaneAdoptInput extends LaneInput, LaneLockInput {
  /** Who holds it from now on. */
  readonly owner: string;
  /** The run that the lease belongs to from now on; default its owner. */
  readonly runId?: string;
  /** The process that holds it from now on. */
  readonly pid?: number;
}

/** Who is coming to a lane. */
export interface LaneSpawnInput extends LaneLockInput {
  /** The lane's name. */
  readonly lane: string;
  /** Who is coming. */
  readonly owner: string;
  /** The key under which it will acquire the lane; default the present instant. */
  readonly loopTs?: string;
  /** The run that is coming. */
  readonly runId?: string;
  /** For people, at most 4096 characters. */
  readonly reason?: string;
}

/** What should stop. */
export interface LaneHaltInput extends LaneLockInput {
  /** Whatever names the run to those who can stop it. */
  readonly handle: string;
  /** The lane that it works on. */
  readonly lane?: string;
  /** The key of its hold. */
  readonly loopTs?: string;
  /** The run that decided it. */
  readonly runId?: string;
  /** For people, at most 4096 characters. */
  readonly reason?: string;
  /** How to stop it, for those who will; it is recorded and never run. */
  readonly command?: string;
}

/** Which leases to show. */
export interface LaneListInput {
  /** Also the dead ones that no request has evicted yet. */
  readonly all?: boolean;
}

/** Which grant to check. */
export interface LaneCheckInput {
  /** The lane's name. */
  readonly lane: string;
  /** The grant's fence. */
  readonly fence: number;
}

/** Whose liveness to judge. */
export interface LaneLivenessInput extends LaneInput {
  /** A commit, by at least 4 hex digits: those after it count as progress. */
  readonly since?: string;
  /** Seconds that a holder may be silent and still counts as alive, default 900. */
  readonly spin?: number;
  /** Seconds that a holder has before it is said to spin, default 1800. */
  readonly grace?: number;
}

/** What a request comes to. */
export interface LaneDecision {
  /** The lane; of a refusal that names none, empty. */
  readonly lane: string;
  /** Its kind, empty when it has none. */
  readonly lane_kind: string;
  /** What it holds or would hold. */
  readonly tree: readonly string[];
  /** Who asked. */
  readonly owner: string;
  /** For people. */
  readonly reason: string;
}

/** A dead lease that had to make room. */
export interface LaneScavenged {
  /** The lane. */
  readonly lane: string;
  /** Who held it. */
  readonly holder: string;
  /** Its fence, stale from now on. */
  readonly fence: number;
  /** Why it counted as dead. */
  readonly evidence: LaneDeathEvidence;
}

/** A lane that was granted. */
export interface LaneAcquired extends LaneDecision {
  /** It was granted. */
  readonly status: "acquired";
  /** The same, as the arbiter says it. */
  readonly outcome: "acquire";
  /** The key of this hold. */
  readonly loop_ts: string;
  /** Fencing token: pass it to whatever is written under this lease. */
  readonly fence: number;
  /** The grant is on the disk. */
  readonly journaled: true;
  /** None. */
  readonly conflicts: readonly never[];
  /** Seconds that the holder may be silent. */
  readonly ttl_seconds: number;
  /** ISO 8601 UTC. */
  readonly acquired_at: string;
  /** Until when the holder may be silent, by its own clock; null when nothing shows it. */
  readonly expires_at: string | null;
  /** Dead leases that were in the way. */
  readonly scavenged: readonly LaneScavenged[];
}

/** A lane that was not granted. */
export interface LaneDenied extends LaneDecision, Refusal<"refused"> {
  /** The same, as the arbiter says it. */
  readonly outcome: "refuse";
  /** The key of the hold that was asked for. */
  readonly loop_ts: string;
  /** There is no grant. */
  readonly fence: null;
  /** There is no grant on the disk; the refusal is. */
  readonly journaled: false;
  /** What the reason is about. */
  readonly reason_class: LaneRefusalClass;
  /** The leases in the way, 20 at most, or the exclusive reservations, 100 at most. */
  readonly conflicts: readonly (LaneConflict | ReservationConflict | WaiterConflict)[];
  /** How many there are in all; of leases a lower bound from 20 on. */
  readonly conflicts_total: number;
}

/** Other writers did not let go of the journal in time; nothing was written. */
export interface LaneBusy extends Refusal<"lock_busy"> {}

/** What an acquisition would come to now. */
export interface LaneVerdict extends LaneDecision {
  /** `refused` for a no. */
  readonly status: "free" | "refused";
  /** What the arbiter says. */
  readonly outcome: "acquire" | "refuse";
  /** Empty when none was given. */
  readonly loop_ts: string;
  /** The fence of the lease that the asker has already. */
  readonly fence: number | null;
  /** Nothing was written. */
  readonly journaled: false;
  /** The leases in the way, 20 at most, or the exclusive reservations, 100 at most. */
  readonly conflicts: readonly (LaneConflict | ReservationConflict | WaiterConflict)[];
  /** How many there are in all, of a no; of leases a lower bound from 20 on. */
  readonly conflicts_total?: number;
  /** Dead leases that an acquisition would evict. */
  readonly scavenged: readonly LaneScavenged[];
  /** What the reason of a no is about. */
  readonly reason_class?: LaneRefusalClass;
  /** For people: the reason of a no. */
  readonly error?: string;
}

/** A refusal: another agent holds the lane, no agent does, or the fence is of another grant. */
export interface LaneRefused extends Refusal<"not_holder" | "refused" | "stale_fence"> {
  /** The lane. */
  readonly lane: string;
}

/** What answers about a lease have in common. */
export interface LeaseAnswer {
  /** The lane. */
  readonly lane: string;
  /** Who holds it, or held it until this call. */
  readonly owner: string;
  /** The key of the hold. */
  readonly loop_ts: string;
  /** The grant's fencing token: the lease's new one, or the one that is stale now. */
  readonly fence: number;
}

/** A lease that was ended. */
export interface LaneReleased extends LeaseAnswer {
  /** It has ended. */
  readonly status: "released";
}

/** What a heartbeat answers. */
export interface LaneHeartbeat extends LeaseAnswer {
  /** The lease continues. */
  readonly status: "ok";
  /** The last heartbeat, ISO 8601 UTC, by its writer's clock; null when it cannot be read. */
  readonly heartbeat_at: string | null;
  /** A TTL after that: until when the holder may be silent, by the same clock. */
  readonly expires_at: string | null;
  /** Whether nothing was written because the last one was young enough. */
  readonly coalesced: boolean;
}

/** A lease that has a new holder. */
export interface LaneAdopted extends LeaseAnswer {
  /** It was handed over. */
  readonly status: "adopted";
  /** Who held it; empty when it was not written down. */
  readonly previous_owner: string;
}

/** An intent that was recorded. It holds nothing. */
export interface LaneSpawned {
  /** It is on the disk. */
  readonly status: "recorded";
  /** The same. */
  readonly recorded: true;
  /** The lane. */
  readonly lane: string;
  /** Who is coming. */
  readonly owner: string;
  /** The key under which it is coming. */
  readonly loop_ts: string;
}

/** A decision that was recorded. It stops nothing. */
export interface LaneHalted {
  /** It is on the disk. */
  readonly status: "recorded";
  /** The same. */
  readonly recorded: true;
  /** What should stop. */
  readonly handle: string;
  /** The lane that it works on; empty when nothing names it. */
  readonly lane: string;
  /** The key of its hold; empty when nothing names it. */
  readonly loop_ts: string;
  /** How to stop it; null when it was not given. */
  readonly command: string | null;
}

/** A lease in a listing. */
export type LaneItem = Lease & {
  /** Whether its holder was heard of in time. */
  readonly status: "live" | "dead";
  /** Since its last sign of life; null when none can be read. */
  readonly silent_seconds: number | null;
};

/** What a listing answers. */
export interface LaneList {
  /** How many are live. */
  readonly live: number;
  /** How many are dead and not evicted yet. */
  readonly dead: number;
  /** The first granted first. */
  readonly leases: readonly LaneItem[];
}

/** A lane that the team has set down. */
export interface LaneDefined {
  /** Its name. */
  readonly lane: string;
  /** Its kind; empty when it has none. */
  readonly lane_kind: string;
  /** The globs that it holds; none when it is a name alone. */
  readonly tree: readonly string[];
  /** Whether no other lane may be held beside it. */
  readonly exclusive: boolean;
}

/** The lanes that the team has set down. */
export interface LaneTaxonomy {
  /** In the order in which they were named. */
  readonly lanes: readonly LaneDefined[];
  /** The lanes that a request which names none may get, the best first. */
  readonly autopick: readonly string[];
  /** The kinds that have a limit, and how many leases of each there may be. */
  readonly kinds: readonly { readonly lane_kind: string; readonly max_concurrent: number }[];
}

/** Whether a grant is the current one. */
export type LaneFenceCheck = {
  /** It is. */
  readonly status: "current";
  /** The lane. */
  readonly lane: string;
  /** The grant. */
  readonly fence: number;
  /** Who holds it. */
  readonly owner: string;
} | LaneRefused;
