/**
 * What a forecast has to read that asks about some addresses alone: who touches them, and who touches
 * what the source files there import. It takes the time of these, however many others there are.
 */
import { addressOfTarget, heldFiles } from "../../domain/forecast/dependencies.ts";
import { AddressMap } from "../../domain/forecast/address_map.ts";
import { targetsOf } from "../../domain/forecast/import_targets.ts";
import { languageOf } from "../../domain/forecast/imports.ts";
import type { LiveRecords, TouchMap } from "../../domain/forecast/touches.ts";
import { parseAddress } from "../../domain/glob/address.ts";
import type { Outline } from "../../domain/glob/address_outline.ts";
import { Comparison } from "../../domain/glob/holds/comparison.ts";
import {
  addressOutlines,
  holdsMeet,
  type NamedAddresses,
  treeOutlines,
} from "../../domain/glob/holds/holds.ts";
import type { Lease } from "../../domain/lane/lease.ts";
import {
  COMPARE_EFFORT,
  COMPARE_STEPS,
  FORECAST_EFFORT,
  FORECAST_STEPS,
  UNKNOWN_RUN,
} from "../../domain/limits.ts";
import { overlapsRecord } from "../../domain/reservation/conflict.ts";
import {
  intentExpiry,
  type IntentRecord,
  isLive,
  type ReservationRecord,
} from "../../domain/reservation/reservation.ts";
import type { SourceTree } from "../../ports/checkout.ts";
import type { Context } from "../context.ts";
import { sourceFilesOf } from "./source_files.ts";

/** The part of the live records that matters to some addresses. */
export interface Neighbours {
  readonly live: LiveRecords;
  /** The source files that the addresses name. */
  readonly files: readonly string[];
  /** Whether an address that an agent touches overlaps one of them. */
  touches(address: string): boolean;
}

/**
 * Finds them.
 *
 * @param leases All live ones.
 */
export async function neighboursOf(
  { store: { reservations: store }, clock }: Pick<Context, "store" | "clock">,
  tree: SourceTree,
  asked: NamedAddresses,
  leases: readonly Lease[],
): Promise<Neighbours> {
  const now = clock();
  const intents = await store.listIntents();
  const found = {
    reservations: new Map<string, ReservationRecord>(),
    intents: new Map<string, IntentRecord>(),
    leases: new Set<Lease>(),
  };
  const collect = async (named: NamedAddresses) => {
    const ours = addressOutlines(named);
    const comparison = new Comparison(UNKNOWN_RUN, ours);
    const near = await store.near(named, now, overlapsRecord(comparison));
    for (const { reservation, unsettled } of near) {
      if (unsettled !== true) found.reservations.set(reservation.reservation_id, reservation);
    }
    for (const intent of intents) {
      if (!meet(ours, addressOutlines(intent))) continue;
      const { intent_id, reservation_id: id } = intent;
      const entry = id === null ? undefined : await store.get(id);
      const isInForce = id === null
        ? intentExpiry(intent) > now
        : entry !== undefined && isLive(entry, now);
      if (isInForce) found.intents.set(intent_id, intent);
    }
    for (const lease of leases) if (meet(ours, treeOutlines(lease))) found.leases.add(lease);
  };
  await collect(asked);
  const files = filesOf(tree, asked);
  const targets = await importedBy(tree, files);
  if (targets.length > 0) await collect({ addresses: targets });
  const ours = addressOutlines(asked);
  const known = new Map<string, boolean>();
  return {
    live: {
      reservations: [...found.reservations.values()],
      intents: [...found.intents.values()],
      leases: [...found.leases],
    },
    files,
    touches(address) {
      const isKnown = known.get(address) ?? meet(ours, addressOutlines({ addresses: [address] }));
      known.set(address, isKnown);
      return isKnown;
    },
  };
}

function meet(ours: readonly Outline[], theirs: readonly Outline[]): boolean {
  return holdsMeet(ours, theirs, { left: COMPARE_EFFORT }, { left: COMPARE_STEPS }) !== undefined;
}

/** The source files that addresses name. */
function filesOf(tree: SourceTree, { addresses, files }: NamedAddresses): string[] {
  const map: TouchMap = new AddressMap();
  for (const text of addresses) {
    const address = parseAddress(text, new Set(files));
    if (typeof address !== "string") map.add(address, []);
  }
  const effort = { left: FORECAST_EFFORT, steps: { left: FORECAST_STEPS } };
  return [...new Set(heldFiles(map).flatMap((held) => sourceFilesOf(tree, held, effort)))];
}

/** The addresses of all that files may import. */
async function importedBy(tree: SourceTree, files: readonly string[]): Promise<string[]> {
  const targets = new Set<string>();
  const exists = (path: string) => tree.exists(path);
  for (const from of files) {
    const language = languageOf(from);
    if (language === undefined) continue;
    for (const each of await tree.imports(from)) {
      for (const { path } of targetsOf(from, language, each, exists, (name) => tree.read(name))) {
        targets.add(addressOfTarget(path));
      }
    }
  }
  return [...targets];
}
