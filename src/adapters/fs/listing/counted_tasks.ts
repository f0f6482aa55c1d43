/** A listing that lists no names of tasks: of those that no process has touched it reads a few lines. */
import {
  listingOf,
  type TaskEntry,
  type TaskFilter,
  type TaskGroup,
  type TaskListing,
} from "../../../domain/task/listing.ts";
import { idOfStem, stemOfId } from "../../../domain/ids.ts";
import { groupClaims } from "../task/claim/names.ts";
import type { Layout } from "../layout.ts";
import { ofRecord } from "../disk/unreadable.ts";
import type { Counted } from "./counted.ts";
import { type Definition, definitionOf, unreadTask, untouchedStatus } from "./definitions.ts";
import { endedTasks } from "./ended.ts";
import { entryOf, type Sources } from "./sources.ts";

/** Tasks of segments that are looked up by their files; of more all names are listed. */
const MAX_LOOKED_UP = 256;

/** What is listed as it stands at `now`; `undefined` where that cannot be said without all names. */
export function countedTasks(
  counted: Counted,
  layout: Layout,
  sources: Sources,
  filter: TaskFilter,
  now: number,
): TaskListing | undefined {
  const { claims, ends, onUnread } = sources;
  const { fs, warn } = claims;
  const before = ends.known();
  const names = fs.list(layout.folder("claim")) ?? [];
  const claimed = groupClaims(names.map(({ name }) => name));
  const entries: TaskEntry[] = [];
  for (const [stem, listed] of claimed) {
    const entry = ofRecord(warn, () => entryOf(sources, stem, listed), onUnread);
    if (entry !== undefined) entries.push(entry);
    else if (claims.hasTask(stem)) return undefined; // it was counted, and cannot be read any more
  }
  const touched = new Map(entries.map(({ task }) => {
    const stem = stemOfId(task.task_id);
    return [stem, definitionOf(stem, task)];
  }));
  const read = (stem: string) =>
    ofRecord(warn, () => entryOf(sources, stem, claimed.get(stem)), onUnread);
  const group = untouchedGroup(counted, touched, read, now);
  const { segments, ended: tally } = counted.head;
  const { loose, sealed } = ends.listed(before, tally && segments);
  const isKnown = loose.mark === segments;
  let isLost = false;
  const lines = () => {
    const found = loose.lines();
    isLost ||= found === undefined;
    return found;
  };
  if (!isKnown && (lines()?.size ?? 0) > MAX_LOOKED_UP) return undefined;
  const hasFile = (stem: string) => !isKnown && claims.hasTask(stem);
  const ended = { loose: { ...loose, lines }, sealed };
  const groups = endedTasks(ends, ended, hasFile, isKnown ? tally : undefined);
  const listing = listingOf(entries, filter, now, [group, ...groups]);
  return counted.isSure() && !isLost ? listing : undefined;
}

/** Those that were counted without those that a process has touched. */
function untouchedGroup(
  counted: Counted,
  touched: ReadonlyMap<string, Definition>,
  read: (stem: string) => TaskEntry | undefined,
  now: number,
): TaskGroup {
  const queues = counted.counts(now);
  for (const definition of touched.values()) {
    const counts = queues.get(definition.queue);
    const status = untouchedStatus(definition, now);
    // Where a task is delayed or blocked the count is not believed.
    const isCounted = status === "pending" || status === "expired";
    if (counts !== undefined && isCounted) counts[status]--;
  }
  const [priority, createdMs, stem] = counted.head.first;
  return {
    counts: [...queues].flatMap(([queue, counts]) =>
      (["pending", "expired"] as const).map((status) => ({ queue, status, count: counts[status] }))
    ),
    first: { priority, createdMs, id: idOfStem(stem) },
    isSorted: true,
    oldest: oldest(),
    *read() {
      for (const definition of counted.ordered()) {
        if (!touched.has(definition.stem)) yield unreadTask(definition, read, now);
      }
    },
  };

  function oldest() {
    for (const definition of counted.byCreation()) {
      const isPending = untouchedStatus(definition, now) === "pending";
      if (isPending && !touched.has(definition.stem)) return unreadTask(definition, read, now);
    }
    return undefined;
  }
}
