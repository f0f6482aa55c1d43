/**
 * Lanes as records of the feed: leases from the fold of the journal, announcements from its entries. The
 * entries are numbered in the order in which they were written, and none comes later below another.
 */
import { LaneState } from "../../../domain/journal/fold.ts";
import { identityOf, type JournalEntry, parseLine } from "../../../domain/journal/line.ts";
import type { JsonObject } from "../../../domain/json.ts";
import {
  announcementData,
  announcementId,
  isAnnouncement,
  isLeaseEnd,
  leaseData,
  leaseEnd,
  leaseId,
} from "../../../domain/watch/lane_record.ts";
import type { Change } from "../../../ports/feed.ts";
import { checkStart } from "../lanes.ts";
import type { Position } from "./position.ts";
import type { FeedReading } from "./reading.ts";

/** A change of a lane, and the number of the entry that it came with. */
export interface LaneChange {
  readonly change: Change;
  readonly number: number;
  /** Of a lease, not an announcement. */
  readonly isLease: boolean;
}

export class LaneChanges {
  readonly #fold = new LaneState();
  /** The number of the last entry that was read. */
  #read: number | undefined;
  /** The last entry of each lease, with its number. */
  readonly #last = new Map<string, { readonly number: number; readonly entry: JournalEntry }>();
  /** Announcements that were read, and not given yet. */
  #announced: { readonly number: number; readonly entry: JournalEntry }[] = [];

  /** From where on the journal is to be read. */
  get read(): number | undefined {
    return this.#read;
  }

  /** Takes in the entries of a reading, as the journal does; what is damaged has no effect. */
  take({ entries, start }: FeedReading): void {
    for (const { number, text } of entries) {
      for (let lost = (this.#read ?? number - 1) + 1; lost < number; lost++) {
        this.#lose("is missing", "");
      }
      this.#read = number;
      const line = parseLine(text);
      if (number === start && start > 1) checkStart(line);
      if (line?.kind === "entry") this.#apply(number, line.entry);
      else this.#lose(line?.reason ?? "is empty", text);
    }
    this.#read ??= 0;
  }

  #apply(number: number, entry: JournalEntry): void {
    this.#fold.apply(entry);
    const identity = identityOf(entry);
    if (identity !== undefined) this.#last.set(leaseId(identity), { number, entry });
    if (isAnnouncement(entry)) this.#announced.push({ number, entry });
  }

  #lose(reason: string, raw: string): void {
    this.#fold.lose({ kind: "corrupt", reason, raw });
  }

  /**
   * What is new to a consumer who is at a position, in order.
   *
   * @param isFirst Whether to say too what bears on what comes: all leases that the consumer knows.
   */
  newTo({ leases, entry: reached }: Position, isFirst: boolean): LaneChange[] {
    const found: LaneChange[] = [];
    const live = new Map(this.#fold.live().map((lease) => [leaseId(lease), leaseData(lease)]));
    const add = (type: Change["type"], id: string, data: JsonObject) => {
      const number = this.#last.get(id)?.number ?? 0;
      found.push({ change: { type, kind: "lane", id, data }, number, isLease: true });
    };
    for (const [id, data] of live) {
      const known = leases.get(id);
      if (known === undefined) add(reached === undefined ? "snapshot" : "added", id, data);
      else if (known["fence"] !== data["fence"]) add("modified", id, data);
      else if (isFirst || known["renewed_seq"] !== data["renewed_seq"]) add("known", id, data);
    }
    for (const [id, data] of leases) {
      if (live.has(id)) continue;
      const entry = this.#last.get(id)?.entry;
      const isEnd = entry !== undefined && isLeaseEnd(entry);
      add("removed", id, { ...data, ...leaseEnd(isEnd ? entry : undefined) });
    }
    for (const { number, entry } of this.#announced) {
      if (reached === undefined || number <= reached) continue;
      const [id, data] = [announcementId(entry), announcementData(entry)];
      const change = { type: "added", kind: "lane", id, data } as const;
      found.push({ change, number, isLease: false });
    }
    return found.sort((a, b) => a.number - b.number);
  }

  /** The consumer has been given all; the lines that say so. */
  arrive(at: Position): string[] {
    this.#announced = [];
    this.#last.clear();
    if (this.#read === undefined || at.entry === this.#read) return [];
    return [at.reachEntry(this.#read)];
  }
}
