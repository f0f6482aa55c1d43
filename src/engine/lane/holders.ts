/** The leases of lanes, as exclusive reservations ask about them. */
import { paced } from "../../async/paced.ts";
import { CoordError } from "../../domain/errors.ts";
import { partsOf } from "../../domain/glob/address.ts";
import { addressOutlines } from "../../domain/glob/holds/holds.ts";
import {
  Comparison,
  type Conflicts,
  type LeaseConflict,
} from "../../domain/glob/holds/comparison.ts";
import { Tree } from "../../domain/glob/tree.ts";
import { sameRun } from "../../domain/input/run_id.ts";
import { scavengeEntry } from "../../domain/journal/entries.ts";
import { heldLease } from "../../domain/lane/held.ts";
import {
  deathOf,
  isWorthProbing,
  type LaneDeathEvidence,
  type Lease,
  runOf,
} from "../../domain/lane/lease.ts";
import { LANE_STEPS } from "../../domain/limits.ts";
import type { JournalView } from "../../ports/journal.ts";
import { type AwaitedHolders, FREE, type Wanted } from "../hold/exclusion.ts";
import { inTurn, type LaneContext, readJournal, type Turn } from "./turn.ts";

/** Leases that overlap what is wanted. */
interface InTheWay {
  readonly alive: Conflicts<LeaseConflict>;
  readonly dead: readonly { readonly lease: Lease; readonly evidence: LaneDeathEvidence }[];
}

export class LaneHolders implements AwaitedHolders<LeaseConflict> {
  constructor(readonly context: LaneContext) {}

  async find(wanted: Wanted): Promise<Conflicts<LeaseConflict>> {
    if (!await this.context.lanes.journal.exists()) return FREE;
    return (await this.#inTheWay(await readJournal(this.context), wanted)).alive;
  }

  /**
   * In a turn at the journal: what is read without one may be an entry that never counts, since its
   * writer was overtaken, or one that its writer is about to take back.
   */
  async makeWay(wanted: Wanted): Promise<Conflicts<LeaseConflict>> {
    const { context } = this;
    if (!await context.lanes.journal.exists()) return FREE;
    const { signal } = wanted;
    const action = "reserve exclusively";
    const body = async (turn: Turn): Promise<Conflicts<LeaseConflict> | undefined> => {
      while (true) {
        const { alive, dead } = await this.#inTheWay(turn.view, wanted);
        if (alive.total > 0) return alive;
        // A release that lets it through was perhaps written by a process that died before its sync.
        if (dead.length === 0) return await turn.persist() ? alive : undefined;
        const baseSeq = turn.view.fold.lastSeq;
        const entries = dead.map(({ lease, evidence }) =>
          scavengeEntry(turn.stamp(), lease, evidence, { baseSeq, by: wanted.runId })
        );
        // Unless they are gone now, a holder has shown life in between.
        if (await turn.append(entries) === undefined) return undefined;
      }
    };
    const answer = await inTurn(context, signal === undefined ? {} : { signal }, action, body);
    if (!("status" in answer)) return answer;
    throw new CoordError("io_error", answer.error, { reason: answer.status });
  }

  /** The journal has all of them. */
  watch(
    _conflicts: readonly LeaseConflict[],
    onChange: () => void,
    onError: (error: unknown) => void,
  ): { close(): void } {
    return this.context.lanes.watch(onChange, onError);
  }

  async #inTheWay({ fold }: JournalView, wanted: Wanted): Promise<InTheWay> {
    const { processes } = this.context;
    const host = processes.origin(undefined).host_id;
    const comparison = new Comparison(wanted.runId, addressOutlines(wanted.named));
    const alive: Lease[] = [];
    const dead: { lease: Lease; evidence: LaneDeathEvidence }[] = [];
    const { lane, named: { addresses, files } } = wanted;
    const tree = new Tree(addresses.map((text) => partsOf(text).path), files);
    const near = [...fold.leases.meeting(tree, { left: LANE_STEPS })].map(({ lease }) => lease);
    const named = new Set(lane === undefined ? [] : fold.leases.named(lane));
    for (const lease of [...new Set([...near, ...named])].sort((a, b) => a.fence - b.fence)) {
      if (sameRun(runOf(lease), wanted.runId)) continue;
      if (!named.has(lease) && !await paced(comparison.overlaps(heldLease(lease)))) continue;
      const isAlive = isWorthProbing(lease, wanted.now, host)
        ? processes.isAlive(lease)
        : undefined;
      const evidence = deathOf(lease, wanted.now, isAlive, host);
      if (evidence === undefined) alive.push(lease);
      else dead.push({ lease, evidence });
    }
    // By its name a lease is in the way as a whole, whatever its tree meets.
    const pair = { address: lane ?? "", their_address: lane ?? "" };
    const same = alive.filter((lease) => named.has(lease)).map(heldLease);
    const others = alive.filter((lease) => !named.has(lease)).map(heldLease);
    const found = comparison.conflicts(others);
    return {
      alive: {
        ...found,
        conflicts: [...same.map((lease) => lease.conflict(pair)), ...found.conflicts],
        total: same.length + found.total,
      },
      dead,
    };
  }
}
