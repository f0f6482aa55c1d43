/** Records as the feed of files finds them, whose hints can be held back, lost or wrong. */
import type { RecordKind } from "../../../src/domain/watch/event.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import { HostError } from "../../../src/ports/host.ts";
import { NameLooks } from "../../../src/adapters/fs/watch/hints/name_looks.ts";
import type {
  IntervalWatch,
  RecordHint,
  RecordListing,
  RecordLook,
  RecordSource,
} from "../../../src/adapters/fs/watch/records.ts";

interface Kept {
  readonly content: string;
  readonly problem?: string;
}

/** A watch that is open. */
interface Watch {
  readonly kinds: readonly RecordKind[];
  readonly onHint: (hint: RecordHint) => void;
  readonly onError: (error: unknown) => void;
}

export class LossyRecords implements RecordSource {
  readonly #kinds = new Map<RecordKind, Map<string, Kept>>();
  readonly #marks = new Map<RecordKind, number>();
  /** The watches that are open. */
  readonly watches = new Set<Watch>();
  /** Whether changes are hinted. */
  hinting = true;
  /** Whether a watch can start. */
  watchable = true;
  /** Kinds whose folder cannot be listed. */
  readonly unlisted = new Set<RecordKind>();
  lists: RecordKind[] = [];
  /** The kinds whose names were listed, to be compared. */
  namings: RecordKind[] = [];
  /** What is noted since the last look, where that can be had; another one: some of it was lost. */
  noted: Set<RecordHint> | undefined;
  /** How many have it noted. */
  notings = 0;
  looks = 0;
  /** The names of a kind from which on they are not compared. */
  mostNames = 2_000;
  /** Called when a record was looked at. */
  onLooked: (kind: RecordKind, id: string) => void = () => {};
  /** Called before a watch starts. */
  onWatch: () => void = () => {};
  /** Marks that a further change might not move. */
  settled = true;

  get watching(): boolean {
    return this.watches.size > 0;
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
    for (const { kinds, onHint } of this.watches) {
      if (hint.kind === undefined || kinds.includes(hint.kind)) onHint(hint);
    }
  }

  breakWatch(error: unknown): void {
    for (const watch of [...this.watches]) {
      this.watches.delete(watch);
      watch.onError(error);
    }
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
    kinds: readonly RecordKind[],
    onHint: (hint: RecordHint) => void,
    onError: (error: unknown) => void,
  ): { close(): void } {
    if (!this.watchable) throw new HostError("limit", "watch", "/w");
    const watch = { kinds, onHint, onError };
    this.onWatch();
    this.watches.add(watch);
    return { close: () => void this.watches.delete(watch) };
  }

  byNames(kinds: readonly RecordKind[], onHint: (hint: RecordHint) => void): IntervalWatch {
    return new NameLooks(
      {
        mark: (kind) => this.mark(kind),
        names: (kind) => this.#names(kind),
        most: () => this.mostNames,
        hintsOf: (kind, differing) =>
          differing.map((name) => ({ about: "record", kind, id: name.split("@")[0] ?? "" })),
      },
      kinds.filter((kind) => kind !== "lane"),
      onHint,
    );
  }

  async byNotices(
    kinds: readonly RecordKind[],
    onHint: (hint: RecordHint) => void,
  ): Promise<IntervalWatch | undefined> {
    if (this.noted === undefined) return undefined;
    const noted = this.noted = new Set<RecordHint>();
    this.notings++;
    const look = () => {
      const isLost = this.noted !== noted;
      const hints: RecordHint[] = isLost
        ? kinds.map((kind) => ({ about: "kind", kind }))
        : [...noted];
      noted.clear();
      hints.forEach(onHint);
      return { listed: isLost ? Infinity : 0, changed: isLost ? 0 : hints.length };
    };
    return { kinds, isComplete: true, look, close: () => void this.notings-- };
  }

  /** Each state of a record that may be replaced has a name of its own. */
  #names(kind: RecordKind): string[] {
    this.namings.push(kind);
    if (this.unlisted.has(kind)) throw new HostError("permission", "list", kind);
    return [...this.#of(kind)].map(([id, { content }]) => `${id}@${content}`);
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
    this.noted?.add({ about: "record", kind, id });
    if (this.hinting) this.hint({ about: "record", kind, id });
  }
}
