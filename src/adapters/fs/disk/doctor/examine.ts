/**
 * Examines the file system under a workspace.
 *
 * Guarantees: everything is tried in a folder of its own, `tmp/<uuid>`, which is removed at the end,
 * also when it is stopped; `gc` removes that of a process that was killed. No record is written, read or
 * changed. Steps: count the files of the workspace; make the folder; start the racing processes; try
 * what one process can meanwhile; race; judge.
 */
import { type Host, HostError, type HostFs } from "../../../../ports/host.ts";
import type { Examination, FileSystem, Problem, StoreSize } from "../../../../ports/store.ts";
import { enter } from "../../layout.ts";
import { ensureDir } from "../ensure_dir.ts";
import { uniqueName } from "../staging.ts";
import { DOCTOR_MS, NEARLY_FULL } from "./bounds.ts";
import { judge, refusedBy } from "./judge.ts";
import { durability, fileSystemOf } from "./mount.ts";
import { tryClock, tryFolderTimes, tryNotification, tryOpenFile, trySync } from "./probes.ts";
import { type Outcome, type PromiseName, PROMISES, tried } from "./promises.ts";
import { type Again, Racers } from "./racers.ts";
import { removeTree } from "./remove_tree.ts";

/** How often a folder is tried to be removed: a listing may lack what others have just made. */
const REMOVALS = 3;

type Outcomes = Record<PromiseName, Outcome>;

/** @param again Starts this program once more, where it is the command line. */
export async function examineFiles(
  machine: Host,
  workspace: string,
  again: Again | undefined,
  stop: AbortSignal | undefined,
): Promise<Examination> {
  const { host, layout } = enter(machine, workspace);
  const size = sizeOf(host.fs, workspace);
  const file_system = await fileSystemOf(machine, workspace);
  const dir = `${layout.tmp}/${uniqueName()}`;
  let outcomes: Outcomes;
  try {
    ensureDir(host.fs, dir);
    // Inside of its own folder the file system is tried as it is, without looks on the way.
    outcomes = await tryAll(machine, dir, again, stop);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    const { reason, message } = error;
    outcomes = all(refusedBy({ reason, message }));
  } finally {
    for (let n = 0; n < REMOVALS && host.fs.lstat(dir) !== undefined; n++) {
      trying(() => removeTree(host.fs, dir));
    }
  }
  const { type } = file_system;
  const durable: Outcome = { result: "not_tried", found: durability(type) };
  return {
    promises: (Object.keys(PROMISES) as PromiseName[]).map((name) =>
      tried(name, name === "durable_names" ? durable : outcomes[name])
    ),
    problems: roomProblems(file_system),
    file_system,
    size,
  };
}

async function tryAll(
  host: Host,
  dir: string,
  again: Again | undefined,
  stop: AbortSignal | undefined,
): Promise<Outcomes> {
  const { fs } = host;
  const racers = new Racers(fs, dir, again);
  const [sync, clock, open_files, folder_times, notification] = await Promise.all([
    outcomeOf(() => trySync(fs, dir)),
    outcomeOf(() => tryClock(fs, dir)),
    outcomeOf(() => tryOpenFile(fs, dir)),
    outcomeOf(() => tryFolderTimes(fs, dir)),
    outcomeOf(() => tryNotification(host, dir)),
  ]);
  const races = await racers.run(stop);
  const stopped = all({ result: "not_tried", found: "it was stopped" });
  if (stop?.aborted) return { ...stopped, sync, clock, open_files };
  const { create, link, append, replace, list } = judge(fs, races);
  return {
    ...stopped,
    exclusive_creation: create,
    hard_links: link,
    atomic_rename: replace,
    append,
    listing: list,
    open_files,
    sync,
    clock,
    folder_times,
    notification,
  };
}

/** What came out of a probe, which the file system may refuse. */
async function outcomeOf(probe: () => Outcome | Promise<Outcome>): Promise<Outcome> {
  try {
    return await probe();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    const { reason, message } = error;
    return refusedBy({ reason, message });
  }
}

function all(outcome: Outcome): Outcomes {
  const pairs = Object.keys(PROMISES).map((name) => [name, outcome]);
  return Object.fromEntries(pairs) as Outcomes;
}

function roomProblems({ free_bytes, free_inodes }: FileSystem): Problem[] {
  const problems: Problem[] = [];
  const next = "Make room, or let coord gc remove what ended long ago";
  if (free_bytes !== null && free_bytes < NEARLY_FULL.bytes) {
    problems.push({
      what: `The file system has ${Math.floor(free_bytes / 2 ** 20)} MiB left`,
      next,
    });
  }
  // Where there is really none, the folder could not be made; some file systems say 0 and mean nothing.
  if (free_inodes && free_inodes < NEARLY_FULL.inodes) {
    problems.push({ what: `The file system has room for ${free_inodes} more files`, next });
  }
  return problems;
}

/** Counts the files of a workspace, for a bounded time. What cannot be read is left out. */
function sizeOf(fs: HostFs, root: string): StoreSize {
  const began = performance.now();
  const pending = [root];
  let files = 0;
  let bytes = 0;
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const path = folder;
    for (const { name, isDirectory } of trying(() => fs.list(path)) ?? []) {
      if (performance.now() - began > DOCTOR_MS.count) return { files, bytes, complete: false };
      if (isDirectory) {
        pending.push(`${path}/${name}`);
        continue;
      }
      files++;
      bytes += trying(() => fs.lstat(`${path}/${name}`))?.size ?? 0;
    }
  }
  return { files, bytes, complete: true };
}

/** Nothing where it fails. */
function trying<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return undefined;
  }
}
