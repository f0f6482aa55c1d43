/** What is asked of a store that is no workspace's files, and what it answers. */
import type { Moved, MoveRefused } from "../watch/transfer/move.ts";

/** What can be done to it. */
export interface StoreAdmin {
  init(input: StoreInitInput): Promise<StoreInit>;
  migrate(): Promise<StoreMigration>;
  status(): Promise<StoreStatus>;
  trust(isTrusted: boolean): Promise<StoreTrust>;
  move(input: StoreMoveInput): Promise<Moved | MoveRefused>;
}

/** Which store is meant. */
export interface StoreCall {
  /** A project folder or the workspace; default as of `openWorkspace()`. */
  readonly dir?: string | undefined;
  /** `postgres://USER@HOST/DATABASE?space=NAME`; default as of `openWorkspace()`. */
  readonly store?: string | undefined;
}

/** How a store is made. */
export interface StoreInitInput {
  /** Roles that may work with the records, and make no tables. */
  readonly roles?: readonly string[] | undefined;
  /** Make it also where the files of the workspace have live records. */
  readonly force?: boolean | undefined;
}

/** Where records are moved. */
export interface StoreMoveInput {
  /** From the files of the workspace to the store, or the other way. */
  readonly to: "store" | "files";
  /** Is given a line now and then, for people who wait. */
  readonly progress?: ((text: string) => void) | undefined;
}

/** Which store it was. */
export interface NamedStore {
  /** The server and the space, without secrets. */
  readonly store: string;
  /** What keeps this project apart in it. */
  readonly space: string;
  /** What named it. */
  readonly named_by: "--store" | "COORD_STORE" | "coord.json";
}

/** What was made of a store; or that the files of the workspace have live records. */
export type StoreInit = StoreMade | StoreRefused;

/** What was made. */
export interface StoreMade extends NamedStore {
  /** Whether this call made the space. */
  readonly status: "made" | "exists";
  /** The version of the schema. */
  readonly store_version: number;
  /** Whether this call made the schema. */
  readonly schema_made: boolean;
  /** Whether this call made the space. */
  readonly space_made: boolean;
  /** Roles that were granted what they need. */
  readonly granted: readonly string[];
  /** What the role of the agents needs, in SQL, where none was named. */
  readonly grants: readonly string[];
}

/** That nothing was made: agents would no longer see what is in the files. */
export interface StoreRefused extends NamedStore {
  /** Always this word. */
  readonly status: "refused";
  /** For people. */
  readonly error: string;
}

/** What became of a schema. */
export interface StoreMigration extends NamedStore {
  /** Whether this call changed it. */
  readonly status: "migrated" | "current";
  /** The version before; null where there was no schema. */
  readonly from: number | null;
  /** The version now. */
  readonly to: number;
}

/** What a store is. */
export interface StoreStatus extends NamedStore {
  /** `ok`, or what stands in the way. */
  readonly status:
    | "ok"
    | "no_schema"
    | "no_rights"
    | "old_schema"
    | "new_schema"
    | "no_space"
    | "read_only";
  /** What to do; null where nothing is wrong. */
  readonly next: string | null;
  /** As whom it was reached. */
  readonly user: string;
  /** The server's own version. */
  readonly server_version: string;
  /** Null where there is none, or the user may not see it. */
  readonly store_version: number | null;
  /** The version of the schema that this program knows. */
  readonly known_version: number;
  /** Whether this user may add records. */
  readonly may_write: boolean;
  /** How many records there are, by their kind; null where there is no such space. */
  readonly records: Readonly<Record<string, number>> | null;
}

/** Whether a user trusts a store. */
export interface StoreTrust extends NamedStore {
  readonly status: "trusted" | "not_trusted";
  /** Whether this call changed that. */
  readonly changed: boolean;
}
