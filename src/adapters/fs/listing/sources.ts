/** What a listing is made of, and how it reads one task. */
import type { TaskEntry } from "../../../domain/task/listing.ts";
import type { OnUnread } from "../../../ports/warnings.ts";
import type { TaskRecord } from "../../../domain/task/task.ts";
import type { PendingTask } from "../task/batch.ts";
import { readHead } from "../task/claim_chain.ts";
import { type ListedClaim } from "../task/claim/names.ts";
import type { ClaimFiles } from "../task/claim_files.ts";
import type { Segments } from "../segment/segments.ts";

export interface Sources {
  readonly claims: ClaimFiles;
  /** Those of batches, read before the files, so that none is missed which gets one now. */
  readonly pending: ReadonlyMap<string, PendingTask>;
  readonly ends: Segments;
  /** Gets what could not be read. */
  readonly onUnread?: OnUnread;
  /** A task by its file; what is none is reported. */
  read(stem: string): TaskRecord | undefined;
}

/**
 * A task with its newest state.
 *
 * @param listed What `claims/` had of it.
 */
export function entryOf(
  { claims, pending, read }: Sources,
  stem: string,
  listed: ListedClaim | undefined,
): TaskEntry | undefined {
  const batched = pending.get(stem);
  // One whose batch has gone has a file, or has been removed since.
  const task = read(stem) ?? (batched?.isPending() ? batched.task : batched && read(stem));
  if (task === undefined) return undefined;
  const claim = listed && readHead(claims, stem, listed);
  // A claim that was listed and is gone went with its task, perhaps to a segment.
  if (listed !== undefined && claim === undefined && read(stem) === undefined) return undefined;
  return { task, claim };
}
