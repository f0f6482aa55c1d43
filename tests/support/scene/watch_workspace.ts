/** A workspace on disk with a stream over it, on the real clock. */
import * as fs from "node:fs";
import { Layout } from "../../../src/adapters/fs/layout.ts";
import { openCursorFile } from "../../../src/adapters/fs/open.ts";
import { RecordFeed } from "../../../src/adapters/fs/watch/feed.ts";
import { FsRecordSource } from "../../../src/adapters/fs/watch/record_source.ts";
import { FOLDERS, type RecordKind, type WatchEvent } from "../../../src/domain/watch/event.ts";
import { type WatchOptions, watchRecords } from "../../../src/engine/watch/watch.ts";
import { detectHost } from "../../../src/host/detect.ts";
import type { Host } from "../../../src/ports/host.ts";
import { makeFifo, makeSymlink, makeTempDir, removeTree } from "./scratch.ts";

const encoder = new TextEncoder();

export class WatchWorkspace {
  readonly layout: Layout;
  readonly source: FsRecordSource;
  readonly warnings: string[] = [];
  #staged = 0;

  constructor(readonly host: Host, readonly root: string) {
    this.layout = new Layout(root);
    this.source = new FsRecordSource(host, this.layout, (message) => this.warnings.push(message));
    for (const folder of [...Object.values(FOLDERS), "tmp"]) host.fs.makeDir(`${root}/${folder}`);
  }

  static async create(): Promise<WatchWorkspace> {
    return new WatchWorkspace(await detectHost(), makeTempDir());
  }

  /** Puts a file in a folder of the workspace as a whole, replacing what is there. */
  put(name: string, content: unknown): void {
    const staged = `${this.layout.tmp}/s${this.#staged++}`;
    const text = typeof content === "string" ? content : JSON.stringify(content);
    this.host.fs.createNew(staged, encoder.encode(text));
    this.host.fs.rename(staged, `${this.root}/${name}`);
  }

  remove(name: string): void {
    this.host.fs.remove(`${this.root}/${name}`);
  }

  /** Overwrites a file in place, as a tool does that knows no better. */
  overwrite(name: string, text: string): void {
    fs.writeFileSync(`${this.root}/${name}`, text);
  }

  makeFolder(name: string): void {
    fs.mkdirSync(`${this.root}/${name}`);
  }

  removeFolder(name: string): void {
    fs.rmdirSync(`${this.root}/${name}`);
  }

  move(from: string, to: string): void {
    fs.renameSync(`${this.root}/${from}`, `${this.root}/${to}`);
  }

  /** Makes a symbolic link to `target`, a path. */
  link(name: string, target: string): void {
    makeSymlink(target, `${this.root}/${name}`);
  }

  /** Makes a FIFO; `false` where there are none. */
  pipe(name: string): boolean {
    if (this.host.os === "windows") return false;
    makeFifo(`${this.root}/${name}`);
    return true;
  }

  path(kind: RecordKind, name: string): string {
    return `${this.layout.folder(kind)}/${name}`;
  }

  stream(options: WatchOptions = {}): AsyncIterable<WatchEvent> {
    const warn = (message: string) => void this.warnings.push(message);
    const store = { feed: new RecordFeed(this.source, warn) };
    const cursorFile = (path: string) => openCursorFile(this.host, this.root, path);
    return watchRecords({ store, cursorFile, clock: Date.now, warn }, options);
  }

  /** Streams until `done` says so of all events so far, for at most `seconds`. */
  async collect(
    done: (events: readonly WatchEvent[]) => boolean,
    options: WatchOptions = {},
    seconds = 20,
  ): Promise<WatchEvent[]> {
    const events: WatchEvent[] = [];
    for await (const event of this.stream({ timeout: seconds, ...options })) {
      events.push(event);
      if (done(events)) break;
    }
    return events;
  }

  delete(): void {
    removeTree(this.root);
  }
}
