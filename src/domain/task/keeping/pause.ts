/** A queue of which no task is handed out. */
import { isObject } from "../../json.ts";
import { parseTime } from "../../time.ts";

/** A queue of which no task is handed out. */
export interface QueuePause {
  /** Its name. */
  readonly queue: string;
  /** Since when, ISO 8601 UTC. */
  readonly paused_at: string;
  /** Who has paused it. */
  readonly paused_by: string;
  /** Why; absent where that was not said. */
  readonly reason?: string;
}

/** A search that is to leave out what is paused, and to say which queues that are. */
interface Heeding {
  readonly onPaused?: ((queues: ReadonlySet<string>) => void) | undefined;
}

/** A search with the queues that it leaves out. */
export async function heeded<S extends Heeding>(
  { onPaused, ...search }: S,
  pauses: { names(): Promise<ReadonlySet<string>> },
): Promise<Omit<S, "onPaused"> & { readonly paused?: ReadonlySet<string> }> {
  if (onPaused === undefined) return search;
  const paused = await pauses.names();
  onPaused(paused);
  return { ...search, paused };
}

/** Reads a pause; what is wrong with it otherwise. */
export function parsePause(value: unknown, queue: string): QueuePause | string {
  if (!isObject(value)) return "is no pause";
  const { paused_at, paused_by, reason } = value;
  const isReason = reason === undefined || typeof reason === "string";
  const isPause = typeof paused_by === "string" && isReason && value["queue"] === queue;
  if (!isPause || typeof paused_at !== "string" || parseTime(paused_at) === undefined) {
    return "is no pause";
  }
  return { queue, paused_at, paused_by, ...(reason !== undefined && { reason }) };
}
