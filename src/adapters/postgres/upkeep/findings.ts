/**
 * What a check has found in the tables, and what a repair does with a row.
 *
 * A row is changed only as it was read: what another process has written since stays, and is looked at by
 * the next check. Before that the whole row goes to `coord.quarantine`, in the same statement.
 */
import type { CheckAsked, Damage, DamageClass } from "../../../ports/upkeep.ts";
import type { Ask } from "../session.ts";
import type { Row } from "../record.ts";
import type { Space } from "../space.ts";

/** A row, in a table that has one column besides the space for its key. */
export interface Spot {
  readonly table: string;
  readonly key: string;
  readonly row: Row;
}

/** What a row is known again by, in SQL: all that is in it. */
export const MARK = "md5(t::text) AS mark";

/** How many rows are read at once. */
const BATCH = 500;

export class Findings {
  readonly damages: Damage[] = [];
  readonly looked: Record<string, number> = {};

  constructor(readonly space: Space, readonly asked: CheckAsked) {}

  /** Counts what was looked at. */
  look(kind: string, count = 1): void {
    this.looked[kind] = (this.looked[kind] ?? 0) + count;
  }

  /** All rows of the space in a table, in the order of their keys. */
  async *rows(table: string, key: string, columns: string, only = ""): AsyncIterable<Row> {
    const { connection, time } = this.space;
    let last: unknown;
    while (true) {
      const after = last === undefined ? "" : `AND ${key} > $2`;
      const rows = await connection.read(
        `SELECT ${columns}, ${MARK}, ${time.sql()} AS now FROM coord.${table} t
         WHERE ns = $1 ${after} ${only} ORDER BY ${key} LIMIT ${BATCH}`,
        [await this.space.ns(), ...(last === undefined ? [] : [last])],
      );
      yield* rows;
      last = rows.at(-1)?.[key];
      if (rows.length < BATCH) return;
    }
  }

  /** @param mend What mends it; without, a person or time has to. */
  async add(
    found: { readonly class: DamageClass; readonly file: string; readonly reason: string },
    mend: (() => Promise<Mended | undefined>) | "hand" | "later",
  ): Promise<void> {
    if (typeof mend === "string") return void this.damages.push({ ...found, remedy: mend });
    const mended = this.asked.repair ? await mend() : undefined;
    const remedy = this.asked.repair && mended === undefined ? "later" : "repair";
    this.damages.push({ ...found, remedy, ...mended });
  }

  /** Moves a broken row to quarantine. */
  async move(spot: Spot, reason: string): Promise<Mended | undefined> {
    const kept = await this.#keep(spot, reason, "DELETE FROM", "");
    return kept === undefined ? undefined : { repaired: "moved", kept };
  }

  /** Writes something else into a row, which is kept in quarantine as it was. */
  async replace(spot: Spot, reason: string, values: Row): Promise<Mended | undefined> {
    const names = Object.keys(values);
    const set = `SET ${names.map((name, n) => `${name} = $${n + 6}`).join(", ")}`;
    const kept = await this.#keep(spot, reason, "UPDATE", set, Object.values(values));
    return kept === undefined ? undefined : { repaired: "replaced", kept };
  }

  async #keep(
    { table, key, row }: Spot,
    reason: string,
    verb: "UPDATE" | "DELETE FROM",
    set: string,
    values: readonly unknown[] = [],
  ): Promise<string | undefined> {
    const { connection, time } = this.space;
    const from = verb === "UPDATE" ? "FROM" : "USING";
    const { rows: [kept] } = await connection.write(
      `WITH old AS MATERIALIZED (
         SELECT ns, ${key}, row_to_json(t)::text AS row FROM coord.${table} t
         WHERE ns = $1 AND ${key} = $2 AND md5(t::text) = $3 FOR UPDATE
       ), changed AS (
         ${verb} coord.${table} t ${set} ${from} old WHERE t.ns = old.ns AND t.${key} = old.${key}
       )
       INSERT INTO coord.quarantine (ns, place, reason, moved_ms, body)
       SELECT ns, $4, $5, ${time.sql()}, row FROM old RETURNING number`,
      [
        await this.space.ns(),
        row[key],
        row["mark"],
        placeOf({ table, key, row }),
        reason,
        ...values,
      ],
    );
    return kept && quarantined(kept["number"]);
  }

  /** Keeps what is read in a transaction, which then changes it. */
  async keepIn(ask: Ask, spot: Spot, reason: string): Promise<string> {
    const { table, key, row } = spot;
    const { rows: [kept] } = await ask(
      `INSERT INTO coord.quarantine (ns, place, reason, moved_ms, body)
       SELECT ns, $3, $4, ${this.space.time.sql()}, row_to_json(t)::text FROM coord.${table} t
       WHERE ns = $1 AND ${key} = $2 RETURNING number`,
      [await this.space.ns(), row[key], placeOf(spot), reason],
    );
    return quarantined(kept?.["number"]);
  }
}

/** What a repair did. */
export type Mended = Required<Pick<Damage, "repaired">> & Pick<Damage, "kept">;

/** Where a row is, for people. */
export function placeOf({ table, key, row }: Spot): string {
  return `coord.${table}/${row[key]}`;
}

function quarantined(number: unknown): string {
  return `coord.quarantine/${number}`;
}

/** One text for values of any order, of which each counts once. */
export function sameTexts(values: readonly unknown[]): string {
  return [...new Set(values.map((value) => JSON.stringify(value)))].sort().join();
}
