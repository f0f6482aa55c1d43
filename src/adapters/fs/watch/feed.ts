/** The change feed of a workspace of files: every run recovers the changes by itself (stream.ts). */
import type { RecordKind } from "../../../domain/watch/event.ts";
import type { ChangeFeed, CompactPosition, FeedRequest, FeedRun } from "../../../ports/feed.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { foldLines } from "./record_lines.ts";
import type { RecordSource } from "./records.ts";
import { Stream } from "./stream.ts";

export class RecordFeed implements ChangeFeed {
  constructor(readonly source: RecordSource, readonly warn: Warn) {}

  open(request: FeedRequest): FeedRun {
    return new Stream(this.source, request, this.warn);
  }

  compact(lines: Iterable<string>): CompactPosition {
    return foldLines(lines);
  }

  async count(kind: RecordKind): Promise<number> {
    return this.source.count(kind);
  }

  async identity(): Promise<readonly string[]> {
    return this.source.identity();
  }
}
