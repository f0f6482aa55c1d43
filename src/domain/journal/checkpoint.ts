/**
 * Compaction: one CHECKPOINT in the place of all entries. It carries the live leases with their
 * fences, their heartbeats and the numbers of the entries that last touched them, the number of the
 * last entry, and the instant that the log has reached; so whatever follows is judged as if nothing had been left out. Leases that ended
 * leave nothing behind: an entry that comes late is only ever judged by what is live when it comes.
 */
import { jsonCopy } from "../json.ts";
import { LaneState, type LaneView } from "./fold.ts";
import { MAX_CHECKPOINT_SEQ } from "../limits.ts";
import { formatTime } from "../time.ts";
import type { JournalEntry, WalLine } from "./line.ts";

/** The snapshot of a state. Its `seq` is that of the last entry: it has no number of its own. */
export function checkpointEntry(state: LaneView, now: number): JournalEntry {
  const leases = state.live().map((lease) => ({ ...lease, tree: [...lease.tree] }));
  return {
    op: "CHECKPOINT",
    seq: state.lastSeq,
    seq_watermark: state.seq,
    ts: formatTime(now),
    ...(state.reached === undefined ? {} : { reached_at: formatTime(state.reached) }),
    leases: leases.map(jsonCopy),
  };
}

/**
 * Whether a checkpoint can stand for a state. Only a forged one leads beyond what the next would be
 * believed; such a log goes on and is not compacted any more, so that no number is given twice.
 */
export function isCompactable(state: LaneView): boolean {
  return state.seq <= MAX_CHECKPOINT_SEQ;
}

/**
 * The lines in the place of a journal: its snapshot, and the lines that cannot be read.
 *
 * @param state What the journal is a continuation of; it is taken further.
 */
export function compact(
  lines: Iterable<WalLine>,
  now: number,
  state: LaneState = new LaneState(),
): WalLine[] {
  const corrupt: WalLine[] = [];
  for (const line of lines) {
    if (line.kind === "corrupt") {
      corrupt.push(line);
      state.lose(line);
    } else state.apply(line.entry);
  }
  return state.seq === 0
    ? corrupt
    : [{ kind: "entry", entry: checkpointEntry(state, now) }, ...corrupt];
}
