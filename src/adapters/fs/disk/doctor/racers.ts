/**
 * Starts racing processes and gathers what they say. A racer is this program once more; it takes its
 * place in `ready/` of the scratch folder and waits for `go`, which says when to begin. Where no process
 * can be started, two racers of this process take turns.
 */
import { isObject } from "../../../../domain/json.ts";
import type { CommandOutput, HostFs } from "../../../../ports/host.ts";
import { isNotFound } from "../ensure_dir.ts";
import { uniqueName } from "../staging.ts";
import { DOCTOR_MS, DOCTOR_RACE } from "./bounds.ts";
import { layTrack, race, type Raced } from "./race.ts";
import { sleep } from "../../../../async/sleep.ts";

/** Starts this program once more with these arguments. */
export type Again = (args: readonly string[]) => Promise<CommandOutput>;

/** Milliseconds between two looks, and until all that are ready have seen `go`. */
const LOOK_MS = 5;
const HEADSTART_MS = 40;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Looks until there is something, or the time is up. */
async function until<T>(ms: number, look: () => T | undefined): Promise<T | undefined> {
  const began = performance.now();
  for (;;) {
    const found = look();
    if (found !== undefined || performance.now() - began > ms) return found;
    await sleep(LOOK_MS);
  }
}

/** Takes part in the races of another process; `undefined` when they do not come about. */
export async function joinRaces(fs: HostFs, dir: string): Promise<Raced | undefined> {
  const racer = uniqueName();
  try {
    fs.createNew(`${dir}/ready/${racer}`, new Uint8Array());
  } catch (error) {
    // The process that started this one has gone, or had no races to begin with.
    if (isNotFound(error)) return undefined;
    throw error;
  }
  const startAt = await until(2 * DOCTOR_MS.patience, () => {
    const text = decoder.decode(fs.read(`${dir}/go`));
    return text.endsWith("\n") ? Number(text) : undefined;
  });
  return startAt ? race(fs, dir, racer, startAt) : undefined;
}

/** What the races came to, where, and by how many processes. */
export interface Races {
  readonly raced: readonly Raced[];
  readonly dir: string;
  /** 1 where this process raced with itself. */
  readonly processes: number;
}

/** Processes that were started, and have not begun. */
export class Racers {
  #outputs: Promise<Raced | undefined>[] = [];

  constructor(readonly fs: HostFs, readonly dir: string, again: Again | undefined) {
    layTrack(fs, dir);
    if (again === undefined) return;
    for (let n = 0; n < DOCTOR_RACE.processes; n++) {
      const args = ["doctor", "--race", dir, "--json"];
      // One that does not start is not ready in time.
      this.#outputs.push(again(args).then(({ stdout }) => racedIn(stdout), () => undefined));
    }
  }

  /** Lets those race that are ready. */
  async run(stop: AbortSignal | undefined): Promise<Races> {
    const { fs, dir } = this;
    let isOver = this.#outputs.length === 0;
    const outputs = Promise.all(this.#outputs).finally(() => isOver = true);
    const ready = () => (fs.list(`${dir}/ready`) ?? []).length;
    await until(DOCTOR_MS.patience, () => {
      return isOver || stop?.aborted || ready() >= DOCTOR_RACE.processes || undefined;
    });
    const isOn = ready() > 1 && !isOver && stop?.aborted !== true;
    // 0 sends all home.
    fs.createNew(`${dir}/go`, encoder.encode(`${isOn ? Date.now() + HEADSTART_MS : 0}\n`));
    const raced = (await outputs).filter((one) => one !== undefined);
    if (raced.length > 1 || stop?.aborted) return { raced, dir, processes: raced.length };
    const alone = `${dir}/alone`;
    layTrack(fs, alone);
    return {
      raced: ["one", "two"].map((racer) => race(fs, alone, racer)),
      dir: alone,
      processes: 1,
    };
  }
}

/** What a racer's answer says. */
function racedIn(stdout: Uint8Array): Raced | undefined {
  const line = decoder.decode(stdout).trim();
  if (!line.startsWith("{")) return undefined;
  const answer: unknown = JSON.parse(line);
  return isObject(answer) && isObject(answer["raced"])
    ? answer["raced"] as unknown as Raced
    : undefined;
}
