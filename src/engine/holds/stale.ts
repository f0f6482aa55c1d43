/** Whether a file has changed since a run saw it, and by whose hand. */
import { type FileState, isSameState, type Sighting } from "../../domain/input/hook/sighting.ts";
import { quoted } from "../../domain/text.ts";
import type { LocatedFile, Sightings } from "../../ports/sightings.ts";

/** A file beside what a run saw of it. */
export interface ComparedFile {
  /** From the top of the checkout. */
  readonly path: string;
  /** `unseen`: this run never saw it, or what it saw is forgotten or may have been replaced by itself. */
  readonly status: "fresh" | "changed" | "removed" | "unseen";
  /** When this run saw it last. */
  readonly seen_at: string | null;
  /** When it was changed, as far as that is known. */
  readonly changed_at: string | null;
  /** Whose edit it has, where that is known: that of another run. */
  readonly changed_by: string | null;
}

/** The same with what the comparison read. */
export interface Comparison {
  readonly file: ComparedFile;
  readonly state: FileState | null;
}

/** Compares a file with what a run saw of it. One that it never saw is not read. */
export async function compared(
  sightings: Sightings,
  runId: string,
  { address, path }: LocatedFile,
): Promise<Comparison> {
  const seen = await sightings.seenBy(runId, path);
  const none = { seen_at: null, changed_at: null, changed_by: null };
  if (seen === undefined) {
    return { file: { path: address, status: "unseen", ...none }, state: null };
  }
  const state = await sightings.stateOf(path);
  const { seen_at } = seen;
  if (isSameState(seen.state, state)) {
    return { file: { path: address, status: "fresh", ...none, seen_at }, state };
  }
  const edit = await sightings.lastEdit(path);
  const editor = isEditOf(edit, runId, state) ? edit : undefined;
  // What it tried to write itself, and was not heard of again, may be what the file is.
  if (seen.by === "editing" && editor === undefined) {
    return { file: { path: address, status: "unseen", ...none }, state };
  }
  const file: ComparedFile = {
    path: address,
    status: state === null ? "removed" : "changed",
    seen_at,
    changed_at: editor?.seen_at ?? state?.modified_at ?? null,
    changed_by: editor?.run_id ?? null,
  };
  return { file, state };
}

/** Whether a run has an old view of the file. */
export function isStale({ status }: ComparedFile): boolean {
  return status === "changed" || status === "removed";
}

/** Whether another run's edit made the file what it is. */
function isEditOf(
  edit: Sighting | undefined,
  runId: string,
  state: FileState | null,
): edit is Sighting {
  return edit !== undefined && edit.run_id !== runId && isSameState(edit.state, state);
}

/** What became of a file, since when, and by whose hand. */
export function changeText({ path, status, changed_by, changed_at }: ComparedFile): string {
  const how = status === "removed" ? "was removed" : "was changed";
  const by = changed_by === null ? "" : ` by ${quoted(changed_by, 80)}`;
  const at = changed_at === null ? "" : ` at ${changed_at}`;
  return `${quoted(path, 200)} ${how}${by}${at}`;
}
