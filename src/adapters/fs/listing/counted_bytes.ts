/**
 * `index/definitions` as it is written where no task comes or goes: a head, the lines in the order of a
 * listing, and two tables over those that are pending. A table has rows of one length, which are read
 * from its start. Lines that are appended later come after all this.
 */
import type { SegmentTally } from "../../../domain/task/segment.ts";
import { compareTasks } from "../../../domain/task/task.ts";
import type { FolderMark } from "../disk/folder_mark.ts";
import { type Definition, definitionLine, placeOf, untouchedStatus } from "./definitions.ts";

/** The first line, which holds as long as the folder of tasks is as it was. */
export interface CountedHead {
  /** Random, so that no other file has the same head. */
  readonly token: string;
  /** How the folder of tasks was before it was listed. */
  readonly folder: FolderMark;
  /** What of segments it was compared with; none of those tasks had files. */
  readonly segments: string;
  /** What was counted of these; older heads lack it. */
  readonly ended?: SegmentTally;
  readonly tasks: number;
  /** The queues, and how many of each were pending and expired. */
  readonly queues: readonly (readonly [queue: string, pending: number, expired: number])[];
  /** The last instant by which a task expired, or was delayed no more; 0 when there is none. */
  readonly expiredMs: number;
  /** The task that comes first in a listing: priority, creation, stem. */
  readonly first: readonly [number, number, string];
  /** Bytes of the lines, and rows of each table. */
  readonly lines: number;
  readonly rows: number;
}

/** Rows of when a task expires, with the number of its queue, and of where a line is. */
export const EXPIRY = { ms: 16, queue: 6, all: 22 } as const;
export const CREATION = 8;

/** No instant that is written has more digits than a row has room for. */
const LAST_MS = 10 ** 15;

const encoder = new TextEncoder();

/** The bytes of the file, of all tasks that there are; one at least. */
export function countedBytes(
  definitions: readonly Definition[],
  about: Pick<CountedHead, "token" | "folder" | "segments" | "ended">,
  now: number,
): Uint8Array {
  const sorted = definitions.map((definition) => ({ definition, place: placeOf(definition) }))
    .sort((a, b) => compareTasks(a.place, b.place))
    .map(({ definition }) => definition);
  const numbers = new Map<string, number>();
  const queues: [string, number, number][] = [];
  const pending: { ms: number; queue: number; createdMs: number; at: number }[] = [];
  const lines: string[] = [];
  let [at, passedMs] = [0, 0];
  for (const definition of sorted) {
    const { queue, expiresMs, createdMs, fromMs } = definition;
    passedMs = Math.max(passedMs, fromMs);
    let number = numbers.get(queue);
    if (number === undefined) {
      numbers.set(queue, number = queues.length);
      queues.push([queue, 0, 0]);
    }
    const counts = queues[number] ?? [queue, 0, 0];
    const isPending = untouchedStatus(definition, now) === "pending";
    counts[isPending ? 1 : 2]++;
    if (isPending) pending.push({ ms: expiresMs, queue: number, createdMs, at });
    else passedMs = Math.max(passedMs, expiresMs);
    const line = `${definitionLine(definition)}\n`;
    at += line.length;
    lines.push(line);
  }
  const [{ priority = 0, createdMs = 0, stem = "" } = {}] = sorted;
  const head: CountedHead = {
    ...about,
    tasks: sorted.length,
    queues,
    expiredMs: passedMs,
    first: [priority, createdMs, stem],
    lines: at,
    rows: pending.length,
  };
  const expiries = pending.toSorted((a, b) => a.ms - b.ms).map(({ ms, queue }) =>
    String(Math.min(Math.ceil(ms), LAST_MS)).padStart(EXPIRY.ms, "0") +
    String(queue).padStart(EXPIRY.queue, "0")
  );
  const creations = pending.toSorted((a, b) => a.createdMs - b.createdMs)
    .map(({ at }) => at.toString(16).padStart(CREATION, "0"));
  const parts = [JSON.stringify(head), "\n", ...lines, ...expiries, ...creations, "\n"];
  return encoder.encode(parts.join(""));
}

/** The first line; `undefined` when it is none. */
export function parseCountedHead(text: string): CountedHead | undefined {
  try {
    const head = JSON.parse(text) as Partial<CountedHead> | null;
    const isHead = typeof head?.token === "string" && typeof head.rows === "number" &&
      typeof head.lines === "number" && Array.isArray(head.queues);
    return isHead ? head as CountedHead : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
