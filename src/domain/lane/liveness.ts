/** Whether the holder of a lane makes progress, only sends heartbeats, or is gone. */
import { lastBeat, type Lease } from "./lease.ts";
import { LIVENESS_S } from "../limits.ts";
import { parseTime } from "../time.ts";

/** The three answers. */
export type LaneLivenessVerdict = "ADVANCING" | "SPINNING" | "STALLED";

/** What the answer rests on. Ages are in seconds; `null` where they are unknown. */
export interface LaneLivenessEvidence {
  /** Commits since the one that was named; `null` when none was named. */
  readonly commits: number | null;
  /** Of the newest of them. */
  readonly commit_age_s: number | null;
  /** Entries in the journal that granted the lease again or reconciled it. */
  readonly journal_events: number;
  /** Since its holder has the lease. */
  readonly held_s: number | null;
  /** Since the last sign of life. */
  readonly heartbeat_age_s: number | null;
  /** Whether the holder's process runs. */
  readonly pid_alive: boolean | null;
}

/** An answer, the sentence that gives its reason, and what it rests on. */
export interface LaneLiveness {
  /** One of three words. */
  readonly verdict: LaneLivenessVerdict;
  /** For people. */
  readonly reason: string;
  /** What is known. */
  readonly evidence: LaneLivenessEvidence;
}

/** The evidence on a lease; commits and the process are for the caller to look up. */
export function evidenceOf(
  lease: Lease,
  now: number,
  found: Pick<LaneLivenessEvidence, "commits" | "commit_age_s" | "pid_alive">,
): LaneLivenessEvidence {
  const granted = parseTime(lease.adopted_at ?? lease.acquired_at);
  const beat = lastBeat(lease);
  return {
    ...found,
    journal_events: lease.events,
    held_s: granted === undefined ? null : ageOf(granted, now),
    heartbeat_age_s: beat === undefined ? null : ageOf(beat, now),
  };
}

function ageOf(instant: number, now: number): number {
  return Math.max(0, Math.floor((now - instant) / 1000));
}

/**
 * The answer. Commits or events mean progress, whatever else is known. Without them a holder is alive
 * while its last sign of life is at most `spin` old, and is said to spin once it has held the lane
 * for `grace`. A process that is known to be gone can only take from the answer, never add to it.
 *
 * @param windows In seconds.
 */
export function judgeLiveness(
  evidence: LaneLivenessEvidence,
  windows: { spin: number; grace: number } = LIVENESS_S,
): LaneLiveness {
  const { commits, commit_age_s, journal_events, held_s, heartbeat_age_s, pid_alive } = evidence;
  const say = (verdict: LaneLivenessVerdict, reason: string): LaneLiveness => ({
    verdict,
    reason,
    evidence,
  });
  if (commits !== null && commits > 0) {
    const age = commit_age_s === null ? "" : `, the newest ${commit_age_s} s old`;
    return say("ADVANCING", `${count(commits, "commit")} since${age}`);
  }
  if (journal_events > 0) {
    return say("ADVANCING", `${count(journal_events, "event")} of the lease in the journal`);
  }
  const idle = commits === null ? "no event in the journal" : "no commit, no event in the journal";
  if (heartbeat_age_s === null) return say("STALLED", `${idle}, and no sign of life`);
  const beat = `the last heartbeat is ${heartbeat_age_s} s old`;
  if (heartbeat_age_s > windows.spin) return say("STALLED", `${idle}, and ${beat}`);
  if (pid_alive === false) {
    return say("STALLED", `${idle}, and the process is gone, though ${beat}`);
  }
  if (held_s !== null && held_s < windows.grace) {
    return say(
      "ADVANCING",
      `${beat}, and the lane is held for ${held_s} s only: too early to judge`,
    );
  }
  return say("SPINNING", `${idle}, though ${beat}`);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
