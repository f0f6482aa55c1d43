/** What a run beside the peers found, and the figures in it. */
import type { Machine } from "../../machine.ts";
import { type Goal, median, middle } from "../../measure.ts";
import type { Peer } from "../queues/peer.ts";
import type { Sample, Speed } from "../rounds.ts";

/** A value with the middle half of its rounds. */
export interface Value {
  readonly median: number;
  readonly spread: readonly [from: number, to: number];
}

/** One queue at one job. */
export interface QueueRow {
  readonly job: "enqueue" | "claim + complete";
  readonly peer: string;
  readonly keeps: string;
  readonly note?: string;
  readonly processes: number;
  /** Milliseconds added to each sync. */
  readonly sync_ms: number;
  /** Tasks a second, of all processes together. */
  readonly rate: Value;
  /** Syncs a task; none where the shim saw none. */
  readonly syncs: number;
  /** What coord did in the same rounds, by this; absent for coord. */
  readonly coord_by_this?: Value;
  /** Whether it ought to sync and the shim saw nothing of it, so that it was not slowed. */
  readonly not_slowed?: true;
}

/** A figure that is held against another one, or against a value. */
export interface Figure {
  readonly figure: string;
  readonly unit: string;
  readonly value: Value;
  readonly against?: Value;
  /** The value by what it is held against, round by round. */
  readonly ratio?: Value;
  /** What the ratio must be. */
  readonly goal?: Goal;
}

/** A peer that could not be measured, and why. */
export interface Absent {
  readonly peer: string;
  readonly reason: string;
}

/** All of it. */
export interface PeerResults extends Machine {
  readonly at: string;
  readonly length: "full" | "quick";
  readonly seconds: number;
  readonly rounds: number;
  readonly queues: readonly QueueRow[];
  readonly absent: readonly Absent[];
  readonly processes: readonly Figure[];
  readonly figures: readonly Figure[];
}

export function valueOf(values: readonly number[]): Value {
  return { median: median(values), spread: middle(values) };
}

/** The ratio of two series, round by round. */
export function ratioOf(values: readonly number[], others: readonly number[]): Value {
  return valueOf(values.map((value, round) => value / (others[round] ?? NaN)));
}

/** All rounds of one peer with one number of processes. */
export interface Series {
  readonly peer: Peer;
  readonly processes: number;
  /** The samples of each round, one for each duration of a sync. */
  readonly rounds: readonly (readonly Sample[])[];
}

/** The rows of a series; held against coord's of the same rounds, when it was measured. */
export function queueRows(series: Series, coord: Series | undefined): QueueRow[] {
  const { peer, processes, rounds } = series;
  const rows: QueueRow[] = [];
  for (const job of ["enqueue", "claim + complete"] as const) {
    for (const [index, { syncMs }] of (rounds[0] ?? []).entries()) {
      const speeds = (series: Series) => series.rounds.map((samples) => speed(samples[index], job));
      const mine = speeds(series);
      const syncs = median(mine.map(({ syncs }) => syncs));
      const rates = mine.map(({ rate }) => rate);
      const notSlowed = peer.durable && syncs === 0;
      const held = coord !== undefined && coord.peer !== peer && !(notSlowed && syncMs > 0);
      rows.push({
        job,
        peer: peer.name,
        keeps: peer.keeps,
        ...(peer.note !== undefined && { note: peer.note }),
        processes,
        sync_ms: syncMs,
        rate: valueOf(rates),
        syncs,
        ...(held && { coord_by_this: ratioOf(speeds(coord).map(({ rate }) => rate), rates) }),
        ...(notSlowed && { not_slowed: true as const }),
      });
    }
  }
  return rows;
}

function speed(sample: Sample | undefined, job: QueueRow["job"]): Speed {
  if (sample === undefined) throw new Error("a round lacks a duration of a sync");
  return job === "enqueue" ? sample.enqueue : sample.work;
}
