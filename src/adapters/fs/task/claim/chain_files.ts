/** The files of `claims/`, as the protocol of claim_chain.ts sees them. */
import type { ClaimRecord } from "../../../../domain/task/claim.ts";

/** What the way to the newest state needs of the files of `claims/`. Each call is atomic. */
export interface ClaimChainReader {
  /** The state in a file of that name. */
  read(name: string): ClaimRecord | undefined;
  /** Whether the file that `read` last found under that name cannot be read. */
  isBroken(name: string): boolean;
  /** Whether what `read` last found under that name, nothing perhaps, is still there: the very same file. */
  isUnchanged(name: string): boolean;
  /** The names of a task's slots but the first, from a listing: it may miss what comes or goes meanwhile. */
  slots(stem: string): string[];
}

/** The files of `claims/`, as far as the protocol needs them. Each call is atomic. */
export interface ClaimChainFiles extends ClaimChainReader {
  /** Like `read`, but opens no file that is the very same as the one that was read last. */
  readAgain(name: string): ClaimRecord | undefined;
  exists(name: string): boolean;
  /** Whether the task has its definition, which goes before these files. */
  hasTask(stem: string): boolean;
  /** Prepares a state to be put under names. */
  stage(next: ClaimRecord): StagedClaim;
  /** Puts a state under `name`, replacing what is there. */
  replace(name: string, state: ClaimRecord): void;
  remove(name: string): void;
  /** Makes what is under `name` last, with that name. */
  sync(name: string): void;
  /** Gives the file of one name another one; `false` when that is taken, or there is no such file. */
  link(name: string, other: string): boolean;
}

/** A state that lies ready, under no name yet. */
export interface StagedClaim {
  /** Creates `name` with the state as its content; `false` when the name is taken. */
  create(name: string): boolean;
  /** Puts the state under `name`, replacing what is there; the last call on it. */
  replace(name: string): void;
  /** The last call on a state that goes nowhere. */
  discard(): void;
}
