/** The tasks of segments as a listing takes them. */
import type { TaskGroup, UnreadTask } from "../../../domain/task/listing.ts";
import {
  END_STATUSES,
  mentionsRun,
  segmentEntry,
  type SegmentHead,
  type SegmentLine,
} from "../../../domain/task/segment.ts";
import { compareTasks } from "../../../domain/task/task.ts";
import type { Sealed, Segments, SegmentsListed } from "../segment/segments.ts";

/**
 * All ended tasks without files.
 *
 * @param listed The segments after the files were read.
 * @param hasFile Whether a task has a file.
 */
export function endedTasks(
  segments: Segments,
  { loose, sealed }: SegmentsListed,
  hasFile: (stem: string) => boolean,
): TaskGroup[] {
  const lines = [...loose.lines.values()].filter(({ stem }) => !hasFile(stem));
  return [
    ...(lines.length === 0 ? [] : [loosely(lines)]),
    ...sealed.flatMap((each) => each.head.first === null ? [] : [together(segments, each)]),
  ];
}

function loosely(lines: readonly SegmentLine[]): TaskGroup {
  const orders = lines.map(({ order }) => order);
  return {
    counts: lines.map(({ queue, status }) => ({ queue, status, count: 1 })),
    first: orders.reduce((a, b) => compareTasks(a, b) < 0 ? a : b),
    read: () => lines.map(taskOf),
    readByRun: (runId) => lines.filter((line) => mentionsRun(line, runId)).map(taskOf),
  };
}

function together(segments: Segments, sealed: Sealed): TaskGroup {
  const [priority, createdMs, id] = sealed.head.first ?? [0, 0, ""];
  return {
    counts: countsOf(sealed.head),
    first: { priority, createdMs, id },
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

function countsOf({ queues }: SegmentHead) {
  return queues.flatMap(([queue, counts]) =>
    counts.flatMap((count, at) => {
      const status = END_STATUSES[at];
      return status === undefined ? [] : [{ queue, status, count }];
    })
  );
}

function taskOf(line: SegmentLine): UnreadTask {
  const { order, status, queue } = line;
  return { order, status, queue, read: () => segmentEntry(line) };
}
