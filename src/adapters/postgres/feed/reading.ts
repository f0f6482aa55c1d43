/** One look at all records of some kinds, or at what is new of them: one statement, so one snapshot. */
import { type JsonObject, parseObject } from "../../../domain/json.ts";
import type { RecordKind } from "../../../domain/watch/event.ts";
import type { RecordName } from "../../../ports/feed.ts";
import type { Space } from "../space.ts";
import { Snapshot } from "./snapshot.ts";

/** A record as its row has it, or as it was when it was removed. */
export interface FoundRecord extends RecordName {
  readonly text: string;
  /** The transaction that made it. */
  readonly made: number;
  /** The one that wrote it last, or removed it. */
  readonly by: number;
}

/** What a look found. */
export interface FeedReading {
  readonly snapshot: Snapshot;
  /** Names the store, and which of its lives: another server, a copy that was restored, a promotion. */
  readonly origin: string;
  /** Up to here, what was removed is not known any more. */
  readonly forgotten: number;
  /** How much the log of the server held when it was read, and how much of that was on the disk, bytes. */
  readonly logged: number;
  readonly flushed: number;
  /** Names the last checkpoint: after a crash it is another one, and part of the log may be lost. */
  readonly checkpoint: string;
  /** Whether rows have numbers that the server has not given yet: they came with a dump. */
  readonly hasForeign: boolean;
  readonly records: readonly FoundRecord[];
  readonly gone: readonly FoundRecord[];
  /** Of the journal: their numbers, and what they say. */
  readonly entries: readonly { readonly number: number; readonly text: string }[];
  /** The number of the entry with which the journal begins. */
  readonly start: number;
}

/** What to look at. */
export interface FeedLook {
  readonly kinds: ReadonlySet<RecordKind>;
  /** Only what this snapshot does not see; all records where there is none. */
  readonly since: Snapshot | undefined;
  /** Of what was removed, what was removed by this transaction or a later one. */
  readonly goneFrom: number;
  /** Of the journal, what is after this entry, */
  readonly entry: number | undefined;
  /** or after what it begins with, if that comes before. */
  readonly isFromStart: boolean;
}

/** Where a row's records are: their kinds, and what says by whom each was made and written. */
const TABLES = [
  {
    table: "task",
    kinds: ["task", "claim"],
    columns: "body, claim, NULL",
    stamps: ["made", "made", "claimed", "changed"],
    where: "true",
    changed: "changed",
  },
  {
    table: "reservation",
    kinds: ["reservation", "heartbeat", "release"],
    columns: "body, heartbeat, release",
    stamps: ["made", "made", "begun", "beaten", "released", "released"],
    where: "NOT is_unsettled",
    changed: "changed",
  },
  {
    table: "intent",
    kinds: ["intent"],
    columns: "body, NULL, NULL",
    stamps: ["made", "made"],
    where: "true",
    changed: "made",
  },
] as const;

/**
 * What the snapshot of the position does not see, of a column with an index. It has two parts, each of which is
 * a range of that index: for one condition with OR the server would need bitmaps, which sessions turn off.
 */
function unseen(rows: string, column: string, from: string): string {
  return `${rows} AND ${column} >= ${from}::xid8
UNION ALL
${rows} AND ${column} = ANY($3::xid8[]) AND ${column} < ${from}::xid8`;
}

const CHECKPOINT = "(SELECT checkpoint_lsn::text FROM pg_control_checkpoint())";

/**
 * A server that was restored or promoted gives the same numbers to other transactions from some point on:
 * a promoted copy has a new timeline, and what was made from a dump has tables with other numbers.
 * https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-TIMELINES
 */
const HEAD = `SELECT 'head' AS what, pg_current_snapshot()::text AS id,
  concat_ws('.', s.store, (SELECT system_identifier FROM pg_control_system()),
    'coord.space'::regclass::oid,
    CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id FROM pg_control_checkpoint())
      ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END) AS a,
  concat_ws(' ', s.forgotten, s.journal_start) AS b,
  ${CHECKPOINT} AS c,
  CASE WHEN pg_is_in_recovery() THEN '0 0' ELSE concat_ws(' ',
    pg_current_wal_insert_lsn() - '0/0', pg_current_wal_flush_lsn() - '0/0') END AS stamps
  FROM coord.space s WHERE s.ns = $1`;

const GONE = unseen(
  `SELECT 'gone ' || kind, id, body, NULL, NULL, made || ' ' || gone FROM coord.gone
   WHERE ns = $1`,
  "gone",
  "$4",
);

/** @param after The number of an entry, and whether the journal's beginning counts if it comes before. */
function entriesAfter(after: string, isFromStart: string): string {
  return `SELECT 'entry', j.number::text, j.entry, NULL, NULL, NULL
    FROM coord.journal j JOIN coord.space s USING (ns) WHERE ns = $1
      AND j.number > CASE WHEN ${isFromStart} THEN least(${after}, s.journal_start - 1) ELSE ${after} END`;
}

/** The greatest number that the server takes. */
const NEVER = "9223372036854775807";

export async function read(space: Space, look: FeedLook): Promise<FeedReading> {
  const { kinds, since } = look;
  const values: unknown[] = [await space.ns()];
  const parts = [HEAD];
  const tables = TABLES.filter((each) => each.kinds.some((kind) => kinds.has(kind)));
  if (tables.length > 0) {
    const goneFrom = Number.isFinite(look.goneFrom) ? String(look.goneFrom) : NEVER;
    values.push(String(since?.xmax ?? 0), since?.running ?? [], goneFrom);
    parts.push(GONE);
  }
  for (const { table, columns, stamps, where, changed } of tables) {
    const rows =
      `SELECT '${table}', id, ${columns}, concat_ws(' ', ${stamps.join()}) FROM coord.${table}
       WHERE ns = $1 AND ${where}`;
    parts.push(unseen(rows, changed, "$2"));
  }
  if (kinds.has("lane")) {
    const after = `$${values.push(look.entry ?? NEVER)}::bigint`;
    parts.push(entriesAfter(after, `$${values.push(look.isFromStart)}::boolean`));
  }
  const rows = await space.connection.read(parts.join("\nUNION ALL\n"), values);
  const head = rows.find((row) => row["what"] === "head");
  const snapshot = Snapshot.parse(head?.["id"]);
  if (head === undefined || snapshot === undefined) throw new TypeError("The space is gone");
  let hasForeign = false;
  const numberOf = (text: string) => {
    if (Number(text) < snapshot.xmax) return Number(text);
    hasForeign = true;
    return 0;
  };
  const records: FoundRecord[] = [];
  const gone: FoundRecord[] = [];
  const entries: { number: number; text: string }[] = [];
  for (const row of rows) {
    if (row === head) continue;
    const id = String(row["id"]);
    const what = String(row["what"]);
    if (what === "entry") {
      entries.push({ number: Number(id), text: String(row["a"]) });
      continue;
    }
    const stamps = String(row["stamps"]).split(" ").map(numberOf);
    const stampsAt = (at: number) => ({ made: stamps[2 * at] ?? 0, by: stamps[2 * at + 1] ?? 0 });
    if (what.startsWith("gone ")) {
      const kind = what.slice("gone ".length) as RecordKind;
      if (kinds.has(kind)) gone.push({ kind, id, text: String(row["a"]), ...stampsAt(0) });
      continue;
    }
    const bodies = [row["a"], row["b"], row["c"]];
    const kindsOf = TABLES.find(({ table }) => table === what)?.kinds ?? [];
    for (const [at, kind] of kindsOf.entries()) {
      const text = bodies[at];
      if (typeof text === "string") records.push({ kind, id, text, ...stampsAt(at) });
    }
  }
  const [forgotten = "0", start] = String(head["b"]).split(" ");
  const [logged = 0, flushed = 0] = String(head["stamps"]).split(" ").map(Number);
  return {
    snapshot,
    origin: String(head["a"]),
    forgotten: numberOf(forgotten),
    start: Number(start),
    logged,
    flushed,
    checkpoint: String(head["c"]),
    hasForeign,
    records: records.sort((a, b) => a.by - b.by),
    gone: gone.sort((a, b) => a.by - b.by),
    entries: entries.sort((a, b) => a.number - b.number),
  };
}

/**
 * Takes the numbers of another server out of rows that came with a dump: under them a record would be new
 * in each look, until the server has given them itself. What had been removed there no consumer here had.
 */
export async function adopt(space: Space): Promise<void> {
  const ns = await space.ns();
  await space.connection.transaction("READ COMMITTED", async (ask) => {
    // What no transaction writes meanwhile has no number that a snapshot from now on does not see.
    const tables = [...TABLES.map(({ table }) => table), "gone"];
    await ask(`LOCK TABLE ${tables.map((each) => `coord.${each}`)} IN SHARE ROW EXCLUSIVE MODE`);
    const foreign = (column: string) =>
      `WHERE ns = $1 AND ${column} >= pg_snapshot_xmax(pg_current_snapshot())`;
    for (const { table, stamps, changed } of TABLES) {
      const zeros = [...new Set([...stamps, changed])].map((column) => `${column} = '0'`);
      await ask(`UPDATE coord.${table} SET ${zeros} ${foreign(changed)}`, [ns]);
    }
    await ask(`DELETE FROM coord.gone ${foreign("gone")}`, [ns]);
    await ask(`UPDATE coord.space SET forgotten = '0' ${foreign("forgotten")}`, [ns]);
  });
}

/**
 * Writes a message to the log that says nothing, so that all before it is on the disk.
 *
 * @returns The last checkpoint then.
 */
export async function flush(space: Space): Promise<string> {
  const { rows: [row] } = await space.connection.repeat(
    `SELECT pg_logical_emit_message(true, 'coord', ''), ${CHECKPOINT} AS checkpoint`,
  );
  return String(row?.["checkpoint"]);
}

/** One record as it is now; `undefined` where there is none. */
export async function readRecord(
  space: Space,
  { kind, id }: RecordName,
): Promise<JsonObject | undefined> {
  const place = placeOf(kind);
  if (place === undefined) return undefined;
  const [row] = await space.connection.read(
    `SELECT ${place.column} AS text FROM coord.${place.table}
     WHERE ns = $1 AND id = $2 AND ${place.where}`,
    [await space.ns(), id],
  );
  const text = row?.["text"];
  return typeof text === "string" ? parseObject(text) : undefined;
}

/** How many records of a kind there are. */
export async function countRecords(space: Space, kind: RecordKind): Promise<number> {
  const place = placeOf(kind);
  if (place === undefined) return 0;
  const [row] = await space.connection.read(
    `SELECT count(${place.column})::int AS count FROM coord.${place.table}
     WHERE ns = $1 AND ${place.where}`,
    [await space.ns()],
  );
  return Number(row?.["count"]);
}

/** In which column records of a kind are. */
function placeOf(kind: RecordKind) {
  for (const { table, kinds, columns, where } of TABLES) {
    const column = columns.split(", ")[kinds.findIndex((each) => each === kind)];
    if (column !== undefined) return { table, column, where };
  }
  return undefined;
}
