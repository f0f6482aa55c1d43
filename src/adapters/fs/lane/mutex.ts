/**
 * The mutex of a journal: the protocol of mutex_chain.ts with waiting, and the rules of when a hold
 * that was not released may be followed.
 *
 * - Its process has gone: same host, same boot, same PID namespace, and no process of that number
 *   that started at that time. Linux shows this at once, by `/proc`; where that cannot be read
 *   (other systems, or Deno without all permissions), the next rule is left.
 * - It is stale: its file is older than the bound. Both instants are of the file system's clock, so
 *   no machine's own clock matters; a file from the future by more than the bound is stale as well.
 *   That goes for unreadable files, too.
 *
 * A file is made whole before it gets its name. Nothing is synced: after a power cut the mutex is
 * free as soon as it is stale.
 */
import {
  MUTEX_COURTESY_MS,
  MUTEX_POLL_MS,
  MUTEX_STALE_S,
  MUTEX_WATCH_AFTER_MS,
  MUTEX_WATCHED_POLL_MS,
} from "../../../domain/limits.ts";
import { realTimers, type Timers } from "../../../async/timers.ts";
import { Wakeup } from "../../../async/wakeup.ts";
import { dirname } from "../../../deps/path.ts";
import { type DirWatch, type Host, HostError } from "../../../ports/host.ts";
import type { Mutex, MutexHold, MutexHolder, MutexOutcome } from "./mutex_hold.ts";
import * as chain from "./mutex_chain.ts";
import { type EndedHold, FsMutexFiles, type HoldFile } from "./mutex_files.ts";

/** Attempts in a row when others are faster, before a pause. */
const QUICK_TRIES = 4;

export class FsMutex implements Mutex {
  /** Whether others were waiting when this process held it last. */
  #others = false;
  /** What the next attempt goes on from; two at once have two files. */
  #last: EndedHold | undefined;

  /**
   * @param folder Is made when it is missing.
   * @param staleMs After how long a hold that was not renewed may be followed.
   */
  constructor(
    readonly host: Host,
    readonly folder: string,
    readonly staleMs: number = MUTEX_STALE_S * 1000,
    readonly timers: Timers = realTimers,
  ) {}

  async acquire(timeoutMs: number, signal?: AbortSignal): Promise<MutexOutcome> {
    signal?.throwIfAborted();
    const files = new FsMutexFiles(this.host, this.folder, this.#last);
    this.#last = undefined;
    // A process that came back at once would get it before any that must be woken first.
    if (this.#others && timeoutMs > 0) {
      const { timers } = this;
      const courtesy = MUTEX_COURTESY_MS * (0.5 + Math.random() / 2);
      using wakeup = new Wakeup(timers, signal);
      await wakeup.sleep(timers.now() + courtesy);
      signal?.throwIfAborted();
    }
    try {
      const first = this.#try(files);
      return first.status === "held" || timeoutMs <= 0
        ? first
        : await this.#wait(files, first, timeoutMs, signal);
    } finally {
      files.unstage();
    }
  }

  #try(files: FsMutexFiles): MutexOutcome {
    let seen: MutexHolder = { generation: 0, pid: undefined, host: undefined, ageSeconds: 0 };
    for (let tries = 0; tries < QUICK_TRIES; tries++) {
      const taken = chain.take(files, (generation) => {
        const file = files.read(`${generation}`);
        if (file === undefined) return false;
        seen = holderOf(generation, file);
        return this.#mayFollow(file);
      });
      if (taken.kind === "held") {
        const { isClean, seen } = taken;
        this.#others = files.othersIn(seen.names).length > 0;
        const ended = (last: EndedHold) => this.#last = last;
        const young = this.staleMs / 2;
        const hold = new FsMutexHold(this.host, files, isClean, seen, young, ended);
        return { status: "held", hold };
      }
      if (taken.kind === "busy") break;
    }
    return { status: "lock_busy", holder: seen };
  }

  #mayFollow({ process, ageMs }: HoldFile): boolean {
    if (Math.abs(ageMs) > this.staleMs) return true;
    const { pid } = process;
    return pid !== undefined && this.host.isAlive({ ...process, pid }) === false;
  }

  /** Tries again whenever the kernel notifies of a release, and now and then without. */
  async #wait(
    files: FsMutexFiles,
    first: MutexOutcome,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<MutexOutcome> {
    const { timers } = this;
    const start = timers.now();
    using wakeup = new Wakeup(timers, signal);
    let outcome = first;
    let watch: { isNative: boolean; close(): void } | undefined;
    let longest = 1;
    try {
      while (true) {
        signal?.throwIfAborted();
        const waited = timers.now() - start;
        if (waited >= timeoutMs) return outcome;
        if (watch === undefined && waited > MUTEX_WATCH_AFTER_MS) watch = this.#watch(wakeup.wake);
        longest = Math.min(longest * 2, watch?.isNative ? MUTEX_WATCHED_POLL_MS : MUTEX_POLL_MS);
        // Without chance, processes that began together would always meet again.
        const delay = Math.min(longest * (0.5 + Math.random() / 2), timeoutMs - waited);
        if (await wakeup.sleep(timers.now() + delay) === "abort") continue;
        outcome = this.#try(files);
        if (outcome.status === "held") return outcome;
      }
    } finally {
      watch?.close();
    }
  }

  /** Calls `wake` when a hold is released, where the kernel notifies of it. */
  #watch(wake: () => void): { isNative: boolean; close(): void } {
    let native: DirWatch | undefined;
    const watch = { isNative: false, close: () => native?.close() };
    try {
      native = this.host.watch(
        [this.folder],
        ({ name }) => (name === undefined || chain.isEnd(name)) && wake(),
        () => watch.isNative = false,
      );
      watch.isNative = true;
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
    }
    return watch;
  }
}

function holderOf(generation: number, { process, ageMs }: HoldFile): MutexHolder {
  return { generation, pid: process.pid, host: process.host, ageSeconds: ageMs / 1000 };
}

class FsMutexHold implements MutexHold {
  #over = false;
  #begunAt = performance.now();

  constructor(
    readonly host: Host,
    readonly files: FsMutexFiles,
    readonly isClean: boolean,
    readonly seen: chain.Begun,
    readonly youngMs: number,
    readonly onEnd: (ended: EndedHold) => void,
    public generation: number = seen.generation,
  ) {}

  isHeld(): boolean {
    return !this.#over && chain.isHeld(this.files, this.generation);
  }

  mayBeHeld(): boolean {
    const isYoung = performance.now() - this.#begunAt < this.youngMs;
    return isYoung ? !this.#over : this.isHeld();
  }

  renew(): boolean {
    if (this.#over) return false;
    try {
      const startedAt = performance.now();
      if (!chain.renew(this.files, this.generation)) return false;
      this.#begunAt = startedAt;
      this.generation++;
      return true;
    } finally {
      this.files.unstage();
    }
  }

  replaceFile(path: string, bytes: Uint8Array): boolean {
    if (this.#over) return false;
    this.files.stageNext(chain.nextName(this.generation), bytes);
    if (!chain.replace(this.files, this.generation, path)) return false;
    this.host.fs.syncDir(dirname(path));
    return true;
  }

  release(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#released()) this.onEnd(this.files.ended(this.generation));
  }

  /** Where it fails it is tried once more: others would wait for the stale bound while this process lives. */
  #released(): boolean {
    const release = () => chain.release(this.files, this.generation, this.seen);
    try {
      return release();
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      return release();
    }
  }
}
