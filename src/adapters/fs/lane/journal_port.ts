/** A journal of a file as the port has it: every call answers later. */
import type { JournalEntry } from "../../../domain/journal/line.ts";
import type {
  AppendOutcome,
  CompactResult,
  Journal,
  JournalReport,
  JournalSession,
  JournalView,
  SessionOutcome,
} from "../../../ports/journal.ts";
import { sleep } from "../../../async/sleep.ts";
import type { JournalFile, JournalFileSession } from "./journal_file.ts";
import { settledReport } from "./journal_history.ts";

/** Milliseconds between looks at a last line without its end. */
const WRITES_MS = [5, 50];

export class FsJournalPort implements Journal {
  constructor(readonly file: JournalFile) {}

  get location(): string {
    return this.file.location;
  }

  async exists(): Promise<boolean> {
    return this.file.exists();
  }

  async read(): Promise<JournalView> {
    let view = this.file.read();
    // A write that is under way looks like a torn tail for a moment.
    for (const ms of WRITES_MS) {
      if (!view.problems.some(({ kind }) => kind === "torn")) break;
      await sleep(ms);
      view = this.file.read();
    }
    return view;
  }

  async open(timeoutMs: number, signal?: AbortSignal): Promise<SessionOutcome> {
    const opened = await this.file.open(timeoutMs, signal);
    return opened.status === "open"
      ? { status: "open", session: new FsSessionPort(opened.session) }
      : opened;
  }

  async last(count: number): Promise<readonly JournalEntry[]> {
    return this.file.last(count);
  }

  async size(): Promise<number> {
    return this.file.size();
  }

  async verify(): Promise<JournalReport> {
    return await settledReport(this.file);
  }
}

class FsSessionPort implements JournalSession {
  constructor(readonly session: JournalFileSession) {}

  async read(): Promise<JournalView> {
    return this.session.read();
  }

  async append(entries: readonly JournalEntry[]): Promise<AppendOutcome> {
    return this.session.append(entries);
  }

  async persist(): Promise<"kept" | "unsure"> {
    return this.session.persist();
  }

  async compact(): Promise<CompactResult> {
    return this.session.compact();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.session[Symbol.dispose]();
  }
}
