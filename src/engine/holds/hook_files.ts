/** The files of an agent's call: which of them concern hooks, what it saw of them, which have changed. */
import type { HookRun } from "../../domain/input/hook/run.ts";
import { ENDS_PATH } from "../../domain/input/hook/sighting.ts";
import { type Clock, formatTime } from "../../domain/time.ts";
import type { Agreement } from "../../ports/agreement.ts";
import type { LocatedFile, Sightings } from "../../ports/sightings.ts";
import { ignoring } from "./edited.ts";
import { changeText, compared, type Comparison, isStale } from "./stale.ts";

/** What it works with. */
export interface HookFilesContext {
  readonly agreement: Agreement;
  readonly clock: Clock;
  /** What runs saw of files. */
  sightings(): Promise<Sightings>;
}

/** The files that a tool is about to use, or has used. */
export interface HookUse {
  readonly moment: "pre" | "post";
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** The folder that they are relative to. */
  readonly base: string;
}

/** Files that one denial names. Of more it says the number, and they are reported by the next one. */
const MAX_NAMED = 10;

/** The files that hooks do not leave alone: in the checkout, and not ignored. */
export function concerned(
  sightings: Sightings,
  ignore: readonly string[],
  paths: readonly string[],
  base: string,
): readonly LocatedFile[] {
  const isIgnored = ignoring(ignore);
  return sightings.locate([...new Set(paths)], { base, literal: true, file: true }).filter(
    (file): file is LocatedFile => "address" in file && !isIgnored([file.address]),
  );
}

/**
 * Remembers what a run sees of the files that it reads, and what it has made of those that it wrote. What
 * a file is before a read counts, where the host says that it begins: a change between the read and the
 * call after it would be taken for what the run saw.
 */
export async function remember(
  context: HookFilesContext,
  { runId, maker }: HookRun,
  { moment, reads, writes, base }: HookUse,
): Promise<void> {
  const { mode, ignore } = context.agreement.hook();
  if (mode === "off") return;
  const sightings = await context.sightings();
  const made = { run_id: runId, auto: maker, seen_at: formatTime(context.clock()) };
  for (const { path } of concerned(sightings, ignore, reads, base)) {
    const isKnown = moment === "post" && (await sightings.seenBy(runId, path))?.by === "reading";
    const state = isKnown ? null : await sightings.stateOf(path);
    if (state === null) continue;
    await sightings.add({ ...made, path, state, by: moment === "pre" ? "reading" : "read" });
  }
  if (moment === "pre") return;
  const written = concerned(sightings, ignore, writes, base);
  for (const { path } of written) {
    await sightings.add({ ...made, path, state: await sightings.stateOf(path), by: "edit" });
  }
  if (written.length > 0 && await sightings.seenBy(runId, ENDS_PATH) === undefined) {
    await sightings.add({ ...made, path: ENDS_PATH, state: null, by: "read" });
  }
}

/**
 * Remembers that a run is about to write files that it saw, unless its host reports the ends of edits: what
 * they are afterwards must not be taken for the change of another.
 */
export async function beginEdit(
  context: HookFilesContext,
  { runId, maker }: HookRun,
  files: readonly LocatedFile[],
): Promise<void> {
  const sightings = await context.sightings();
  const made = { run_id: runId, auto: maker, seen_at: formatTime(context.clock()) };
  for (const { path } of files) {
    if (await sightings.seenBy(runId, path) === undefined) continue;
    if (await sightings.seenBy(runId, ENDS_PATH) !== undefined) return;
    await sightings.add({ ...made, path, state: await sightings.stateOf(path), by: "editing" });
  }
}

/**
 * Why a run is not to write files: they have changed since it saw them. It is reported once for each
 * change, since not every host reports the read that follows.
 */
export async function changedSince(
  context: HookFilesContext,
  { runId, maker }: HookRun,
  files: readonly LocatedFile[],
): Promise<string | undefined> {
  const sightings = await context.sightings();
  const stale: (Comparison & LocatedFile)[] = [];
  for (const file of files) {
    const comparison = await compared(sightings, runId, file);
    if (isStale(comparison.file)) stale.push({ ...file, ...comparison });
  }
  if (stale.length === 0) return undefined;
  const seen_at = formatTime(context.clock());
  const named = stale.slice(0, MAX_NAMED);
  for (const { path, state } of named) {
    await sightings.add({ run_id: runId, auto: maker, path, state, seen_at, by: "denial" });
  }
  const more = stale.length - named.length;
  const isSure = named.every(({ file }) => file.changed_by !== null);
  return [
    ...named.map(({ file }) => `${changeText(file)}, after you saw it.`),
    ...(more > 0 ? [`${more} more have changed.`] : []),
    ...(isSure ? [] : ["That may have been a command of your own."]),
    `Read ${stale.length > 1 ? "them" : "it"} again, then edit: each change is reported once.`,
  ].join(" ");
}
