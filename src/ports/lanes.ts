/** What lanes need of a workspace besides the fold of their journal. */
import type { Taxonomy } from "../domain/lane/taxonomy.ts";
import type { Journal } from "./journal.ts";

export interface LaneStore {
  readonly journal: Journal;

  /**
   * What lanes the team has set down, as it is now; by default none. Throws `bad_args` that names where
   * it stands and all that is wrong with it.
   */
  taxonomy(): Promise<Taxonomy>;

  /** Sets them down in the place of those before, durably. A reader gets the old ones or the new ones. */
  setTaxonomy(taxonomy: Taxonomy): Promise<void>;

  /**
   * Calls `onChange` when the journal may have changed: a hint, never the truth. `onError` is called at
   * most once, and no hints follow it. Throws `io_error` where notification cannot be had.
   */
  watch(onChange: () => void, onError: (error: unknown) => void): { close(): void };
}
