/**
 * Moves tasks that have ended from their files to a segment, some at a time.
 *
 * 1. Their files are read. Only what coord wrote, and ended itself, is moved; nothing of a batch that
 *    may give a task its file again.
 * 2. Their lines are added to the log (sealing.ts), and are there for good.
 * 3. Their names go in `keys/` (key/removal.ts). Their definitions go, and the folder is synced.
 * 4. Their claims go, `<hex>.end` last: a task without it would look pending.
 *
 * A process that is slow to change such a task looks for the definition afterwards, finds it gone,
 * takes its change back, and answers by the segment.
 */
import { isTerminal } from "../../../domain/task/claim.ts";
import { parseClaim } from "../../../domain/task/parse_claim.ts";
import { idOfStem } from "../../../domain/ids.ts";
import { canonicalJson, type JsonObject, readObject } from "../../../domain/json.ts";
import { BATCH_MS, SEGMENT } from "../../../domain/limits.ts";
import {
  recordsOf,
  segmentEntry,
  type SegmentLine,
  segmentLine,
} from "../../../domain/task/segment.ts";
import { parseTask } from "../../../domain/task/task.ts";
import { parseTime } from "../../../domain/time.ts";
import type { EndedTask } from "../../../ports/tasks.ts";
import { type FileStat, type Host, HostError, type HostFs } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { BatchCollector } from "../task/batch_settling.ts";
import { sleep } from "../../../async/sleep.ts";
import { archive, mend } from "../task/claim_chain.ts";
import { endName, groupClaims, type ListedClaim, slotName } from "../task/claim/names.ts";
import { ClaimFiles } from "../task/claim_files.ts";
import { readRecord } from "../disk/record_file.ts";
import { forgetKeys } from "../key/removal.ts";
import type { Layout } from "../layout.ts";
import { logName, sealName } from "./names.ts";
import { addLines, openLog, seal, sealing, type TaskFiles } from "./sealing.ts";
import { Segments } from "./segments.ts";

/** Tasks that a move takes at least: it is to move more than end until the next. */
const LEAST = SEGMENT.every + 16;

/** Tasks whose files go at once at least: each time costs a sync. */
const LEAST_GONE = 4;

/** For how long ended tasks are not listed again when batches name them, milliseconds. */
const REST_MS = 10_000;

/** A process that seals is taken for dead after this time, milliseconds. */
const SEALING_MS = 10_000;

/** A sealing that has begun. */
interface Sealing {
  readonly work: Generator<undefined, void>;
  /** Milliseconds since 1970. */
  readonly since: number;
}

export class TaskMover implements TaskFiles {
  readonly #fs: HostFs;
  readonly #claims: ClaimFiles;
  readonly #batches: BatchCollector;
  readonly #segments: Segments;
  /** Ended tasks of the last listing. */
  #listed: [string, ListedClaim][] = [];
  #listedAt = 0;
  /** Until when they are not listed again. */
  #restUntil = 0;
  #isFirst = true;
  #isMoving = false;
  /** Tasks that have their lines for good and have their files yet, and how many are to lose them at once. */
  #leaving: { readonly stem: string; readonly listed: ListedClaim }[] = [];
  #goneAtOnce = LEAST_GONE;
  /** One that this process has not finished. */
  #sealing: Sealing | undefined;

  constructor(
    readonly host: Host,
    readonly layout: Layout,
    readonly warn: Warn,
    readonly limits: { readonly ageMs: number; readonly bytes: number } = SEGMENT,
  ) {
    this.#fs = host.fs;
    this.#claims = new ClaimFiles(host.fs, layout, warn);
    this.#batches = new BatchCollector(host, layout, warn);
    this.#segments = new Segments(host.fs, layout, warn);
  }

  /** Whether each end of a task is to go on with what was begun. */
  get isBusy(): boolean {
    return this.#sealing !== undefined || this.#leaving.length > 0;
  }

  /** Moves some tasks where there are enough, or goes on with what was begun; it never fails. */
  async step(): Promise<void> {
    if (this.#isMoving) return;
    this.#isMoving = true;
    try {
      await this.move(SEGMENT.step, SEGMENT.enough, BATCH_MS.slice);
    } catch (error) {
      // Another call will; this one has done what it was asked for.
      if (!(error instanceof HostError)) throw error;
    } finally {
      this.#isMoving = false;
    }
  }

  /** Moves all that there is where it is enough. */
  async drain(): Promise<void> {
    this.#listed = [];
    this.#listedAt = 0;
    this.#restUntil = 0;
    try {
      while (await this.move(SEGMENT.enough, SEGMENT.enough)) await sleep(0);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      this.warn(`Some ended tasks stay files: ${error.message}`);
    }
  }

  /**
   * @param sliceMs How long it may take, or a part of a sealing, before the next move goes on with it.
   * @returns Whether something was done, and there may be more to do.
   */
  async move(count: number, enough: number, sliceMs = Infinity): Promise<boolean> {
    const moving = this.moving(count, enough, sliceMs);
    const { value, done } = moving.next();
    return done ? value : moving.next(await this.#batches.named(true)).value === true;
  }

  /** Adds lines of tasks that never had files; returns those that a line cannot show. */
  async restore(ended: readonly EndedTask[]): Promise<readonly EndedTask[]> {
    const left: EndedTask[] = [];
    let lines: SegmentLine[] = [];
    for (const each of ended) {
      const { task, claim } = each;
      // As they would lie in files.
      const records = {
        task: readObject(canonicalJson(task)),
        claim: readObject(canonicalJson(claim)),
      };
      const endedMs = parseTime(claim.ended_at) ?? Math.max(0, parseTime(claim.expires_at) ?? 0);
      const line = segmentLine(task, claim, records, endedMs);
      if (line === undefined) left.push(each);
      else lines.push(line);
      if (lines.length < SEGMENT.step) continue;
      await this.#addForGood(lines);
      lines = [];
    }
    await this.#addForGood(lines);
    return left;
  }

  /** Adds lines to whichever log is the last. */
  async #addForGood(lines: readonly SegmentLine[]): Promise<void> {
    const { segments } = this.layout;
    for (let isThere = lines.length === 0; !isThere; await sleep(0)) {
      const log = openLog(this.#fs, this.layout);
      if (log === undefined) continue;
      const size = this.#fs.lstat(`${segments}/${logName(log.n)}`)?.size ?? 0;
      if (log.isSealing || size > this.limits.bytes) seal(this.#fs, this.layout, log.n, this);
      else isThere = addLines(this.#fs, this.layout, log.n, lines);
    }
  }

  /** The steps of a move; it asks for the stems that batches may give files again. */
  *moving(
    count: number,
    enough: number,
    sliceMs = Infinity,
  ): Generator<undefined, boolean, ReadonlySet<string>> {
    const fs = this.#fs;
    if (this.#sealing !== undefined) return this.#sealOn(this.#sealing, sliceMs);
    if (this.#leaving.length > 0) return this.#removeSome(sliceMs);
    if (this.#batches.size() > SEGMENT.bytes) return false;
    if (this.#listed.length === 0) this.#list(enough);
    if (this.#listed.length === 0) return false;
    // By then all that was listed may move; a process that only ends one task has no time to wait.
    if (!this.#isFirst && Date.now() - this.#listedAt < this.limits.ageMs) return false;
    const log = openLog(fs, this.layout);
    if (log === undefined) return false;
    const { n } = log;
    const { segments } = this.layout;
    const size = fs.lstat(`${segments}/${logName(n)}`)?.size ?? 0;
    if (log.isSealing || size > this.limits.bytes) {
      const mark = fs.lstat(`${segments}/${sealName(n)}`);
      if (mark === undefined) {
        const work = sealing(fs, this.layout, n, this);
        return this.#sealOn({ work, since: Date.now() }, sliceMs);
      }
      // What was begun and not finished, this process does at one go.
      const isDead = Math.abs(Date.now() - mark.mtimeMs) > SEALING_MS;
      if (isDead) seal(fs, this.layout, n, this);
      return isDead;
    }
    // Those that batches named the last time need not be read.
    const free = this.#listed.filter(([stem]) => !this.#batches.hasNamed(stem));
    const found: { stem: string; listed: ListedClaim; line: SegmentLine | undefined }[] = [];
    const start = performance.now();
    for (const [stem, listed] of free) {
      found.push({ stem, listed, line: this.#lineOf(stem, listed) });
      const isLate = found.length >= LEAST && performance.now() - start > sliceMs;
      if (found.length >= count || isLate) break;
    }
    this.#listed = free.slice(found.length);
    // After the tasks were seen: one that is in no batch now never gets its file again.
    const batched = yield;
    const moved = found.flatMap(({ stem, listed, line }) => {
      if (line === undefined || batched.has(stem)) return [];
      const archived = this.#archived(line, listed);
      return archived === undefined ? [] : [{ stem, listed: archived, line }];
    });
    const lines = moved.flatMap(({ line }) => line ?? []);
    if (lines.length > 0 && !addLines(fs, this.layout, n, lines)) return false;
    // A process died between the steps 3 and 4.
    const left = found.filter(({ stem, line }) =>
      line === undefined && !batched.has(stem) && this.#isLeft(stem)
    );
    const gone = [...moved, ...left];
    if (gone.length === 0) {
      if (found.every(({ stem }) => batched.has(stem))) this.#restUntil = Date.now() + REST_MS;
      return false;
    }
    this.#restUntil = 0;
    this.#leaving = gone;
    return this.#removeSome(sliceMs);
  }

  /** Some file systems take milliseconds for each file, so the next slice takes what this one allows. */
  #removeSome(sliceMs: number): boolean {
    const start = performance.now();
    do {
      const count = sliceMs === Infinity ? this.#leaving.length : this.#goneAtOnce;
      const from = performance.now();
      const gone = this.#leaving.splice(0, count);
      forgetKeys(this.#claims, gone);
      this.#claims.removeTasks(gone);
      const fit = Math.floor(count * sliceMs / (performance.now() - from));
      this.#goneAtOnce = Math.max(LEAST_GONE, Math.min(fit, SEGMENT.step));
    } while (this.#leaving.length > 0 && performance.now() - start < sliceMs);
    return true;
  }

  /** Goes on with a sealing, unless others may have finished it: what they did since is not known. */
  #sealOn(begun: Sealing, sliceMs: number): boolean {
    this.#sealing = undefined;
    if (Math.abs(Date.now() - begun.since) > SEALING_MS) return true;
    const start = performance.now();
    while (begun.work.next().done !== true) {
      if (performance.now() - start <= sliceMs) continue;
      this.#sealing = begun;
      break;
    }
    return true;
  }

  agrees(line: SegmentLine): boolean | undefined {
    const { stem } = line;
    if (!this.#claims.hasTask(stem)) return undefined;
    const end = readRecord(this.#fs, this.#path(endName(stem)));
    const records = recordsOf(line);
    const isSame = end.kind === "record" && records !== undefined &&
      canonicalJson(end.value) === canonicalJson(records.claim);
    // Another process may be removing the files: the definition goes before the end.
    return isSame || (this.#claims.hasTask(stem) ? false : undefined);
  }

  remove(lines: readonly SegmentLine[]): void {
    if (lines.length === 0) return;
    forgetKeys(this.#claims, lines);
    this.#claims.removeTasks(lines.map((line) => {
      const claim = line.status === "completed" ? undefined : segmentEntry(line)?.claim;
      return { stem: line.stem, listed: claim && this.#claims.archived(undefined, claim) };
    }));
  }

  /** The files of a task that no process revives any more; `undefined` when one has. */
  #archived(line: SegmentLine, listed: ListedClaim): ListedClaim | undefined {
    if (line.status === "completed") return listed;
    const end = segmentEntry(line)?.claim;
    const isArchived = end !== undefined && archive(this.#claims, line.stem, end);
    return isArchived ? this.#claims.archived(listed, end) : undefined;
  }

  /** Lists the tasks that have ended. */
  #list(enough: number): void {
    if (Date.now() < this.#restUntil) return;
    const names = (this.#fs.list(this.layout.folder("claim")) ?? []).map(({ name }) => name);
    const ended = [...groupClaims(names)].filter(([, { isEnded }]) => isEnded);
    if (ended.length < enough) return;
    this.#isFirst = this.#listedAt === 0;
    this.#listedAt = Date.now();
    // Processes that list at the same time begin at different tasks.
    const from = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
    this.#listed = [...ended.splice(from % ended.length), ...ended];
  }

  #lineOf(stem: string, listed: ListedClaim): SegmentLine | undefined {
    const id = idOfStem(stem);
    const end = readRecord(this.#fs, this.#path(endName(stem)));
    if (end.kind !== "record" || "adopted" in end.value) return undefined;
    const { stat } = end;
    if (Math.abs(Date.now() - stat.mtimeMs) < this.limits.ageMs) return undefined;
    const definition = readRecord(this.#fs, this.layout.record("task", stem));
    if (definition.kind !== "record") return undefined;
    const task = parseTask(definition.value, id);
    const claim = parseClaim(end.value, id);
    if (typeof task === "string" || typeof claim === "string" || !isTerminal(claim)) {
      return undefined;
    }
    if (listed.slots.length > 0 || !this.#isShown(stem, end)) {
      mend(this.#claims, stem);
      if (!this.#isShown(stem, end)) return undefined;
    }
    const records = { task: definition.value, claim: end.value };
    return segmentLine(task, claim, records, Math.max(0, Math.floor(stat.mtimeMs)));
  }

  /** Whether the view is the end; nearly always it is the same file. */
  #isShown(stem: string, end: { readonly value: JsonObject; readonly stat: FileStat }): boolean {
    const path = this.#path(slotName(stem, 1));
    const { ino } = end.stat;
    if (ino !== 0 && this.#fs.lstat(path)?.ino === ino) return true;
    const view = readRecord(this.#fs, path);
    return view.kind === "record" && canonicalJson(view.value) === canonicalJson(end.value);
  }

  /** Whether what there is of a claim belongs to a task that a segment has. */
  #isLeft(stem: string): boolean {
    return !this.#claims.hasTask(stem) && this.hasLine(stem);
  }

  /** Whether a segment has a task. */
  hasLine(stem: string): boolean {
    return this.#segments.find(stem) !== undefined;
  }

  #path(name: string): string {
    return `${this.layout.folder("claim")}/${name}`;
  }
}
