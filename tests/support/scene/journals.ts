/** Builders for journals on disk. */
import { FsJournal } from "../../../src/adapters/fs/lane/journal.ts";
import type { LaneView } from "../../../src/domain/journal/fold.ts";
import type { Lease } from "../../../src/domain/lane/lease.ts";
import { encodeLine, type JournalEntry } from "../../../src/domain/journal/line.ts";
import { haltEntry, heartbeatEntry, releaseEntry } from "../../../src/domain/journal/entries.ts";
import { detectHost } from "../../../src/host/detect.ts";
import type { Host } from "../../../src/ports/host.ts";
import type {
  JournalFile,
  JournalFileSession,
} from "../../../src/adapters/fs/lane/journal_file.ts";
import { quickFs } from "../crash/queue_cases.ts";
import { acquire, stamp, START } from "./lanes.ts";
import { makeTempDir } from "./scratch.ts";

const real = await detectHost();

/** The real machine without waiting for the disk. */
export const quickHost: Host = { ...real, fs: quickFs };

/** A machine on which everybody who does not release a mutex counts as gone. */
export const lonelyHost: Host = { ...quickHost, isAlive: () => false };

/** A journal with what it warned of. */
export interface Opened {
  readonly journal: FsJournal;
  readonly warnings: string[];
}

/** A journal of a path, by default a new one. */
export function openJournal(
  path = `${makeTempDir()}/lanes/journal.jsonl`,
  host: Host = quickHost,
): Opened {
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  return { journal: new FsJournal(host, path, () => START, warn), warnings };
}

/** A writer's turn; it must not have to wait. */
export async function turnOf(journal: JournalFile): Promise<JournalFileSession> {
  const outcome = await journal.open(0);
  if (outcome.status === "open") return outcome.session;
  throw new Error(`The journal is busy: ${JSON.stringify(outcome.holder)}`);
}

/** Appends in a turn of their own what `entries` makes of the number that comes next. */
export async function append(
  journal: JournalFile,
  entries: (next: number) => readonly JournalEntry[],
): Promise<"kept" | "unsure"> {
  using session = await turnOf(journal);
  return session.append(entries(session.read().fold.seq + 1));
}

/** An entry that informs of something. */
export function halt(seq: number, handle = `h${seq}`): JournalEntry {
  const fields = { lane: "", loop_ts: "", host_id: "here", reason: "stop it" };
  return haltEntry(stamp(seq), { handle, ...fields });
}

/** An ACQUIRE of a lane of its own. */
export function grant(seq: number, lane = `l${seq}`): JournalEntry {
  return acquire(seq, { lane, tree: [lane], loop_ts: `${lane}-${seq}` });
}

/** The lease that is held of a lane. */
export function leaseOf({ leases }: LaneView, lane: string): Lease {
  const [lease] = leases.ofLane(lane);
  if (lease === undefined) throw new Error(`No agent holds ${lane}`);
  return lease;
}

/** RELEASE of a lane. */
export function release(seq: number, fold: LaneView, lane: string): JournalEntry {
  return releaseEntry(stamp(seq), leaseOf(fold, lane), "done");
}

/** HEARTBEAT of a lane, a number of seconds after the start. */
export function beat(seq: number, fold: LaneView, lane: string, second = seq): JournalEntry {
  return heartbeatEntry(stamp(seq, START + second * 1000), leaseOf(fold, lane));
}

/** Lines as they are on disk. */
export function linesOf(entries: readonly JournalEntry[]): string {
  return entries.map((entry) => `${encodeLine(entry)}\n`).join("");
}

/** What a file says. */
export function textOf(path: string): string {
  return new TextDecoder().decode(real.fs.read(path));
}

/** Writes a file again. */
export function write(path: string, content: string | Uint8Array): void {
  real.fs.remove(path);
  real.fs.makeDir(path.slice(0, path.lastIndexOf("/")));
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  real.fs.createNew(path, bytes);
}

/** The names beside a journal that are its archives. */
export function archivesOf(path: string): string[] {
  const [folder, name] = [
    path.slice(0, path.lastIndexOf("/")),
    path.slice(path.lastIndexOf("/") + 1),
  ];
  return (real.fs.list(folder) ?? []).flatMap((entry) =>
    entry.name.startsWith(`${name}.archive-`) ? [entry.name] : []
  ).sort();
}
