/** The tasks of segments as a listing takes them. */
import type { TaskGroup, UnreadTask } from "../../../domain/task/listing.ts";
import {
  END_STATUSES,
  mentionsRun,
  segmentEntry,
  type SegmentLine,
  type SegmentTally,
  tallyOf,
} from "../../../domain/task/segment.ts";
import type { Sealed } from "../segment/heads.ts";
import type { Segments, SegmentsListed } from "../segment/segments.ts";

/**
 * All ended tasks without files.
 *
 * @param listed The segments after the files were read.
 * @param hasFile Whether a task has a file.
 * @param tally What was counted of the lines of tasks that may have files, where none has.
 */
export function endedTasks(
  segments: Segments,
  { loose, sealed }: SegmentsListed,
  hasFile: (stem: string) => boolean,
  tally?: SegmentTally,
): TaskGroup[] {
  const read = () => [...loose.lines()?.values() ?? []].filter(({ stem }) => !hasFile(stem));
  const lines = tally === undefined ? read() : undefined;
  return [
    ...loosely(() => lines ?? read(), tally ?? tallyOf(lines ?? [])),
    ...sealed.flatMap((each) => each.head.first === null ? [] : [together(segments, each)]),
  ];
}

function loosely(lines: () => readonly SegmentLine[], tally: SegmentTally): TaskGroup[] {
  if (tally.first === null) return [];
  return [{
    ...countedIn(tally),
    read: () => lines().map(taskOf),
    readByRun: (runId) => lines().filter((line) => mentionsRun(line, runId)).map(taskOf),
  }];
}

function together(segments: Segments, sealed: Sealed): TaskGroup {
  return {
    ...countedIn(sealed.head),
    isSorted: true,
    *read() {
      for (const line of segments.ordered(sealed)) yield taskOf(line);
    },
    *readByRun(runId) {
      if (!segments.mayHaveRun(sealed, runId)) return;
      for (const line of segments.ordered(sealed)) {
        if (mentionsRun(line, runId)) yield taskOf(line);
      }
    },
  };
}

function countedIn({ queues, first }: SegmentTally): Pick<TaskGroup, "counts" | "first"> {
  const [priority, createdMs, id] = first ?? [0, 0, ""];
  const counts = queues.flatMap(([queue, counts]) =>
    counts.flatMap((count, at) => {
      const status = END_STATUSES[at];
      return status === undefined ? [] : [{ queue, status, count }];
    })
  );
  return { counts, first: { priority, createdMs, id } };
}

function taskOf(line: SegmentLine): UnreadTask {
  const { order, status, queue } = line;
  return { order, status, queue, read: () => segmentEntry(line) };
}
