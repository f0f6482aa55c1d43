/** A stream under test over the feed of files, whose notification can fail in every way. */
import { RecordFeed } from "../../../src/adapters/fs/watch/feed.ts";
import type { ChangeFeed } from "../../../src/ports/feed.ts";
import type { Warn } from "../../../src/ports/warnings.ts";
import { LossyRecords } from "./lossy_records.ts";
import { StreamBench } from "./watch_bench.ts";

export class FilesBench extends StreamBench {
  readonly records = new LossyRecords();

  protected override feed(warn: Warn): ChangeFeed {
    return new RecordFeed(this.records, warn);
  }
}
