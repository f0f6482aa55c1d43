/**
 * What the name of a batch's folder says: `<id>.<turn>.<state>.<done>.<at>.<process>`. A turn is taken
 * by a rename, so the name is the only place where this can be written in the same step.
 */
import { hash } from "../../../domain/journal/hash.ts";
import { BATCH_MS } from "../../../domain/limits.ts";
import type { Host } from "../../../ports/host.ts";

/**
 * Where a batch stands. `new`: it is being written, and nothing of it exists. `links`: its writer gives
 * its tasks their names. `repair`: another process does that. `linked`: all have theirs. `settling`: a
 * process syncs the tasks' own files. `void`: it names nothing any more and is being removed.
 */
const BATCH_STATES = ["new", "links", "repair", "linked", "settling", "void"] as const;

export type BatchState = typeof BATCH_STATES[number];

/** A batch as its folder is named. */
export interface Batch {
  readonly id: string;
  /** Counts the names that the folder has had. */
  readonly turn: number;
  readonly state: BatchState;
  /** Bytes of its file whose tasks are durable by themselves. */
  readonly done: number;
  /** When the turn began or was renewed; of a `linked` one, when its tasks had got their names. */
  readonly at: number;
  /**
   * Whose turn it is or was: boot, machine, process number and start, the first ones hashed; `free`
   * is no process's.
   */
  readonly who: string;
}

const NAME = new RegExp(
  `^([0-9a-f-]{36})\\.(\\d{1,9})\\.(${
    BATCH_STATES.join("|")
  })\\.(\\d{1,15})\\.(\\d{1,15})\\.([0-9a-z-]{1,96})$`,
);

/** In place of a boot that the system does not name. */
const UNKNOWN = "0";

/** Whose turn a batch is when its process has given it back. */
export const FREE = "free";

export function formatBatch({ id, turn, state, done, at, who }: Batch): string {
  return `${id}.${turn}.${state}.${done}.${at}.${who}`;
}

export function parseBatch(name: string): Batch | undefined {
  const [, id, turn, state, done, at, who] = NAME.exec(name) ?? [];
  if (id === undefined || who === undefined) return undefined;
  return {
    id,
    turn: Number(turn),
    state: state as BatchState,
    done: Number(done),
    at: Number(at),
    who,
  };
}

/** The turns that this process is at work in, by their names; a name is never given twice. */
const running = new Set<string>();

/** Distinguishes the turns of processes at work from those of dead ones. */
export class BatchOwners {
  #self: { readonly boot: string; readonly machine: string; readonly place: string } | undefined;

  constructor(readonly host: Host) {}

  /** How this process signs its turns. */
  get who(): string {
    const { boot, machine, place } = this.#own();
    const { pid, start } = this.host.processIdentity();
    return `${boot}-${machine}-${place}-${pid}-${start ?? "0"}`;
  }

  /** Not in the constructor: most processes never meet a batch. */
  #own() {
    if (this.#self !== undefined) return this.#self;
    const { boot, host, pidns } = this.host.processIdentity();
    return this.#self = {
      boot: boot === undefined ? UNKNOWN : hash(boot),
      machine: hash(`${host}`),
      place: hash(`${host} ${pidns}`),
    };
  }

  begin(batch: Batch): void {
    running.add(formatBatch(batch));
  }

  end(batch: Batch): void {
    running.delete(formatBatch(batch));
  }

  /** Whether a process is in the middle of its turn, as far as can be known. */
  isHeld(batch: Batch): boolean {
    if (batch.who === this.who) return running.has(formatBatch(batch));
    if (batch.who === FREE || Math.abs(Date.now() - batch.at) > BATCH_MS.stale) return false;
    const [boot, , place, pid, start] = batch.who.split("-");
    const own = this.#own();
    if (boot !== own.boot || place !== own.place || start === undefined) return true;
    return this.host.isAlive({ ...this.host.processIdentity(), pid: Number(pid), start }) ?? true;
  }

  /**
   * Whether a power cut may have taken the names of a `linked` batch's tasks since: `yes` after another
   * boot of this machine. Of other machines, and where the system does not name its boot, that is
   * not known; after a while it is `perhaps`.
   */
  mayBeCut({ at, who }: Batch): "no" | "perhaps" | "yes" {
    const [boot, machine] = who.split("-");
    const own = this.#own();
    if (boot !== UNKNOWN && own.boot !== UNKNOWN) {
      if (boot === own.boot) return "no";
      if (machine === own.machine) return "yes";
    }
    return Math.abs(Date.now() - at) < BATCH_MS.settleAfter ? "no" : "perhaps";
  }
}
