/** Who touches what: live reservations and intents, brought together by agent, branch and address. */
import { addressesOfTree, type NamedAddresses } from "../glob/holds/holds.ts";
import type { Lease } from "../lane/lease.ts";
import { parseAddress, partsOf } from "../glob/address.ts";
import type { Stepwise } from "../glob/steps.ts";
import { AddressMap } from "./address_map.ts";
import { UNKNOWN_RUN } from "../limits.ts";
import { quoted } from "../text.ts";
import type { IntentRecord, ReservationRecord } from "../reservation/reservation.ts";

/** What is in force. */
export interface LiveRecords {
  readonly reservations: readonly ReservationRecord[];
  readonly intents: readonly IntentRecord[];
  /** The leases of lanes; none where they do not count. */
  readonly leases?: readonly Lease[];
}

/** All that one agent says of one address on one branch. */
export interface Touch {
  /** The agent; an unknown one never counts as the same as another. */
  readonly agent: string;
  readonly run_id: string;
  /** Empty for a lane, which says of none. */
  readonly branch: string;
  /** As it is written. */
  readonly address: string;
  /** The linked worktrees that it works in, and `undefined` for what names none. */
  readonly worktrees: Set<string | undefined>;
  readonly operations: Set<string>;
  readonly reservationIds: Set<string>;
  readonly intentIds: Set<string>;
  /** The names of lanes. */
  readonly lanes: Set<string>;
}

/** All holds by their addresses. */
export type TouchMap = AddressMap<Touch[]>;

/** What a record says of what its agent touches. */
interface Said extends NamedAddresses {
  readonly run_id: string;
  readonly branch: string;
  readonly worktree?: string | undefined;
  readonly operation: string | null;
  readonly reservation_id?: string | null;
}

function saidBy(lease: Lease): Said {
  const run_id = lease.run_id ?? lease.holder;
  return { ...addressesOfTree(lease), run_id, branch: "", operation: null };
}

/** Brings the records together; `warn` reports what is bad, since other tools check nothing. */
export function* touchesOf(
  live: LiveRecords,
  warn: (message: string) => void,
): Stepwise<TouchMap> {
  const map: TouchMap = new AddressMap();
  const known = new Map<string, Touch>();
  const bad = new Set<string>();
  const add = function* (
    record: Said,
    id: string,
    says: "reservationIds" | "intentIds" | "lanes",
  ): Stepwise<void> {
    const { run_id, branch, operation, reservation_id } = record;
    // An intent of an unknown agent belongs to its reservation's holder.
    const agent = run_id === UNKNOWN_RUN ? `${UNKNOWN_RUN}\n${reservation_id ?? id}` : run_id;
    const files = new Set(record.files);
    for (const address of new Set(record.addresses)) {
      const isFile = files.has(partsOf(address).path);
      const key = JSON.stringify([agent, branch, isFile, address]);
      let hold = known.get(key);
      if (hold === undefined) {
        const place = bad.has(address)
          ? undefined
          : map.get(address, isFile) ?? parsed(address, files, id);
        if (place === undefined) continue;
        hold = {
          ...{ agent, run_id, branch, address },
          ...{
            worktrees: new Set(),
            operations: new Set(),
            reservationIds: new Set(),
            intentIds: new Set(),
            lanes: new Set(),
          },
        };
        place.value.push(hold);
        known.set(key, hold);
        yield;
      }
      hold.worktrees.add(record.worktree);
      if (operation !== null) hold.operations.add(operation);
      hold[says].add(id);
    }
  };
  const parsed = (text: string, files: ReadonlySet<string>, id: string) => {
    const address = parseAddress(text, files);
    if (typeof address !== "string") return map.add(address, []);
    bad.add(text);
    warn(`Skipped ${quoted(text)} of ${quoted(id, 80)}: it ${address}`);
    return undefined;
  };
  for (const record of live.reservations) {
    yield* add(record, record.reservation_id, "reservationIds");
  }
  for (const record of live.intents) yield* add(record, record.intent_id, "intentIds");
  for (const lease of live.leases ?? []) yield* add(saidBy(lease), lease.lane, "lanes");
  for (const { value } of map.places()) value.sort(byAgent);
  return map;
}

function byAgent(a: Touch, b: Touch): number {
  return compare(a.run_id, b.run_id) || compare(a.branch, b.branch) || compare(a.agent, b.agent);
}

/** The order of texts by their UTF-16 units, the same everywhere. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
