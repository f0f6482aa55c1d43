/**
 * What a forecast has to read that asks about some addresses alone: who touches them, and who touches
 * what the source files there import. It takes the time of these, however many others there are.
 */
import { addressOfTarget, type HeldFiles, heldFiles } from "../../domain/forecast/dependencies.ts";
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
import type { SourceTree, SourceTrees } from "../../ports/checkout.ts";
import type { ReservationContext } from "../context.ts";
import { type FilesByWorktree, sourceFilesOf, warnOfTooWide } from "./source_files.ts";

/** The part of the live records that matters to some addresses. */
export interface Neighbours {
  readonly live: LiveRecords;
  /** The source files that the addresses name, where agents touch them. */
  readonly files: FilesByWorktree;
  /** Whether an address that an agent touches overlaps one of them. */
  touches(address: string): boolean;
}

/**
 * Finds them.
 *
 * @param leases All live ones.
 */
export async function neighboursOf(
  { store: { reservations: store }, clock, warn }: Pick<
    ReservationContext,
    "store" | "clock" | "warn"
  >,
  trees: SourceTrees,
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
  const records = [...found.reservations.values(), ...found.intents.values()];
  const worktrees = new Set(records.map(({ worktree }) => worktree));
  if (found.leases.size > 0) worktrees.add(undefined);
  const held = heldBy(asked);
  const effort = { left: FORECAST_EFFORT, steps: { left: FORECAST_STEPS } };
  const wide = new Set<string>();
  const files = new Map<string | undefined, readonly string[]>();
  const targets = new Set<string>();
  for (const worktree of worktrees) {
    const tree = trees.of(worktree);
    if (tree === undefined) continue;
    const named = new Set(held.flatMap((each) => sourceFilesOf(tree, each, effort, wide)));
    files.set(worktree, [...named]);
    for (const target of await importedBy(tree, named)) targets.add(target);
  }
  warnOfTooWide(wide, warn);
  if (targets.size > 0) await collect({ addresses: [...targets] });
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

/** The files that addresses name; whether there are such is not known yet. */
function heldBy({ addresses, files }: NamedAddresses): HeldFiles[] {
  const map: TouchMap = new AddressMap();
  for (const text of addresses) {
    const address = parseAddress(text, new Set(files));
    if (typeof address !== "string") map.add(address, []);
  }
  return heldFiles(map);
}

/** The addresses of all that files may import. */
async function importedBy(tree: SourceTree, files: Iterable<string>): Promise<Set<string>> {
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
  return targets;
}
