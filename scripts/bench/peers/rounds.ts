/** Measures one peer: a number of processes work on its queue together. */
import { run } from "../../support/run.ts";
import { type LineChild, startProgram } from "../children.ts";
import { type Done, now } from "./clients/client.ts";
import type { Peer, Place } from "./queues/peer.ts";
import type { SyncShim } from "./sync_shim.ts";

/** How much is measured at once. */
export interface Size {
  /** Milliseconds that each phase takes at most. */
  readonly ms: number;
  /** Tasks that wait when claiming begins. */
  readonly pending: number;
  /** What runs before, so that what is hot gets compiled; default {@link WARM}. */
  readonly warm?: { readonly ms: number; readonly tasks: number };
}

/** What one round of one peer found, with syncs of one duration. */
export interface Sample {
  readonly syncMs: number;
  readonly enqueue: Speed;
  readonly work: Speed;
}

/** Tasks a second, and syncs a task. */
export interface Speed {
  readonly rate: number;
  readonly syncs: number;
}

/** Milliseconds in which workers run unmeasured, and tasks of each for it. */
const WARM = { ms: 300, tasks: 200 };

/** Milliseconds from an order to the instant that it names; a process that comes later loses time. */
const AHEAD = 150;

/** Processes of one queue that work on order. */
export class Team implements AsyncDisposable {
  readonly #children: LineChild[] = [];

  /** Starts them; the first alone, since it may have to make tables. */
  static async start(line: readonly string[], size: number, env: Place["env"]): Promise<Team> {
    const team = new Team();
    const add = async () => {
      const child = startProgram(line, env);
      team.#children.push(child);
      const { line: said } = await child.next();
      if (said !== "ready") throw new Error(`A worker said ${said}`);
    };
    try {
      await add();
      await Promise.all(Array.from({ length: size - 1 }, add));
    } catch (error) {
      await team[Symbol.asyncDispose]();
      throw error;
    }
    return team;
  }

  /** Has all of them do one thing for a time, from one instant on. */
  async together(what: "enqueue" | "work" | "callers", ms: number, count = 0) {
    if (what === "work") await this.#all({ do: "prepare" });
    const at = now() + AHEAD;
    const done = await this.#all<Done>({ do: what, at, ms, count });
    const total = done.reduce((sum, { count }) => sum + count, 0);
    const seconds = (Math.max(...done.map(({ last }) => last)) - at) / 1000;
    return { count: total, rate: total / seconds };
  }

  /** Has one of them do one thing. */
  async one<T>(order: object, n = 0): Promise<T> {
    const child = this.#children[n];
    if (child === undefined) throw new RangeError(`There is no worker ${n}`);
    return await ask<T>(child, order);
  }

  #all<T>(order: object): Promise<T[]> {
    return Promise.all(this.#children.map((child) => ask<T>(child, order)));
  }

  /** Adds tasks by one of them, as quickly as it can. */
  async fill(count: number): Promise<void> {
    const [first] = this.#children;
    if (first !== undefined && count > 0) await ask(first, { do: "fill", count });
  }

  async [Symbol.asyncDispose]() {
    for (const child of this.#children) await child[Symbol.asyncDispose]();
  }
}

async function ask<T>(child: LineChild, order: object): Promise<T> {
  await child.write(`${JSON.stringify(order)}\n`);
  return JSON.parse((await child.next()).line);
}

/** Writes what was only prepared to the disk, so that no measured sync has to. */
async function settle(dir: string): Promise<void> {
  const { code, output } = await run("sync", ["--file-system", dir]);
  if (code !== 0) throw new Error(`Cannot sync "${dir}": ${output}`);
}

/** One round of one peer, with each duration of a sync in turn. */
export async function round(
  peer: Peer,
  place: Place,
  processes: number,
  delays: readonly number[],
  { ms, pending, warm = WARM }: Size,
  shim: SyncShim,
): Promise<Sample[]> {
  shim.delay(0);
  await using running = await peer.start(place);
  await using team = await Team.start(running.worker, processes, place.env);
  let there = warm.tasks * processes;
  await team.fill(there);
  there += (await team.together("enqueue", warm.ms / 3)).count;
  there -= (await team.together("work", warm.ms)).count;
  const samples: Sample[] = [];
  for (const syncMs of delays) {
    const measured = async (what: "enqueue" | "work") => {
      shim.delay(syncMs);
      const before = shim.count();
      const { count, rate } = await team.together(what, ms);
      if (count === 0) throw new Error(`${peer.name}: no ${what} was done in ${ms} ms`);
      const syncs = (shim.count() - before) / count;
      shim.delay(0);
      there += what === "work" ? -count : count;
      if (there < 0 && !peer.endless) {
        throw new Error(`${peer.name}: more tasks were done than there were`);
      }
      return { rate, syncs };
    };
    const enqueue = await measured("enqueue");
    shim.skip(true);
    await team.fill(pending - there);
    there = Math.max(there, pending);
    shim.skip(false);
    await settle(place.dir);
    samples.push({ syncMs, enqueue, work: await measured("work") });
  }
  return samples;
}
