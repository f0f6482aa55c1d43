/**
 * Checks the journal of lanes from outside: reads the whole history with its archives and folds it
 * by the rules alone, in lists, without the arbiter, its index, its globs and its fold.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A line of the journal; what matters of it. */
export interface Line {
  readonly op: string;
  readonly seq: number;
  readonly ts: string;
  readonly lane: string;
  readonly loop_ts: string;
  readonly fence?: number;
  readonly base_seq?: number;
  readonly heartbeat_at?: string;
  readonly lease?: {
    readonly holder: string;
    readonly tree: string[];
    readonly ttl_seconds: number;
  };
  readonly leases?: readonly { lane: string; loop_ts: string; fence: number }[];
  readonly archive?: string;
  readonly archive_bytes?: number;
  readonly evidence?: { readonly pid_alive: boolean | null };
}

/** A lease that was granted. */
export interface Grant {
  readonly lane: string;
  readonly loop_ts: string;
  readonly holder: string;
  readonly tree: readonly string[];
  readonly fence: number;
  readonly ttl: number;
  /** The entry that granted or renewed it last, and the instant of that, milliseconds. */
  touched: number;
  beat: number;
}

/** What a history comes to. */
export interface Findings {
  readonly entries: number;
  readonly compactions: number;
  readonly broken: number;
  readonly grants: readonly Grant[];
  readonly live: readonly Grant[];
  /** Keys of ACQUIREs that had no effect, with the number of the entry. */
  readonly voids: readonly { readonly loop_ts: string; readonly holder: string; seq: number }[];
  /** Fences of leases that others ended for their silence. */
  readonly evicted: ReadonlySet<number>;
  /** What must never be. */
  readonly problems: readonly string[];
}

/** Lines of the history from the first archive on, each file as far as it counts. */
function* history(path: string): Generator<string[]> {
  const files: string[][] = [];
  let file: string | undefined = path;
  let bytes = Infinity;
  while (file !== undefined) {
    const content = readFileSync(file);
    const lines = content.subarray(0, Math.min(bytes, content.length)).toString("utf-8").split(
      "\n",
    );
    files.unshift(lines.filter((line) => line !== ""));
    const first: Line | undefined = parsed(lines[0] ?? "");
    file = first?.op === "CHECKPOINT" && first.archive !== undefined
      ? join(dirname(path), first.archive)
      : undefined;
    bytes = first?.archive_bytes ?? Infinity;
  }
  yield* files;
}

function parsed(line: string): Line | undefined {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return undefined; // torn by a kill
  }
}

/** The lines of a history around the entries that problems name, of each file, to see how it came so. */
export function evidence(path: string, problems: readonly string[]): string {
  const named = problems.flatMap((problem) => /^entry (\d+):/.exec(problem)?.[1] ?? []).map(Number);
  const isNear = (seq: number) => named.some((number) => Math.abs(number - seq) <= 25);
  return [...history(path)].map((lines, file) =>
    lines.filter((line) => {
      const seq = parsed(line)?.seq;
      return seq === undefined || isNear(seq);
    }).map((line) => `file ${file}: ${line}`).join("\n")
  ).filter((text) => text !== "").join("\n");
}

/** Seconds that a holder may be silent beyond its TTL. */
const GRACE_S = 300;

/**
 * Folds a journal.
 *
 * @param meet Whether two trees have a path in common, from a table and not from coord.
 * @param slackS Seconds by which the clocks of the writers may differ.
 */
export function findingsOf(
  path: string,
  meet: (a: readonly string[], b: readonly string[]) => boolean,
  slackS: number,
): Findings {
  const problems: string[] = [];
  const grants: Grant[] = [];
  const voids: { loop_ts: string; holder: string; seq: number }[] = [];
  let live: Grant[] = [];
  const evicted = new Set<number>();
  let [number, entries, compactions, broken, highest] = [0, 0, 0, 0, 0];
  const named = ({ lane, loop_ts, fence }: Line) =>
    live.find((each) =>
      each.lane === lane && each.loop_ts === loop_ts &&
      (fence === undefined || each.fence === fence)
    );
  const end = (lease: Grant) => live = live.filter((each) => each !== lease);

  const acquire = (line: Line) => {
    const { lane, loop_ts, lease, base_seq } = line;
    if (lease === undefined || base_seq === undefined) {
      problems.push(`entry ${number}: an ACQUIRE without lease or base_seq`);
      return;
    }
    const { holder, tree, ttl_seconds: ttl } = lease;
    const inTheWay = live.filter((each) => each.lane === lane || meet(each.tree, tree));
    if (inTheWay.some((each) => each.lane === lane || each.touched > base_seq)) {
      voids.push({ loop_ts, holder, seq: number });
      return;
    }
    for (const other of inTheWay) {
      problems.push(
        `entry ${number}: ${holder} on ${tree} beside ${other.holder} on ${other.tree}`,
      );
    }
    if (number <= highest) problems.push(`entry ${number}: fences go back from ${highest}`);
    highest = number;
    const beat = Date.parse(line.ts);
    const grant = { lane, loop_ts, holder, tree, fence: number, ttl, touched: number, beat };
    grants.push(grant);
    live.push(grant);
  };

  const scavenge = (line: Line) => {
    const lease = named(line);
    if (lease === undefined || lease.touched > (line.base_seq ?? -1)) return;
    const silent = (Date.parse(line.ts) - lease.beat) / 1000;
    if (line.evidence?.pid_alive !== false && silent <= lease.ttl + GRACE_S - slackS) {
      problems.push(`entry ${number}: ${lease.holder} evicted after ${silent} s of silence`);
    }
    evicted.add(lease.fence);
    end(lease);
  };

  const checkpoint = (line: Line) => {
    compactions++;
    const said = (line.leases ?? []).map(({ lane, loop_ts, fence }) => [fence, lane, loop_ts]);
    const known = live.map(({ lane, loop_ts, fence }) => [fence, lane, loop_ts]);
    if (JSON.stringify(said) !== JSON.stringify(known)) {
      problems.push(
        `after entry ${number}: checkpoint of ${JSON.stringify(said)}, not ${
          JSON.stringify(known)
        }`,
      );
    }
    if (line.seq !== number) problems.push(`after entry ${number}: a checkpoint of ${line.seq}`);
  };

  for (const lines of history(path)) {
    for (const text of lines) {
      const line = parsed(text);
      if (line === undefined || line.op === "_CORRUPT") {
        broken += line === undefined ? 1 : 0;
        continue;
      }
      entries++;
      if (line.op === "CHECKPOINT") {
        checkpoint(line);
        continue;
      }
      number = Math.max(line.seq, number + 1);
      const lease = named(line);
      if (line.op === "ACQUIRE") acquire(line);
      else if (line.op === "SCAVENGE") scavenge(line);
      else if (line.op === "RELEASE" && lease !== undefined) end(lease);
      else if (line.op === "HEARTBEAT" && lease !== undefined) {
        lease.touched = number;
        lease.beat = Math.max(lease.beat, Date.parse(line.heartbeat_at ?? line.ts));
      }
    }
  }
  return { entries, compactions, broken, grants, live, voids, evicted, problems };
}
