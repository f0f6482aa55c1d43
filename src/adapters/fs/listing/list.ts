/**
 * All tasks with their newest states, also those of batches that have no files yet, and those that
 * ended and have none any more. The files are read before the segments, so that none is missed that
 * moves meanwhile; of what is in both, the files count. Where `index/definitions` counts the tasks,
 * their names are not listed.
 */
import { stemOfId } from "../../../domain/ids.ts";
import { tallyOf } from "../../../domain/task/segment.ts";
import { listingOf, type TaskFilter, type TaskListing } from "../../../domain/task/listing.ts";
import { type FolderMark, isSettled, markFolder } from "../disk/folder_mark.ts";
import { listStems } from "../disk/record_file.ts";
import { uniqueName } from "../disk/staging.ts";
import { ofFolder, ofRecord } from "../disk/unreadable.ts";
import type { Layout } from "../layout.ts";
import { groupClaims } from "../task/claim/names.ts";
import { Counted } from "./counted.ts";
import { countedBytes } from "./counted_bytes.ts";
import { countedTasks } from "./counted_tasks.ts";
import { Definitions, untouchedTasks } from "./definitions.ts";
import { endedTasks } from "./ended.ts";
import { entryOf, type Sources } from "./sources.ts";

/** From this number on tasks that no process has touched are counted by a note. */
const MIN_DEFINED = 32;

/** Without a change for that long, milliseconds, tasks are counted for later; for longer where more are. */
const QUIET_MS = 200;
const TASKS_PER_QUIET_MS = 100;

/** Lists what can be read, as it stands at `now`; the rest is reported. */
export function listTasks(
  layout: Layout,
  sources: Sources,
  filter: TaskFilter,
  now: number,
): TaskListing {
  const { claims: { fs }, pending } = sources;
  const counted = pending.size === 0
    ? ofFolder(() => {}, () => Counted.open(fs, layout))
    : undefined;
  return counted && ofFolder(() => {}, () => countedTasks(counted, layout, sources, filter, now)) ||
    listAll(layout, sources, filter, now);
}

function listAll(
  layout: Layout,
  sources: Sources,
  filter: TaskFilter,
  now: number,
): TaskListing {
  const { claims: { fs, warn }, pending, ends, onUnread } = sources;
  const problems: string[] = [];
  const problem = (message: string) => void problems.push(message);
  const before = ofFolder(problem, () => ends.known());
  const names = ofFolder(warn, () => fs.list(layout.folder("claim")), onUnread) ?? [];
  const claimed = groupClaims(names.map(({ name }) => name));
  const folder = markFolder(fs, layout.folder("task"));
  const onOther = (name: string, reason: string) => problem(`tasks/${name} ${reason}: skipped`);
  const stems = ofFolder(warn, () => listStems(fs, layout.folder("task"), onOther), onUnread);
  if (stems !== undefined) problems.forEach(warn);
  const read = (stem: string) =>
    ofRecord(warn, () => entryOf(sources, stem, claimed.get(stem)), onUnread);
  const isUntouched = (stem: string) => !claimed.has(stem) && !pending.has(stem);
  const all = [...new Set([...stems ?? [], ...pending.keys()])];
  // A few are read at once.
  const untouched = all.filter(isUntouched);
  const isMany = untouched.length >= MIN_DEFINED;
  const entries = (isMany ? all.filter((stem) => !isUntouched(stem)) : all)
    .flatMap((stem) => read(stem) ?? []);
  const withFiles = new Set(entries.map(({ task }) => stemOfId(task.task_id)));
  if (isMany) { for (const stem of untouched) withFiles.add(stem); }
  const ended = before && ofFolder(warn, () => ends.listed(before));
  const hasFile = (stem: string) => withFiles.has(stem);
  const groups = ended === undefined ? [] : endedTasks(ends, ended, hasFile);
  if (!isMany) return listingOf(entries, filter, now, groups);
  const definitions = new Definitions(fs, layout);
  const found = untouchedTasks(definitions, untouched, read, now);
  const isWhole = pending.size === 0 && problems.length === 0 &&
    entries.length + untouched.length === stems?.length && isQuiet(folder, all.length) &&
    ended !== undefined && ![...ended.loose.lines()?.keys() ?? []].some(hasFile);
  const tasks = isWhole && definitions.whole(untouched, entries.map(({ task }) => task), now);
  if (tasks) {
    const { mark, lines } = ended.loose;
    const tally = tallyOf(lines()?.values() ?? []);
    const about = { token: uniqueName(), folder, segments: mark, ended: tally };
    definitions.replace(countedBytes(tasks, about, now));
  } else definitions.keep(untouched, found.added);
  return listingOf(entries, filter, now, [...found.groups, ...groups]);
}

/** Whether no task has come or gone for a while. */
function isQuiet({ mtimeMs, atMs }: FolderMark, tasks: number): boolean {
  return isSettled(mtimeMs, atMs) && atMs - mtimeMs >= QUIET_MS + tasks / TASKS_PER_QUIET_MS;
}
