/** Which reservations stand in each other's way. Whether that matters is for others to decide. */
import { type Address, addressesOverlap, parseAddress } from "../glob/address.ts";
import { sameAgent } from "../input/run_id.ts";
import { quoted } from "../text.ts";
import { effectiveExpiry, type ReservationEntry } from "./reservation.ts";
import { formatTime, parseTime } from "../time.ts";

/** An address that is wanted, and one of another agent's live reservation that overlaps it. */
export interface Conflict {
  /** The address that was asked for. */
  readonly address: string;
  /** The other agent's. */
  readonly their_address: string;
  /** The other agent's reservation. */
  readonly reservation_id: string;
  /** The other agent. */
  readonly run_id: string;
  /** The branch that the other agent works on. */
  readonly branch: string;
  /** What the other agent is about to do. */
  readonly operation: string | null;
  /** When the other reservation is over, its heartbeats counted, ISO 8601 UTC. */
  readonly expires_at: string;
}

/** What was found. */
export interface Conflicts {
  /** One for each pair of addresses, in the order of those asked for, then of creation. */
  readonly conflicts: readonly Conflict[];
  /** What could not be decided, a sentence each. */
  readonly doubts: readonly string[];
}

/** The conflicts of an agent's addresses with live reservations; its own ones are none. */
export function findConflicts(
  runId: string,
  addresses: readonly Address[],
  others: readonly ReservationEntry[],
): Conflicts {
  const doubts = new Set<string>();
  const theirs = others.filter(({ reservation }) => !sameAgent(reservation.run_id, runId))
    .sort(byCreation).map((entry) => ({ entry, addresses: readAddresses(entry) }));
  const conflicts: Conflict[] = [];
  for (const address of addresses) {
    for (const { entry, addresses: candidates } of theirs) {
      for (const their of candidates) {
        const { overlaps, exhausted } = addressesOverlap(address, their);
        if (!overlaps) continue;
        if (exhausted) doubts.add(undecided(address, their));
        conflicts.push(conflictOf(address, their, entry));
      }
    }
  }
  return { conflicts, doubts: [...doubts] };
}

function conflictOf(address: Address, their: Address, entry: ReservationEntry): Conflict {
  const { reservation_id, run_id, branch, operation } = entry.reservation;
  return {
    address: address.text,
    their_address: their.text,
    reservation_id,
    run_id,
    branch,
    operation,
    expires_at: formatTime(effectiveExpiry(entry)),
  };
}

/** Other tools do not check what they write; the store warns of what is no address. */
function readAddresses({ reservation }: ReservationEntry): Address[] {
  return reservation.addresses.map(parseAddress).filter((address) => typeof address !== "string");
}

function undecided(address: Address, their: Address): string {
  return `Cannot tell in time whether ${quoted(address.text)} and ${quoted(their.text)} overlap: ` +
    "counted as a conflict";
}

function byCreation({ reservation: a }: ReservationEntry, { reservation: b }: ReservationEntry) {
  const apart = (parseTime(a.created_at) ?? 0) - (parseTime(b.created_at) ?? 0);
  return apart !== 0 ? apart : a.reservation_id < b.reservation_id ? -1 : 1;
}
