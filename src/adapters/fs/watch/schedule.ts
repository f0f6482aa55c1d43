/**
 * When the records of a kind are compared as a whole with what was emitted.
 *
 * Each kind has a *mark* that changes with its folder. A mark is accepted when it was read before a
 * comparison, or when, in calm times, everything that hints named was looked at: then the hints
 * explain it, and a single change costs one look whatever the number of records. A mark that stays
 * different from the accepted one says that something was missed. So does a burst of hints, for
 * every kind that it named, and for every kind whose mark was accepted by explanation so shortly
 * before that a hint may still have been on its way when the burst began.
 *
 * Comparisons wait until the hints have been quiet for a moment; while a burst lasts, and in a quick
 * succession of bursts, they take at most a fifth of the time. For a consumer who takes changes at
 * intervals they take a fortieth, and while looks say what has changed (hints/paced_watch.ts), they are only for
 * what was replaced in place by other tools.
 */
import type { RecordKind } from "../../../domain/watch/event.ts";
import type { RecordSource } from "./records.ts";

/** Milliseconds without a hint after which a burst has ended. */
const QUIET_MS = 60;

/** Milliseconds after which a burst that goes on is compared all the same. */
const LASTING_MS = 250;

/** Pause after a comparison, in units of what it cost. */
const REST = 4;

/** The same for a consumer who takes changes at intervals. */
const PACED_REST = 40;

/** Milliseconds of its shortest pause, and of that while looks say what has changed. */
const PACED_MS = { notified: 1_000, looking: 5_000 } as const;

/** Milliseconds that a hint may be on its way, on a machine that is very busy. */
const IN_FLIGHT_MS = 5_000;

/** Milliseconds between a mark that nothing explains and the comparison: its hint may be coming. */
const DOUBT_MS = 50;

/** Milliseconds between two looks whether coarse time stamps have moved on. */
const UNSETTLED_MS = 100;

interface Folder {
  accepted: string | undefined;
  /** When `accepted` was last taken by explanation. */
  explainedAt: number;
  /** Since when a comparison is due. */
  suspectAt: number | undefined;
  /** When a mark that nothing explained is read again. */
  doubtAt: number | undefined;
  /** When the comparison is repeated that was made under a mark that could still hide changes. */
  unsettledAt: number | undefined;
}

export class Schedule {
  readonly #folders = new Map<RecordKind, Folder>();
  #costRestUntil = -Infinity;
  #endedAt = -Infinity;

  /**
   * @param isLooking Of a consumer who takes changes at intervals, and wants little done for them: whether
   * looks say what has changed.
   */
  constructor(
    readonly source: RecordSource,
    readonly kinds: readonly RecordKind[],
    readonly isLooking?: () => boolean,
  ) {
    for (const kind of kinds) {
      this.#folders.set(kind, {
        accepted: undefined,
        explainedAt: -Infinity,
        suspectAt: undefined,
        doubtAt: undefined,
        unsettledAt: undefined,
      });
    }
  }

  /** A comparison of this kind begins: its mark is read before its records are. */
  begin(kind: RecordKind, now: number): void {
    const folder = this.#get(kind);
    const { mark, settled } = this.source.mark(kind);
    Object.assign(folder, { accepted: mark, suspectAt: undefined, doubtAt: undefined });
    folder.explainedAt = -Infinity;
    folder.unsettledAt = settled ? undefined : now + UNSETTLED_MS;
  }

  /** A comparison ended. @param cost Milliseconds. */
  end(now: number, cost: number): void {
    const rest = this.isLooking === undefined ? REST : PACED_REST;
    this.#costRestUntil = Math.max(this.#costRestUntil, now + rest * cost);
    this.#endedAt = now;
  }

  get #restUntil(): number {
    if (this.isLooking === undefined) return this.#costRestUntil;
    const ms = this.isLooking() ? PACED_MS.looking : PACED_MS.notified;
    return Math.max(this.#costRestUntil, this.#endedAt + ms);
  }

  /** A comparison that failed is repeated then. */
  retry(kind: RecordKind, at: number): void {
    this.#get(kind).unsettledAt = at;
  }

  /** The marks of these kinds, to be accepted once all that hints named was looked at. */
  marks(kinds: Iterable<RecordKind>): Map<RecordKind, string> {
    const marks = new Map<RecordKind, string>();
    for (const kind of kinds) {
      if (this.#folders.has(kind)) marks.set(kind, this.source.mark(kind).mark);
    }
    return marks;
  }

  /** Accepts marks that hints explain. */
  explain(marks: ReadonlyMap<RecordKind, string>, now: number): void {
    for (const [kind, mark] of marks) {
      const folder = this.#get(kind);
      folder.accepted = mark;
      folder.explainedAt = now;
      folder.doubtAt = undefined;
    }
  }

  /** A comparison is due. */
  suspect(kinds: Iterable<RecordKind>, now: number): void {
    for (const kind of kinds) {
      const folder = this.#folders.get(kind);
      if (folder !== undefined) folder.suspectAt ??= now;
    }
  }

  /** Hints came in such number that others may be lost. */
  burst(named: Iterable<RecordKind>, now: number): void {
    this.suspect(named, now);
    for (const [kind, folder] of this.#folders) {
      if (now - folder.explainedAt <= IN_FLIGHT_MS) this.suspect([kind], now);
    }
  }

  /** Reads all marks. @param sure Whether hints cannot be on their way, as when polling. */
  check(now: number, sure: boolean): void {
    for (const [kind, folder] of this.#folders) {
      if (folder.suspectAt !== undefined) continue;
      if (this.source.mark(kind).mark === folder.accepted) {
        folder.doubtAt = undefined;
        if (sure && folder.unsettledAt !== undefined) folder.suspectAt = now;
      } else if (sure) folder.suspectAt = now;
      else folder.doubtAt ??= now + DOUBT_MS;
    }
  }

  /** When {@link due} has something to say next. */
  next(lastHint: number): number {
    let next = Infinity;
    for (const folder of this.#folders.values()) {
      const compare = folder.suspectAt === undefined
        ? Infinity
        : this.#compareAt(folder.suspectAt, lastHint);
      next = Math.min(next, compare, folder.doubtAt ?? Infinity, folder.unsettledAt ?? Infinity);
    }
    return next;
  }

  /** The kinds to compare now. */
  due(now: number, lastHint: number): RecordKind[] {
    for (const [kind, folder] of this.#folders) {
      if (folder.doubtAt !== undefined && folder.doubtAt <= now) {
        folder.doubtAt = undefined;
        if (this.source.mark(kind).mark !== folder.accepted) folder.suspectAt ??= now;
      }
      if (folder.unsettledAt !== undefined && folder.unsettledAt <= now) {
        const { mark, settled } = this.source.mark(kind);
        if (settled || mark !== folder.accepted) {
          folder.suspectAt ??= now;
          folder.unsettledAt = undefined;
        } else folder.unsettledAt = now + UNSETTLED_MS;
      }
    }
    const due: RecordKind[] = [];
    for (const [kind, { suspectAt }] of this.#folders) {
      if (suspectAt !== undefined && this.#compareAt(suspectAt, lastHint) <= now) due.push(kind);
    }
    if (due.length === 0) return due;
    // Where one folder was overrun by changes, the hints of any other may have gone with them.
    this.check(now, true);
    return this.kinds.filter((kind) => this.#get(kind).suspectAt !== undefined);
  }

  #compareAt(suspectAt: number, lastHint: number): number {
    return Math.max(this.#restUntil, Math.min(lastHint + QUIET_MS, suspectAt + LASTING_MS));
  }

  #get(kind: RecordKind): Folder {
    const folder = this.#folders.get(kind);
    if (folder === undefined) throw new RangeError(`no folder of kind ${kind} is watched`);
    return folder;
  }
}
