/** The journal of lanes in memory. */
import { checkLength } from "../../domain/journal/entry_length.ts";
import type { JournalEntry } from "../../domain/journal/line.ts";
import type { Taxonomy } from "../../domain/lane/taxonomy.ts";
import type {
  CompactResult,
  Journal,
  JournalReport,
  JournalSession,
  JournalView,
  SessionOutcome,
} from "../../ports/journal.ts";
import type { LaneStore } from "../../ports/lanes.ts";
import type { MemoryWorkspace } from "./workspace.ts";

export class MemoryLanes implements LaneStore {
  readonly journal: Journal;

  constructor(readonly workspace: MemoryWorkspace) {
    this.journal = new MemoryJournal(workspace);
  }

  async taxonomy(): Promise<Taxonomy> {
    return this.workspace.taxonomy;
  }

  async setTaxonomy(taxonomy: Taxonomy): Promise<void> {
    this.workspace.taxonomy = taxonomy;
  }

  watch(onChange: () => void): { close(): void } {
    return this.workspace.log.listen(onChange);
  }
}

class MemoryJournal implements Journal {
  readonly location: string;

  constructor(readonly workspace: MemoryWorkspace) {
    this.location = `${workspace.location}/lanes`;
  }

  async exists(): Promise<boolean> {
    return this.workspace.log.length > 0;
  }

  async read(): Promise<JournalView> {
    const { fold, tail } = this.workspace.log;
    return { fold, problems: [], tail };
  }

  async open(timeoutMs: number, signal?: AbortSignal): Promise<SessionOutcome> {
    const { log } = this.workspace;
    if (await log.enter(timeoutMs, signal)) {
      return { status: "open", session: new MemorySession(this) };
    }
    const holder = { pid: undefined, host: undefined, ageSeconds: log.writingFor };
    return { status: "lock_busy", holder };
  }

  async last(count: number): Promise<readonly JournalEntry[]> {
    return this.workspace.log.history.slice(-count);
  }

  async size(): Promise<undefined> {}

  async verify(): Promise<JournalReport> {
    return { problems: [], entries: this.workspace.log.history.length, archives: [] };
  }
}

class MemorySession implements JournalSession {
  #isOver = false;

  constructor(readonly journal: MemoryJournal) {}

  read(): Promise<JournalView> {
    return this.journal.read();
  }

  async append(entries: readonly JournalEntry[]): Promise<"kept"> {
    for (const entry of entries) checkLength(entry, this.journal.location);
    this.#log.append(entries);
    return "kept";
  }

  async persist(): Promise<"kept"> {
    return "kept";
  }

  async compact(): Promise<CompactResult> {
    const log = this.#log;
    const before = log.length;
    const isDone = log.compact(this.journal.workspace.clock());
    return {
      status: isDone ? "compacted" : "nothing_to_compact",
      entriesBefore: before,
      entriesAfter: log.length,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#log.leave();
  }

  get #log() {
    return this.journal.workspace.log;
  }
}
