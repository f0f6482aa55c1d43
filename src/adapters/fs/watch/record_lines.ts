/**
 * The position of a consumer as JSON lines: each says what was given of one record, its version and
 * data, or that it is gone. The last line on a record counts. The data are kept so that a record that
 * vanishes while no stream runs can still be given with what it last said.
 */
import { isObject, type JsonObject, parseObject } from "../../../domain/json.ts";
import { RECORD_KINDS, type RecordKind } from "../../../domain/watch/event.ts";
import type { RecordName } from "../../../ports/feed.ts";

/** A record as a line has it. */
interface LinedRecord extends RecordName {
  readonly version: string;
  readonly data: JsonObject;
}

/** The line of a record. @param text Its data as JSON. */
export function recordLine(kind: RecordKind, id: string, version: string, text: string): string {
  return `{"kind":"${kind}","id":${JSON.stringify(id)},"version":${JSON.stringify(version)},` +
    `"data":${text}}`;
}

/** The line of a record that is gone. */
export function goneLine(kind: RecordKind, id: string): string {
  return `{"kind":"${kind}","id":${JSON.stringify(id)}}`;
}

/** What is left of lines when only the last on each record counts. */
class FoldedLines {
  readonly #kept = new Map<string, { readonly line: string; readonly record: LinedRecord }>();
  /** How many lines are none of these. */
  unread = 0;

  add(line: string): void {
    const record = parseRecordLine(line);
    if (record === undefined) this.unread++;
    else if ("data" in record) this.#kept.set(`${record.kind}/${record.id}`, { line, record });
    else this.#kept.delete(`${record.kind}/${record.id}`);
  }

  get lines(): string[] {
    return [...this.#kept.values()].map(({ line }) => line);
  }

  *records(): Iterable<LinedRecord> {
    for (const { record } of this.#kept.values()) yield record;
  }
}

/** The lines that count. */
export function foldLines(lines: Iterable<string>): FoldedLines {
  const folded = new FoldedLines();
  for (const line of lines) folded.add(line);
  return folded;
}

function parseRecordLine(line: string): LinedRecord | RecordName | undefined {
  const value = parseObject(line);
  const kind = RECORD_KINDS.find((known) => known === value?.["kind"]);
  if (value === undefined || kind === undefined || typeof value["id"] !== "string") {
    return undefined;
  }
  const { id, version, data } = value;
  if (version === undefined) return { kind, id };
  return typeof version === "string" && isObject(data) ? { kind, id, version, data } : undefined;
}
