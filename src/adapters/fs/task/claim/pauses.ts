/**
 * Which queues are paused: `queues/<queue>.json`, one file a queue, whose name is that of the queue's
 * folder in the index. It is there from the pause to the resumption, and that it is there is all that
 * a claim goes by: it lists the folder before it looks for a task. The folder goes with its last file, so
 * where nothing is paused a claim asks for one name that is missing.
 *
 * A pause is decided by the exclusive creation of the file, a resumption by its removal. Both are on the
 * disk before the answer. A file that cannot be read pauses its queue like any other.
 */
import { UNKNOWN_RUN } from "../../../../domain/limits.ts";
import { parsePause, type QueuePause } from "../../../../domain/task/keeping/pause.ts";
import { formatTime, writable } from "../../../../domain/time.ts";
import type { HostFs } from "../../../../ports/host.ts";
import type { QueuePauses } from "../../../../ports/tasks.ts";
import type { Warn } from "../../../../ports/warnings.ts";
import { BarrenFolders } from "../../disk/folder_mark.ts";
import { isNotFound } from "../../disk/ensure_dir.ts";
import { readRecord, recordBytes } from "../../disk/record_file.ts";
import { StagedFile, stageFile } from "../../disk/staging.ts";
import type { Layout } from "../../layout.ts";
import { folderOf, queueOf } from "../index/ready_index.ts";
import { announceAll } from "../wake.ts";

const ENDING = ".json";

/** A pause that was made a moment ago, and is not read any more. */
const UNKNOWN = { paused_at: formatTime(0), paused_by: UNKNOWN_RUN };

export class FsPauses implements QueuePauses {
  readonly #folder: string;
  readonly #barren: BarrenFolders;

  constructor(readonly fs: HostFs, readonly layout: Layout, readonly warn: Warn) {
    this.#folder = `${layout.root}/queues`;
    this.#barren = new BarrenFolders(fs);
  }

  async names(): Promise<ReadonlySet<string>> {
    const names = new Set<string>();
    const list = () => this.fs.list(this.#folder);
    for (const { name } of this.#barren.within(this.layout.root, list) ?? []) {
      const queue = name.endsWith(ENDING) ? queueOf(name.slice(0, -ENDING.length)) : undefined;
      if (queue !== undefined) names.add(queue);
    }
    return names;
  }

  async all(): Promise<QueuePause[]> {
    const names = [...await this.names()].sort();
    return names.flatMap((queue) => this.#read(queue) ?? []);
  }

  async pause(pause: QueuePause): Promise<QueuePause | undefined> {
    const { queue } = pause;
    const stage = () => stageFile(this.fs, this.layout.tmp, recordBytes(pause), true);
    const staged = new StagedFile(this.fs, this.#folder, stage);
    try {
      while (true) {
        const isMade = staged.create(nameOf(queue));
        const there = isMade ? undefined : this.#read(queue);
        if (!isMade && there === undefined || !this.#sync(queue)) continue; // it was resumed meanwhile
        return there;
      }
    } finally {
      staged.discard();
    }
  }

  async resume(queue: string): Promise<QueuePause | undefined> {
    const there = this.#read(queue);
    const isMine = this.fs.remove(`${this.#folder}/${nameOf(queue)}`);
    // Another process may have removed it, and died before that was on the disk.
    try {
      this.fs.syncDir(this.#folder);
      this.fs.removeDir(this.#folder);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      this.fs.syncDir(this.layout.root);
    }
    announceAll(this.fs, this.layout);
    return isMine ? there ?? { queue, ...UNKNOWN } : undefined;
  }

  /** Makes a pause last; `false` when it has gone. */
  #sync(queue: string): boolean {
    try {
      const { root } = this.layout;
      this.fs.syncNames(`${this.#folder}/${nameOf(queue)}`, [this.#folder, root]);
      return true;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return false;
    }
  }

  #read(queue: string): QueuePause | undefined {
    const file = readRecord(this.fs, `${this.#folder}/${nameOf(queue)}`);
    if (file.kind === "gone") return undefined;
    const pause = file.kind === "record" ? parsePause(file.value, queue) : file.reason;
    if (typeof pause !== "string") return pause;
    this.warn(`queues/${nameOf(queue)} ${pause}: queue "${queue}" counts as paused`);
    const at = formatTime(writable(file.stat.mtimeMs));
    return { queue, paused_at: at, paused_by: UNKNOWN_RUN };
  }
}

function nameOf(queue: string): string {
  return `${folderOf(queue)}${ENDING}`;
}
