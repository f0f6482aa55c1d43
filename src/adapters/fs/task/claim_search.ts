/** What a search for a task to claim is given, and what comes of it. */
import type { ClaimRecord, TransitionRule } from "../../../domain/task/claim.ts";
import type { TaskEntry } from "../../../domain/task/listing.ts";
import type { TaskRecord } from "../../../domain/task/task.ts";
import type { ClaimSearch } from "../../../ports/tasks.ts";
import type { Batches } from "./batch.ts";
import type { ClaimFiles } from "./claim_files.ts";
import type { FirstEntry } from "./index/first_entry.ts";
import type { Placing } from "./index/placing.ts";
import type { ReadyPlace } from "./index/ready_place.ts";
import type { Moved } from "./index/after_chain.ts";

/** A search that has begun. */
export interface TimedSearch extends ClaimSearch {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The rule that grants one given task. */
  readonly rule: (task: TaskRecord) => TransitionRule;
}

/** A search with the place where it looks. */
export interface PlacedSearch extends TimedSearch {
  readonly place: ReadyPlace;
}

/** What became of a try for one task. */
export type Attempt =
  /** Its entry lies where its priority was. */
  | { readonly kind: "misplaced" }
  | { readonly kind: "won"; readonly entry: TaskEntry }
  | { readonly kind: "refused" | "lost"; readonly claim: ClaimRecord | undefined };

/** What the search works on, besides the files of claims. */
export interface SearchParts {
  readonly claims: ClaimFiles;
  readonly first: FirstEntry;
  readonly placing: Placing;
  readonly batches: Batches;
  /** A task by its file. */
  readonly read: (stem: string) => TaskRecord | undefined;
  /** Does what follows from the ends of tasks for those that wait for them; `false` when nothing does. */
  readonly follow: (moved: Moved, now: number) => Promise<boolean>;
}
