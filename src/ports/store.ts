/** A workspace's stores, as an adapter opens them. */
import type { RecordSource } from "./records.ts";
import type { TaskStore } from "./tasks.ts";

export interface Store {
  /** Where the workspace lies, for people. */
  readonly location: string;
  readonly tasks: TaskStore;
  readonly records: RecordSource;
}
