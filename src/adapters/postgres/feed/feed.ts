/** The change feed of a space: every run reads what is new of the tables (run.ts). */
import { compacted } from "../../../domain/watch/compacted.ts";
import type { RecordKind } from "../../../domain/watch/event.ts";
import type { ChangeFeed, CompactPosition, FeedRequest, FeedRun } from "../../../ports/feed.ts";
import type { Journal } from "../../../ports/journal.ts";
import type { Space } from "../space.ts";
import { Position } from "./position.ts";
import { countRecords } from "./reading.ts";
import { PostgresRun } from "./run.ts";

export class PostgresFeed implements ChangeFeed {
  constructor(readonly space: Space, readonly journal: Journal) {}

  open(request: FeedRequest): FeedRun {
    return new PostgresRun(this.space, request);
  }

  compact(lines: Iterable<string>): CompactPosition {
    return compacted(lines, new Position());
  }

  async count(kind: RecordKind): Promise<number> {
    if (kind === "lane") return (await this.journal.read()).fold.live().length;
    return await countRecords(this.space, kind);
  }

  async identity(): Promise<readonly string[]> {
    const [row] = await this.space.connection.read("SELECT store FROM coord.space WHERE ns = $1", [
      await this.space.ns(),
    ]);
    return [this.space.place.location, `store ${row?.["store"]}`];
  }
}
