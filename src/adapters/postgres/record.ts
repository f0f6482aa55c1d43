/** Records in the columns of rows. */
import { CoordError } from "../../domain/errors.ts";
import { parseObject } from "../../domain/json.ts";
import type { Warn } from "../../ports/warnings.ts";

/** A row as the client gives it. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * The record that a column has as JSON.
 *
 * @throws {CoordError} `io_error` where it is none: coord writes no such row.
 */
export function recordOf<T>(text: unknown): T {
  const record = parseObject(String(text));
  if (record !== undefined) return record as T;
  throw damaged();
}

/** The error of a row that coord did not write. */
export function damaged(): CoordError {
  const message = `Cannot read a record: its row is damaged: run "coord fsck" to see which`;
  return new CoordError("io_error", message, { reason: DAMAGED });
}

const DAMAGED = "damaged";

export function isDamaged(error: unknown): boolean {
  return error instanceof CoordError && error.details["reason"] === DAMAGED;
}

/** What rows are read as; of those that are damaged the caller is warned, so that they hide no others. */
export function readable<T>(rows: readonly Row[], read: (row: Row) => T, warn: Warn): T[] {
  return rows.flatMap((row) => {
    try {
      return [read(row)];
    } catch (error) {
      if (!isDamaged(error)) throw error;
      const which = row["id"] === undefined ? "a record" : `record ${row["id"]}`;
      warn(`Skipped ${which}: its row is damaged: run "coord fsck"`);
      return [];
    }
  });
}

/** The same; `undefined` where the column has nothing. */
export function recordIn<T>(text: unknown): T | undefined {
  return text === null || text === undefined ? undefined : recordOf<T>(text);
}
