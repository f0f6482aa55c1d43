/**
 * What a run saw of a file: by that it is known whether the file has changed since.
 *
 * The content decides, as a hash: a time stamp that moves is no change, and a program that puts an old
 * stamp back hides none. Of a file that is too large to hash before every edit, size and stamp decide.
 */
import { isObject, type JsonObject } from "../../json.ts";
import { parseTime } from "../../time.ts";

/** Bytes of a file whose content is hashed, in a few milliseconds. */
export const MAX_HASHED_BYTES = 4 * 1024 * 1024;

/** Files of one run, and edited files of a workspace, that are remembered. */
export const MAX_SIGHTINGS = 1_000;

/** Milliseconds for which something that was seen is remembered: no session lasts longer. */
export const SIGHTING_MS = 7 * 86_400_000;

/** A file at one instant. */
export interface FileState {
  /** Bytes. */
  readonly size: number;
  /** Its time stamp. */
  readonly modified_at: string;
  /** 64 hex digits over its content; `null` of a file of more than 4 MiB. */
  readonly sha256: string | null;
}

/** What a run saw of a file. */
export interface Sighting {
  readonly run_id: string;
  /** The session or subagent for which a hook saw it. */
  readonly auto?: string;
  /** Where the file lies; of a hold its id. */
  readonly path: string;
  /** `null` when it was not there. */
  readonly state: FileState | null;
  readonly seen_at: string;
  readonly by: typeof WAYS[number];
}

/**
 * How a run saw it: before or after it read it, before or after it edited it, or by a denial that reported
 * the change. Before an edit only where its host has not yet reported that an edit has ended. A hold is a
 * reservation that a hook made for the run.
 */
const WAYS = ["reading", "read", "editing", "edit", "denial", "hold"] as const;

/** The path of a sighting that stands for all ends of edits: the host of the run reports them. */
export const ENDS_PATH = "";

/** Whether a file is what it was. */
export function isSameState(a: FileState | null, b: FileState | null): boolean {
  if (a === null || b === null) return a === b;
  if (a.size !== b.size) return false;
  return a.sha256 === null || b.sha256 === null
    ? a.sha256 === b.sha256 && a.modified_at === b.modified_at
    : a.sha256 === b.sha256;
}

/** Reads what was kept; `undefined` where it cannot be what coord wrote, as after a power cut. */
export function parseSighting(value: JsonObject): Sighting | undefined {
  const { run_id, auto, path, state, seen_at, by } = value;
  const isWhole = typeof run_id === "string" && typeof path === "string" &&
    (auto === undefined || typeof auto === "string") &&
    (state === null || isState(state)) && parseTime(seen_at) !== undefined &&
    WAYS.some((known) => known === by);
  return isWhole ? value as unknown as Sighting : undefined;
}

function isState(value: unknown): boolean {
  return isObject(value) && typeof value["size"] === "number" &&
    parseTime(value["modified_at"]) !== undefined &&
    (value["sha256"] === null || typeof value["sha256"] === "string");
}
