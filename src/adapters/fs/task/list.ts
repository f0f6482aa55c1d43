/** All tasks with their newest states, also those of batches that have no files yet. */
import type { TaskRecord } from "../../../domain/task/task.ts";
import {
  listingOf,
  type TaskEntry,
  type TaskFilter,
  type TaskListing,
} from "../../../domain/task/listing.ts";
import type { PendingTask } from "./batch.ts";
import { groupClaims, readHead } from "./claim_chain.ts";
import type { ClaimFiles } from "./claim_files.ts";
import type { Layout } from "../layout.ts";
import { listStems } from "../disk/record_file.ts";
import { ofFolder, ofRecord } from "../disk/unreadable.ts";

/** What a listing is made of. */
interface Sources {
  readonly claims: ClaimFiles;
  /** Those of batches, read before the files, so that none is missed which gets one now. */
  readonly pending: ReadonlyMap<string, PendingTask>;
  /** A task by its file; what is none is reported. */
  read(stem: string): TaskRecord | undefined;
}

/** Lists what can be read, as it stands at `now`; the rest is reported. */
export function listTasks(
  layout: Layout,
  { claims, pending, read }: Sources,
  filter: TaskFilter,
  now: number,
): TaskListing {
  const { fs, warn } = claims;
  const names = ofFolder(warn, () => fs.list(layout.folder("claim"))) ?? [];
  const claimed = groupClaims(names.map(({ name }) => name));
  const onOther = (name: string, reason: string) => warn(`tasks/${name} ${reason}: skipped`);
  const stems = ofFolder(warn, () => listStems(fs, layout.folder("task"), onOther)) ?? [];
  const entryOf = (stem: string): TaskEntry | undefined => {
    const batched = pending.get(stem);
    // One whose batch has gone has a file, or has been removed since.
    const task = read(stem) ?? (batched?.isPending() ? batched.task : batched && read(stem));
    if (task === undefined) return undefined;
    const listed = claimed.get(stem);
    return { task, claim: listed && readHead(claims, stem, listed) };
  };
  const entries = [...new Set([...stems, ...pending.keys()])]
    .flatMap((stem) => ofRecord(warn, () => entryOf(stem)) ?? []);
  return listingOf(entries, filter, now);
}
