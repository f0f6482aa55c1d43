/** The promises of FORMAT.md, "What the file system must provide": how each is tried, and what it is for. */
import { SAFETY_LOOK_MS } from "../../../../domain/limits.ts";
import type { TriedPromise } from "../../../../ports/store.ts";

type Promised = Pick<TriedPromise, "carries" | "how" | "means">;

const NOTHING_SAFE = "one task or file may go to two agents";

/** By name, in the order of a report. */
export const PROMISES = {
  exclusive_creation: {
    carries: "safety",
    how: "racing processes create the same new names; each name must go to one of them",
    means: `two processes may both believe that they made a name: ${NOTHING_SAFE}`,
  },
  hard_links: {
    carries: "safety",
    how:
      "racing processes link files of their own to the same new names; each must go to one of them",
    means:
      `claims, reservations and the journal's mutex are decided by links: without them nothing ` +
      `can be granted, and with links that replace ${NOTHING_SAFE}`,
  },
  atomic_rename: {
    carries: "safety",
    how:
      "racing processes replace one file of 64 KiB and read it meanwhile; each read must be whole",
    means: "a reader may meet half of a record, or none where there was one",
  },
  open_files: {
    carries: "safety",
    how:
      "a file of 64 KiB that is open is replaced: what has it open must read all of the old one, " +
      "and what opens it then the new one",
    means: "a reader may meet parts of two records, or an old one, while an agent replaces it",
  },
  append: {
    carries: "safety",
    how: "racing processes append lines to one file; every line must be there, and whole",
    means: "entries of the lanes' journal may be lost or torn when two agents write at once",
  },
  sync: {
    carries: "safety",
    how: "a new file, a file that was appended to, and a folder are forced to the disk",
    means: "what was answered as done may be gone after a power cut",
  },
  durable_names: {
    carries: "safety",
    how: "not here: only a power cut would show it",
    means: "a task or reservation that was answered as made may have no name after a power cut",
  },
  listing: {
    carries: "safety",
    how:
      "racing processes list a folder while names come and go; a name that stays must be in each list",
    means: "a task or reservation that is there may be overlooked",
  },
  folder_times: {
    carries: "safety",
    how: "the time stamp of a folder is read before and after a name in it is made and removed",
    means: "changes by other processes may go unnoticed, as may a lost notification",
  },
  clock: {
    carries: "safety",
    how: "the time stamp of a new file is compared with this process's clock",
    means: "claims and reservations may end too early or too late for agents on other machines",
  },
  notification: {
    carries: "promptness",
    how: "a file is made in a watched folder, and the kernel has a second to notify",
    means: `waits notice nothing by themselves: they look every ${
      Math.ceil(SAFETY_LOOK_MS / 1000)
    } s instead, so answers come later, and nothing is lost`,
  },
} satisfies Record<string, Promised>;

export type PromiseName = keyof typeof PROMISES;

/** What came out of trying one. */
export type Outcome = Pick<TriedPromise, "result" | "found">;

export function tried(promise: PromiseName, outcome: Outcome): TriedPromise {
  const { carries, how, means } = PROMISES[promise];
  return { promise, ...outcome, carries, how, means };
}
