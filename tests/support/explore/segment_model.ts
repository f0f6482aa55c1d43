/** A model of segments for the explorer: the files of the folder, and of two tasks that have ended. */
import { Room } from "../../../src/adapters/fs/disk/gc_room.ts";
import { Layout } from "../../../src/adapters/fs/layout.ts";
import type * as gc from "../../../src/adapters/fs/segment/gc.ts";
import type * as names from "../../../src/adapters/fs/segment/names.ts";
import type * as sealing from "../../../src/adapters/fs/segment/sealing.ts";
import type * as segments from "../../../src/adapters/fs/segment/segments.ts";
import { idOfStem } from "../../../src/domain/ids.ts";
import { canonicalJson, type JsonObject, parseJson } from "../../../src/domain/json.ts";
import { parseClaim } from "../../../src/domain/task/parse_claim.ts";
import { type SegmentLine, segmentLine } from "../../../src/domain/task/segment.ts";
import { parseTask } from "../../../src/domain/task/task.ts";
import { formatTime } from "../../../src/domain/time.ts";
import type { FileStat, HostFs } from "../../../src/ports/host.ts";
import {
  type Call,
  type CallState,
  inTurn,
  type Model,
  type Process,
  type Properties,
} from "./explorer.ts";
import { Numbers } from "./numbers.ts";

/** One atomic operation; those on the files of a task have its stem as the name. */
export interface Step {
  readonly op:
    | "list"
    | "read"
    | "create"
    | "append"
    | "remove"
    | "look"
    | "note"
    | "defined"
    | "end"
    | "undefine"
    | "unend";
  readonly name: string;
  readonly text?: string;
}

/** What lies in the folder, and of each task its definition, and its end or none. */
interface Disk {
  readonly files: Readonly<Record<string, string>>;
  readonly tasks: Readonly<Record<string, readonly [isDefined: boolean, end: End]>>;
  /** What `index/segments` says. */
  readonly note?: string;
  /** How often names in the folder have changed. */
  readonly changes?: number;
}

/** `ended` is the end that the task's line says, `other` one that a power cut brought back. */
type End = "ended" | "other" | "";

export interface Machine {
  readonly fs: HostFs;
  isDefined(stem: string): boolean;
  end(stem: string): End;
  undefine(stem: string): void;
  unend(stem: string): void;
}

export type Protocol = typeof sealing & typeof gc & typeof segments & typeof names;

const LAYOUT = new Layout("/w");
/** The name of the note of heads. */
const NOTE = "segments";
const DAY_MS = 86_400_000;
/** When all files are from. */
const START = Date.now();
const NOW = Date.UTC(2026, 10, 29);

/** `gc` takes the first of them. */
export const [OLD, NEW] = [lineOf("a".repeat(64), 1), lineOf("b".repeat(64), NOW)];

export class SegmentModel extends Numbers implements Model<Machine, Step> {
  /** @param isNoted Whether the folder's time stamp says how often its names changed. */
  constructor(readonly isNoted = false) {
    super();
  }

  value<T>(number: number): T {
    return JSON.parse(this.text(number) ?? "");
  }

  stepNumber(step: Step): number {
    return this.number(step);
  }

  take(number: number, { op, name, text = "" }: Step): { disk: number; answer: number } {
    const { files, tasks, note, changes = 0 } = this.value<Disk>(number);
    const { [name]: there, ...others } = files;
    const [isDefined, end] = tasks[name] ?? [false, ""];
    const put = (files: Disk["files"]) => ({
      disk: this.number({
        files: Object.fromEntries(Object.entries(files).sort()),
        tasks,
        note,
        changes: this.isNoted && op !== "append" ? changes + 1 : changes,
      }),
      answer: 1,
    });
    const putTask = (next: Disk["tasks"][string]) => ({
      disk: this.number({ files, tasks: { ...tasks, [name]: next }, note, changes }),
      answer: 1,
    });
    const same = (answer: unknown) => ({ disk: number, answer: this.number(answer) });
    switch (op) {
      case "list":
        return same(Object.keys(files));
      case "read":
        return same((name === NOTE ? note : there) ?? null);
      case "look":
        return same(changes);
      case "note":
        return { disk: this.number({ files, tasks, note: text, changes }), answer: 1 };
      case "defined":
        return same(isDefined);
      case "end":
        return same(end);
      case "create":
        return there === undefined ? put({ ...files, [name]: text }) : { disk: number, answer: 0 };
      case "append":
        return there === undefined
          ? { disk: number, answer: 0 }
          : put({ ...files, [name]: there + text });
      case "remove":
        return there === undefined ? { disk: number, answer: 0 } : put(others);
      case "undefine":
        return putTask([false, end]);
      case "unend":
        return putTask([isDefined, ""]);
    }
  }

  view(takeStep: (step: Step) => number): Machine {
    const { isNoted } = this;
    const change = (op: Step["op"], name: string, text?: string) =>
      takeStep({ op, name, ...(text === undefined ? {} : { text }) }) === 1;
    const look = <T>(op: Step["op"], name: string) => this.value<T>(takeStep({ op, name }));
    const read = (path: string) => {
      const text = look<string | null>("read", nameOf(path));
      return text === null ? undefined : new TextEncoder().encode(text);
    };
    /** What lies in `tmp/`, where no other process looks. */
    const staged = new Map<string, string>();
    const fs: Partial<HostFs> = {
      lstat(path) {
        if (path === LAYOUT.segments) {
          // A stamp of now is not believed.
          return statOf("directory", 0, isNoted ? look<number>("look", "") : Date.now());
        }
        const bytes = read(path);
        return bytes && statOf("file", bytes.length);
      },
      list: () =>
        look<string[]>("list", "").map((name) => ({
          name,
          isFile: true,
          isDirectory: false,
          isSymlink: false,
        })),
      read,
      readRange(path, offset, length) {
        const bytes = read(path);
        return bytes &&
          { bytes: bytes.subarray(offset, offset + length), ino: 1, size: bytes.length };
      },
      createNew(path, bytes) {
        const text = new TextDecoder().decode(bytes);
        if (!path.startsWith(LAYOUT.tmp)) return change("create", nameOf(path), text);
        staged.set(path, text);
        return true;
      },
      link: (from, to) => change("create", nameOf(to), staged.get(from)),
      appendSynced: (path, bytes) =>
        change("append", nameOf(path), new TextDecoder().decode(bytes)),
      rename: (from, to) => change("note", nameOf(to), staged.get(from)),
      remove: (path) => staged.delete(path) || change("remove", nameOf(path)),
      syncDir: () => {},
      makeDir: () => {},
    };
    return {
      fs: fs as HostFs,
      isDefined: (stem) => look("defined", stem),
      end: (stem) => look("end", stem),
      undefine: (stem) => void change("undefine", stem),
      unend: (stem) => void change("unend", stem),
    };
  }

  describe({ op, name, text }: Step, answer: number): string {
    const shown = op === "list" || op === "read" ? this.text(answer) : answer;
    return `${op} ${name.slice(0, 20)} ${text?.replace(/\w{40,}/g, "…") ?? ""} -> ${shown}`;
  }
}

/** What a process may do, once. */
export const ACTS = {
  /** Moves a task to the log, or finishes the sealing that it meets. */
  move: (protocol: Protocol) => (machine: Machine) => {
    for (const line of [OLD, NEW]) moveOne(protocol, machine, line, false);
  },
  moveOld: (protocol: Protocol) => (machine: Machine) => moveOne(protocol, machine, OLD, false),
  moveNew: (protocol: Protocol) => (machine: Machine) => moveOne(protocol, machine, NEW, false),
  /** The same where the log has become long enough. */
  seal: (protocol: Protocol) => (machine: Machine) => moveOne(protocol, machine, NEW, true),
  collect: (protocol: Protocol) => (machine: Machine) => {
    const collector = new protocol.SegmentGc(
      machine.fs,
      LAYOUT,
      () => {},
      new Room(),
      filesOf(machine),
    );
    return collector.sweep({ now: NOW, graceMs: DAY_MS, execute: true }).map(({ id }) => id);
  },
  findOld: (protocol: Protocol) => (machine: Machine) => find(protocol, machine, OLD),
  findNew: (protocol: Protocol) => (machine: Machine) => find(protocol, machine, NEW),
  /** Counts both by heads, after the files, and notes the heads. */
  count: ({ Segments }: Protocol) => (machine: Machine) => {
    const segments = new Segments(machine.fs, LAYOUT, () => {});
    const before = segments.known();
    const files = [OLD, NEW].map(({ stem }) => stem).filter((stem) => machine.isDefined(stem));
    return files.length + segments.count(segments.listed(before), new Set(files));
  },
  /** The same with the two looks the other way round, which is wrong. */
  findEarly: ({ Segments }: Protocol) => (machine: Machine) =>
    new Segments(machine.fs, LAYOUT, () => {}).find(NEW.stem) !== undefined ||
    machine.isDefined(NEW.stem),
} as const;

export type Act = keyof typeof ACTS;

function moveOne(protocol: Protocol, machine: Machine, line: SegmentLine, isLong: boolean): void {
  const log = protocol.openLog(machine.fs, LAYOUT);
  if (log === undefined) return;
  const files = filesOf(machine);
  if (log.isSealing || isLong) return protocol.seal(machine.fs, LAYOUT, log.n, files);
  if (machine.end(line.stem) !== "ended" || !machine.isDefined(line.stem)) return;
  if (protocol.addLines(machine.fs, LAYOUT, log.n, [line])) files.remove([line]);
}

/** Whether a reader finds a task: among the files, and then in the segments. */
function find(protocol: Protocol, machine: Machine, { stem }: SegmentLine): boolean {
  if (machine.isDefined(stem)) return true;
  return new protocol.Segments(machine.fs, LAYOUT, () => {}).find(stem) !== undefined;
}

/** The files of the tasks, as the mover has them. */
function filesOf(machine: Machine): sealing.TaskFiles {
  return {
    agrees({ stem }) {
      if (!machine.isDefined(stem)) return undefined;
      if (machine.end(stem) === "ended") return true;
      return machine.isDefined(stem) ? false : undefined;
    },
    remove(lines) {
      for (const { stem } of lines) machine.undefine(stem);
      for (const { stem } of lines) machine.unend(stem);
    },
  };
}

export function actor(
  protocol: Protocol,
  name: string,
  acts: readonly Act[],
): Process<Machine> {
  const calls = acts.map((act): Call<Machine> => ({ name: act, run: ACTS[act](protocol) }));
  return inTurn(name, calls);
}

export class SegmentProperties implements Properties<Machine, Step> {
  constructor(readonly model: SegmentModel, readonly protocol: Protocol) {}

  settled(): boolean {
    return false;
  }

  /** No end is lost that its line does not have. */
  step(before: number, { op, name }: Step): void {
    if (op !== "undefine" && op !== "unend") return;
    const [, end] = this.model.value<Disk>(before).tasks[name] ?? [];
    if (end === "other") throw new Error("the files go of a task that a power cut brought back");
  }

  /** Whatever processes have stopped, each task is found, and counted once. */
  crashed(disk: number, calls: readonly CallState<Machine>[]): void {
    const isCollected = calls.some(({ call }) => call.name === "collect");
    const at = this.#at(disk);
    for (const line of isCollected ? [NEW] : [OLD, NEW]) {
      if (!find(this.protocol, at, line)) throw new Error("a task is lost");
    }
    for (const { returned, outcome, call } of calls) {
      const mustFind = call.name === "findOld" ? !isCollected : call.name.startsWith("find");
      if (returned && mustFind && outcome === false) throw new Error("a reader missed a task");
      if (!returned || call.name !== "count") continue;
      if (outcome !== 2 && !(isCollected && outcome === 1)) {
        throw new Error(`a listing counts ${outcome} of two tasks`);
      }
    }
    const { tasks } = this.model.value<Disk>(disk);
    const segments = new this.protocol.Segments(at.fs, LAYOUT, () => {});
    const settled = segments.names().filter(this.protocol.isSettled);
    const counted = settled.flatMap((names) => [...segments.lines(names)?.keys() ?? []]);
    const { sealed } = segments.listed(settled);
    if (sealed.reduce((sum, { head }) => sum + head.tasks, 0) !== counted.length) {
      throw new Error("heads count other tasks than there are");
    }
    if (new Set(counted).size < counted.length) throw new Error("a task is counted twice");
    if (counted.some((stem) => tasks[stem]?.[0])) {
      throw new Error("a task is counted in a segment, and has its files");
    }
  }

  /** What `gc` removed is gone, or goes with the next one. */
  ended(disk: number, calls: readonly CallState<Machine>[]): void {
    const swept = calls.flatMap(({ call, outcome }) =>
      call.name === "collect" ? outcome as string[] : []
    );
    if (!swept.includes(idOfStem(OLD.stem))) return;
    const at = this.#at(disk);
    ACTS.collect(this.protocol)(at);
    if (find(this.protocol, at, OLD)) throw new Error("a task that was removed came back");
  }

  /** The files as one process alone finds them. */
  #at(disk: number): Machine {
    let now = disk;
    return this.model.view((step) => {
      const taken = this.model.take(now, step);
      now = taken.disk;
      return taken.answer;
    });
  }
}

/** A set of files. */
export function diskOf(
  files: Readonly<Record<string, readonly SegmentLine[]>>,
  old: Disk["tasks"][string],
  other: Disk["tasks"][string],
  bytesOf: (lines: readonly SegmentLine[]) => string,
): Disk {
  const texts = Object.entries(files).map(([name, lines]) => {
    const isSealed = name.endsWith(".ndjson");
    return [name, isSealed ? bytesOf(lines) : lines.map(({ text }) => `\n${text}\n`).join("")];
  });
  return { files: Object.fromEntries(texts), tasks: { [OLD.stem]: old, [NEW.stem]: other } };
}

/** The line of a task that was completed. */
export function lineOf(stem: string, endedMs: number): SegmentLine {
  const id = idOfStem(stem);
  const at = formatTime(1);
  const definition: JsonObject = {
    created_at: at,
    created_by: "p",
    payload: {},
    priority: 0,
    queue: "default",
    tags: [],
    task_id: id,
    title: stem.slice(0, 1),
    ttl_seconds: 86_400,
  };
  const end: JsonObject = {
    attempt: 1,
    claim_nonce: "n",
    claimed_at: at,
    claimer_run_id: "w",
    error: null,
    expires_at: at,
    fence: 1,
    heartbeat_at: at,
    result: null,
    status: "completed",
    task_id: id,
    transition: 2,
  };
  const [task, claim] = [parseTask(definition, id), parseClaim(end, id)];
  if (typeof task === "string" || typeof claim === "string") throw new Error(`${task} ${claim}`);
  const records = {
    task: parseJson(canonicalJson(definition)) as JsonObject,
    claim: parseJson(canonicalJson(end)) as JsonObject,
  };
  const line = segmentLine(task, claim, records, endedMs);
  if (line === undefined) throw new Error(`Cannot make a line of ${stem}`);
  return line;
}

function statOf(kind: FileStat["kind"], size: number, mtimeMs = START): FileStat {
  return { kind, size, mtimeMs, ino: 1 };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
