/** The records of a workspace in memory as a stream sees them. */
import type { RecordKind } from "../../domain/watch/event.ts";
import { jsonCopy } from "../../domain/json.ts";
import type { CursorFile } from "../../ports/cursor_file.ts";
import type { Listing, Look, RecordHint, RecordSource } from "../../ports/records.ts";
import type { Table } from "./table.ts";
import type { MemoryWorkspace } from "./workspace.ts";

export class MemoryRecords implements RecordSource {
  readonly #tables: Readonly<Partial<Record<RecordKind, Table<object>>>>;

  constructor(readonly workspace: MemoryWorkspace) {
    const { reservations, intents, releases, heartbeats, tasks, claims } = workspace;
    this.#tables = {
      reservation: reservations as Table<object>,
      intent: intents as Table<object>,
      release: releases as Table<object>,
      heartbeat: heartbeats as Table<object>,
      task: tasks as Table<object>,
      claim: claims as Table<object>,
    };
  }

  /** Tasks show as soon as they are added. */
  async prepare(): Promise<void> {}

  ids(kind: RecordKind): string[] {
    return this.#tables[kind]?.ids ?? [];
  }

  list(kind: RecordKind): Listing {
    return { ids: this.ids(kind), look: (id, known) => this.look(kind, id, known) };
  }

  look(kind: RecordKind, id: string, known: string | undefined): Look {
    const row = this.#tables[kind]?.row(id);
    if (row === undefined) return { kind: "gone" };
    const version = String(row.version);
    return version === known
      ? { kind: "same" }
      : { kind: "record", version, data: jsonCopy(row.record) };
  }

  mark(kind: RecordKind): { readonly mark: string; readonly settled: boolean } {
    return { mark: String(this.#tables[kind]?.version ?? 0), settled: true };
  }

  replaced(kind: RecordKind): boolean {
    return kind === "claim" || kind === "heartbeat";
  }

  watch(
    kinds: readonly RecordKind[],
    onHint: (hint: RecordHint) => void,
  ): { close(): void } {
    const open = kinds.flatMap((kind) =>
      this.#tables[kind]?.listen((id) => onHint({ about: "record", kind, id })) ?? []
    );
    return {
      close() {
        for (const each of open) each.close();
      },
    };
  }

  identity(): readonly string[] {
    return [this.workspace.location];
  }

  cursor(path: string): CursorFile {
    const { cursors } = this.workspace;
    return {
      path,
      read: () => cursors.get(path),
      append: (text) => void cursors.set(path, (cursors.get(path) ?? "") + text),
      replace: (parts) => void cursors.set(path, [...parts].join("")),
    };
  }
}
