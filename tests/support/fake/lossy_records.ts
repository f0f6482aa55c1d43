/** Records as the feed of files finds them, whose hints can be held back, lost or wrong. */
import type { RecordKind } from "../../../src/domain/watch/event.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import { HostError } from "../../../src/ports/host.ts";
import type {
  RecordHint,
  RecordListing,
  RecordLook,
  RecordSource,
} from "../../../src/adapters/fs/watch/records.ts";

interface Kept {
  readonly content: string;
  readonly problem?: string;
}

export class LossyRecords implements RecordSource {
  readonly #kinds = new Map<RecordKind, Map<string, Kept>>();
  readonly #marks = new Map<RecordKind, number>();
  #onHint: ((hint: RecordHint) => void) | undefined;
  #onError: ((error: unknown) => void) | undefined;
  /** Whether changes are hinted. */
  hinting = true;
  /** Whether a watch can start. */
  watchable = true;
  /** Kinds whose folder cannot be listed. */
  readonly unlisted = new Set<RecordKind>();
  lists: RecordKind[] = [];
  looks = 0;
  /** Called when a record was looked at. */
  onLooked: (kind: RecordKind, id: string) => void = () => {};
  /** Marks that a further change might not move. */
  settled = true;

  get watching(): boolean {
    return this.#onHint !== undefined;
  }

  put(kind: RecordKind, id: string, data: JsonObject): void {
    this.#change(kind, id, { content: JSON.stringify(data) });
  }

  break(kind: RecordKind, id: string, problem = `${kind} ${id} is broken`): void {
    this.#change(kind, id, { content: `broken: ${problem}`, problem });
  }

  remove(kind: RecordKind, id: string): void {
    this.#change(kind, id, undefined);
  }

  /** Changes a record so that its kind's mark does not show it. */
  hide(kind: RecordKind, id: string, data: JsonObject): void {
    this.#of(kind).set(id, { content: JSON.stringify(data) });
  }

  hint(hint: RecordHint): void {
    this.#onHint?.(hint);
  }

  breakWatch(error: unknown): void {
    this.#onHint = undefined;
    this.#onError?.(error);
  }

  /** The records of a kind as they are. */
  all(kind: RecordKind): Record<string, JsonObject> {
    return Object.fromEntries(
      [...this.#of(kind)].filter(([, kept]) => kept.problem === undefined)
        .map(([id, kept]) => [id, JSON.parse(kept.content)]),
    );
  }

  async prepare(): Promise<void> {}

  count(kind: RecordKind): number {
    return this.ids(kind).length;
  }

  moved(): string[] {
    return [];
  }

  clock(): number {
    return 0;
  }

  ids(kind: RecordKind): string[] {
    return [...this.#of(kind).keys()];
  }

  list(kind: RecordKind): RecordListing {
    this.lists.push(kind);
    if (this.unlisted.has(kind)) throw new HostError("permission", "list", kind);
    return { ids: this.ids(kind), look: (id, known) => this.look(kind, id, known) };
  }

  look(kind: RecordKind, id: string, known: string | undefined): RecordLook {
    this.looks++;
    const kept = this.#of(kind).get(id);
    this.onLooked(kind, id);
    if (kept === undefined) return { kind: "gone" };
    const version = kept.content;
    if (version === known) return { kind: "same" };
    if (kept.problem !== undefined) return { kind: "broken", version, problem: kept.problem };
    return { kind: "record", version, data: JSON.parse(kept.content) };
  }

  mark(kind: RecordKind): { mark: string; settled: boolean } {
    return { mark: String(this.#marks.get(kind) ?? 0), settled: this.settled };
  }

  replaced(kind: RecordKind): boolean {
    return kind === "claim" || kind === "heartbeat";
  }

  watch(
    _kinds: readonly RecordKind[],
    onHint: (hint: RecordHint) => void,
    onError: (error: unknown) => void,
  ): { close(): void } {
    if (!this.watchable) throw new HostError("limit", "watch", "/w");
    this.#onHint = onHint;
    this.#onError = onError;
    return { close: () => this.#onHint = undefined };
  }

  identity(): readonly string[] {
    return ["/w"];
  }

  #of(kind: RecordKind): Map<string, Kept> {
    let records = this.#kinds.get(kind);
    if (records === undefined) this.#kinds.set(kind, records = new Map());
    return records;
  }

  #change(kind: RecordKind, id: string, kept: Kept | undefined): void {
    if (kept === undefined) this.#of(kind).delete(id);
    else this.#of(kind).set(id, kept);
    this.#marks.set(kind, (this.#marks.get(kind) ?? 0) + 1);
    if (this.hinting) this.hint({ about: "record", kind, id });
  }
}
