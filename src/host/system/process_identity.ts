/** Which process this is, and whether another one still runs, by `/proc` where that can be read. */
import type { ProcessAbove, ProcessIdentity } from "../../ports/host.ts";

/** What a runtime reads for this; `undefined` for what is not there and for what is not allowed. */
export interface ProcReader {
  readonly pid: number;
  hostname(): string | undefined;
  readText(path: string): string | undefined;
  readLink(path: string): string | undefined;
}

/** What is read of one process. */
interface Stat {
  readonly pid: number;
  readonly name: string;
  readonly state: string;
  readonly parent: number;
  readonly start: string;
}

/** Processes above this one that are looked at. */
const MAX_ABOVE = 32;

/** The answers for one runtime; what does not change is read at the first question. */
export class Processes {
  #own: ProcessIdentity | undefined;

  constructor(readonly reader: ProcReader) {}

  /** This process. */
  own(): ProcessIdentity {
    return this.#own ??= this.#identify();
  }

  /** A process that this one can see, by its number; by default this one. */
  identify(pid?: number): ProcessIdentity {
    const own = this.own();
    if (pid === undefined || pid === own.pid) return own;
    const { start: _start, ...place } = own;
    const start = own.start === undefined ? undefined : this.#stat(`${pid}`)?.start;
    return { ...place, pid, ...(start !== undefined && { start }) };
  }

  /**
   * Whether a process that once said who it is still runs; `undefined` when that cannot be known.
   */
  isAlive(other: ProcessIdentity): boolean | undefined {
    const own = this.own();
    if (other.start === undefined || own.start === undefined) return undefined;
    if (other.host !== own.host || other.boot !== own.boot || other.pidns !== own.pidns) {
      return undefined;
    }
    const found = this.#stat(`${other.pid}`);
    if (found !== undefined) return found.start === other.start && !/[ZXx]/.test(found.state);
    // Where not even the first process can be seen, /proc hides those of others.
    return this.#stat("1") === undefined ? undefined : false;
  }

  /** The processes above this one but for the first of all, which takes in what others leave. */
  above(): readonly ProcessAbove[] {
    const { start, ...place } = this.own();
    const found: ProcessAbove[] = [];
    let at = start === undefined ? undefined : this.#stat("self");
    while (at !== undefined && at.parent > 1 && found.length < MAX_ABOVE) {
      at = this.#stat(`${at.parent}`);
      if (at === undefined) break;
      const { pid, name } = at;
      const file = this.reader.readLink(`/proc/${pid}/exe`)?.replace(/.*\//, "");
      const names = file === undefined ? [name] : [name, file];
      found.push({ process: { ...place, pid, start: at.start }, names });
    }
    return found;
  }

  #identify(): ProcessIdentity {
    const { reader } = this;
    const host = reader.hostname() ?? reader.readText("/proc/sys/kernel/hostname")?.trim();
    const boot = reader.readText("/proc/sys/kernel/random/boot_id")?.trim();
    const pidns = reader.readLink("/proc/self/ns/pid");
    const stat = this.#stat("self");
    // A /proc of another PID namespace numbers processes differently.
    const isOurs = boot !== undefined && pidns !== undefined && stat?.pid === reader.pid;
    return {
      pid: reader.pid,
      ...(host === undefined ? {} : { host }),
      ...(isOurs ? { boot, pidns, start: stat.start } : {}),
    };
  }

  #stat(pid: string): Stat | undefined {
    const text = this.reader.readText(`/proc/${pid}/stat`);
    if (text === undefined) return undefined;
    // The name, the second field, is in parentheses and may hold any character.
    const end = text.lastIndexOf(")");
    const fields = text.slice(end + 2).split(" ");
    const [state, parent, start] = [fields[0], fields[1], fields[19]];
    if (state === undefined || start === undefined) return undefined;
    const name = text.slice(text.indexOf("(") + 1, end);
    return { pid: parseInt(text), name, state, parent: Number(parent), start };
  }
}
