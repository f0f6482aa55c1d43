/**
 * The journal of lanes in PostgreSQL: a row for each entry, numbered from 1. The row of the space says
 * where the journal begins, at its last checkpoint, and where it ends.
 *
 * There is no mutex. What is appended moves the end on from where the writer has read to, in the same
 * statement: where others have moved it since, nothing is written, and the writer decides again.
 */
import { CoordError } from "../../domain/errors.ts";
import { checkpointEntry, isCompactable } from "../../domain/journal/checkpoint.ts";
import { checkLength } from "../../domain/journal/entry_length.ts";
import { LaneState } from "../../domain/journal/fold.ts";
import { type JournalEntry, parseLine } from "../../domain/journal/line.ts";
import { NO_TAXONOMY, type Taxonomy } from "../../domain/lane/taxonomy.ts";
import { parseTaxonomy, plainTaxonomy } from "../../domain/lane/taxonomy_json.ts";
import type {
  AppendOutcome,
  CompactResult,
  Journal,
  JournalProblem,
  JournalReport,
  JournalSession,
  JournalView,
  SessionOutcome,
} from "../../ports/journal.ts";
import type { LaneStore } from "../../ports/lanes.ts";
import { isUnsure } from "./failures.ts";
import { damaged, recordOf } from "./record.ts";
import type { Space } from "./space.ts";

export class PostgresLanes implements LaneStore {
  readonly journal: PostgresJournal;

  constructor(readonly space: Space) {
    this.journal = new PostgresJournal(space);
  }

  async taxonomy(): Promise<Taxonomy> {
    const [row] = await this.space.connection.read(
      "SELECT body FROM coord.taxonomy WHERE ns = $1",
      [await this.space.ns()],
    );
    if (row === undefined) return NO_TAXONOMY;
    const taxonomy = parseTaxonomy(recordOf(row["body"]));
    if (typeof taxonomy === "string") throw damaged();
    return taxonomy;
  }

  async setTaxonomy(taxonomy: Taxonomy): Promise<void> {
    await this.space.connection.write(
      `INSERT INTO coord.taxonomy (ns, body) VALUES ($1, $2)
       ON CONFLICT (ns) DO UPDATE SET body = excluded.body`,
      [await this.space.ns(), JSON.stringify(plainTaxonomy(taxonomy))],
    );
  }

  watch(onChange: () => void): { close(): void } {
    return this.space.listen("lane", onChange);
  }
}

/** Throws where a journal does not begin with what it was compacted to. */
export function checkStart(line: ReturnType<typeof parseLine>): void {
  if (line?.kind === "entry" && line.entry.op === "CHECKPOINT") return;
  const message = "Cannot read the journal of lanes: its checkpoint is damaged: " +
    'run "coord fsck --repair"';
  throw new CoordError("io_error", message, { reason: "damaged" });
}

/** What was read of a journal. */
class Reading {
  readonly fold = new LaneState();
  readonly problems: JournalProblem[] = [];
  end: number;

  /** @param start The number of its first entry, which is a checkpoint where there is one. */
  constructor(readonly start: number, readonly isCheckpoint: boolean) {
    this.end = start - 1;
  }

  get length(): number {
    return this.end - this.start + 1;
  }

  get tail(): number {
    return this.length - (this.isCheckpoint ? 1 : 0);
  }

  /** Takes the next row. Where nothing is before it, it has to say what was. */
  take(number: number, text: string): void {
    while (++this.end < number) this.#lose("is missing", "");
    const line = parseLine(text);
    if (line?.kind === "entry") this.fold.apply(line.entry);
    else this.#lose(line?.reason ?? "is empty", text);
    if (number === this.start && this.isCheckpoint) checkStart(line);
  }

  #lose(reason: string, raw: string): void {
    this.fold.lose({ kind: "corrupt", reason, raw });
    this.problems.push({ place: { text: `entry ${this.end}` }, kind: "corrupt", reason });
  }
}

class PostgresJournal implements Journal {
  readonly location: string;
  #reading = new Reading(1, false);
  #last: Promise<unknown> = Promise.resolve();

  constructor(readonly space: Space) {
    this.location = `${space.place.location}#lanes`;
  }

  async exists(): Promise<boolean> {
    return (await this.readOn()).length > 0;
  }

  async read(): Promise<JournalView> {
    const { fold, problems, tail } = await this.readOn();
    return { fold, problems, tail };
  }

  /** Reads what is new; one reading after the other. */
  async readOn(): Promise<Reading> {
    const next = this.#last.then(() => this.#readOn());
    this.#last = next.catch(() => {});
    return await next;
  }

  async #readOn(): Promise<Reading> {
    const before = this.#reading;
    const rows = await this.space.connection.read(
      `SELECT s.journal_start AS start, j.number, j.entry FROM coord.space s
       LEFT JOIN coord.journal j ON j.ns = s.ns AND j.number >=
         CASE WHEN s.journal_start = $2 THEN $3 ELSE s.journal_start END
       WHERE s.ns = $1 ORDER BY j.number`,
      [await this.space.ns(), before.start, before.end + 1],
    );
    const start = Number(rows[0]?.["start"]);
    const reading = start === before.start ? before : new Reading(start, true);
    for (const row of rows) {
      if (typeof row["entry"] !== "string") continue;
      reading.take(Number(row["number"]), row["entry"]);
    }
    return this.#reading = reading;
  }

  async open(_timeoutMs: number, signal?: AbortSignal): Promise<SessionOutcome> {
    signal?.throwIfAborted();
    return { status: "open", session: new PostgresSession(this, await this.readOn()) };
  }

  async last(count: number): Promise<readonly JournalEntry[]> {
    const rows = await this.space.connection.read(
      "SELECT entry FROM coord.journal WHERE ns = $1 ORDER BY number DESC LIMIT $2",
      [await this.space.ns(), count],
    );
    return rows.flatMap((row) => {
      const line = parseLine(String(row["entry"]));
      return line?.kind === "entry" ? line.entry : [];
    }).reverse();
  }

  /** The server counts other bytes. */
  async size(): Promise<undefined> {}

  async verify(): Promise<JournalReport> {
    const rows = await this.space.connection.read(
      "SELECT number, entry FROM coord.journal WHERE ns = $1 ORDER BY number",
      [await this.space.ns()],
    );
    const all = new Reading(Number(rows[0]?.["number"] ?? 1), false);
    for (const row of rows) all.take(Number(row["number"]), String(row["entry"]));
    return { problems: all.problems, entries: rows.length, archives: [] };
  }
}

class PostgresSession implements JournalSession {
  /** How far the decisions of this session have seen. */
  #end: number;

  constructor(readonly journal: PostgresJournal, reading: Reading) {
    this.#end = reading.end;
  }

  async read(): Promise<JournalView> {
    const { fold, problems, tail, end } = await this.journal.readOn();
    this.#end = end;
    return { fold, problems, tail };
  }

  async append(entries: readonly JournalEntry[]): Promise<AppendOutcome> {
    for (const entry of entries) checkLength(entry, this.journal.location);
    const outcome = await this.#write("journal_start", entries);
    if (outcome === "kept") this.#end += entries.length;
    return outcome;
  }

  /** What can be read has been synced. */
  async persist(): Promise<"kept"> {
    return "kept";
  }

  async compact(): Promise<CompactResult> {
    const { fold, tail, end, length } = await this.journal.readOn();
    this.#end = end;
    const before = { entriesBefore: length, entriesAfter: length };
    if (tail === 0 || !isCompactable(fold)) return { status: "nothing_to_compact", ...before };
    const checkpoint = checkpointEntry(fold, await this.journal.space.now());
    const outcome = await this.#write("journal_end + 1", [checkpoint]);
    if (outcome === "moved") return await this.compact();
    if (outcome === "unsure") return { status: "unsure", ...before };
    return { status: "compacted", entriesBefore: length, entriesAfter: 1 };
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** @param start Where the journal begins from then on, in SQL. */
  async #write(start: string, entries: readonly JournalEntry[]): Promise<AppendOutcome> {
    const { space } = this.journal;
    try {
      const { rowCount } = await space.connection.write(
        `WITH moved AS (
           UPDATE coord.space SET journal_end = journal_end + $3, journal_start = ${start}
           WHERE ns = $1 AND journal_end = $2 RETURNING 1)
         INSERT INTO coord.journal (ns, number, entry)
         SELECT $1, $2::bigint + e.n, e.entry
         FROM moved, unnest($4::text[]) WITH ORDINALITY AS e(entry, n)`,
        [
          await space.ns(),
          this.#end,
          entries.length,
          entries.map((entry) => JSON.stringify(entry)),
        ],
      );
      if (rowCount === 0) return "moved";
    } catch (error) {
      if (isUnsure(error)) return "unsure";
      throw error;
    }
    space.hint("lane");
    return "kept";
  }
}
