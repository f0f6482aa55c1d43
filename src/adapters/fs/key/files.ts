/**
 * The names of one key of one queue on disk, for the protocol of chain.ts: `keys/<hash>/<queue>.<n>`. A
 * name is a link of a task's definition; of a pledge, which says that a batch is to bring the task into
 * being, or how the task is to be revived; or of a tombstone.
 */
import { idOfStem, isStem, stemOfId } from "../../../domain/ids.ts";
import { hash } from "../../../domain/journal/hash.ts";
import { isObject, type JsonObject } from "../../../domain/json.ts";
import type { ClaimRecord } from "../../../domain/task/claim.ts";
import type { KeyedTask } from "../../../domain/task/key.ts";
import { parseClaim } from "../../../domain/task/parse_claim.ts";
import { isRevival } from "../../../domain/task/retry.ts";
import { parseTask, type TaskRecord } from "../../../domain/task/task.ts";
import type { HostFs } from "../../../ports/host.ts";
import { ensureDir, inDir, isNotFound } from "../disk/ensure_dir.ts";
import { readRecord, recordBytes } from "../disk/record_file.ts";
import { StagedFile, stageFile } from "../disk/staging.ts";
import type { Layout } from "../layout.ts";
import { folderOf } from "../task/index/ready_index.ts";
import type { KeyFiles, KeyName } from "./chain.ts";

/** The task of a name. */
export interface Holder {
  readonly stem: string;
  /** Its definition, where the name has it. */
  readonly task?: TaskRecord;
  /** The batch that is to bring it into being. */
  readonly batch?: string;
  /** The state that is to revive it; without that it has ended. */
  readonly revival?: ClaimRecord;
}

/** How often a folder is made again when `gc` removes it, since it is empty. */
const MAX_TRIES = 20;

/** Digits of a number: names are few, and each follows another. */
const NUMBER = /^[1-9]\d{0,14}$/;

/** The folder of a key. Two hashes: that of one alone might be two keys'. */
export function keyFolder(key: string): string {
  return `${hash(key)}-${hash(`key ${key}`)}`;
}

/** Where the names of a key of a queue are. */
interface KeyPlace {
  readonly folder: string;
  readonly queue: string;
}

/** The place of a task's key. */
export function keyPlace({ key, queue }: KeyedTask): KeyPlace {
  return { folder: keyFolder(key), queue: folderOf(queue) };
}

/** A pledge: the tasks that a batch is to bring into being, by their keys. */
export function pledgeBytes(batch: string, tasks: readonly KeyedTask[]): Uint8Array {
  const stems = tasks.map((task) => {
    const { folder, queue } = keyPlace(task);
    return [`${folder}/${queue}`, stemOfId(task.task_id)];
  });
  return recordBytes({ batch, tasks: Object.fromEntries(stems) });
}

/** A pledge of one task that has ended: the state that is to revive it. */
export function revivalBytes(revival: ClaimRecord): Uint8Array {
  return recordBytes({ task_id: revival.task_id, revival });
}

/** What a name of the folder of a key speaks of; `undefined` of any other name. */
export function parseKeyName(name: string): { queue: string; number: number } | undefined {
  const dot = name.lastIndexOf(".");
  const [queue, digits] = [name.slice(0, Math.max(0, dot)), name.slice(dot + 1)];
  return queue !== "" && NUMBER.test(digits) ? { queue, number: Number(digits) } : undefined;
}

/** The newest task that a tombstone speaks of. */
export function buriedStem({ task_id: id }: JsonObject): string | undefined {
  return typeof id === "string" && isStem(stemOfId(id)) ? stemOfId(id) : undefined;
}

/** What a task that takes a name needs of the queue. */
export interface Making {
  /** Gives the caller's task a name of that path; `false` when it is taken. */
  link(path: string): boolean;
  /** Enters a task into the index by linking what lies at `path`. */
  enter(task: TaskRecord, path: string): void;
  /** Adds what depends on the task's record, once that is there. */
  recorded(task: TaskRecord): void;
  /** Revives a task as the pledge at `path` says. */
  revive(revival: ClaimRecord, path: string): void;
}

/** Names that are only looked at, or removed. */
export const NOTHING_TO_MAKE: Making = {
  link: () => false,
  enter: () => {},
  recorded: () => {},
  revive: () => {},
};

export class FsKeyFiles implements KeyFiles<Holder> {
  readonly folder: string;
  readonly #queue: string;
  /** What a pledge calls the key. */
  readonly #called: string;

  constructor(
    readonly fs: HostFs,
    readonly layout: Layout,
    { folder, queue }: KeyPlace,
    readonly making: Making,
  ) {
    this.folder = `${layout.keys}/${folder}`;
    this.#queue = queue;
    this.#called = `${folder}/${queue}`;
  }

  numbers(): number[] {
    return (this.fs.list(this.folder) ?? []).flatMap(({ name }) => {
      const parsed = parseKeyName(name);
      return parsed?.queue === this.#queue ? [parsed.number] : [];
    });
  }

  path(number: number): string {
    return `${this.folder}/${this.#queue}.${number}`;
  }

  read(number: number): KeyName<Holder> | undefined {
    const file = readRecord(this.fs, this.path(number));
    if (file.kind === "gone") return undefined;
    return file.kind === "broken" ? { kind: "torn" } : this.parse(file.value);
  }

  /** What a name says whose file is a record. */
  parse(value: JsonObject): KeyName<Holder> {
    const { tombstone, batch, tasks, task_id: id, revival } = value;
    if (typeof tombstone === "number") return { kind: "tombstone", number: tombstone };
    if (typeof batch === "string") {
      const stem = (tasks as JsonObject | undefined)?.[this.#called];
      return typeof stem === "string" && isStem(stem)
        ? { kind: "holder", holder: { stem, batch } }
        : { kind: "torn" };
    }
    const stem = typeof id === "string" ? stemOfId(id) : "";
    if (revival !== undefined) {
      const claim = isStem(stem) && isObject(revival) && parseClaim(revival, idOfStem(stem));
      return typeof claim === "object" && isRevival(claim)
        ? { kind: "holder", holder: { stem, revival: claim } }
        : { kind: "torn" };
    }
    const task = isStem(stem) ? parseTask(value, idOfStem(stem)) : "";
    return typeof task === "string" ? { kind: "torn" } : { kind: "holder", holder: { stem, task } };
  }

  link(number: number): boolean {
    // It lasts by the sync of what is put into it, as all names that were given before.
    if (this.fs.lstat(this.folder) === undefined) ensureDir(this.fs, this.folder);
    return inDir(this.fs, this.folder, MAX_TRIES, () => this.making.link(this.path(number)));
  }

  lift(number: number): void {
    this.#ifThere(number, (path) => this.fs.link(path, this.path(number + 1)));
  }

  make(number: number, { stem, task, revival }: Holder): void {
    if (revival !== undefined) {
      this.#ifThere(number, (path) => this.making.revive(revival, path));
      return;
    }
    const record = this.layout.record("task", stem);
    if (task === undefined || this.fs.lstat(record) !== undefined) return;
    this.#ifThere(number, (path) => {
      this.making.enter(task, path);
      new StagedFile(this.fs, this.layout.folder("task"), path).create(`${stem}.json`);
      this.making.recorded(task);
    });
  }

  bury(number: number, last: Holder | undefined): void {
    const said = last === undefined ? {} : { task_id: idOfStem(last.stem) };
    const bytes = recordBytes({ tombstone: number, ...said });
    const stage = () => stageFile(this.fs, this.layout.tmp, bytes, false);
    const staged = new StagedFile(this.fs, this.folder, stage);
    staged.create(`${this.#queue}.${number}`);
    staged.discard();
  }

  remove(number: number): void {
    this.fs.remove(this.path(number));
  }

  /** Does something with a name, unless it goes. */
  #ifThere(number: number, body: (path: string) => void): void {
    const path = this.path(number);
    try {
      body(path);
    } catch (error) {
      if (!isNotFound(error) || this.fs.lstat(path) !== undefined) throw error;
    }
  }
}
