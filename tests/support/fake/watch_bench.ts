/** A stream under test over records in memory: what it emitted, and what it warned of. */
import type { JsonObject } from "../../../src/domain/json.ts";
import type { RecordKind, WatchEvent } from "../../../src/domain/watch/event.ts";
import { MemoryFeed } from "../../../src/adapters/memory/feed.ts";
import type { Table } from "../../../src/adapters/memory/table.ts";
import { MemoryWorkspace } from "../../../src/adapters/memory/workspace.ts";
import {
  type WatchContext,
  type WatchOptions,
  watchRecords,
  type WatchStream,
} from "../../../src/engine/watch/watch.ts";
import type { CursorFile } from "../../../src/ports/cursor_file.ts";
import type { ChangeFeed } from "../../../src/ports/feed.ts";
import type { Warn } from "../../../src/ports/warnings.ts";
import { FakeTime } from "./time.ts";

/** Records of any kind, as other processes write them. */
export interface Records {
  put(kind: RecordKind, id: string, data: JsonObject): void;
  remove(kind: RecordKind, id: string): void;
  /** The records of a kind as they are. */
  all(kind: RecordKind): Record<string, object>;
}

/** A stream over a feed, whatever that is of. */
export abstract class StreamBench {
  readonly time = new FakeTime();
  readonly warnings: string[] = [];
  /** Positions of consumers, by their paths. */
  readonly cursors = new Map<string, string>();

  abstract readonly records: Records;
  protected abstract feed(warn: Warn): ChangeFeed;

  get context(): WatchContext {
    const warn = (message: string) => void this.warnings.push(message);
    return {
      clock: this.time.clock,
      warn,
      store: { feed: this.feed(warn) },
      cursorFile: (path) => this.#cursorFile(path),
    };
  }

  stream(options: WatchOptions = {}): WatchStream {
    return watchRecords(this.context, options, this.time.timers);
  }

  /** Consumes a stream in the background. */
  start(options: WatchOptions = {}, onEvent: (event: WatchEvent) => void = () => {}): Running {
    const abort = new AbortController();
    const stream = this.stream({ signal: abort.signal, ...options });
    const running = new Running(abort, () => stream.ack());
    running.done = (async () => {
      for await (const event of stream) {
        running.events.push(event);
        onEvent(event);
      }
    })();
    // A failure is looked at where the test awaits it.
    running.done.catch(() => {});
    return running;
  }

  #cursorFile(path: string): CursorFile {
    const { cursors } = this;
    return {
      path,
      read: () => cursors.get(path),
      append: (text) => void cursors.set(path, (cursors.get(path) ?? "") + text),
      replace: (parts) => void cursors.set(path, [...parts].join("")),
    };
  }

  /** All events of a stream that ends by itself. */
  async emitted(options: WatchOptions): Promise<string[]> {
    const running = this.start(options);
    await running.done;
    return running.lines();
  }
}

/** The store in memory. */
export class WatchBench extends StreamBench {
  readonly records = new MemoryRecords(this.time.clock);

  protected override feed(): ChangeFeed {
    return new MemoryFeed(this.records.workspace);
  }
}

class MemoryRecords implements Records {
  readonly workspace: MemoryWorkspace;

  constructor(clock: () => number) {
    this.workspace = new MemoryWorkspace({ clock });
  }

  put(kind: RecordKind, id: string, data: JsonObject): void {
    this.#table(kind).put(id, data);
  }

  remove(kind: RecordKind, id: string): void {
    this.#table(kind).remove(id);
  }

  all(kind: RecordKind): Record<string, object> {
    return Object.fromEntries(this.#table(kind).rows());
  }

  #table(kind: RecordKind): Table<object> {
    const table = this.workspace.tables[kind];
    if (table === undefined) throw new Error(`no records of kind ${kind}`);
    return table;
  }
}

export class Running {
  readonly events: WatchEvent[] = [];
  done: Promise<void> = Promise.resolve();

  constructor(readonly abort: AbortController, readonly ack: () => boolean) {}

  /** `added task t1` */
  lines(): string[] {
    return this.events.map((event) => `${event.event_type} ${event.kind} ${event.id}`);
  }

  /** `added t1`, `synced` */
  types(): string[] {
    return this.events.map(({ event_type, id }) =>
      id === undefined ? event_type : `${event_type} ${id}`
    );
  }

  /** Takes out what was emitted since. */
  take(): string[] {
    const lines = this.lines();
    this.events.length = 0;
    return lines;
  }

  async stop(): Promise<void> {
    this.abort.abort();
    await this.done;
  }
}
