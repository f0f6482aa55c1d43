/** Records in memory whose hints can be held back, and a clock that moves by hand. */
import type { RecordKind } from "../../../src/domain/watch/event.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import type { Timers } from "../../../src/async/timers.ts";
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

export class FakeRecords implements RecordSource {
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

/** 2026-11-21T09:30:00.000Z */
const START = 1_795_253_400_000;

interface Alarm {
  readonly at: number;
  readonly body: () => void;
}

export class FakeTime {
  #ms = 0;
  #alarms = new Set<Alarm>();

  /** Milliseconds since 1970. */
  readonly clock = (): number => START + this.#ms;

  readonly timers: Timers = {
    now: () => this.#ms,
    after: (ms, body) => {
      const alarm = { at: this.#ms + ms, body };
      this.#alarms.add(alarm);
      return () => void this.#alarms.delete(alarm);
    },
    turn,
  };

  /** How many timers run. */
  get armed(): number {
    return this.#alarms.size;
  }

  /** An instant a number of seconds after the start, as records have it. */
  iso(seconds: number): string {
    return new Date(START + seconds * 1000).toISOString();
  }

  /** Lets everything happen that has no need of time: more steps than any test takes. */
  async settle(): Promise<void> {
    for (let n = 0; n < 10_000; n++) await undefined;
  }

  /** Moves on, ringing every alarm at its time. */
  async advance(seconds: number): Promise<void> {
    await this.settle();
    const end = this.#ms + seconds * 1000;
    while (true) {
      let next: Alarm | undefined;
      for (const alarm of this.#alarms) {
        if (alarm.at <= end && (next === undefined || alarm.at < next.at)) next = alarm;
      }
      if (next === undefined) break;
      this.#alarms.delete(next);
      this.#ms = Math.max(this.#ms, next.at);
      next.body();
      await this.settle();
    }
    this.#ms = end;
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
