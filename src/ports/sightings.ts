import type { FileState, Sighting } from "../domain/input/hook/sighting.ts";
import type { Naming } from "./checkout.ts";

/** SHA-256 in lower-case hex. */
export type HashBytes = (bytes: Uint8Array) => Promise<string>;

/** A path in the checkout. */
export interface LocatedFile {
  /** As the caller wrote it. */
  readonly text: string;
  /** As records have it, from the top of the checkout. */
  readonly address: string;
  /** Where it lies: absolute, without symbolic links as far as it exists. */
  readonly path: string;
  /** Whether it is a regular file, or will be one by the way it was named. */
  readonly isFile: boolean;
}

/** A path that names nothing in the checkout, and why, the path in front. */
export interface MisnamedFile {
  readonly text: string;
  readonly problem: string;
}

/**
 * What runs saw of files, on the machine that they work on. It grants nothing, and may be lost at any
 * time: what is not known counts as never seen. What is kept of one run is bounded.
 */
export interface Sightings {
  /** Where paths lead, each letter for letter, in their order. */
  locate(
    texts: readonly string[],
    how: Omit<Naming, "kind">,
  ): readonly (LocatedFile | MisnamedFile)[];

  /** What is at a place now; `null` when there is no regular file. */
  stateOf(path: string): Promise<FileState | null>;

  /** What a run saw last of the file at a place, if that is known. */
  seenBy(runId: string, path: string): Promise<Sighting | undefined>;

  /** What its last known editor made of the file at a place, if that is known. */
  lastEdit(path: string): Promise<Sighting | undefined>;

  /** Takes the place of what the run saw of that file before. An edit counts as the file's last one. */
  add(sighting: Sighting): Promise<void>;

  /**
   * Forgets what hooks saw for a session with all its subagents, or for one subagent.
   *
   * @returns The ids of the reservations that hooks made for it, as far as they are known.
   */
  forget(runId: string, maker: string): Promise<readonly string[]>;
}
